//! Differences: of neighbours along an axis, and slopes.

use super::axes::resolve;
use super::chunk::Chunk;
use super::error::ArrayError;
use super::grid::Grid;
use super::layers::Built;
use super::lines::without_empty;
use super::select::{Run, Selection};
use super::skipping::as_mean;
use super::{Array, Averaged, Number, Real};
use crate::identity::Identity;

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
        let mut array = self.known(operation)?.clone();
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
        Array::built(self.in_a_row("ediff1d").and_then(|row| row.try_diff("ediff1d", 1, 0)))
    }
}

/// Each place of an axis made into the next one, or that before it; the one at the end stays.
fn neighbours(chunks: &[usize], next: bool) -> Selection {
    let some = |chunk: &usize| chunks[*chunk] > 0;
    let runs = |chunk: usize| {
        let count = chunks[chunk];
        if count == 0 {
            return vec![Run { chunk, start: 0, step: 1, count: 0, to: 0 }];
        }
        let own = Run { chunk, start: usize::from(next), step: 1, count: count - 1, to: usize::from(!next) };
        let beside = match next {
            true => (chunk + 1..chunks.len()).find(some).map_or((chunk, count - 1), |chunk| (chunk, 0)),
            false => (0..chunk).rev().find(some).map_or((chunk, 0), |chunk| (chunk, chunks[chunk] - 1)),
        };
        let to = if next { count - 1 } else { 0 };
        let other = Run { chunk: beside.0, start: beside.1, step: 1, count: 1, to };
        if count == 1 { vec![other] } else { vec![own, other] }
    };
    Selection { chunks: chunks.to_vec(), runs: (0..chunks.len()).map(runs).collect() }
}

impl<T: Averaged<Mean: Real>> Array<T> {
    /// Slopes along an axis whose elements are `spacing` apart: between the neighbours on both sides, at the ends to the
    /// only neighbour. NumPy's `gradient` with `edge_order=1`; integers give `f64`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 4, 7, 11], 2);
    /// assert_eq!(on_reference(&x.gradient(2.0, 0))?, ndarray::array![0.5, 0.75, 1.25, 1.75, 2.0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn gradient(&self, spacing: f64, axis: isize) -> Array<T::Mean> {
        Array::built(self.try_gradient(spacing, axis))
    }

    #[track_caller]
    fn try_gradient(&self, spacing: f64, axis: isize) -> Built<Array<T::Mean>> {
        let operation = "gradient";
        let axis = resolve(operation, axis, self.known(operation)?.ndim())?;
        let length = self.shape()[axis];
        if length < 2 {
            let (wanted, shape) = ("two elements and more along the axis", self.shape().to_vec());
            return Err(ArrayError::Dimensions { operation, wanted, shape }.into());
        }
        let numbers = self.named("float", as_mean);
        let beside = |name: &str, next: bool| {
            let selection = |at: usize| match at == axis {
                true => neighbours(self.grid.axis(at), next),
                false => Selection::all(self.grid.axis(at)),
            };
            let axes = (0..self.ndim()).map(selection).collect();
            numbers.select(name, Identity::of(name).data(&(axis as u64)), axes, T::Mean::ZERO)
        };
        let rise =
            beside("gradient-next", true)?.named2("gradient-rise", &beside("gradient-before", false)?, T::Mean::minus);
        let chunks = (0..self.ndim()).map(|at| if at == axis { self.grid.axis(at).to_vec() } else { vec![1] });
        let spans = Grid::new(chunks.collect())?;
        let identity = Identity::of("gradient-span").data(&(spacing, axis as u64));
        let spans: Array<T::Mean> = Array::generated("gradient-span", identity, spans, move |grid, part| {
            let block = grid.block(part);
            let span = |at: usize| if at == 0 || at + 1 == length { spacing } else { 2.0 * spacing };
            let spans = grid.range(axis, block[axis]).map(|at| T::Mean::from_f64(span(at))).collect();
            Chunk::new(&grid.block_shape(&block), spans).into()
        });
        Ok(rise.named2("gradient", &spans, T::Mean::divided_by).split_like(self))
    }
}
