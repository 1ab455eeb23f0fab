//! Arrays like others: of the same shape, chunks and type, filled with one value.

use crate::array::chunk::Chunk;
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::layers::Built;
use crate::array::{Array, Element, Number};
use crate::identity::Identity;
use partita_graph::Plain;

impl<T: Element> Array<T> {
    /// An array of which only shape and type count; NumPy's `empty`. The elements are zeros here.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Array::<i64>::empty(2, 2))?, ndarray::array![0, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn empty(shape: impl IntoShape, chunks: impl Into<Chunks>) -> Self {
        Array::filled("empty", &shape.into_shape(), T::default(), &chunks.into())
    }

    /// An array of the same shape, chunks and type, of one value; NumPy's `full_like`.
    ///
    /// Nothing of this array is computed, unless lengths of its chunks are yet unknown.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 3, 1, 2);
    /// assert_eq!(on_reference(&x.full_like(7))?, ndarray::array![7, 7, 7].into_dyn());
    /// assert_eq!(on_reference(&x.ones_like())?, ndarray::array![1, 1, 1].into_dyn());
    /// assert_eq!(x.zeros_like().chunks(), x.chunks());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn full_like(&self, value: T) -> Self {
        Array::built(self.try_like("full_like", value))
    }

    /// An array of the same shape, chunks and type, of zeros (`false` for `bool`); NumPy's `zeros_like`.
    #[track_caller]
    pub fn zeros_like(&self) -> Self {
        Array::built(self.try_like("zeros_like", T::default()))
    }

    /// An array of the same shape, chunks and type, whose elements do not count; NumPy's `empty_like`. They are zeros.
    #[track_caller]
    pub fn empty_like(&self) -> Self {
        Array::built(self.try_like("empty_like", T::default()))
    }

    #[track_caller]
    fn try_like(&self, name: &str, value: T) -> Built<Self> {
        self.sound()?;
        if self.grid.is_known() {
            return Ok(Array::constant(name, value, self.grid.clone()).split_like(self));
        }
        let identity = Identity::of("like").node(&self.node).data(&value);
        Ok(self.each_block_with(name, identity, Plain(value), |value, _, lazy| {
            Ok(Chunk::full(lazy.shape(), value.0).into())
        }))
    }

    /// The same array; NumPy's `copy`. Arrays are never changed, so that nothing needs to be copied.
    #[track_caller]
    pub fn copy(&self) -> Self {
        self.clone()
    }
}

impl<T: Number> Array<T> {
    /// An array of the same shape, chunks and type, of ones; NumPy's `ones_like`.
    #[track_caller]
    pub fn ones_like(&self) -> Self {
        Array::built(self.try_like("ones_like", T::ONE))
    }
}
