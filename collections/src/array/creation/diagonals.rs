//! Diagonals: taken out of matrices, and matrices made of them.

use crate::array::axes::resolve;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, starts};
use crate::array::layers::{Built, blockwise_with, chunk_task, zeros};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use ndarray::Array2;
use partita_graph::{Chosen, Function, Inputs, Reads};
use smallvec::smallvec;
use std::sync::Arc;

/// A part of a diagonal that is in one chunk of each of two axes.
struct Step {
    chunks: (usize, usize),
    starts: (usize, usize),
    count: usize,
}

partita_graph::travels!(Step { chunks, starts, count });

/// The parts of a diagonal of two axes with these chunks.
fn steps(rows: &[usize], columns: &[usize], offset: isize) -> Vec<Step> {
    let (row_starts, column_starts) = (starts(rows), starts(columns));
    let (height, width) = (row_starts[rows.len()], column_starts[columns.len()]);
    let distance = offset.unsigned_abs();
    let (mut row, mut column) = if offset < 0 { (distance, 0) } else { (0, distance) };
    let mut steps = Vec::new();
    while row < height && column < width {
        let own = row_starts.partition_point(|&start| start <= row) - 1;
        let other = column_starts.partition_point(|&start| start <= column) - 1;
        let count = (row_starts[own + 1] - row).min(column_starts[other + 1] - column);
        let starts = (row - row_starts[own], column - column_starts[other]);
        steps.push(Step { chunks: (own, other), starts, count });
        (row, column) = (row + count, column + count);
    }
    if steps.is_empty() {
        steps.push(Step { chunks: (0, 0), starts: (0, 0), count: 0 });
    }
    steps
}

impl<T: Element> Array<T> {
    /// The elements of a diagonal of two axes, along a last axis that stands instead of these; NumPy's `diagonal`. It is
    /// the `offset`th above the main one (below it, if negative). Its blocks are views.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2, 3], [4, 5, 6]], 2);
    /// assert_eq!(on_reference(&x.diagonal(0, 0, 1))?, ndarray::array![1, 5].into_dyn());
    /// assert_eq!(on_reference(&x.diagonal(1, 0, 1))?, ndarray::array![2, 6].into_dyn());
    /// assert_eq!(Array::<f64>::ones([2, 3, 4], 2).diagonal(0, 0, 2).shape(), [3, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn diagonal(&self, offset: isize, axis1: isize, axis2: isize) -> Self {
        Array::built(self.try_diagonal("diagonal", offset, axis1, axis2))
    }

    #[track_caller]
    fn try_diagonal(&self, name: &'static str, offset: isize, axis1: isize, axis2: isize) -> Built<Self> {
        self.sound()?;
        let axes = (resolve(name, axis1, self.ndim())?, resolve(name, axis2, self.ndim())?);
        if axes.0 == axes.1 {
            return Err(ArrayError::AxisTwice { operation: name, axis: axes.0 }.into());
        }
        self.known_along(name, |axis| axis == axes.0 || axis == axes.1)?;
        let steps = steps(self.grid.axis(axes.0), self.grid.axis(axes.1), offset);
        let kept: Vec<usize> = (0..self.ndim()).filter(|&axis| axis != axes.0 && axis != axes.1).collect();
        let mut chunks: Vec<Vec<usize>> = kept.iter().map(|&axis| self.grid.axis(axis).to_vec()).collect();
        chunks.push(steps.iter().map(|step| step.count).collect());
        let grid = Grid::new(chunks)?;
        let source = |part: usize| {
            let block = grid.block(part);
            let mut place: Dims = smallvec![0; self.ndim()];
            kept.iter().zip(&block).for_each(|(&axis, &at)| place[axis] = at);
            (place[axes.0], place[axes.1]) = steps[block[kept.len()]].chunks;
            self.grid.part(&place) as u32
        };
        let chosen = Chosen::new((0..grid.parts()).map(source).collect());
        let reads = Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) };
        let block = blockwise_with((steps, axes), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (steps, axes) = (&env.0, env.1);
            let step = &steps[index as usize % steps.len().max(1)];
            Ok(Lazy::<T>::of(flow, 0)?.into_chunk()?.diagonal(axes, step.starts, step.count).into())
        });
        let identity = self.identity("diagonal").data(&(offset as i64, axes));
        Ok(Array::blocks(name, identity, grid, vec![reads], block).split_like(self))
    }

    /// Of a matrix, the elements of a diagonal; of a vector, the matrix that has it on a diagonal and zeros elsewhere.
    /// The diagonal is the `offset`th above the main one (below it, if negative). NumPy's `diag`.
    ///
    /// A vector of chunks `c` makes blocks of `c × c`: a long one must be in small chunks.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(1, 3, 1, 1);
    /// assert_eq!(on_reference(&x.diag(0))?, ndarray::array![[1, 0], [0, 2]].into_dyn());
    /// assert_eq!(on_reference(&x.diag(-1))?, ndarray::array![[0, 0, 0], [1, 0, 0], [0, 2, 0]].into_dyn());
    /// assert_eq!(on_reference(&x.diag(-1).diag(-1))?, ndarray::array![1, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn diag(&self, offset: isize) -> Self {
        Array::built(self.try_diag(offset))
    }

    #[track_caller]
    fn try_diag(&self, offset: isize) -> Built<Self> {
        match self.sound()?.ndim() {
            1 => self.on_diagonal(offset),
            2 => self.try_diagonal("diag", offset, 0, 1),
            _ => {
                let (wanted, shape) = ("a vector or a matrix", self.shape().to_vec());
                Err(ArrayError::Dimensions { operation: "diag", wanted, shape }.into())
            }
        }
    }

    /// The matrix with a vector on a diagonal.
    #[track_caller]
    fn on_diagonal(&self, offset: isize) -> Built<Self> {
        self.known("diag")?;
        let own = self.grid.axis(0);
        // The other rows or columns are in chunks that are about as long.
        let longest = own.iter().copied().max().unwrap_or(1).max(1);
        let distance = offset.unsigned_abs();
        let others = crate::array::Chunks::from(longest).grid(&[distance], size_of::<T>())?;
        let others = if distance == 0 { &[] } else { others.axis(0) };
        let (before, after) = ([others, own].concat(), [own, others].concat());
        let (rows, columns) = if offset < 0 { (before, after) } else { (after, before) };
        let shift = others.len();
        let grid = Grid::new(vec![rows, columns])?;
        let task = |part: usize| -> (Function, Inputs) {
            let block = grid.block(part);
            let (at, across) = if offset < 0 { (block[1], block[0]) } else { (block[0], block[1]) };
            if at + shift == across {
                return (chunk_task(|chunks: &[&Chunk<T>]| Ok(placed(chunks[0]))), smallvec![self.input(&[at])]);
            }
            let shape = grid.block_shape(&block);
            (zeros::<T>(shape), Inputs::new())
        };
        let tasks = (0..grid.parts()).map(task).collect();
        let identity = self.identity("diag").data(&(offset as i64));
        Ok(Array::tasks("diag", identity, grid, tasks).split_like(self))
    }
}

/// The matrix with a chunk on its main diagonal.
fn placed<T: Element>(chunk: &Chunk<T>) -> Chunk<T> {
    let length = chunk.len();
    let mut matrix = Array2::from_elem((length, length), T::default());
    matrix.diag_mut().iter_mut().zip(chunk.to_vec()).for_each(|(to, from)| *to = from);
    Chunk::from(matrix.into_dyn())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagonal_goes_from_chunk_to_chunk() {
        let found = |rows: &[usize], columns: &[usize], offset| -> Vec<_> {
            steps(rows, columns, offset).iter().map(|step| (step.chunks, step.starts, step.count)).collect()
        };
        assert_eq!(found(&[2, 0, 2], &[3, 1], 0), [((0, 0), (0, 0), 2), ((2, 0), (0, 2), 1), ((2, 1), (1, 0), 1)]);
        assert_eq!(found(&[2, 2], &[4], -3), [((1, 0), (1, 0), 1)]);
        assert_eq!(found(&[2], &[4], 4), [((0, 0), (0, 0), 0)]);
    }
}
