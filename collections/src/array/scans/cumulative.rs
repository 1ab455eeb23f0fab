//! Cumulative sums and products, and values pushed forward along an axis.

use crate::array::axes::Axes;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::layers::Built;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::products::ProdFold;
use crate::array::reduce::skipping::Skipping;
use crate::array::reduce::sums::SumFold;
use crate::array::{Array, Element, Number, Real, Summable};
use crate::identity::Identity;
use std::marker::PhantomData;

impl<T: Summable> Array<T> {
    /// The sum of each element and those before it along an axis, or, of `None`, in C order along one axis; NumPy's
    /// `cumsum`.
    ///
    /// Integers and `bool` are summed as `i64` and wrap around; floats in twice their precision.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 1);
    /// assert_eq!(on_reference(&x.cumsum(1))?, ndarray::array![[1, 3, 6], [4, 9, 15]].into_dyn());
    /// assert_eq!(on_reference(&x.cumsum(None))?, ndarray::array![1, 3, 6, 10, 15, 21].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn cumsum(&self, axis: impl Into<Axes>) -> Array<T::Sum> {
        self.scanned_over("cumsum", &axis.into(), SumFold(PhantomData))
    }

    /// The sum of each element and those before it along an axis, with NaN taken as 0; NumPy's `nancumsum`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, 3.0], 2);
    /// assert_eq!(on_reference(&x.nancumsum(0))?, ndarray::array![1.0, 1.0, 4.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nancumsum(&self, axis: impl Into<Axes>) -> Array<T::Sum> {
        let fold = Skipping(SumFold(PhantomData));
        self.scanned_over("nancumsum", &axis.into(), fold)
    }
}

impl<T: Number> Array<T> {
    /// The product of each element and those before it along an axis, or, of `None`, in C order along one axis; NumPy's
    /// `cumprod`. Integers are multiplied as `i64` and wrap around.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i32>::from_array(ndarray::array![1, 2, 3, 4], 3);
    /// assert_eq!(on_reference(&x.cumprod(0))?, ndarray::array![1i64, 2, 6, 24].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn cumprod(&self, axis: impl Into<Axes>) -> Array<T::Wide> {
        self.scanned_over("cumprod", &axis.into(), ProdFold(PhantomData))
    }

    /// The product of each element and those before it along an axis, with NaN taken as 1; NumPy's `nancumprod`.
    #[track_caller]
    pub fn nancumprod(&self, axis: impl Into<Axes>) -> Array<T::Wide> {
        let fold = Skipping(ProdFold(PhantomData));
        self.scanned_over("nancumprod", &axis.into(), fold)
    }
}

/// The fold that keeps the last number, and how many NaN came after it.
#[derive(Clone)]
struct PushFold<T> {
    limit: u64,
    item: PhantomData<T>,
}

partita_graph::travels!([T: Real] PushFold[T] { limit, item });

impl<T: Real> Fold for PushFold<T> {
    type Item = T;
    type Acc = (Option<T>, u64);
    type Out = T;

    fn empty(&self) -> Self::Acc {
        (None, 0)
    }

    #[inline]
    fn add(&self, acc: &mut Self::Acc, x: T, _: usize) {
        *acc = if Element::is_nan(x) { (acc.0, acc.1 + 1) } else { (Some(x), 0) };
    }

    fn merge(&self, acc: &mut Self::Acc, later: &Self::Acc) {
        *acc = if later.0.is_some() { *later } else { (acc.0, acc.1 + later.1) };
    }

    fn finish(&self, acc: &Self::Acc) -> Result<T, ArrayFault> {
        Ok(acc.0.filter(|_| acc.1 <= self.limit).unwrap_or_else(T::nan))
    }
}

impl<T: Real> Array<T> {
    /// Each NaN replaced by the last number before it along an axis, if there is one: of NaN that follow each other the
    /// first `limit`, or all of them. Bottleneck's and Dask's `push`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![1.0, f64::NAN, f64::NAN, 4.0], 2);
    /// assert_eq!(on_reference(&x.push(None, 0))?, ndarray::array![1.0, 1.0, 1.0, 4.0].into_dyn());
    /// assert!(on_reference(&x.push(Some(1), 0))?[2].is_nan());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn push(&self, limit: Option<usize>, axis: isize) -> Self {
        Array::built(self.try_push(limit, axis))
    }

    #[track_caller]
    fn try_push(&self, limit: Option<usize>, axis: isize) -> Built<Self> {
        if limit == Some(0) {
            let (argument, value, allowed) = ("limit", "0".to_owned(), "at least 1 NaN must be replaced");
            return Err(ArrayError::Argument { operation: "push", argument, value, allowed }.into());
        }
        let limit = limit.map_or(u64::MAX, |limit| limit as u64);
        self.scanned("push", Identity::of("push").data(&limit), axis, PushFold { limit, item: PhantomData })
    }
}
