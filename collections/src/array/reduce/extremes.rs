//! Extremes: the smallest and largest elements, with and without those that are no number, and how far apart they are.

use crate::array::axes::Axes;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::layers::Built;
use crate::array::reduce::fold::Fold;
use crate::array::{Array, Element, Number, Ordered};
use crate::identity::Identity;
use std::marker::PhantomData;

/// Which of two elements is kept.
pub(crate) trait Choice: Clone + Send + Sync + 'static {
    fn of<T: Ordered>(a: T, b: T) -> T;
}

/// The smaller one, or NaN.
#[derive(Clone)]
struct Lower;

/// The larger one, or NaN.
#[derive(Clone)]
struct Upper;

/// What another choice is, but NaN only if both are.
#[derive(Clone)]
struct Numbers<C>(PhantomData<C>);

impl Choice for Lower {
    #[inline]
    fn of<T: Ordered>(a: T, b: T) -> T {
        a.lower(b)
    }
}

impl Choice for Upper {
    #[inline]
    fn of<T: Ordered>(a: T, b: T) -> T {
        a.upper(b)
    }
}

impl<C: Choice> Choice for Numbers<C> {
    #[inline]
    fn of<T: Ordered>(a: T, b: T) -> T {
        match (a.is_nan(), b.is_nan()) {
            (true, _) => b,
            (_, true) => a,
            _ => C::of(a, b),
        }
    }
}

/// Choices that are made side by side, so that comparisons need not wait for each other.
const LANES: usize = 16;

/// What is chosen of a run that is not empty.
fn chosen_of<T: Ordered, C: Choice>(run: &[T]) -> Option<T> {
    let (pieces, rest) = run.as_chunks::<LANES>();
    let lanes = pieces.split_first().map(|(first, pieces)| {
        let mut lanes = *first;
        for piece in pieces {
            for lane in 0..LANES {
                lanes[lane] = C::of(lanes[lane], piece[lane]);
            }
        }
        lanes
    });
    lanes.iter().flatten().chain(rest).copied().reduce(C::of)
}

/// The fold of an extreme.
#[derive(Clone)]
struct ExtremeFold<T, C> {
    operation: &'static str,
    choice: PhantomData<(T, C)>,
}

partita_graph::travels!([T: Ordered, C: Choice] ExtremeFold[T, C] { operation, choice });

impl<T: Ordered, C: Choice> Fold for ExtremeFold<T, C> {
    type Item = T;
    type Acc = Option<T>;
    type Out = T;

    fn empty(&self) -> Option<T> {
        None
    }

    #[inline]
    fn add(&self, acc: &mut Option<T>, x: T, _: usize) {
        *acc = Some(acc.map_or(x, |acc| C::of(acc, x)));
    }

    fn add_run(&self, acc: &mut Option<T>, run: &[T], _: usize) {
        self.merge(acc, &chosen_of::<T, C>(run));
    }

    fn merge(&self, acc: &mut Option<T>, later: &Option<T>) {
        *acc = acc.iter().chain(later).copied().reduce(C::of);
    }

    fn finish(&self, acc: &Option<T>) -> Result<T, ArrayFault> {
        acc.ok_or(ArrayFault::Empty { operation: self.operation })
    }
}

/// The fold of the distance between the extremes.
#[derive(Clone)]
struct RangeFold<T>(PhantomData<T>);

partita_graph::travels!([T: Ordered] RangeFold[T] { 0 });

impl<T: Ordered + Number> Fold for RangeFold<T> {
    type Item = T;
    type Acc = Option<(T, T)>;
    type Out = T;

    fn empty(&self) -> Self::Acc {
        None
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, x: T, _: usize) {
        self.merge(acc, &Some((x, x)));
    }

    fn add_run(&self, acc: &mut Self::Acc, run: &[T], _: usize) {
        self.merge(acc, &chosen_of::<T, Lower>(run).zip(chosen_of::<T, Upper>(run)));
    }

    #[inline]
    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc) {
        *acc = acc.iter().chain(later).copied().reduce(|a, b| (a.0.lower(b.0), a.1.upper(b.1)));
    }

    fn finish(&self, acc: &Self::Acc) -> Result<T, ArrayFault> {
        acc.map(|(low, high)| high.minus(low)).ok_or(ArrayFault::Empty { operation: "ptp" })
    }
}

impl<T: Element> Array<T> {
    /// Whether a reduction that has no value for no elements has some for each result; found out at once where lengths
    /// are known.
    pub(crate) fn nonempty(&self, operation: &'static str, axes: &Axes) -> Built<()> {
        self.sound()?;
        let flags = axes.flags(operation, self.ndim())?;
        let empty = |reduced: bool| (0..self.ndim()).find(|&axis| flags[axis] == reduced && self.shape()[axis] == 0);
        match (empty(true), empty(false)) {
            (Some(axis), None) => Err(ArrayError::Empty { operation, axis, shape: self.shape().to_vec() }.into()),
            _ => Ok(()),
        }
    }
}

impl<T: Ordered> Array<T> {
    #[track_caller]
    fn extreme<C: Choice>(&self, operation: &'static str, axes: &Axes) -> Array<T> {
        let fold = ExtremeFold { operation, choice: PhantomData::<(T, C)> };
        match self.nonempty(operation, axes) {
            Ok(_) => Array::built(self.reduce(operation, Identity::of(operation), axes, fold)),
            Err(stop) => Array::built(Err(stop)),
        }
    }

    /// The smallest of all elements, as an array without axes; NaN if one is. NumPy's `min`.
    ///
    /// No elements have none: that is an error, found when the array is built if its lengths are known.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1], [2, 5]], 1);
    /// assert_eq!(on_reference(&x.min().item())?, 1);
    /// assert_eq!(on_reference(&x.min_axis(1))?, ndarray::array![1, 2].into_dyn());
    /// assert!(Array::<f64>::ones(0, 1).min().check().is_err());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn min(&self) -> Self {
        self.min_axis(None)
    }

    /// The smallest elements over some axes; see [`Array::min`].
    #[track_caller]
    pub fn min_axis(&self, axes: impl Into<Axes>) -> Self {
        self.extreme::<Lower>("min", &axes.into())
    }

    /// The largest of all elements, as an array without axes; NaN if one is. NumPy's `max`.
    ///
    /// No elements have none: that is an error, found when the array is built if its lengths are known.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![[3.0, 1.0], [2.0, f64::NAN]], 1);
    /// assert!(on_reference(&x.max().item())?.is_nan());
    /// assert_eq!(on_reference(&x.max_axis(1))?[0], 3.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn max(&self) -> Self {
        self.max_axis(None)
    }

    /// The largest elements over some axes; see [`Array::max`].
    #[track_caller]
    pub fn max_axis(&self, axes: impl Into<Axes>) -> Self {
        self.extreme::<Upper>("max", &axes.into())
    }

    /// The smallest elements over some axes, or of all, without those that are NaN; NaN if all are. NumPy's `nanmin`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![f64::NAN, 2.0, 3.0], 1);
    /// assert_eq!(on_reference(&x.nanmin(None).item())?, 2.0);
    /// assert_eq!(on_reference(&x.nanmax(None).item())?, 3.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nanmin(&self, axes: impl Into<Axes>) -> Self {
        self.extreme::<Numbers<Lower>>("nanmin", &axes.into())
    }

    /// The largest elements over some axes, or of all, without those that are NaN; NaN if all are. NumPy's `nanmax`.
    #[track_caller]
    pub fn nanmax(&self, axes: impl Into<Axes>) -> Self {
        self.extreme::<Numbers<Upper>>("nanmax", &axes.into())
    }
}

impl<T: Ordered + Number> Array<T> {
    /// The largest element minus the smallest one, over some axes or of all; NaN if one is. Integers wrap around.
    /// NumPy's `ptp`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[3, 1], [2, 7]], 1);
    /// assert_eq!(on_reference(&x.ptp(1))?, ndarray::array![2, 5].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn ptp(&self, axes: impl Into<Axes>) -> Self {
        let axes = axes.into();
        let reduced = || {
            self.nonempty("ptp", &axes)?;
            self.reduce("ptp", Identity::of("ptp"), &axes, RangeFold(PhantomData))
        };
        Array::built(reduced())
    }
}
