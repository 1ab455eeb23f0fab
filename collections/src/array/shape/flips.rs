//! Flips: axes in reverse order. Blocks are views that run backwards; nothing is copied.

use crate::array::axes::Axes;
use crate::array::layers::Built;
use crate::array::{Array, Element};

impl<T: Element> Array<T> {
    /// With the elements along some axes in reverse order, along all if none is named; NumPy's `flip`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 2);
    /// assert_eq!(on_reference(&x.flip(None))?, ndarray::array![[6, 5, 4], [3, 2, 1]].into_dyn());
    /// assert_eq!(on_reference(&x.fliplr())?, ndarray::array![[3, 2, 1], [6, 5, 4]].into_dyn());
    /// assert_eq!(on_reference(&x.flipud())?, ndarray::array![[4, 5, 6], [1, 2, 3]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn flip(&self, axes: impl Into<Axes>) -> Self {
        Array::built(self.try_flip("flip", &axes.into()))
    }

    /// Columns in reverse order: [`Array::flip`] of axis 1; NumPy's `fliplr`.
    #[track_caller]
    pub fn fliplr(&self) -> Self {
        Array::built(self.try_flip("fliplr", &Axes::from(1)))
    }

    /// Rows in reverse order: [`Array::flip`] of axis 0; NumPy's `flipud`.
    #[track_caller]
    pub fn flipud(&self) -> Self {
        Array::built(self.try_flip("flipud", &Axes::from(0)))
    }

    #[track_caller]
    fn try_flip(&self, operation: &'static str, axes: &Axes) -> Built<Self> {
        let flags = axes.flags(operation, self.sound()?.ndim())?;
        let axes: Vec<usize> = (0..self.ndim()).filter(|&axis| flags[axis]).collect();
        self.known_along(operation, |axis| flags[axis])?.reversed(&axes)
    }
}
