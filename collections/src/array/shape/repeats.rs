//! Repeating: arrays side by side with themselves, and elements with themselves.

use crate::array::axes::resolve;
use crate::array::chunk::{Chunk, Dims};
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN, starts};
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::select::Selection;
use crate::array::{Array, Element, IntoShape};
use crate::identity::Identity;
use serde::{Deserialize, Serialize};

/// How many times each element of an axis is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Counts {
    /// Each of them so many times.
    Each(usize),
    /// One number for each of them.
    Of(Vec<usize>),
}

partita_graph::travels_as_data!(Counts);

impl From<usize> for Counts {
    fn from(count: usize) -> Self {
        Counts::Each(count)
    }
}

impl From<Vec<usize>> for Counts {
    fn from(counts: Vec<usize>) -> Self {
        Counts::Of(counts)
    }
}

impl<const N: usize> From<[usize; N]> for Counts {
    fn from(counts: [usize; N]) -> Self {
        Counts::Of(counts.to_vec())
    }
}

impl Counts {
    /// How many times element `place` is there.
    fn at(&self, place: usize) -> usize {
        match self {
            Counts::Each(count) => *count,
            Counts::Of(counts) => counts[place],
        }
    }

    /// The pieces that an axis is cut into so that they are about as long when repeated as its chunks are, and how long
    /// they are then.
    fn pieces(&self, chunks: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let longest = chunks.iter().copied().max().unwrap_or(1).max(1);
        let (mut pieces, mut lengths) = (Vec::new(), Vec::new());
        for (&chunk, start) in chunks.iter().zip(starts(chunks)) {
            match self {
                Counts::Each(count) => {
                    let each = (longest / (*count).max(1)).max(1);
                    let own = (0..chunk).step_by(each).map(|at| each.min(chunk - at));
                    lengths.extend(own.clone().map(|piece| piece * count));
                    pieces.extend(own);
                }
                Counts::Of(counts) => {
                    let (mut piece, mut length) = (0, 0);
                    for &count in &counts[start..start + chunk] {
                        if count > 0 && length > 0 && length + count > longest {
                            pieces.push(std::mem::take(&mut piece));
                            lengths.push(std::mem::take(&mut length));
                        }
                        (piece, length) = (piece + 1, length + count);
                    }
                    if piece > 0 {
                        pieces.push(piece);
                        lengths.push(length);
                    }
                }
            }
        }
        (pieces, lengths)
    }
}

/// An axis is not made longer than this.
const MAX_LENGTH: usize = 1 << 48;

/// The length of an axis of which each element is there so many times on average.
fn longer(operation: &'static str, lengths: impl IntoIterator<Item = (usize, usize)>) -> Result<usize, ArrayError> {
    let mut total = 0usize;
    for (length, count) in lengths {
        let more = length.checked_mul(count).and_then(|more| total.checked_add(more));
        total = more.filter(|&total| total <= MAX_LENGTH).ok_or_else(|| {
            let (value, allowed) = (count.to_string(), "no axis may be longer than 2^48");
            ArrayError::Argument { operation, argument: "counts", value, allowed }
        })?;
    }
    Ok(total)
}

/// The elements of an axis, each as many times in a row as it is told.
fn repeated<T: Element>(chunk: &Chunk<T>, axis: usize, length: usize, count: impl Fn(usize) -> usize) -> Chunk<T> {
    let mut shape: Dims = chunk.shape().into();
    let (own, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    shape[axis] = length;
    let mut all = Vec::with_capacity(shape.iter().product());
    if !all.spare_capacity_mut().is_empty() {
        let elements = chunk.to_vec();
        for (number, row) in elements.chunks_exact(inner).enumerate() {
            for _ in 0..count(number % own) {
                all.extend_from_slice(row);
            }
        }
    }
    Chunk::new(&shape, all)
}

impl<T: Element> Array<T> {
    /// The array side by side with itself, so many times along each axis; the last axes if there are fewer numbers, and
    /// new axes in front if there are more. NumPy's `tile`. Nothing is copied.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(1, 3, 1, 1);
    /// assert_eq!(on_reference(&x.tile(2))?, ndarray::array![1, 2, 1, 2].into_dyn());
    /// assert_eq!(on_reference(&x.tile([2, 1]))?, ndarray::array![[1, 2], [1, 2]].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn tile(&self, counts: impl IntoShape) -> Self {
        let counts = counts.into_shape();
        Array::built(self.at_least(counts.len()).try_tile(counts))
    }

    #[track_caller]
    fn try_tile(&self, mut counts: Vec<usize>) -> Built<Self> {
        self.sound()?;
        counts.splice(0..0, vec![1; self.ndim() - counts.len()]);
        let mut chunks = 1u128;
        for (axis, &count) in counts.iter().enumerate() {
            let length = if self.shape()[axis] == UNKNOWN { 1 } else { self.shape()[axis].max(1) };
            longer("tile", [(length, count)])?;
            chunks = chunks.saturating_mul((self.grid.axis(axis).len() as u128).saturating_mul(count as u128));
        }
        let limit = crate::array::grid::MAX_CHUNKS;
        if chunks > limit as u128 {
            let shape = self.shape().iter().zip(&counts).map(|(length, &count)| length.saturating_mul(count)).collect();
            return Err(ArrayError::TooManyChunks { shape, chunks, limit }.into());
        }
        let tiled = |(axis, &count): (usize, &usize)| match (self.grid.axis(axis), self.shape()[axis]) {
            (chunks, 0) => Selection::all(chunks),
            (chunks, _) if count == 0 => Selection::range(chunks, 0, 1, 0),
            (chunks, _) => {
                let Selection { chunks, runs } = Selection::all(chunks);
                Selection { chunks: chunks.repeat(count), runs: vec![runs; count].concat() }
            }
        };
        let axes = counts.iter().enumerate().map(tiled).collect();
        Ok(self.select("tile", Identity::of("tile").data(&counts), axes, T::default())?)
    }

    /// Each element so many times in a row along an axis, one number for all or one for each of the axis; of the
    /// flattened array, if no axis is named. NumPy's `repeat`. Blocks stay about as large as they are: there are more of
    /// them.
    ///
    /// ```
    /// use partita_collections::{Array, bag::on_reference};
    ///
    /// let x = Array::<i64>::from_array(ndarray::array![[1, 2], [3, 4]], 2);
    /// assert_eq!(on_reference(&x.repeat(2, 1))?, ndarray::array![[1, 1, 2, 2], [3, 3, 4, 4]].into_dyn());
    /// assert_eq!(on_reference(&x.repeat([0, 2], 0))?, ndarray::array![[3, 4], [3, 4]].into_dyn());
    /// assert_eq!(on_reference(&x.repeat(1, None))?, ndarray::array![1, 2, 3, 4].into_dyn());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn repeat(&self, counts: impl Into<Counts>, axis: impl Into<Option<isize>>) -> Self {
        let counts = counts.into();
        Array::built(match axis.into() {
            Some(axis) => self.try_repeat(counts, axis),
            None => self.ravel().try_repeat(counts, 0),
        })
    }

    #[track_caller]
    fn try_repeat(&self, mut counts: Counts, axis: isize) -> Built<Self> {
        let axis = resolve("repeat", axis, self.sound()?.ndim())?;
        self.known_along("repeat", |own| own == axis)?;
        let length = self.shape()[axis];
        if let Counts::Of(all) = &counts {
            match all.as_slice() {
                [each] => counts = Counts::Each(*each),
                all if all.len() != length => {
                    let value = format!("{} numbers along axis {axis} of length {length}", all.len());
                    let allowed = "there must be one for all elements, or one for each";
                    return Err(ArrayError::Argument { operation: "repeat", argument: "counts", value, allowed }.into());
                }
                _ => {}
            }
        }
        let total = match &counts {
            Counts::Each(count) => longer("repeat", [(length, *count)])?,
            Counts::Of(counts) => longer("repeat", counts.iter().map(|&count| (1, count)))?,
        };
        if total == 0 {
            let range = |other| match self.grid.axis(other) {
                chunks if other == axis => Selection::range(chunks, 0, 1, 0),
                chunks => Selection::all(chunks),
            };
            let axes = (0..self.ndim()).map(range).collect();
            return Ok(self.select("repeat", Identity::of("repeat-none").data(&axis), axes, T::default())?);
        }
        let mut chunks = self.chunks().to_vec();
        let (cut, lengths) = counts.pieces(&chunks[axis]);
        chunks[axis] = cut;
        let pieces = self.refined(Grid::new(chunks.clone())?);
        let begins = starts(&std::mem::replace(&mut chunks[axis], lengths));
        let grid = Grid::new(chunks)?;
        let (numblocks, own) = (grid.numblocks(), grid.axis(axis).to_vec());
        let identity = pieces.identity("repeat").data(&(&counts, axis));
        let block = blockwise_with((numblocks, own, begins, counts, axis), |env, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            let (numblocks, own, begins, counts, axis) = &**env;
            let axis = *axis;
            let at = crate::array::grid::unravel(index as usize, numblocks)[axis];
            let chunk = Lazy::<T>::of(flow, 0)?.into_chunk()?;
            Ok(repeated(&chunk, axis, own[at], |place| counts.at(begins[at] + place)).into())
        });
        Ok(Array::blocks("repeat", identity, grid, vec![pieces.node.clone().into()], block).split_like(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_chunks_are_about_as_long_as_before() {
        assert_eq!(Counts::Each(3).pieces(&[6, 0, 1]), (vec![2, 2, 2, 1], vec![6, 6, 6, 3]));
        assert_eq!(Counts::Each(9).pieces(&[2]), (vec![1, 1], vec![9, 9]));
        assert_eq!(Counts::Of(vec![2, 1, 1, 0, 7, 0]).pieces(&[3, 3]), (vec![2, 1, 3], vec![3, 1, 7]));
    }
}
