//! Padding that is computed: ramps to a value, and statistics of each line.

use super::joins::try_concatenate;
use super::pads::{IntoWidths, cut};
use crate::array::axes::keep;
use crate::array::grid::Grid;
use crate::array::layers::Built;
use crate::array::{Array, Averaged, Chunks, Cut, Number, Ordered, Real};
use crate::identity::Identity;
use ndarray::SliceInfoElem;

/// What stands around an array, computed of its elements; NumPy's modes of `pad` with `stat_length=None`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadBy<T> {
    /// Numbers at equal distances, from this one at the far end to the element at the edge; `linear_ramp`.
    LinearRamp(T),
    /// The largest element of the line; `maximum`.
    Maximum,
    /// The mean of the line; `mean`.
    Mean,
    /// The median of the line; `median`. Chunks along the line are put together.
    Median,
    /// The smallest element of the line; `minimum`.
    Minimum,
}

/// A number as an element: the nearest integer, if it is to be one, an even one if two are.
fn nearest<T: Number>(x: f64) -> T {
    T::from_f64(if has_fractions::<T>() { x } else { x.round_ties_even() })
}

fn has_fractions<T: Number>() -> bool {
    T::from_f64(0.5) != T::ZERO
}

impl<T: Averaged<Mean: Real> + Number + Ordered> Array<T> {
    /// With more elements before and after each axis, which are computed; see [`pad`](Array::pad) for others.
    ///
    /// As in NumPy, axes are padded one after the other, so padding of the first ones is part of the lines along the
    /// others. Means and medians of integers are rounded to the nearest, ramps of integers down.
    ///
    /// ```
    /// use partita_collections::{Array, array::PadBy, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![4, 9, 2], 2);
    /// assert_eq!(on_reference(&x.pad_by((1, 0), PadBy::Mean))?, ndarray::array![5, 4, 9, 2].into_dyn());
    /// assert_eq!(on_reference(&x.pad_by((2, 1), PadBy::LinearRamp(0)))?, ndarray::array![0, 2, 4, 9, 2, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn pad_by(&self, widths: impl IntoWidths, by: PadBy<T>) -> Self {
        Array::built(self.try_pad_by(&widths.into_widths(self.ndim()), by))
    }

    #[track_caller]
    fn try_pad_by(&self, widths: &[(usize, usize)], by: PadBy<T>) -> Built<Self> {
        self.padded("pad_by", widths, false)?;
        let mut all = self.clone();
        for (axis, &(before, after)) in widths.iter().enumerate() {
            let mut parts = Vec::with_capacity(3);
            if before > 0 {
                parts.push(all.beside(axis, before, false, by)?);
            }
            parts.push(all.clone());
            if after > 0 {
                parts.push(all.beside(axis, after, true, by)?);
            }
            all = try_concatenate("pad_by", &parts, axis as isize)?;
        }
        Ok(all)
    }

    /// What stands before or after an axis.
    #[track_caller]
    fn beside(&self, axis: usize, width: usize, after: bool, by: PadBy<T>) -> Built<Self> {
        let along = keep(axis as isize);
        let line = match by {
            PadBy::LinearRamp(end) => return self.ramp(axis, width, after, end),
            PadBy::Maximum => self.max_axis(along),
            PadBy::Minimum => self.min_axis(along),
            PadBy::Mean => self.mean(along).named("pad_by_mean", |x| nearest(x.to_f64())),
            PadBy::Median => self.median(along).named("pad_by_median", |x| nearest(x.to_f64())),
        };
        line.sound()?;
        let mut chunks = line.chunks().to_vec();
        chunks[axis] = cut(width, self.grid.axis(axis));
        Ok(line.spread("pad_by", line.identity("pad_by"), Grid::new(chunks)?))
    }

    /// Numbers from `end` to the first or the last elements of an axis.
    #[track_caller]
    fn ramp(&self, axis: usize, width: usize, after: bool, end: T) -> Built<Self> {
        let mut slices = vec![SliceInfoElem::from(..); axis];
        slices.push(if after { (-1..).into() } else { (..1).into() });
        let edge = self.slice(slices);
        let chunks = Chunks::All(Cut::Lengths(cut(width, self.grid.axis(axis))));
        let mut shape = vec![1; self.ndim()];
        shape[axis] = width;
        let places = Array::<f64>::arange(0.0, width as f64, 1.0, chunks).reshape(shape);
        let identity = Identity::of("pad_by_ramp").data(&(end, width, after));
        let (end, width) = (end.to_f64(), width as f64);
        let env = (end, width, after);
        edge.try_binary_with("pad_by", identity, &places, env, |(end, width, after), edge: T, place: f64| {
            let steps = if after { width - 1.0 - place } else { place };
            let x = steps * ((edge.to_f64() - end) / width) + end;
            T::from_f64(if has_fractions::<T>() { x } else { x.floor() })
        })
    }
}
