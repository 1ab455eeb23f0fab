//! Reshaping: the same elements, in C order, with other axes.
//!
//! Axes are taken in groups that have as many elements before and after. A group becomes one axis, and that one the axes
//! of the new group; for both, blocks must be runs of elements that follow each other: axes in front in chunks of 1, one
//! axis in chunks of any length, and axes behind it whole. Which axis that is follows from the size of the blocks that
//! there are, so that none gets much larger.

use crate::array::chunks::{Chunks, IntoShape};
use crate::array::error::ArrayError;
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::lazy::Lazy;
use crate::array::{Array, Element, UNKNOWN};
use crate::identity::Identity;
use std::sync::Arc;

/// Axes of an array, from the first to before the last, and those that they become.
#[derive(Debug, PartialEq)]
struct Group {
    old: std::ops::Range<usize>,
    new: std::ops::Range<usize>,
}

/// The smallest groups of neighbouring axes with as many elements on both sides.
fn groups(old: &[usize], new: &[usize]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let (from, to) = (i, j);
        let (mut left, mut right) = (old[i], new[j]);
        (i, j) = (i + 1, j + 1);
        while left != right {
            match left < right {
                true if i < old.len() => (left, i) = (left * old[i], i + 1),
                false if j < new.len() => (right, j) = (right * new[j], j + 1),
                _ => break,
            }
        }
        groups.push(Group { old: from..i, new: to..j });
    }
    // Axes of length 1 at the end belong to the last group.
    match groups.last_mut() {
        Some(last) => (last.old.end, last.new.end) = (old.len(), new.len()),
        None => groups.push(Group { old: 0..old.len(), new: 0..new.len() }),
    }
    groups
}

/// Chunks of axes whose blocks are runs of elements of about `target`; and the lengths of the runs.
fn runs(lengths: &[usize], chunks: Option<&[Vec<usize>]>, target: usize) -> (Vec<Vec<usize>>, Vec<usize>) {
    let behind = |axis: usize| lengths[axis + 1..].iter().product::<usize>();
    let axis =
        (0..lengths.len()).find(|&axis| behind(axis) <= target.max(1)).unwrap_or(lengths.len().saturating_sub(1));
    let Some(&length) = lengths.get(axis) else { return (Vec::new(), vec![1]) };
    let each = (target / behind(axis).max(1)).clamp(1, length.max(1));
    let own = chunks.map(|chunks| chunks[axis].clone()).filter(|own| own.iter().all(|&chunk| chunk <= each));
    let pieces = own.unwrap_or_else(|| {
        let mut pieces = vec![each; length / each];
        if !length.is_multiple_of(each) || length == 0 {
            pieces.push(length % each);
        }
        pieces
    });
    let front: usize = lengths[..axis].iter().product();
    let run: Vec<usize> = pieces.iter().map(|&piece| piece * behind(axis)).collect();
    let mut all: Vec<Vec<usize>> = lengths[..axis].iter().map(|&length| vec![1; length]).collect();
    all.push(pieces);
    all.extend(lengths[axis + 1..].iter().map(|&length| vec![length]));
    (all, run.repeat(front))
}

impl<T: Element> Array<T> {
    /// The same elements in another shape, in C order; NumPy's `reshape`. One length may be [`UNKNOWN`] (NumPy's `-1`): it
    /// follows from the others.
    ///
    /// Chunks are merged and cut no more than the new shape needs.
    ///
    /// ```
    /// use partita_collections::{Array, array::UNKNOWN, bag::on_reference};
    ///
    /// let x = Array::<i64>::arange(0, 6, 1, 4);
    /// assert_eq!(on_reference(&x.reshape([2, UNKNOWN]))?, ndarray::array![[0, 1, 2], [3, 4, 5]].into_dyn());
    /// let error = x.reshape([4, 2]).check().unwrap_err().to_string();
    /// assert!(error.starts_with("shape (6,) cannot become (4, 2): 6 elements are not 8"));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reshape(&self, shape: impl IntoShape) -> Self {
        Array::built(self.try_reshape(shape.into_shape()))
    }

    /// All elements along one axis, in C order; NumPy's `ravel`, and `flatten`.
    #[track_caller]
    pub fn ravel(&self) -> Self {
        if self.ndim() == 1 {
            return self.clone();
        }
        self.reshape([UNKNOWN])
    }

    /// All elements along one axis; another name of [`Array::ravel`].
    #[track_caller]
    pub fn flatten(&self) -> Self {
        self.ravel()
    }

    #[track_caller]
    fn try_reshape(&self, mut to: Vec<usize>) -> Built<Self> {
        self.sound()?;
        self.known("reshape")?;
        let from = self.shape().to_vec();
        let total: usize = from.iter().product();
        let mut known = to.iter().filter(|&&length| length != UNKNOWN);
        let Some(known) = known.try_fold(1usize, |product, &length| product.checked_mul(length)) else {
            return Err(ArrayError::Reshape { from, to }.into());
        };
        let open: Vec<usize> = (0..to.len()).filter(|&axis| to[axis] == UNKNOWN).collect();
        if let [axis] = open.as_slice()
            && known > 0
            && total.is_multiple_of(known)
        {
            to[*axis] = total / known;
        }
        if to.contains(&UNKNOWN) || to.iter().product::<usize>() != total {
            return Err(ArrayError::Reshape { from, to }.into());
        }
        if total == 0 {
            return Ok(Array::filled("reshape", &to, T::default(), &Chunks::whole()));
        }
        if from == to {
            return Ok(self.clone());
        }
        let (mut before, mut flat, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for Group { old, new } in groups(&from, &to) {
            let chunks = &self.grid.chunks()[old.clone()];
            if old.len() == 1 && new.len() == 1 {
                before.push(chunks[0].clone());
                flat.push((chunks[0].clone(), chunks[0].clone()));
                after.push(chunks[0].clone());
                continue;
            }
            let target = chunks.iter().map(|chunks| chunks.iter().copied().max().unwrap_or(1).max(1)).product();
            let whole = |lengths: &[usize], chunks| runs(lengths, chunks, target);
            let (own, merged) = whole(&from[old], Some(chunks));
            let (cut, wanted) = whole(&to[new], None);
            before.extend(own);
            flat.push((merged, wanted));
            after.extend(cut);
        }
        let (merged, wanted): (Vec<_>, Vec<_>) = flat.into_iter().unzip();
        let runs = self.rechunked(Grid::new(before)?)?.with_axes(Grid::new(merged)?);
        Ok(runs.rechunked(Grid::new(wanted)?)?.with_axes(Grid::new(after)?))
    }

    /// The same blocks with other axes, in the same order.
    #[track_caller]
    fn with_axes(&self, grid: Grid) -> Self {
        if *self.grid == grid {
            return self.clone();
        }
        let grid = Arc::new(grid);
        let target = grid.clone();
        let block = blockwise_with(target, |target, index, flows| {
            let [flow] = crate::layer::inputs(flows)?;
            Ok(Lazy::<T>::of(flow, 0)?.reshaped(&target.part_shape(index as usize)))
        });
        let identity: Identity = self.identity("reshape");
        Array::blocks("reshape", identity, grid, vec![self.node.clone().into()], block).split_like(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_grouped() {
        let group = |old, new| Group { old, new };
        assert_eq!(groups(&[2, 3, 4], &[6, 4]), [group(0..2, 0..1), group(2..3, 1..2)]);
        assert_eq!(groups(&[6, 4], &[2, 3, 2, 2]), [group(0..1, 0..2), group(1..2, 2..4)]);
        assert_eq!(groups(&[4, 6], &[3, 8]), [group(0..2, 0..2)]);
        assert_eq!(groups(&[5], &[1, 5, 1]), [group(0..1, 0..3)]);
        assert_eq!(groups(&[], &[1, 1]), [group(0..0, 0..2)]);
    }

    #[test]
    fn runs_are_about_as_long_as_asked_for() {
        assert_eq!(runs(&[10, 100], None, 300), (vec![vec![3, 3, 3, 1], vec![100]], vec![300, 300, 300, 100]));
        assert_eq!(runs(&[2, 100], None, 50), (vec![vec![1, 1], vec![50, 50]], vec![50; 4]));
        assert_eq!(runs(&[4, 5], Some(&[vec![2, 2], vec![5]]), 10), (vec![vec![2, 2], vec![5]], vec![10, 10]));
    }
}
