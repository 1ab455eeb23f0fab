//! Skipping what is no number: reductions of the other elements, and sums and means that do so.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::means::MeanFold;
use crate::array::reduce::sums::SumFold;
use crate::array::{Array, Averaged, Element, Summable};
use crate::identity::Identity;
use std::marker::PhantomData;

/// A fold of the elements that are not NaN.
#[derive(Clone)]
pub(crate) struct Skipping<F>(pub(crate) F);

partita_graph::travels!([F: Fold] Skipping[F] { 0 });

impl<F: Fold> Fold for Skipping<F> {
    type Item = F::Item;
    type Acc = F::Acc;
    type Out = F::Out;
    const PLACED: bool = F::PLACED;

    fn empty(&self) -> F::Acc {
        self.0.empty()
    }

    #[inline]
    fn add(&self, acc: &mut F::Acc, x: F::Item, place: usize) {
        if !x.is_nan() {
            self.0.add(acc, x, place);
        }
    }

    fn add_run(&self, acc: &mut F::Acc, run: &[F::Item], place: usize) {
        let mut at = 0;
        for piece in run.split(|x| x.is_nan()) {
            if !piece.is_empty() {
                self.0.add_run(acc, piece, place + at);
            }
            at += piece.len() + 1;
        }
    }

    fn merge(&self, acc: &mut F::Acc, later: &F::Acc) {
        self.0.merge(acc, later);
    }

    fn finish(&self, acc: &F::Acc) -> Result<F::Out, ArrayFault> {
        self.0.finish(acc)
    }
}

impl<T: Summable> Array<T> {
    /// The sums over some axes, or of all elements, with NaN taken as 0; NumPy's `nansum`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![[1.0, f64::NAN], [f64::NAN, f64::NAN]], 1);
    /// assert_eq!(on_reference(&x.nansum(1))?, ndarray::array![1.0, 0.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nansum(&self, axes: impl Into<Axes>) -> Array<T::Sum> {
        let fold = Skipping(SumFold(PhantomData));
        Array::built(self.reduce("nansum", Identity::of("nansum"), &axes.into(), fold))
    }
}

impl<T: Averaged> Array<T> {
    /// The means over some axes, or of all elements, without those that are NaN; NaN if all are. NumPy's `nanmean`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 4.0], 2);
    /// assert_eq!(on_reference(&x.nanmean(None).item())?, 2.5);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nanmean(&self, axes: impl Into<Axes>) -> Array<T::Mean> {
        let fold = Skipping(MeanFold(PhantomData));
        Array::built(self.reduce("nanmean", Identity::of("nanmean"), &axes.into(), fold))
    }
}

/// An element as what means of its type are.
#[inline]
pub(crate) fn as_mean<T: Averaged>(x: T) -> T::Mean {
    let mut acc = T::MeanAcc::default();
    x.add_to_mean(&mut acc);
    T::mean_of(&acc, 1)
}
