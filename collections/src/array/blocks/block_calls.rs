//! Calls for blocks: what users' functions are told of a block, and what is told of them when they fail.

use crate::array::error::{ArrayFault, Show};
use crate::array::grid::{Grid, UNKNOWN};
use crate::array::lazy::Lazy;
use crate::array::{Chunk, Element};
use crate::bag::BoxError;
use ndarray::ArrayD;
use partita_graph::Fault;
use std::error::Error;
use std::fmt;
use std::ops::Range;

/// Which block a function is called for.
///
/// ```
/// use partita_collections::{Array, array::Outline, bag::on_reference};
///
/// let x = Array::<i64>::zeros(5, 2);
/// let places = x.map_blocks_to(Outline::same(), |info, block| {
///     let first = info.ranges()[0].start as i64;
///     ndarray::Array1::from_iter((0..block.len() as i64).map(|at| first + at)).into_dyn()
/// });
/// assert_eq!(on_reference(&places)?, ndarray::array![0, 1, 2, 3, 4].into_dyn());
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    block: Vec<usize>,
    numblocks: Vec<usize>,
    ranges: Vec<Range<usize>>,
    shape: Vec<usize>,
}

impl BlockInfo {
    pub(crate) fn of(grid: &Grid, part: usize) -> Self {
        let block = grid.block(part).to_vec();
        let range = |(axis, &at): (usize, &usize)| match grid.axis(axis)[..=at].contains(&UNKNOWN) {
            true => UNKNOWN..UNKNOWN,
            false => grid.range(axis, at),
        };
        let ranges = block.iter().enumerate().map(range).collect();
        BlockInfo { numblocks: grid.numblocks().to_vec(), ranges, shape: grid.shape().to_vec(), block }
    }

    /// Where the block stands on each axis of the grid of blocks; Dask's `chunk-location`.
    pub fn block(&self) -> &[usize] {
        &self.block
    }

    /// How many blocks there are along each axis; Dask's `num-chunks`.
    pub fn numblocks(&self) -> &[usize] {
        &self.numblocks
    }

    /// Which elements of the array are in the block, on each axis; Dask's `array-location`. [`UNKNOWN`] twice where
    /// only computing tells.
    pub fn ranges(&self) -> &[Range<usize>] {
        &self.ranges
    }

    /// The shape of the whole array.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }
}

/// A user's function failed for one block.
///
/// The error that the function returned is kept: it is the [source](Error::source), and [`cause`](Self::cause) takes
/// it back to its type.
///
/// ```
/// use partita_collections::{Array, array::BlockError, bag::on_reference};
/// use partita_graph::RunError;
///
/// let x = Array::<i64>::arange(0, 4, 1, 2);
/// let y = x.try_map_blocks(|block| if block[0] > 0 { Err("too large") } else { Ok(block.to_owned()) });
/// let Err(RunError::Task(error)) = on_reference(&y) else { panic!("2 is larger than 0") };
/// assert!(error.to_string().ends_with("`map_blocks` of block (1,): too large"));
/// assert_eq!(error.downcast_ref::<BlockError>().unwrap().block(), [1]);
/// ```
#[derive(Debug)]
pub struct BlockError {
    operation: &'static str,
    block: Vec<usize>,
    source: BoxError,
}

impl BlockError {
    pub(crate) fn new(operation: &'static str, block: &[usize], source: impl Into<BoxError>) -> Self {
        BlockError { operation, block: block.to_vec(), source: source.into() }
    }

    /// Where the block stands on each axis of the grid of blocks.
    pub fn block(&self) -> &[usize] {
        &self.block
    }

    /// The error that the function returned, if it is of this type.
    pub fn cause<E: Error + 'static>(&self) -> Option<&E> {
        self.source.downcast_ref()
    }
}

impl fmt::Display for BlockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of block {}: {}", self.operation, Show(&self.block), self.source)
    }
}

impl Error for BlockError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// What a function gave for a block of the result: a block of the right shape, or why the task fails. Lengths that are
/// not known may be any.
pub(crate) fn returned<U: Element>(
    operation: &'static str,
    block: &[usize],
    expected: &[usize],
    result: Result<ArrayD<U>, BoxError>,
) -> Result<Lazy<U>, Fault> {
    let failed = |source: BoxError| Fault::failed(BlockError::new(operation, block, source));
    let made = Chunk::from(result.map_err(failed)?);
    let fits = |(&found, &expected): (&usize, &usize)| expected == UNKNOWN || found == expected;
    if made.shape().len() != expected.len() || !made.shape().iter().zip(expected).all(fits) {
        let (found, expected) = (made.shape().to_vec(), expected.to_vec());
        return Err(failed(Box::new(ArrayFault::BlockShape { operation, found, expected })));
    }
    Ok(made.into())
}
