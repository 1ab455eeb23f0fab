//! Means, whose sums do not wrap around.

use super::fold::Fold;
use super::sums::{Exact, Summable};
use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::{Array, Number};
use crate::identity::Identity;
use num_complex::Complex;
use partita_graph::Data;
use std::marker::PhantomData;

/// The fold of a mean.
#[derive(Clone)]
pub(crate) struct MeanFold<T>(pub(crate) PhantomData<T>);

partita_graph::travels!([T: Averaged] MeanFold[T] { 0 });

impl<T: Averaged> Fold for MeanFold<T> {
    type Item = T;
    type Acc = (T::MeanAcc, u64);
    type Out = T::Mean;

    fn empty(&self) -> Self::Acc {
        Default::default()
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, x: T, _: usize) {
        x.add_to_mean(&mut acc.0);
        acc.1 += 1;
    }

    fn add_run(&self, acc: &mut Self::Acc, run: &[T], _: usize) {
        T::add_all_to_mean(run, &mut acc.0);
        acc.1 += run.len() as u64;
    }

    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc) {
        T::merge_means(&mut acc.0, &later.0);
        acc.1 += later.1;
    }

    fn finish(&self, acc: &Self::Acc) -> Result<T::Mean, ArrayFault> {
        Ok(T::mean_of(&acc.0, acc.1))
    }
}

/// Elements that have a mean: `f64` for integers and `bool`, the type itself for floats. Sums of integers do not wrap
/// around on the way.
pub trait Averaged: Summable {
    /// What their mean is.
    type Mean: Number;
    /// What is kept of them on the way.
    #[doc(hidden)]
    type MeanAcc: Data + Clone + Default;
    #[doc(hidden)]
    fn add_to_mean(self, acc: &mut Self::MeanAcc);
    #[doc(hidden)]
    fn add_all_to_mean(run: &[Self], acc: &mut Self::MeanAcc) {
        run.iter().for_each(|x| x.add_to_mean(acc));
    }
    #[doc(hidden)]
    fn merge_means(acc: &mut Self::MeanAcc, later: &Self::MeanAcc);
    #[doc(hidden)]
    fn mean_of(acc: &Self::MeanAcc, count: u64) -> Self::Mean;
}

macro_rules! averaged {
    ($($type:ty => $mean:ty: $f:expr;)*) => {
        $(impl Averaged for $type {
            type Mean = $mean;
            type MeanAcc = <$type as Summable>::Acc;
            #[inline]
            fn add_to_mean(self, acc: &mut Self::MeanAcc) {
                self.add_to(acc);
            }
            fn add_all_to_mean(run: &[Self], acc: &mut Self::MeanAcc) {
                Self::add_all(run, acc);
            }
            fn merge_means(acc: &mut Self::MeanAcc, later: &Self::MeanAcc) {
                Self::merge(acc, later);
            }
            fn mean_of(acc: &Self::MeanAcc, count: u64) -> $mean {
                let mean: fn(Self::Sum, u64) -> $mean = $f;
                mean(Self::sum_of(acc), count)
            }
        })*
    };
}

averaged! {
    f64 => f64: |sum, count| sum / count as f64;
    f32 => f32: |sum, count| sum / count as f32;
    Complex<f64> => Complex<f64>: |sum, count| sum / count as f64;
    i32 => f64: |sum, count| sum as f64 / count as f64;
    u8 => f64: |sum, count| sum as f64 / count as f64;
    bool => f64: |sum, count| sum as f64 / count as f64;
}

/// The sum of 64-bit integers may not fit into 64 bits: it is kept as that of two exact halves.
impl Averaged for i64 {
    type Mean = f64;
    type MeanAcc = Exact;
    #[inline]
    fn add_to_mean(self, acc: &mut Exact) {
        let low = self & 0xffff_ffff;
        acc.add((self - low) as f64);
        acc.add(low as f64);
    }
    fn merge_means(acc: &mut Exact, later: &Exact) {
        acc.merge(later);
    }
    fn mean_of(acc: &Exact, count: u64) -> f64 {
        acc.value() / count as f64
    }
}

impl<T: Averaged> Array<T> {
    /// The means over some axes, or of all elements; NaN for no elements. NumPy's `mean`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 5]], 1);
    /// assert_eq!(on_reference(&x.mean(Some(0)))?, ndarray::array![2.0, 3.5].into_dyn());
    /// assert_eq!(on_reference(&x.mean(None).item())?, 2.75);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn mean(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        Array::built(self.reduce("mean", Identity::of("mean"), &axes.into(), MeanFold(PhantomData)))
    }
}
