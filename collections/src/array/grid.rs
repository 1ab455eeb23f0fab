//! Grids: the lengths of the chunks of each axis, and which part of a node is which block.

use super::chunk::Dims;
use super::chunks::MAX_BLOCK_BYTES;
use super::error::{ArrayError, Show};
use std::ops::Range;

/// The length of a chunk, or of an axis, that only computing tells; Dask's `nan`.
pub const UNKNOWN: usize = usize::MAX;

/// More chunks than this are refused when an array is built.
pub(crate) const MAX_CHUNKS: usize = 1 << 27;

/// More elements than this are refused, so that their number can be reckoned with.
const MAX_ELEMENTS: u128 = 1 << 60;

/// The lengths of chunks along each axis. Blocks are numbered in C order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Grid {
    chunks: Vec<Vec<usize>>,
    /// The lengths of the axes.
    shape: Vec<usize>,
}

partita_graph::travels!(Grid { chunks, shape });

fn length(chunks: &[usize]) -> usize {
    if chunks.contains(&UNKNOWN) { UNKNOWN } else { chunks.iter().fold(0, |sum, &length| sum.saturating_add(length)) }
}

/// The bytes of a block, or the most that can be told.
pub(crate) fn size(block: &[usize], itemsize: usize) -> u64 {
    block.iter().fold(itemsize as u64, |size, &length| size.saturating_mul(length as u64))
}

impl Grid {
    /// The grid of these chunks, one list for each axis and at least one chunk in each.
    pub(crate) fn new(chunks: Vec<Vec<usize>>) -> Result<Self, ArrayError> {
        let shape: Vec<usize> = chunks.iter().map(|chunks| length(chunks)).collect();
        let count = chunks.iter().map(|chunks| chunks.len() as u128).product();
        if count > MAX_CHUNKS as u128 {
            return Err(ArrayError::TooManyChunks { shape, chunks: count, limit: MAX_CHUNKS });
        }
        let elements: u128 = shape.iter().filter(|&&length| length != UNKNOWN).map(|&length| length as u128).product();
        if elements > MAX_ELEMENTS
            || chunks.iter().zip(&shape).any(|(chunks, &length)| length == UNKNOWN && !chunks.contains(&UNKNOWN))
        {
            return Err(ArrayError::TooManyElements { shape });
        }
        Ok(Grid { chunks, shape })
    }

    /// The grid of one block.
    pub(crate) fn single(shape: &[usize]) -> Self {
        Grid { chunks: shape.iter().map(|&length| vec![length]).collect(), shape: shape.to_vec() }
    }

    pub(crate) fn chunks(&self) -> &[Vec<usize>] {
        &self.chunks
    }

    pub(crate) fn axis(&self, axis: usize) -> &[usize] {
        &self.chunks[axis]
    }

    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub(crate) fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// How many chunks each axis has.
    pub(crate) fn numblocks(&self) -> Dims {
        self.chunks.iter().map(Vec::len).collect()
    }

    /// How many blocks there are.
    pub(crate) fn parts(&self) -> usize {
        self.chunks.iter().map(Vec::len).product()
    }

    /// Whether the length of each chunk is known.
    pub(crate) fn is_known(&self) -> bool {
        !self.shape.contains(&UNKNOWN)
    }

    /// Where block `part` stands on each axis.
    pub(crate) fn block(&self, part: usize) -> Dims {
        unravel(part, &self.numblocks())
    }

    /// The number of the block at a place.
    pub(crate) fn part(&self, block: &[usize]) -> usize {
        block.iter().zip(&self.chunks).fold(0, |part, (&at, chunks)| part * chunks.len() + at)
    }

    /// The shape of the block at a place.
    pub(crate) fn block_shape(&self, block: &[usize]) -> Dims {
        block.iter().zip(&self.chunks).map(|(&at, chunks)| chunks[at]).collect()
    }

    /// The shape of block `part`.
    pub(crate) fn part_shape(&self, part: usize) -> Dims {
        self.block_shape(&self.block(part))
    }

    /// Where each chunk of an axis starts, and where the last one ends.
    pub(crate) fn starts(&self, axis: usize) -> Vec<usize> {
        starts(&self.chunks[axis])
    }

    /// The elements of an axis that are in its chunk `at`.
    pub(crate) fn range(&self, axis: usize, at: usize) -> Range<usize> {
        let start = self.chunks[axis][..at].iter().sum();
        start..start + self.chunks[axis][at]
    }

    /// The most elements that a block has; 0 if none is known.
    pub(crate) fn largest_block(&self) -> Dims {
        let largest =
            |chunks: &Vec<usize>| chunks.iter().copied().filter(|&length| length != UNKNOWN).max().unwrap_or(0);
        self.chunks.iter().map(largest).collect()
    }

    /// An error, if lines of this length along an axis would not fit into memory with the other lengths of the blocks. A
    /// block without lines counts as one of one line.
    pub(crate) fn bounded_along(
        &self,
        operation: &'static str,
        axis: usize,
        length: usize,
        itemsize: usize,
    ) -> Result<(), ArrayError> {
        if length == UNKNOWN {
            let (argument, value) = ("length", length.to_string());
            let allowed = "this number stands for lengths that are not known, and it must be known";
            return Err(ArrayError::Argument { operation, argument, value, allowed });
        }
        let mut block: Vec<usize> = self.largest_block().iter().map(|&length| length.max(1)).collect();
        block[axis] = length;
        let nbytes = size(&block, itemsize);
        if nbytes <= MAX_BLOCK_BYTES {
            return Ok(());
        }
        let remedy = format!("ask for fewer elements along axis {axis}, or make the chunks of the other axes smaller");
        Err(ArrayError::BlockTooLarge {
            operation: operation.to_owned(),
            block,
            nbytes,
            limit: MAX_BLOCK_BYTES,
            remedy,
        })
    }

    /// An error, if a block of elements of this size would not fit into memory.
    pub(crate) fn bounded(&self, operation: &str, itemsize: usize) -> Result<(), ArrayError> {
        let largest = self.largest_block();
        let size = |block: &[usize]| size(block, itemsize);
        if size(&largest) <= MAX_BLOCK_BYTES {
            return Ok(());
        }
        let mut smaller = largest.clone();
        while size(&smaller) > MAX_BLOCK_BYTES {
            let Some(longest) = smaller.iter_mut().max() else { break };
            *longest = longest.div_ceil(2);
        }
        let remedy = format!(
            "make the chunks smaller, here or with `rechunk` in what it is made of; blocks of {} would do",
            Show(&smaller)
        );
        let (operation, block) = (operation.to_owned(), largest.to_vec());
        Err(ArrayError::BlockTooLarge { operation, nbytes: size(&largest), block, limit: MAX_BLOCK_BYTES, remedy })
    }
}

/// Where chunks of these lengths start, and where the last one ends.
pub(crate) fn starts(chunks: &[usize]) -> Vec<usize> {
    let ends = chunks.iter().scan(0, |sum, length| {
        *sum += length;
        Some(*sum)
    });
    std::iter::once(0).chain(ends).collect()
}

/// The coarsest chunks that both of two cuts of an axis are made of.
pub(crate) fn refine(left: &[usize], right: &[usize]) -> Vec<usize> {
    if left == right {
        return left.to_vec();
    }
    let (left, right) = (starts(left), starts(right));
    let mut ends: Vec<usize> = left.into_iter().chain(right).collect();
    ends.sort_unstable();
    ends.dedup();
    match ends.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>() {
        chunks if chunks.is_empty() => vec![0],
        chunks => chunks,
    }
}

/// For each chunk of a finer cut, the chunk of a coarser one that it lies in and where it starts there.
pub(crate) fn inside(fine: &[usize], coarse: &[usize]) -> Vec<(usize, usize)> {
    let (fine_starts, coarse_starts) = (starts(fine), starts(coarse));
    let place = |(&length, &start): (&usize, &usize)| {
        // Of chunks without elements that start at one place, the last one is followed by elements.
        let chunk = coarse_starts[..coarse.len()].partition_point(|&begin| begin <= start) - 1;
        let chunk = if length == 0 { chunk.min(coarse.len() - 1) } else { chunk };
        (chunk, start - coarse_starts[chunk])
    };
    fine.iter().zip(&fine_starts).map(place).collect()
}

/// The place of number `index` in C order.
pub(crate) fn unravel(mut index: usize, lengths: &[usize]) -> Dims {
    let mut place: Dims = smallvec::smallvec![0; lengths.len()];
    for axis in (0..lengths.len()).rev() {
        place[axis] = index % lengths[axis].max(1);
        index /= lengths[axis].max(1);
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_numbered_in_c_order() {
        let grid = Grid::new(vec![vec![2, 3], vec![4, 4, 1]]).unwrap();
        assert_eq!((grid.parts(), grid.shape()), (6, &[5, 9][..]));
        for part in 0..6 {
            assert_eq!(grid.part(&grid.block(part)), part);
        }
        assert_eq!(grid.block(4).as_slice(), [1, 1]);
        assert_eq!(grid.part_shape(5).as_slice(), [3, 1]);
        assert_eq!(grid.range(1, 2), 8..9);
        assert_eq!(Grid::single(&[]).parts(), 1);
    }

    #[test]
    fn cuts_are_refined() {
        assert_eq!(refine(&[4, 4], &[3, 3, 2]), [3, 1, 2, 2]);
        assert_eq!(refine(&[0], &[0, 0]), [0]);
        assert_eq!(inside(&[3, 1, 2, 2], &[4, 4]), [(0, 0), (0, 3), (1, 0), (1, 2)]);
        assert_eq!(inside(&[2, 2], &[0, 4, 0]), [(1, 0), (1, 2)]);
        assert_eq!(inside(&[0], &[0, 0]), [(1, 0)]);
    }

    #[test]
    fn blocks_that_would_not_fit_are_refused() {
        assert!(Grid::single(&[1 << 15, 1 << 15]).bounded("x", 8).is_ok());
        let error = Grid::single(&[1 << 16, 1 << 15]).bounded("x", 8).unwrap_err().to_string();
        assert!(
            error.contains("(65536, 32768), 16.0 GiB each") && error.contains("(32768, 32768) would do"),
            "{error}"
        );
        assert!(Grid::single(&[usize::MAX / 2, usize::MAX / 2]).bounded("x", 8).is_err(), "sizes do not wrap");
        assert!(Grid::single(&[UNKNOWN]).bounded("x", 8).is_ok());
    }
}
