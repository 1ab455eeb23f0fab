//! Sources: arrays of anything that can be read in parts.

use super::super::chunk::Chunk;
use super::super::chunks::Chunks;
use super::super::error::ArrayFault;
use super::super::grid::Grid;
use super::super::layers::{Built, blockwise_with};
use super::super::{Array, Element};
use crate::bag::BoxError;
use crate::identity::Identity;
use ndarray::ArrayD;
use partita_graph::{Fault, Key, Kind, Node, Place, Travels};
use std::ops::Range;
use std::sync::Arc;

/// What an array can be read from, a block at a time: a file of one's own format, a database, an instrument. Blocks are
/// read by several threads at once.
///
/// ```
/// use ndarray::{ArrayD, IxDyn};
/// use partita_collections::{Array, array::Source, bag::{BoxError, on_reference}};
/// use std::{ops::Range, sync::Arc};
///
/// /// The multiplication table.
/// struct Table(usize);
///
/// impl Source<i64> for Table {
///     fn shape(&self) -> Vec<usize> {
///         vec![self.0, self.0]
///     }
///
///     fn read(&self, ranges: &[Range<usize>]) -> Result<ArrayD<i64>, BoxError> {
///         let lengths: Vec<usize> = ranges.iter().map(Range::len).collect();
///         let (row, column) = (ranges[0].start, ranges[1].start);
///         Ok(ArrayD::from_shape_fn(IxDyn(&lengths), |at| ((row + at[0]) * (column + at[1])) as i64))
///     }
/// }
///
/// let table = Array::from_source(Arc::new(Table(1000)), 100);
/// assert_eq!(on_reference(&table.sum())?.first(), Some(&(499_500 * 499_500)));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
pub trait Source<T: Element>: Send + Sync + 'static {
    /// The lengths of its axes.
    fn shape(&self) -> Vec<usize>;

    /// The elements in these ranges, one for each axis.
    ///
    /// # Errors
    /// Any; it becomes the source of the task's error.
    fn read(&self, ranges: &[Range<usize>]) -> Result<ArrayD<T>, BoxError>;
}

impl<T: Element> Array<T> {
    /// An array of anything that can be read in parts; Dask's `from_array` of a duck array. Nothing is read before it is
    /// computed, and then only the blocks that are needed. A block of another shape than was asked for is an error of
    /// its task.
    #[track_caller]
    pub fn from_source<S: Source<T> + ?Sized>(source: Arc<S>, chunks: impl Into<Chunks>) -> Self {
        Array::built(Array::try_from_source(source, &chunks.into()))
    }

    #[track_caller]
    fn try_from_source<S: Source<T> + ?Sized>(source: Arc<S>, chunks: &Chunks) -> Built<Self> {
        let grid = chunks.grid(&source.shape(), size_of::<T>())?;
        let read = move |ranges: &[Range<usize>]| match source.read(ranges) {
            Ok(block) => Ok(Chunk::from(block)),
            Err(error) => Err(Fault::failed(error)),
        };
        Ok(Array::read_in_blocks("from_source", None, grid, read))
    }

    /// An array of what is read for the ranges of each block. Without an identity, it is like no other.
    #[track_caller]
    pub(super) fn read_in_blocks(
        name: &'static str,
        identity: Option<Identity>,
        grid: Grid,
        read: impl Fn(&[Range<usize>]) -> Result<Chunk<T>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Array::read_parts(name, identity, grid, (), move |(), _, ranges| read(ranges))
    }

    /// As [`Array::read_in_blocks`], of what is read for the number of each block and its ranges by a function and what it
    /// needs, so that it can run in another process.
    #[track_caller]
    pub(super) fn read_parts<E: Travels>(
        name: &'static str,
        identity: Option<Identity>,
        grid: Grid,
        env: E,
        read: impl Fn(&E, usize, &[Range<usize>]) -> Result<Chunk<T>, Fault> + Send + Sync + 'static,
    ) -> Self {
        let grid = Arc::new(grid);
        let key = match identity {
            Some(identity) => identity.data(&grid.chunks()).key::<Chunk<T>>(name),
            None => Key::unique(name),
        };
        let places = Places::new(grid.clone());
        let block = blockwise_with((name, places, env), move |env, index, _| {
            let (name, places, env) = &**env;
            let ranges = places.ranges(index as usize);
            let chunk = read(env, index as usize, &ranges)?;
            check_shape(name, chunk.shape(), &ranges)?;
            Ok(chunk.into())
        });
        let kind = Kind::Blocks { parts: grid.parts() as u32, block, inputs: Vec::new() };
        Array::from_parts(Arc::new(Node::new(key, kind, Place::here())), grid)
    }
}

/// Which elements the blocks of a grid have.
pub(super) struct Places {
    grid: Arc<Grid>,
    starts: Vec<Vec<usize>>,
}

partita_graph::travels!(Places { grid, starts });

impl Places {
    /// Of a grid whose lengths are known.
    pub(super) fn new(grid: Arc<Grid>) -> Self {
        Places { starts: (0..grid.ndim()).map(|axis| grid.starts(axis)).collect(), grid }
    }

    /// The elements of block `part`.
    pub(super) fn ranges(&self, part: usize) -> Vec<Range<usize>> {
        let block = self.grid.block(part);
        block.iter().zip(&self.starts).map(|(&at, starts)| starts[at]..starts[at + 1]).collect()
    }
}

/// Refuses a block of another shape than its ranges say.
pub(super) fn check_shape(operation: &'static str, found: &[usize], ranges: &[Range<usize>]) -> Result<(), Fault> {
    let expected: Vec<usize> = ranges.iter().map(Range::len).collect();
    match found == expected {
        true => Ok(()),
        false => Err(Fault::failed(ArrayFault::BlockShape { operation, found: found.to_vec(), expected })),
    }
}
