//! Averages of elements with weights.

use crate::array::axes::{Axes, resolve};
use crate::array::error::ArrayError;
use crate::array::layers::Built;
use crate::array::reduce::skipping::as_mean;
use crate::array::{Array, Averaged, Number, Summable};

impl<T: Averaged<Mean: Summable<Sum = T::Mean>>> Array<T> {
    /// Averages over some axes, or of all elements, where elements count by their weights; NumPy's `average`.
    /// ([`Array::mean`] is the one without weights.)
    ///
    /// Weights are of the array's shape, or along the one axis. If they come to 0, the average is NaN or ∞ (where NumPy
    /// raises an error).
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 8]], 1);
    /// let weights = Array::<f64>::from_array(ndarray::array![1.0, 3.0], 2);
    /// assert_eq!(on_reference(&x.average(0, &weights))?, ndarray::array![2.5, 6.5].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn average(&self, axes: impl Into<Axes>, weights: &Array<T::Mean>) -> Array<T::Mean> {
        Array::built(self.try_average(&axes.into(), weights))
    }

    #[track_caller]
    fn try_average(&self, axes: &Axes, weights: &Array<T::Mean>) -> Built<Array<T::Mean>> {
        let operation = "average";
        self.sound()?;
        weights.sound()?;
        let axis = axes.only().filter(|_| weights.ndim() == 1);
        let standing = axis.map(|axis| resolve(operation, axis, self.ndim())).transpose()?;
        let weights = match standing {
            Some(axis) => weights.standing(self.ndim(), axis)?,
            None => weights.clone(),
        };
        // Weights along one axis stand beside all others.
        let differs =
            |&axis: &usize| weights.shape()[axis] != self.shape()[axis] && standing.is_none_or(|at| at == axis);
        let wrong = if weights.ndim() == self.ndim() { (0..self.ndim()).find(differs) } else { Some(0) };
        if let Some(axis) = wrong {
            let (left, right) = (self.shape().to_vec(), weights.shape().to_vec());
            let length = |shape: &[usize]| shape.get(axis).copied().unwrap_or(1);
            let (left_length, right_length) = (length(&left), length(&right));
            return Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length }.into());
        }
        let weighted = self.zip_with(&weights, |x: T, weight| as_mean(x).times(weight));
        // Of weights along one axis, the sum over it is that of each line.
        let total = weights.sum_axis(axes.clone());
        Ok(weighted.sum_axis(axes.clone()).named2(operation, &total, Number::divided_by).split_like(self))
    }
}
