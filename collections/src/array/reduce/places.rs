//! Places: where the smallest and the largest elements are.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::layers::Built;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::skipping::Skipping;
use crate::array::{Array, Ordered};
use crate::identity::Identity;
use std::marker::PhantomData;

/// The fold of the place of an extreme: the smallest, or the `LARGEST`. NaN goes before all numbers.
#[derive(Clone)]
struct PlaceFold<T, const LARGEST: bool> {
    operation: &'static str,
    item: PhantomData<T>,
}

impl<T: Ordered, const LARGEST: bool> PlaceFold<T, LARGEST> {
    /// Whether an element takes the place of another one that was met before.
    #[inline]
    fn beats(x: T, best: T) -> bool {
        let ahead = if LARGEST { x > best } else { x < best };
        ahead || x.is_nan() && !best.is_nan()
    }
}

partita_graph::travels!([T: Ordered, const LARGEST: bool] PlaceFold[T, LARGEST] { operation, item });

impl<T: Ordered, const LARGEST: bool> Fold for PlaceFold<T, LARGEST> {
    type Item = T;
    type Acc = Option<(T, usize)>;
    type Out = i64;
    const PLACED: bool = true;

    fn empty(&self) -> Self::Acc {
        None
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, x: T, place: usize) {
        if acc.is_none_or(|(best, _)| Self::beats(x, best)) {
            *acc = Some((x, place));
        }
    }

    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc) {
        // Where several axes are reduced, blocks do not follow each other as their elements do.
        let Some((x, place)) = *later else { return };
        let wins = |(best, before): (T, usize)| Self::beats(x, best) || !Self::beats(best, x) && place < before;
        if acc.is_none_or(wins) {
            *acc = *later;
        }
    }

    fn finish(&self, acc: &Self::Acc) -> Result<i64, ArrayFault> {
        match acc {
            Some((_, place)) => Ok(*place as i64),
            None => Err(ArrayFault::Empty { operation: self.operation }),
        }
    }
}

impl<T: Ordered> Array<T> {
    #[track_caller]
    fn try_place<F: Fold<Item = T, Out = i64>>(
        &self,
        operation: &'static str,
        axes: &Axes,
        fold: F,
    ) -> Built<Array<i64>> {
        let flags = axes.flags(operation, self.sound()?.ndim())?;
        self.known_along(operation, |axis| flags[axis])?.nonempty(operation, axes)?;
        self.reduce(operation, Identity::of(operation), axes, fold)
    }

    /// Where the smallest element is along an axis, or its number in C order among all elements; NumPy's `argmin`.
    ///
    /// Of several, the first; the first NaN if there is one. Several axes give numbers in C order along these. No
    /// elements have no smallest one, which is an error.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1], [1, 5]], 1);
    /// assert_eq!(on_reference(&x.argmin(None).item())?, 1);
    /// assert_eq!(on_reference(&x.argmin(0))?, ndarray::array![1, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn argmin(&self, axes: impl Into<Axes>) -> Array<i64> {
        let fold = PlaceFold::<T, false> { operation: "argmin", item: PhantomData };
        Array::built(self.try_place("argmin", &axes.into(), fold))
    }

    /// Where the largest element is along an axis, or its number in C order among all elements; NumPy's `argmax`.
    ///
    /// See [`Array::argmin`].
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![3.0, f64::NAN, 5.0], 1);
    /// assert_eq!(on_reference(&x.argmax(None).item())?, 1);
    /// assert_eq!(on_reference(&x.nanargmax(None).item())?, 2);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn argmax(&self, axes: impl Into<Axes>) -> Array<i64> {
        let fold = PlaceFold::<T, true> { operation: "argmax", item: PhantomData };
        Array::built(self.try_place("argmax", &axes.into(), fold))
    }

    /// Where the smallest element that is no NaN is; NumPy's `nanargmin`. Computing fails where all elements are NaN.
    ///
    /// See [`Array::argmin`].
    #[track_caller]
    pub fn nanargmin(&self, axes: impl Into<Axes>) -> Array<i64> {
        let fold = PlaceFold::<T, false> { operation: "nanargmin", item: PhantomData };
        Array::built(self.try_place("nanargmin", &axes.into(), Skipping(fold)))
    }

    /// Where the largest element that is no NaN is; NumPy's `nanargmax`. Computing fails where all elements are NaN.
    ///
    /// See [`Array::argmin`].
    #[track_caller]
    pub fn nanargmax(&self, axes: impl Into<Axes>) -> Array<i64> {
        let fold = PlaceFold::<T, true> { operation: "nanargmax", item: PhantomData };
        Array::built(self.try_place("nanargmax", &axes.into(), Skipping(fold)))
    }
}
