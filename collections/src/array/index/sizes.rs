//! Sizes: lengths of chunks that only computing tells, computed and put in.

use crate::Item;
use crate::array::error::{ArrayError, ArrayFault, Show};
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::layers::{blockwise_with, valued};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element};
use crate::layer::{parts, read, task};
use partita_graph::{Fault, Kind, Node, Place};
use std::sync::Arc;

/// The lengths of chunks along each axis, from the shapes of all blocks in C order.
fn lengths(numblocks: &[usize], shapes: &[&Vec<usize>]) -> Result<Vec<Vec<usize>>, Fault> {
    let ndim = numblocks.len();
    let mut lengths: Vec<Vec<usize>> = numblocks.iter().map(|&count| vec![UNKNOWN; count]).collect();
    for (part, shape) in shapes.iter().enumerate() {
        let block = crate::array::grid::unravel(part, numblocks);
        let expected: Vec<usize> = (0..ndim)
            .map(|axis| match lengths[axis][block[axis]] {
                UNKNOWN => shape.get(axis).copied().unwrap_or(0),
                length => length,
            })
            .collect();
        if **shape != expected {
            let (operation, found) = ("compute_chunk_sizes", shape.to_vec());
            return Err(Fault::failed(ArrayFault::BlockShape { operation, found, expected }));
        }
        (0..ndim).for_each(|axis| lengths[axis][block[axis]] = expected[axis]);
    }
    Ok(lengths)
}

impl<T: Element> Array<T> {
    /// The lengths of the array's chunks along each axis, as a lazy value: what [`with_chunk_sizes`] takes. Blocks are
    /// computed as far as their shapes ask for.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 10, 1, 4);
    /// let even = x.mask(&x.map(|x| x % 2 == 0));
    /// let sizes = on_reference(&even.chunk_sizes())?;
    /// assert_eq!(even.with_chunk_sizes(sizes)?.chunks(), [vec![2, 2, 1]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// [`with_chunk_sizes`]: Array::with_chunk_sizes
    #[track_caller]
    pub fn chunk_sizes(&self) -> Item<Vec<Vec<usize>>> {
        let identity = self.identity("chunk-sizes");
        let block = valued(move |_, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Ok(Lazy::<T>::of(flow, 0)?.shape().to_vec())
        });
        let reads = vec![self.node.clone().into()];
        let kind = Kind::Blocks { parts: self.node.parts(), block, inputs: reads };
        let key = identity.key::<Vec<usize>>("chunk-shapes");
        let shapes = Arc::new(Node::new(key, kind, Place::here()));
        let numblocks = self.numblocks();
        let key = self.identity("chunk-sizes").data(&numblocks).key::<Vec<Vec<usize>>>("chunk-sizes");
        let function = task(numblocks, |numblocks, values| lengths(numblocks, &read(values)?));
        let kind = Kind::Call { function, inputs: parts(&shapes).collect() };
        Item::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }

    /// The same array, whose chunks have these lengths, which [`chunk_sizes`](Array::chunk_sizes) told; Dask's
    /// `compute_chunk_sizes` is both in one. A block that turns out to be of another shape is an error of its task.
    ///
    /// # Errors
    /// [`ArrayError::Argument`] if there are more or fewer chunks, or known lengths differ.
    #[track_caller]
    pub fn with_chunk_sizes(&self, sizes: Vec<Vec<usize>>) -> Result<Self, ArrayError> {
        let fits = |(own, new): (&Vec<usize>, &Vec<usize>)| {
            let fits = |(&own, &new): (&usize, &usize)| new != UNKNOWN && (own == UNKNOWN || own == new);
            own.len() == new.len() && own.iter().zip(new).all(fits)
        };
        if sizes.len() != self.ndim() || !self.chunks().iter().zip(&sizes).all(fits) {
            let shown: Vec<String> = sizes.iter().map(|sizes| Show(sizes).to_string()).collect();
            return Err(ArrayError::Argument {
                operation: "with_chunk_sizes",
                argument: "sizes",
                value: format!("({})", shown.join(", ")),
                allowed: "there must be a length for each chunk of each axis, and known lengths stay",
            });
        }
        if self.sound().is_err() || self.grid.is_known() {
            return Ok(self.clone());
        }
        let operation = "with_chunk_sizes";
        let grid = Arc::new(Grid::new(sizes)?);
        let own = grid.clone();
        let block = blockwise_with(own, |own, index, flows| {
            let operation = "with_chunk_sizes";
            let [flow] = crate::layer::inputs(flows)?;
            let (lazy, expected) = (Lazy::<T>::of(flow, 0)?, own.part_shape(index as usize));
            if lazy.shape() != expected.as_slice() {
                let (found, expected) = (lazy.shape().to_vec(), expected.to_vec());
                return Err(Fault::failed(ArrayFault::BlockShape { operation, found, expected }));
            }
            Ok(lazy)
        });
        let reads = vec![self.node.clone().into()];
        Ok(Array::blocks(operation, self.identity(operation), grid, reads, block).split_like(self))
    }
}
