//! Turned views: arrays with their axes in another order, along with new ones and without repeated ones.

use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, refine};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use partita_graph::{Chosen, Reads};
use std::sync::Arc;

/// Rows as columns.
#[track_caller]
pub(super) fn transposed<T: Element>(matrix: &Array<T>) -> Built<Array<T>> {
    Ok(matrix.permuted(&[1, 0]))
}

/// The array with the axes of these labels, in their order; axes that it does not have are new ones of length 1.
#[track_caller]
pub(super) fn spread<T: Element>(array: &Array<T>, labels: &[usize], order: &[usize]) -> Built<Array<T>> {
    let own: Vec<usize> = order.iter().filter_map(|label| super::contract::place(labels, *label)).collect();
    let turned = array.permuted(&own);
    if own.len() == order.len() {
        return Ok(turned);
    }
    let is_new: Vec<bool> = order.iter().map(|label| !labels.contains(label)).collect();
    let mut kept = turned.grid.chunks().iter();
    let chunks = is_new.iter().map(|&new| if new { vec![1] } else { kept.next().cloned().unwrap_or_default() });
    let grid = Grid::new(chunks.collect())?;
    let block = blockwise_with(is_new, |is_new, _, flows| {
        let [flow] = crate::layer::inputs(flows)?;
        let lazy = Lazy::<T>::of(flow, 0)?;
        let mut lengths = lazy.shape().iter().copied();
        let shape: Dims = is_new.iter().map(|&new| if new { 1 } else { lengths.next().unwrap_or(1) }).collect();
        Ok(lazy.reshaped(&shape))
    });
    let identity = turned.identity("expand_dims").data(&order);
    let reads = vec![turned.node().clone().into()];
    Ok(Array::blocks("expand_dims", identity, grid, reads, block).split_like(array))
}

/// The array without axis `second`, whose elements are those where `first` and `second` are at the same place.
#[track_caller]
pub(super) fn diagonal<T: Element>(
    operation: &'static str,
    array: &Array<T>,
    first: usize,
    second: usize,
) -> Built<Array<T>> {
    let (one, other) = (array.shape()[first], array.shape()[second]);
    if let Some(&axis) = [first, second].iter().find(|&&axis| array.shape()[axis] == crate::array::UNKNOWN) {
        return Err(ArrayError::Unknown { operation, axis }.into());
    }
    if one != other {
        let (left, right) = (array.shape().to_vec(), array.shape().to_vec());
        return Err(ArrayError::Pairing { operation, left, left_axis: first, right, right_axis: second }.into());
    }
    let common = refine(array.grid.axis(first), array.grid.axis(second));
    let mut chunks = array.grid.chunks().to_vec();
    (chunks[first], chunks[second]) = (common.clone(), common);
    let array = array.refined(Grid::new(chunks.clone())?);
    chunks.remove(second);
    let grid = Grid::new(chunks)?;
    let target = if first > second { first - 1 } else { first };
    let source = |part: usize| {
        let mut block = grid.block(part);
        block.insert(second, block[target]);
        array.grid.part(&block) as u32
    };
    let chosen = Chosen::new((0..grid.parts()).map(source).collect());
    let reads = Reads { node: array.node().clone(), chosen: Some(Arc::new(chosen)) };
    let block = blockwise_with((second, target), |env, _, flows| {
        let [flow] = crate::layer::inputs(flows)?;
        let (second, target) = **env;
        let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
        let mut shape: Dims = chunk.shape().into();
        shape.remove(second);
        let count: usize = shape.iter().product();
        let element = |number: usize| {
            let mut place = crate::array::grid::unravel(number, &shape);
            place.insert(second, place[target]);
            chunk.at(&place)
        };
        Ok(Chunk::new(&shape, (0..count).map(element).collect()).into())
    });
    let identity = array.identity("diagonal").data(&(first as u64, second as u64));
    Ok(Array::blocks("diagonal", identity, grid, vec![reads], block).split_like(&array))
}

/// The array stretched to a grid that is made of its own and others; see [`crate::array::align::pair_grids`].
#[track_caller]
pub(super) fn stretched<T: Element>(array: &Array<T>, grid: Grid) -> Array<T> {
    if *array.grid == grid {
        return array.clone();
    }
    let (reads, place) = crate::array::align::fit(array, &grid).split();
    let grid = Arc::new(grid);
    let target = grid.clone();
    let block = blockwise_with((place, target), |env, index, flows| {
        let [flow] = crate::layer::inputs(flows)?;
        env.0.of(index, Lazy::<T>::of(flow, 0)?)?.stretched(&env.1.part_shape(index as usize))
    });
    let identity = array.identity("broadcast_to");
    Array::blocks("broadcast_to", identity, grid, vec![reads], block).split_like(array)
}
