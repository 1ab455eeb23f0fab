//! Sums: of whole numbers exactly (they wrap around), of floats in twice their precision.
//!
//! A float sum is kept as a rounded sum and the sum of the rounding errors (Knuth's two-sum, as in Ogita, Rump and
//! Oishi, "Accurate sum and dot product", 2005), so its error does not grow with the number of elements, and sums in
//! another order, by other chunks, come to the same bits but in the rarest of cases.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::reduce::fold::Fold;
use crate::array::{Array, Element, Number};
use crate::identity::Identity;
use multiversion::multiversion;
use num_complex::Complex;
use partita_graph::Data;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// A sum and the sum of what rounding lost on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Exact {
    sum: f64,
    lost: f64,
}

impl Exact {
    /// One more number.
    #[inline]
    pub(crate) fn add(&mut self, x: f64) {
        let (sum, error) = two_sum(self.sum, x);
        self.sum = sum;
        self.lost += error;
    }

    /// Another sum.
    #[inline]
    pub(crate) fn merge(&mut self, other: &Exact) {
        self.add(other.sum);
        self.lost += other.lost;
    }

    /// The sum, rounded once. Infinities and NaN come out as they would of plain additions.
    pub(crate) fn value(&self) -> f64 {
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }
}

/// Sums that are kept side by side, so that additions need not wait for each other. So many that the compiler makes a
/// loop of them, and works on several at once.
const LANES: usize = 64;

/// A rounded sum of two numbers, and what rounding lost.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let part = sum - a;
    (sum, (a - (sum - part)) + (b - part))
}

#[inline(always)]
fn lanes_of(run: &[f64], f: impl Fn(f64) -> f64) -> Exact {
    let (mut sum, mut lost) = ([0.0f64; LANES], [0.0f64; LANES]);
    let (pieces, rest) = run.as_chunks::<LANES>();
    for piece in pieces {
        for lane in 0..LANES {
            let (next, error) = two_sum(sum[lane], f(piece[lane]));
            sum[lane] = next;
            lost[lane] += error;
        }
    }
    let mut all = Exact::default();
    rest.iter().for_each(|&x| all.add(f(x)));
    if pieces.is_empty() {
        return all;
    }
    let mut half = LANES / 2;
    while half >= 4 {
        let ((low, high), (low_lost, high_lost)) = (sum.split_at_mut(half), lost.split_at_mut(half));
        for lane in 0..half {
            let (next, error) = two_sum(low[lane], high[lane]);
            low[lane] = next;
            low_lost[lane] += high_lost[lane] + error;
        }
        half /= 2;
    }
    (0..4).for_each(|lane| all.merge(&Exact { sum: sum[lane], lost: lost[lane] }));
    all
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn plain_sum(run: &[f64]) -> Exact {
    lanes_of(run, |x| x)
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn square_sum(run: &[f64]) -> Exact {
    lanes_of(run, |x| x * x)
}

/// Elements that have a sum. Integers and `bool` are summed as `i64`, floats as themselves.
pub trait Summable: Element {
    /// What their sum is.
    type Sum: Number;
    /// What is kept of them on the way.
    #[doc(hidden)]
    type Acc: Data + Clone + Default;
    #[doc(hidden)]
    fn add_to(self, acc: &mut Self::Acc);
    #[doc(hidden)]
    fn add_all(run: &[Self], acc: &mut Self::Acc) {
        run.iter().for_each(|x| x.add_to(acc));
    }
    #[doc(hidden)]
    fn square_norms(run: &[Self], acc: &mut Exact)
    where
        Self: Number,
    {
        run.iter().for_each(|x| acc.add(x.square_norm()));
    }
    #[doc(hidden)]
    fn merge(acc: &mut Self::Acc, later: &Self::Acc);
    #[doc(hidden)]
    fn sum_of(acc: &Self::Acc) -> Self::Sum;
}

impl Summable for f64 {
    type Sum = f64;
    type Acc = Exact;
    #[inline]
    fn add_to(self, acc: &mut Exact) {
        acc.add(self);
    }
    fn add_all(run: &[f64], acc: &mut Exact) {
        acc.merge(&plain_sum(run));
    }
    fn square_norms(run: &[f64], acc: &mut Exact) {
        acc.merge(&square_sum(run));
    }
    #[inline]
    fn merge(acc: &mut Exact, later: &Exact) {
        acc.merge(later);
    }
    fn sum_of(acc: &Exact) -> f64 {
        acc.value()
    }
}

impl Summable for f32 {
    type Sum = f32;
    type Acc = Exact;
    #[inline]
    fn add_to(self, acc: &mut Exact) {
        acc.add(f64::from(self));
    }
    #[inline]
    fn merge(acc: &mut Exact, later: &Exact) {
        acc.merge(later);
    }
    fn sum_of(acc: &Exact) -> f32 {
        acc.value() as f32
    }
}

impl Summable for Complex<f64> {
    type Sum = Complex<f64>;
    type Acc = (Exact, Exact);
    #[inline]
    fn add_to(self, acc: &mut Self::Acc) {
        acc.0.add(self.re);
        acc.1.add(self.im);
    }
    #[inline]
    fn merge(acc: &mut Self::Acc, later: &Self::Acc) {
        acc.0.merge(&later.0);
        acc.1.merge(&later.1);
    }
    fn sum_of(acc: &Self::Acc) -> Self {
        Complex::new(acc.0.value(), acc.1.value())
    }
}

macro_rules! whole {
    ($($type:ty),*) => {
        $(impl Summable for $type {
            type Sum = i64;
            type Acc = i64;
            #[inline]
            fn add_to(self, acc: &mut i64) {
                *acc = acc.wrapping_add(self as i64);
            }
            #[inline]
            fn merge(acc: &mut i64, later: &i64) {
                *acc = acc.wrapping_add(*later);
            }
            fn sum_of(acc: &i64) -> i64 {
                *acc
            }
        })*
    };
}

whole!(i64, i32, u8, bool);

/// The fold of a sum.
#[derive(Clone)]
pub(crate) struct SumFold<T>(pub(crate) PhantomData<T>);

partita_graph::travels!([T: Summable] SumFold[T] { 0 });

impl<T: Summable> Fold for SumFold<T> {
    type Item = T;
    type Acc = T::Acc;
    type Out = T::Sum;

    fn empty(&self) -> T::Acc {
        T::Acc::default()
    }

    #[inline]
    fn add(&self, acc: &mut T::Acc, x: T, _: usize) {
        x.add_to(acc);
    }

    fn add_run(&self, acc: &mut T::Acc, run: &[T], _: usize) {
        T::add_all(run, acc);
    }

    fn merge(&self, acc: &mut T::Acc, later: &T::Acc) {
        T::merge(acc, later);
    }

    fn finish(&self, acc: &T::Acc) -> Result<T::Sum, ArrayFault> {
        Ok(T::sum_of(acc))
    }
}

/// The fold of the root of a sum of squares.
#[derive(Clone)]
pub(crate) struct NormFold<T>(pub(crate) PhantomData<T>);

partita_graph::travels!([T: Summable] NormFold[T] { 0 });

impl<T: Summable + Number> Fold for NormFold<T> {
    type Item = T;
    type Acc = Exact;
    type Out = f64;

    fn empty(&self) -> Exact {
        Exact::default()
    }

    #[inline]
    fn add(&self, acc: &mut Exact, x: T, _: usize) {
        acc.add(x.square_norm());
    }

    fn add_run(&self, acc: &mut Exact, run: &[T], _: usize) {
        T::square_norms(run, acc);
    }

    fn merge(&self, acc: &mut Exact, later: &Exact) {
        acc.merge(later);
    }

    fn finish(&self, acc: &Exact) -> Result<f64, ArrayFault> {
        Ok(acc.value().sqrt())
    }
}

impl<T: Summable> Array<T> {
    /// The sum of all elements, as an array without axes; NumPy's `sum`.
    ///
    /// Integers and `bool` are summed as `i64` and wrap around; floats in twice their precision.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1e100, 1.0, -1e100], 2);
    /// assert_eq!(on_reference(&x.sum().item())?, 1.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn sum(&self) -> Array<T::Sum> {
        self.sum_axis(None)
    }

    /// The sums over some axes; see [`Array::sum`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<u8>::from_array(ndarray::array![[200, 100], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.sum_axis(1))?, ndarray::array![300i64, 7].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn sum_axis(&self, axes: impl Into<Axes>) -> Array<T::Sum> {
        Array::built(self.reduce("sum", Identity::of("sum"), &axes.into(), SumFold(PhantomData)))
    }
}
