//! Products of elements, with and without those that are no number.

use crate::array::axes::Axes;
use crate::array::error::ArrayFault;
use crate::array::reduce::fold::Fold;
use crate::array::reduce::skipping::Skipping;
use crate::array::{Array, Number};
use crate::identity::Identity;
use std::marker::PhantomData;

/// The fold of a product.
#[derive(Clone)]
pub(crate) struct ProdFold<T>(pub(crate) PhantomData<T>);

partita_graph::travels!([T: Number] ProdFold[T] { 0 });

impl<T: Number> Fold for ProdFold<T> {
    type Item = T;
    type Acc = T::Wide;
    type Out = T::Wide;

    fn empty(&self) -> T::Wide {
        T::Wide::ONE
    }

    #[inline]
    fn add(&self, acc: &mut T::Wide, x: T, _: usize) {
        *acc = acc.times(x.widen());
    }

    fn merge(&self, acc: &mut T::Wide, later: &T::Wide) {
        *acc = acc.times(*later);
    }

    fn finish(&self, acc: &T::Wide) -> Result<T::Wide, ArrayFault> {
        Ok(*acc)
    }
}

impl<T: Number> Array<T> {
    /// The product of all elements, as an array without axes; 1 if there are none. NumPy's `prod`.
    ///
    /// Integers are multiplied as `i64` and wrap around; `f32` as `f32`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i32>::from_array(ndarray::array![[1, 2], [3, 4]], 1);
    /// assert_eq!(on_reference(&x.prod().item())?, 24);
    /// assert_eq!(on_reference(&x.prod_axis(0))?, ndarray::array![3i64, 8].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn prod(&self) -> Array<T::Wide> {
        self.prod_axis(None)
    }

    /// The products over some axes; see [`Array::prod`].
    #[track_caller]
    pub fn prod_axis(&self, axes: impl Into<Axes>) -> Array<T::Wide> {
        Array::built(self.reduce("prod", Identity::of("prod"), &axes.into(), ProdFold(PhantomData)))
    }

    /// The products over some axes, or of all elements, with NaN taken as 1; NumPy's `nanprod`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<f64>::from_array(ndarray::array![2.0, f64::NAN, 3.0], 2);
    /// assert_eq!(on_reference(&x.nanprod(None).item())?, 6.0);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nanprod(&self, axes: impl Into<Axes>) -> Array<T::Wide> {
        let fold = Skipping(ProdFold(PhantomData));
        Array::built(self.reduce("nanprod", Identity::of("nanprod"), &axes.into(), fold))
    }
}
