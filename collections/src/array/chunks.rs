//! Chunk settings: how a shape is to be cut, as users say it.

use super::error::ArrayError;
use super::grid::UNKNOWN;
use super::grid::{Grid, MAX_CHUNKS};

/// The size of blocks that `auto` aims at, in bytes; Dask's `array.chunk-size`.
pub const AUTO_BYTES: usize = 128 << 20;

/// Arrays whose largest block would take more bytes than this are refused when they are built.
pub const MAX_BLOCK_BYTES: u64 = 8 << 30;

/// How one axis is cut.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Cut {
    /// Into chunks of this length, the last one smaller.
    Each(usize),
    /// Not at all; Dask's `-1`.
    Whole,
    /// So that blocks take about [`AUTO_BYTES`]; Dask's `"auto"`.
    Auto,
    /// Into chunks of these lengths.
    Lengths(Vec<usize>),
}

impl From<usize> for Cut {
    fn from(length: usize) -> Self {
        Cut::Each(length)
    }
}

impl From<Vec<usize>> for Cut {
    fn from(lengths: Vec<usize>) -> Self {
        Cut::Lengths(lengths)
    }
}

/// How a shape is cut into chunks: one setting for all axes, or one for each.
///
/// ```
/// use partita_collections::array::{Array, Chunks, Cut};
///
/// let chunks = |chunks: Chunks| Array::<f64>::zeros([100, 6], chunks).chunks().to_vec();
/// assert_eq!(chunks(40.into()), [vec![40, 40, 20], vec![6]]);
/// assert_eq!(chunks([50, 2].into()), [vec![50, 50], vec![2, 2, 2]]);
/// assert_eq!(chunks([Cut::Whole, Cut::Each(4)].into()), [vec![100], vec![4, 2]]);
/// assert_eq!(chunks(vec![vec![99, 1], vec![6]].into()), [vec![99, 1], vec![6]]);
/// assert_eq!(chunks(Chunks::auto()), [vec![100], vec![6]]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Chunks {
    /// Each axis like this.
    All(Cut),
    /// One setting for each axis.
    Axes(Vec<Cut>),
}

impl Chunks {
    /// Blocks of about [`AUTO_BYTES`], as square as can be.
    pub fn auto() -> Self {
        Chunks::All(Cut::Auto)
    }

    /// One chunk.
    pub fn whole() -> Self {
        Chunks::All(Cut::Whole)
    }

    /// The grid that a shape is cut into by these settings.
    pub(crate) fn grid(&self, shape: &[usize], itemsize: usize) -> Result<Grid, ArrayError> {
        if let Some(axis) = shape.iter().position(|&length| length == UNKNOWN) {
            return Err(ArrayError::Unknown { operation: "chunks", axis });
        }
        let cuts = match self {
            Chunks::All(Cut::Lengths(_)) if shape.len() != 1 => {
                return Err(ArrayError::ChunkAxes { given: 1, shape: shape.to_vec() });
            }
            Chunks::All(cut) => vec![cut.clone(); shape.len()],
            Chunks::Axes(cuts) if cuts.len() == shape.len() => cuts.clone(),
            Chunks::Axes(cuts) => return Err(ArrayError::ChunkAxes { given: cuts.len(), shape: shape.to_vec() }),
        };
        let auto = auto_length(&cuts, shape, itemsize);
        let axes: Result<Vec<Vec<usize>>, ArrayError> = cuts
            .into_iter()
            .zip(shape)
            .enumerate()
            .map(|(axis, (cut, &length))| lengths(cut, axis, length, auto))
            .collect();
        Grid::new(axes?)
    }
}

/// The length of chunks together, which may be more than there can be.
fn sum(chunks: &[usize]) -> u128 {
    chunks.iter().map(|&length| length as u128).sum()
}

/// The lengths of an axis's chunks.
fn lengths(cut: Cut, axis: usize, length: usize, auto: usize) -> Result<Vec<usize>, ArrayError> {
    let each = match cut {
        Cut::Whole => length.max(1),
        Cut::Auto => auto.max(1),
        Cut::Each(0) if length > 0 => return Err(ArrayError::EmptyChunks { axis, length }),
        Cut::Each(each) => each.max(1),
        Cut::Lengths(chunks) if sum(&chunks) == length as u128 && !chunks.is_empty() => return Ok(chunks),
        Cut::Lengths(chunks) => return Err(ArrayError::ChunkLengths { axis, chunks, length }),
    };
    if length / each > MAX_CHUNKS {
        let chunks = (length / each) as u128;
        return Err(ArrayError::TooManyChunks { shape: vec![length], chunks, limit: MAX_CHUNKS });
    }
    let mut chunks = vec![each; length / each];
    if !length.is_multiple_of(each) || length == 0 {
        chunks.push(length % each);
    }
    Ok(chunks)
}

/// The length of automatic chunks: the side of a block of [`AUTO_BYTES`], when axes that are shorter are taken whole.
fn auto_length(cuts: &[Cut], shape: &[usize], itemsize: usize) -> usize {
    let mut budget = (AUTO_BYTES / itemsize.max(1)) as f64;
    let mut open: Vec<usize> = Vec::new();
    for (cut, &length) in cuts.iter().zip(shape) {
        match cut {
            Cut::Auto => open.push(length),
            Cut::Whole => budget /= length.max(1) as f64,
            Cut::Each(each) => budget /= (*each).min(length).max(1) as f64,
            Cut::Lengths(chunks) => budget /= chunks.iter().copied().max().unwrap_or(1).max(1) as f64,
        }
    }
    open.sort_unstable();
    let mut left = open.len();
    for length in open {
        let side = budget.max(1.0).powf(1.0 / left as f64);
        if length as f64 > side {
            return side as usize;
        }
        budget /= length.max(1) as f64;
        left -= 1;
    }
    usize::MAX
}

impl From<usize> for Chunks {
    fn from(length: usize) -> Self {
        Chunks::All(Cut::Each(length))
    }
}

impl From<Cut> for Chunks {
    fn from(cut: Cut) -> Self {
        Chunks::All(cut)
    }
}

impl<C: Into<Cut>, const N: usize> From<[C; N]> for Chunks {
    fn from(cuts: [C; N]) -> Self {
        Chunks::Axes(cuts.into_iter().map(Into::into).collect())
    }
}

impl<C: Into<Cut>> From<Vec<C>> for Chunks {
    fn from(cuts: Vec<C>) -> Self {
        Chunks::Axes(cuts.into_iter().map(Into::into).collect())
    }
}

/// What can be the shape of an array: a length, or one for each axis.
///
/// ```
/// use partita_collections::Array;
///
/// assert_eq!(Array::<f64>::zeros(3, 2).shape(), [3]);
/// assert_eq!(Array::<f64>::zeros([3, 4], 2).shape(), [3, 4]);
/// assert_eq!(Array::<f64>::zeros(vec![3, 4, 5], 2).shape(), [3, 4, 5]);
/// ```
pub trait IntoShape {
    /// The lengths.
    fn into_shape(self) -> Vec<usize>;
}

impl IntoShape for usize {
    fn into_shape(self) -> Vec<usize> {
        vec![self]
    }
}

impl<const N: usize> IntoShape for [usize; N] {
    fn into_shape(self) -> Vec<usize> {
        self.to_vec()
    }
}

impl IntoShape for &[usize] {
    fn into_shape(self) -> Vec<usize> {
        self.to_vec()
    }
}

impl IntoShape for Vec<usize> {
    fn into_shape(self) -> Vec<usize> {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn automatic_chunks_are_as_square_as_can_be() {
        let grid = |chunks: Chunks, shape: &[usize]| chunks.grid(shape, 8).unwrap().chunks().to_vec();
        assert_eq!(grid(Chunks::auto(), &[100_000, 100_000])[0][0], 4096, "4096² of 8 bytes are 128 MiB");
        assert_eq!(grid(Chunks::auto(), &[1 << 30, 2]), vec![vec![1 << 23; 128], vec![2]]);
        assert_eq!(grid([Cut::Auto, Cut::Each(16)].into(), &[1 << 22, 64])[0][0], 1 << 20);
        assert_eq!(grid(Chunks::auto(), &[0, 5]), [vec![0], vec![5]]);
    }

    #[test]
    fn wrong_settings_are_refused() {
        let error = |chunks: Chunks, shape: &[usize]| chunks.grid(shape, 8).unwrap_err().to_string();
        assert_eq!(error(0.into(), &[4]), "chunks of length 0 cannot cover axis 0 of length 4");
        assert!(error([2, 2].into(), &[4]).starts_with("chunks were given for 2 axes of shape (4,), which has 1"));
        assert!(error(vec![vec![1, 2]].into(), &[4]).contains("(1, 2) of axis 0 have 3 elements together"));
        assert!(error(1.into(), &[1 << 20, 1 << 20]).contains("chunks, more than"));
        assert!(error(1.into(), &[1 << 60]).contains("chunks, more than"), "and no memory is taken for them");
    }
}
