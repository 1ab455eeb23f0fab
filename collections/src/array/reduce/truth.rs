//! Truth: whether any or all elements are anything but zero, and how many.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::reduce::fold::Fold;
use crate::array::{Array, Element};
use crate::identity::Identity;
use std::marker::PhantomData;

/// The fold of `any`, or of `all` where `WANTED` is `false`: whether an element of this truth was met.
#[derive(Clone)]
struct MetFold<T, const WANTED: bool>(PhantomData<T>);

partita_graph::travels!([T: Element, const WANTED: bool] MetFold[T, WANTED] { 0 });

impl<T: Element, const WANTED: bool> Fold for MetFold<T, WANTED> {
    type Item = T;
    type Acc = bool;
    type Out = bool;

    fn empty(&self) -> bool {
        false
    }

    #[inline]
    fn add(&self, met: &mut bool, x: T, _: usize) {
        *met |= x.is_true() == WANTED;
    }

    fn add_run(&self, met: &mut bool, run: &[T], _: usize) {
        *met = *met || run.iter().any(|x| x.is_true() == WANTED);
    }

    fn merge(&self, met: &mut bool, later: &bool) {
        *met |= later;
    }

    fn finish(&self, met: &bool) -> Result<bool, ArrayFault> {
        Ok(*met == WANTED)
    }
}

/// The fold that counts.
#[derive(Clone)]
struct CountFold<T>(PhantomData<T>);

partita_graph::travels!([T: Element] CountFold[T] { 0 });

impl<T: Element> Fold for CountFold<T> {
    type Item = T;
    type Acc = i64;
    type Out = i64;

    fn empty(&self) -> i64 {
        0
    }

    #[inline]
    fn add(&self, count: &mut i64, x: T, _: usize) {
        *count += i64::from(x.is_true());
    }

    fn merge(&self, count: &mut i64, later: &i64) {
        *count += later;
    }

    fn finish(&self, count: &i64) -> Result<i64, ArrayFault> {
        Ok(*count)
    }
}

impl<T: Element> Array<T> {
    /// Whether any element is anything but zero, as an array without axes; `false` if there are none. NaN is not zero.
    /// NumPy's `any`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[0, 2], [0, 0]], 1);
    /// assert!(on_reference(&x.any().item())?);
    /// assert_eq!(on_reference(&x.any_axis(1))?, ndarray::array![true, false].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn any(&self) -> Array<bool> {
        self.any_axis(None)
    }

    /// Whether any element is anything but zero, over some axes; see [`Array::any`].
    #[track_caller]
    pub fn any_axis(&self, axes: impl Into<Axes>) -> Array<bool> {
        Array::built(self.reduce("any", Identity::of("any"), &axes.into(), MetFold::<T, true>(PhantomData)))
    }

    /// Whether all elements are anything but zero, as an array without axes; `true` if there are none. NaN is not zero.
    /// NumPy's `all`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [0, 3]], 1);
    /// assert!(!on_reference(&x.all().item())?);
    /// assert_eq!(on_reference(&x.all_axis(0))?, ndarray::array![false, true].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn all(&self) -> Array<bool> {
        self.all_axis(None)
    }

    /// Whether all elements are anything but zero, over some axes; see [`Array::all`].
    #[track_caller]
    pub fn all_axis(&self, axes: impl Into<Axes>) -> Array<bool> {
        Array::built(self.reduce("all", Identity::of("all"), &axes.into(), MetFold::<T, false>(PhantomData)))
    }

    /// How many elements are anything but zero, as an array without axes. NaN is not zero. NumPy's `count_nonzero`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![0.0, f64::NAN, -1.0], 2);
    /// assert_eq!(on_reference(&x.count_nonzero().item())?, 2);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn count_nonzero(&self) -> Array<i64> {
        self.count_nonzero_axis(None)
    }

    /// How many elements are anything but zero, over some axes; see [`Array::count_nonzero`].
    #[track_caller]
    pub fn count_nonzero_axis(&self, axes: impl Into<Axes>) -> Array<i64> {
        let identity = Identity::of("count_nonzero");
        Array::built(self.reduce("count_nonzero", identity, &axes.into(), CountFold(PhantomData)))
    }
}
