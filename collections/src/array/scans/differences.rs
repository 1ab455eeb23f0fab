//! Differences of neighbours.

use crate::array::axes::resolve;
use crate::array::layers::Built;
use crate::array::reduce::lines::without_empty;
use crate::array::{Array, Number};

impl<T: Number> Array<T> {
    /// What each element along an axis is more than the one before it, `n` times over; NumPy's `diff`. The axis gets
    /// shorter by `n`. Integers wrap around.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 4, 9, 16], 2);
    /// assert_eq!(on_reference(&x.diff(1, 0))?, ndarray::array![3, 5, 7].into_dyn());
    /// assert_eq!(on_reference(&x.diff(2, -1))?, ndarray::array![2, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn diff(&self, n: usize, axis: isize) -> Self {
        Array::built(self.try_diff("diff", n, axis))
    }

    #[track_caller]
    fn try_diff(&self, operation: &'static str, n: usize, axis: isize) -> Built<Self> {
        let at = resolve(operation, axis, self.sound()?.ndim())?;
        let mut array = self.known_along(operation, |own| own == at)?.clone();
        for _ in 0..n.min(self.shape()[at]) {
            array = array.differences(at)?;
        }
        Ok(array)
    }

    /// Differences of neighbours, in chunks where the first of each two is.
    #[track_caller]
    fn differences(&self, axis: usize) -> Built<Self> {
        let mut lengths = self.grid.axis(axis).to_vec();
        if let Some(last) = lengths.iter_mut().rev().find(|length| **length > 0) {
            *last -= 1;
        }
        let lengths = without_empty(lengths);
        let start = usize::from(self.shape()[axis] > 0);
        let next = self.window("diff-next", axis, start, &lengths)?;
        let this = self.window("diff-this", axis, 0, &lengths)?;
        Ok(next.named2("diff", &this, T::minus).split_like(self))
    }

    /// What each element is more than the one before it, of all elements in C order; NumPy's `ediff1d`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 4], [2, 2]], 1);
    /// assert_eq!(on_reference(&x.ediff1d())?, ndarray::array![3, -2, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn ediff1d(&self) -> Self {
        match self.in_a_row("ediff1d") {
            Ok(row) => Array::built(row.try_diff("ediff1d", 1, 0)),
            Err(stop) => Array::built(Err(stop)),
        }
    }
}
