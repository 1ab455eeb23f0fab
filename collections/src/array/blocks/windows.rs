//! Windows: all runs of neighbouring elements.

use crate::array::axes::resolve;
use crate::array::blocks::boundaries::merged;
use crate::array::chunk::Chunk;
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, starts};
use crate::array::index::taking::{append_runs, known, some};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element};
use crate::identity::Identity;
use partita_graph::Kind;
use std::sync::Arc;

/// For each chunk of an axis the elements that windows which begin in it reach.
fn reached(chunks: &[usize], window: usize) -> Selection {
    let chunks = merged(chunks, window - 1);
    let begins = starts(&chunks);
    let count = begins[chunks.len()] + 1 - window;
    let mut selection = Selection { chunks: Vec::new(), runs: Vec::new() };
    for pair in begins.windows(2) {
        // A last chunk that no window begins in goes.
        if pair[0] >= pair[1].min(count) {
            continue;
        }
        let places = pair[0]..pair[1].min(count) + window - 1;
        selection.chunks.push(places.len());
        let mut runs = Vec::new();
        append_runs(&mut runs, &begins, places.map(Some), 0);
        selection.runs.push(some(runs));
    }
    selection
}

impl<T: Element> Array<T> {
    /// All windows of neighbouring elements along some axes: an axis becomes as long as there are places for a window,
    /// and a new last axis, one for each window, has its elements; NumPy's `sliding_window_view`. Blocks of windows
    /// share their elements, so that what is summed or compared takes the memory of the array.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![1, 2, 3, 4], 2);
    /// let windows = x.sliding_window_view([3], [0]);
    /// assert_eq!(on_reference(&windows)?, ndarray::array![[1, 2, 3], [2, 3, 4]].into_dyn());
    /// assert_eq!(on_reference(&windows.sum_axis(1))?, ndarray::array![6, 9].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn sliding_window_view(&self, window: impl AsRef<[usize]>, axes: impl AsRef<[isize]>) -> Self {
        Array::built(self.try_windows(window.as_ref(), axes.as_ref()))
    }

    #[track_caller]
    fn try_windows(&self, windows: &[usize], axes: &[isize]) -> Built<Self> {
        let operation = "sliding_window_view";
        self.sound()?;
        let argument = |value: String, allowed: &'static str| ArrayError::Argument {
            operation,
            argument: "window",
            value,
            allowed,
        };
        if windows.len() != axes.len() {
            let value = format!("{} lengths for {} axes", windows.len(), axes.len());
            return Err(argument(value, "there must be one for each axis").into());
        }
        let mut along: Vec<(usize, usize)> = Vec::with_capacity(axes.len());
        for (&axis, &window) in axes.iter().zip(windows) {
            let axis = resolve(operation, axis, self.ndim())?;
            let length = known(operation, self.shape(), axis)?;
            if along.iter().any(|(other, _)| *other == axis) {
                return Err(ArrayError::AxisTwice { operation, axis }.into());
            }
            if window == 0 || window > length {
                let value = format!("{window} along axis {axis} of length {length}");
                return Err(
                    argument(value, "a window has one element at least, and as many as the axis at most").into()
                );
            }
            along.push((axis, window));
        }
        let mut selections: Vec<Selection> = self.grid.chunks().iter().map(|chunks| Selection::all(chunks)).collect();
        let mut chunks = self.grid.chunks().to_vec();
        for &(axis, window) in &along {
            // The chunks that windows begin in are those of the array, put together where they are short.
            let merged = Grid::new(vec![merged(&chunks[axis], window - 1)])?;
            chunks[axis] = merged.axis(0).to_vec();
            selections[axis] = reached(&chunks[axis], window);
        }
        let around = self.regrid(&Grid::new(chunks)?)?;
        let around = around.select("overlap", Identity::of("windows").data(&along), selections, T::default())?;
        let mut chunks = around.grid.chunks().to_vec();
        for &(axis, window) in &along {
            chunks[axis].iter_mut().for_each(|length| *length -= window - 1);
            chunks.push(vec![window]);
        }
        let identity = around.identity(operation).data(&along);
        let block = blockwise_with(along, |along, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            let window = |chunk: Chunk<T>, &(axis, window): &(usize, usize)| chunk.windows(axis, window);
            Ok(along.iter().fold(chunk, window).into())
        });
        let grid = Arc::new(Grid::new(chunks)?);
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: vec![around.node.clone().into()] };
        Ok(Array::of_views(operation, identity, grid, kind).split_like(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_begin_in_their_chunk() {
        assert_eq!(reached(&[3, 3, 1], 3).chunks, [5, 4]);
        assert_eq!(reached(&[3, 3], 1).chunks, [3, 3]);
        assert_eq!(reached(&[1, 1, 1], 3).chunks, [3]);
    }
}
