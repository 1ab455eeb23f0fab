//! Variances and standard deviations, from means and squares that are kept together.
//!
//! A run of elements is passed over twice, for its mean and for squared distances from it, and merged with what was
//! before as Chan, Golub and LeVeque do ("Updating formulae and a pairwise algorithm for computing sample variances",
//! 1979), so numbers far from 0 lose nothing.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::skipping::Skipping;
use crate::array::statistics::middle::Mean;
use crate::array::{Array, Averaged, Number};
use crate::identity::Identity;
use num_complex::Complex;
use partita_graph::Data;
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Count, mean and the sum of squared distances from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    mean: Mean,
    squares: f64,
}

/// Sums that are kept side by side.
const LANES: usize = 8;

#[inline]
fn sum_of<T: Copy>(run: &[T], f: impl Fn(T) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (pieces, rest) = run.as_chunks::<LANES>();
    for piece in pieces {
        for lane in 0..LANES {
            lanes[lane] += f(piece[lane]);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&x| f(x)).sum::<f64>()
}

impl Moments {
    #[inline]
    fn add(&mut self, x: f64) {
        self.count += 1;
        let distance = self.mean.distance(x);
        let step = distance / self.count as f64;
        self.mean.shift(step);
        self.squares += distance * (distance - step);
    }

    fn of<T: Copy>(run: &[T], f: impl Fn(T) -> f64) -> Self {
        let Some(&first) = run.first() else { return Moments::default() };
        let count = run.len() as f64;
        let origin = f(first);
        let rounded = origin + sum_of(run, |x| f(x) - origin) / count;
        let rest = sum_of(run, |x| f(x) - rounded);
        let squares = sum_of(run, |x| (f(x) - rounded) * (f(x) - rounded)) - rest * rest / count;
        let mean = Mean { rounded, above: rest / count };
        // Of numbers, squares are never less than 0; what is no number stays so.
        Moments { count: run.len() as u64, mean, squares: if squares < 0.0 { 0.0 } else { squares } }
    }

    fn merge(&mut self, later: &Moments) {
        if self.count == 0 || later.count == 0 {
            *self = if self.count == 0 { *later } else { *self };
            return;
        }
        let count = self.count + later.count;
        let (own, other, all) = (self.count as f64, later.count as f64, count as f64);
        let distance = self.mean.to(&later.mean);
        self.mean.shift(distance * (other / all));
        self.squares += later.squares + distance * distance * (own * other / all);
        self.count = count;
    }
}

/// Elements that have a variance: `f32` for `f32`, `f64` for all others, also for complex ones.
pub trait Varied: Averaged {
    /// What their variance is.
    type Variance: Number;
    /// What is kept of them on the way.
    #[doc(hidden)]
    type Moments: Data + Clone + Default;
    #[doc(hidden)]
    fn see(self, moments: &mut Self::Moments);
    #[doc(hidden)]
    fn see_all(run: &[Self], moments: &mut Self::Moments);
    #[doc(hidden)]
    fn merge_moments(moments: &mut Self::Moments, later: &Self::Moments);
    /// How many there were, and the sum of squared distances from their mean.
    #[doc(hidden)]
    fn squares(moments: &Self::Moments) -> (u64, f64);
}

macro_rules! varied {
    ($($type:ty => $variance:ty: $f:expr;)*) => {
        $(impl Varied for $type {
            type Variance = $variance;
            type Moments = Moments;
            #[inline]
            fn see(self, moments: &mut Moments) {
                let float: fn($type) -> f64 = $f;
                moments.add(float(self));
            }
            fn see_all(run: &[Self], moments: &mut Moments) {
                moments.merge(&Moments::of(run, $f));
            }
            fn merge_moments(moments: &mut Moments, later: &Moments) {
                moments.merge(later);
            }
            fn squares(moments: &Moments) -> (u64, f64) {
                (moments.count, moments.squares)
            }
        })*
    };
}

varied! {
    f64 => f64: |x| x;
    f32 => f32: f64::from;
    i64 => f64: |x| x as f64;
    i32 => f64: f64::from;
    u8 => f64: f64::from;
    bool => f64: |x| f64::from(u8::from(x));
}

impl Varied for Complex<f64> {
    type Variance = f64;
    type Moments = (Moments, Moments);
    #[inline]
    fn see(self, moments: &mut Self::Moments) {
        moments.0.add(self.re);
        moments.1.add(self.im);
    }
    fn see_all(run: &[Self], moments: &mut Self::Moments) {
        moments.0.merge(&Moments::of(run, |x| x.re));
        moments.1.merge(&Moments::of(run, |x| x.im));
    }
    fn merge_moments(moments: &mut Self::Moments, later: &Self::Moments) {
        moments.0.merge(&later.0);
        moments.1.merge(&later.1);
    }
    fn squares(moments: &Self::Moments) -> (u64, f64) {
        (moments.0.count, moments.0.squares + moments.1.squares)
    }
}

/// The fold of a variance, or of its root.
#[derive(Clone)]
struct VarianceFold<T> {
    ddof: usize,
    root: bool,
    /// Whether too few elements give NaN, and not what a division by 0 does.
    strict: bool,
    item: PhantomData<T>,
}

partita_graph::travels!([T: Varied] VarianceFold[T] { ddof, root, strict, item });

impl<T: Varied> Fold for VarianceFold<T> {
    type Item = T;
    type Acc = T::Moments;
    type Out = T::Variance;

    fn empty(&self) -> T::Moments {
        T::Moments::default()
    }

    #[inline]
    fn add(&self, moments: &mut T::Moments, x: T, _: usize) {
        x.see(moments);
    }

    fn add_run(&self, moments: &mut T::Moments, run: &[T], _: usize) {
        T::see_all(run, moments);
    }

    fn merge(&self, moments: &mut T::Moments, later: &T::Moments) {
        T::merge_moments(moments, later);
    }

    fn finish(&self, moments: &T::Moments) -> Result<T::Variance, ArrayFault> {
        let (count, squares) = T::squares(moments);
        let free = count.saturating_sub(self.ddof as u64);
        let variance = if free == 0 && self.strict { f64::NAN } else { squares / free as f64 };
        Ok(T::Variance::from_f64(if self.root { variance.sqrt() } else { variance }))
    }
}

impl<T: Varied> Array<T> {
    #[track_caller]
    fn variance(&self, name: &'static str, axes: &Axes, ddof: usize, root: bool) -> Array<T::Variance> {
        let identity = Identity::of(name).data(&(ddof as u64));
        let fold = VarianceFold { ddof, root, strict: false, item: PhantomData };
        Array::built(self.reduce(name, identity, axes, fold))
    }

    #[track_caller]
    fn nanvariance(&self, name: &'static str, axes: &Axes, ddof: usize, root: bool) -> Array<T::Variance> {
        let identity = Identity::of(name).data(&(ddof as u64));
        let fold = Skipping(VarianceFold { ddof, root, strict: true, item: PhantomData });
        Array::built(self.reduce(name, identity, axes, fold))
    }

    /// The variances over some axes, or of all elements: squared distances from the mean, divided by the number of
    /// elements less `ddof`. NumPy's `var`.
    ///
    /// 0 is for the variance of all there is, 1 for an estimate from a sample. No elements have variance NaN, and so have
    /// no more than `ddof` of them, if all are equal (∞ if not).
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1e9, 1e9 + 1.0, 1e9 + 2.0], 2);
    /// assert_eq!(on_reference(&x.var(None, 1).item())?, 1.0);
    /// let y = Array::<i64>::from_array(ndarray::array![[1, 3], [2, 2]], 1);
    /// assert_eq!(on_reference(&y.var(1, 0))?, ndarray::array![1.0, 0.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn var(&self, axes: impl Into<Axes>, ddof: usize) -> Array<T::Variance> {
        self.variance("var", &axes.into(), ddof, false)
    }

    /// The standard deviations over some axes, or of all elements: the roots of [`Array::var`]. NumPy's `std`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 3, 1, 3], 3);
    /// assert_eq!(on_reference(&x.std(None, 0).item())?, 1.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn std(&self, axes: impl Into<Axes>, ddof: usize) -> Array<T::Variance> {
        self.variance("std", &axes.into(), ddof, true)
    }

    /// The variances over some axes, or of all elements, without those that are NaN; NaN for no more than `ddof` of
    /// them. NumPy's `nanvar`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 3.0], 2);
    /// assert_eq!(on_reference(&x.nanvar(None, 1).item())?, 2.0);
    /// assert_eq!(on_reference(&x.nanstd(None, 0).item())?, 1.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nanvar(&self, axes: impl Into<Axes>, ddof: usize) -> Array<T::Variance> {
        self.nanvariance("nanvar", &axes.into(), ddof, false)
    }

    /// The standard deviations over some axes, or of all elements, without those that are NaN; the roots of
    /// [`Array::nanvar`]. NumPy's `nanstd`.
    #[track_caller]
    pub fn nanstd(&self, axes: impl Into<Axes>, ddof: usize) -> Array<T::Variance> {
        self.nanvariance("nanstd", &axes.into(), ddof, true)
    }
}
