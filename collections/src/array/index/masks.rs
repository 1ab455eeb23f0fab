//! Masks: the elements where a condition holds, and where they are. How many there are only computing tells.

use crate::array::axes::resolve;
use crate::array::chunk::Chunk;
use crate::array::error::{ArrayError, ArrayFault};
use crate::array::grid::{self, Grid, UNKNOWN, unravel};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use ndarray::Axis;
use partita_graph::{Chosen, Fault, Reads};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Whether blocks one after the other have the elements in C order: one axis is cut, those before it are of length 1.
fn is_ordered(grid: &Grid) -> bool {
    let cut = grid.chunks().iter().position(|chunks| chunks.len() > 1).unwrap_or(0);
    grid.chunks().iter().enumerate().all(|(axis, chunks)| match axis {
        axis if axis < cut => chunks == &[1],
        axis => axis == cut || chunks.len() == 1,
    })
}

/// A grid of the same shape whose blocks have the elements in C order, about as many in each block as there are.
fn ordered_grid(operation: &'static str, grid: &Grid) -> Result<Grid, ArrayError> {
    if is_ordered(grid) {
        return Ok(grid.clone());
    }
    if let Some(axis) = grid.shape().iter().position(|&length| length == UNKNOWN) {
        return Err(ArrayError::Unknown { operation, axis });
    }
    let mut room = grid.largest_block().iter().product::<usize>().max(1);
    let mut chunks: Vec<Vec<usize>> = Vec::with_capacity(grid.ndim());
    for &length in grid.shape().iter().rev() {
        let each = room.min(length.max(1));
        let whole = (0..length).step_by(each).map(|start| each.min(length - start));
        chunks.push(if length == 0 { vec![0] } else { whole.collect() });
        room = if each < length { 1 } else { room / length.max(1) };
    }
    chunks.reverse();
    Grid::new(chunks)
}

impl<T: Element> Array<T> {
    /// The array in a grid whose blocks, one after the other, have its elements in C order.
    #[track_caller]
    pub(crate) fn ordered(&self, operation: &'static str) -> Built<Self> {
        self.regrid(&ordered_grid(operation, &self.grid)?)
    }

    /// The elements where a mask of the same shape holds, in C order: NumPy's `x[mask]`. The result has one axis of a
    /// length that only computing tells. Arrays that are cut along more than their first axis are cut anew.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, -2], [-3, 4]], 1);
    /// assert_eq!(on_reference(&x.mask(&x.lt(0)))?, ndarray::array![-2, -3].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn mask(&self, mask: &Array<bool>) -> Self {
        Array::built(self.try_mask("mask", mask))
    }

    /// As [`mask`](Array::mask); NumPy's `extract`.
    #[track_caller]
    pub fn extract(&self, condition: &Array<bool>) -> Self {
        Array::built(self.try_mask("extract", condition))
    }

    #[track_caller]
    fn try_mask(&self, operation: &'static str, mask: &Array<bool>) -> Built<Self> {
        self.sound()?;
        mask.sound()?;
        self.same_shape(operation, mask.shape())?;
        let (own, mask) = match self.grid == mask.grid && is_ordered(&self.grid) {
            true => (self.clone(), mask.clone()),
            false => {
                let own = self.ordered(operation)?;
                // Chunks of unknown lengths that are paired must be as many.
                crate::array::align::pair_grids(operation, &own.grid, &mask.grid)?;
                let mask = mask.regrid(&own.grid)?;
                (own, mask)
            }
        };
        let block = blockwise_with(operation, |operation, _, flows| {
            let [own, mask] = crate::layer::inputs(flows)?;
            let operation = **operation;
            let (own, mask) = (Lazy::<T>::of(own, 0)?, Lazy::<bool>::of(mask, 1)?);
            if own.shape() != mask.shape() {
                return Err(uneven(operation, mask.shape(), own.shape()));
            }
            // The two run side by side, so that what both are made of is made once, piece by piece.
            let held = Rc::new(RefCell::new(Vec::new()));
            let keep = held.clone();
            let run = own.zip(mask, move |x, holds| {
                if holds {
                    keep.borrow_mut().push(x);
                }
                holds
            })?;
            run.for_each_tile(|_, _| ())?;
            let held = held.take();
            Ok(Chunk::new(&[held.len()], held).into())
        });
        let grid = Grid::new(vec![vec![UNKNOWN; own.npartitions()]])?;
        let identity = own.identity("mask").node(&mask.node);
        let reads = vec![own.node.clone().into(), mask.node.clone().into()];
        Ok(Array::blocks(operation, identity, grid, reads, block).split_like(self))
    }

    /// Checks that another shape is that of the array.
    pub(crate) fn same_shape(&self, operation: &'static str, other: &[usize]) -> Result<(), ArrayError> {
        let (left, right) = (self.shape().to_vec(), other.to_vec());
        if left == right {
            return Ok(());
        }
        let length = |shape: &[usize], axis: usize| shape.get(axis).copied().unwrap_or(1);
        let axes = 0..left.len().max(right.len());
        let axis = axes.into_iter().find(|&axis| length(&left, axis) != length(&right, axis)).unwrap_or(0);
        let (left_length, right_length) = (length(&left, axis), length(&right, axis));
        Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length })
    }

    /// The places of an axis where a mask of one axis holds: NumPy's `x[:, mask]`, and `compress` with an array. The
    /// axis is then of a length that only computing tells.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4], [5, 6]], 2);
    /// let large = x.index_axis(1, 0).gt(1);
    /// assert_eq!(on_reference(&x.mask_axis(&large, 0))?, ndarray::array![[3, 4], [5, 6]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn mask_axis(&self, mask: &Array<bool>, axis: isize) -> Self {
        Array::built(self.try_mask_axis(mask, axis))
    }

    #[track_caller]
    fn try_mask_axis(&self, mask: &Array<bool>, axis: isize) -> Built<Self> {
        self.sound()?;
        mask.sound()?;
        let operation = "mask_axis";
        let axis = resolve(operation, axis, self.ndim())?;
        if mask.ndim() != 1 {
            let wanted = "a mask of one axis";
            return Err(ArrayError::Dimensions { operation, wanted, shape: mask.shape().to_vec() }.into());
        }
        let (own, mask) = (self.clone(), mask.clone());
        let chunks = match (self.grid.axis(axis), mask.grid.axis(0)) {
            (left, right) if left == right => left.to_vec(),
            (left, right) if left.contains(&UNKNOWN) || right.contains(&UNKNOWN) => {
                return Err(ArrayError::UnknownChunks { operation, left: left.len(), right: right.len() }.into());
            }
            (left, right) if self.shape()[axis] == mask.shape()[0] => grid::refine(left, right),
            _ => {
                let (left, right) = (self.shape().to_vec(), mask.shape().to_vec());
                let (left_length, right_length) = (left[axis], right[0]);
                return Err(ArrayError::Shapes { operation, left, right, axis, left_length, right_length }.into());
            }
        };
        let mut all = own.grid.chunks().to_vec();
        all[axis] = chunks.clone();
        let own = own.regrid(&Grid::new(all.clone())?)?;
        let mask = mask.regrid(&Grid::new(vec![chunks])?)?;
        all[axis] = vec![UNKNOWN; all[axis].len()];
        let grid = Grid::new(all)?;
        let along = Chosen::new((0..grid.parts()).map(|part| grid.block(part)[axis] as u32).collect());
        let block = blockwise_with((operation, axis), |env, _, flows| {
            let [own, mask] = crate::layer::inputs(flows)?;
            let (operation, axis) = **env;
            let (own, mask) = (Lazy::<T>::of(own, 0)?.into_chunk()?, Lazy::<bool>::of(mask, 1)?.into_chunk()?);
            if mask.len() != own.shape()[axis] {
                return Err(uneven(operation, mask.shape(), &own.shape()[axis..=axis]));
            }
            let held = mask.to_vec();
            let held: Vec<usize> = (0..held.len()).filter(|&at| held[at]).collect();
            Ok(Chunk::from(own.view().select(Axis(axis), &held)).into())
        });
        let identity = own.identity(operation).node(&mask.node).data(&axis);
        let choice = Reads { node: mask.node.clone(), chosen: Some(Arc::new(along)) };
        Ok(Array::blocks(operation, identity, grid, vec![own.node.clone().into(), choice], block).split_like(self))
    }

    /// Where elements are not zero: the place of each of them, in C order, as a row with one number for each axis;
    /// NumPy's `argwhere`. How many rows there are only computing tells.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[0, 5], [6, 0]], 1);
    /// assert_eq!(on_reference(&x.argwhere())?, ndarray::array![[0, 1], [1, 0]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn argwhere(&self) -> Array<i64> {
        Array::built(self.try_argwhere("argwhere"))
    }

    /// Where elements are not zero: for each axis the places on it; NumPy's `nonzero`, which is its `where` of a
    /// condition alone.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[0, 5], [6, 0]], 1);
    /// assert_eq!(on_reference(&x.nonzero()[1])?, ndarray::array![1, 0].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn nonzero(&self) -> Vec<Array<i64>> {
        let places = Array::built(self.try_argwhere("nonzero"));
        let mut all = Vec::with_capacity(self.ndim());
        for axis in 0..self.ndim() as isize {
            all.push(places.index_axis(1, axis));
        }
        all
    }

    #[track_caller]
    fn try_argwhere(&self, operation: &'static str) -> Built<Array<i64>> {
        let shape = self.shape().to_vec();
        let places = self.flat_places(operation)?;
        let grid = Grid::new(vec![places.grid.axis(0).to_vec(), vec![self.ndim()]])?;
        let identity = places.identity("argwhere").data(&shape);
        let block = blockwise_with(shape, |shape, _, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let flat = Lazy::<i64>::of(flow, 0)?.into_chunk()?.to_vec();
            let rows = flat.iter().flat_map(|&place| unravel(place as usize, shape)).map(|index| index as i64);
            Ok(Chunk::new(&[flat.len(), shape.len()], rows.collect()).into())
        });
        Ok(Array::blocks("argwhere", identity, grid, vec![places.node.clone().into()], block).split_like(self))
    }

    /// Where elements are not zero, counted through the array in C order; NumPy's `flatnonzero`.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[0, 5], [6, 0]], 1);
    /// assert_eq!(on_reference(&x.flatnonzero())?, ndarray::array![1, 2].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn flatnonzero(&self) -> Array<i64> {
        Array::built(self.flat_places("flatnonzero"))
    }

    #[track_caller]
    fn flat_places(&self, operation: &'static str) -> Built<Array<i64>> {
        self.sound()?;
        if let Some(axis) = self.shape().iter().position(|&length| length == UNKNOWN) {
            return Err(ArrayError::Unknown { operation, axis }.into());
        }
        let own = self.ordered(operation)?;
        let sizes: Vec<usize> = (0..own.npartitions()).map(|part| own.grid.part_shape(part).iter().product()).collect();
        let firsts = grid::starts(&sizes);
        let identity = own.identity("flatnonzero");
        let grid = Grid::new(vec![vec![UNKNOWN; own.npartitions()]])?;
        let block = blockwise_with(firsts, |firsts, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let mut places = Vec::new();
            let first = firsts[index as usize];
            Lazy::<T>::of(flow, 0)?.for_each_tile(|start, tile| {
                let held = tile.iter().enumerate().filter(|(_, x)| x.is_true());
                places.extend(held.map(|(at, _)| (first + start + at) as i64));
            })?;
            Ok(Chunk::new(&[places.len()], places).into())
        });
        Ok(Array::blocks("flatnonzero", identity, grid, vec![own.node.clone().into()], block).split_like(self))
    }
}

/// A mask that is not as long as what it is laid on.
fn uneven(operation: &'static str, found: &[usize], expected: &[usize]) -> Fault {
    Fault::failed(ArrayFault::BlockShape { operation, found: found.to_vec(), expected: expected.to_vec() })
}
