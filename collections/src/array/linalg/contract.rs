//! Contractions: two arrays multiplied with each other and summed over axes that they have in common, block by block.
//!
//! What products of matrices, tensors, vectors and `einsum` have in common. Each axis of the two arrays and of the
//! result has a label; axes that both arrays have and the result has not are summed over.

use super::Multiply;
use super::product::{Plan, Product};
use super::symmetric::{symmetric, turned_of};
use super::turn::spread;
use crate::array::Array;
use crate::array::axes::Axes;
use crate::array::chunks::MAX_BLOCK_BYTES;
use crate::array::error::ArrayError;
use crate::array::grid::{Grid, UNKNOWN, refine, size};
use crate::array::layers::Built;

/// The labels of the axes: of each array and of the result none twice, and those of the result from the arrays.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labels {
    pub(super) left: Vec<usize>,
    pub(super) right: Vec<usize>,
    pub(super) out: Vec<usize>,
}

/// The place of a label.
pub(super) fn place(labels: &[usize], label: usize) -> Option<usize> {
    labels.iter().position(|&other| other == label)
}

impl Labels {
    /// Labels that both arrays have and that are summed over, or not.
    fn shared(&self, kept: bool) -> Vec<usize> {
        let shared = |label: &&usize| self.right.contains(label) && self.out.contains(label) == kept;
        self.left.iter().filter(shared).copied().collect()
    }

    /// Labels of one array and not of the other, in the order of the result.
    fn only(&self, one: &[usize], other: &[usize]) -> Vec<usize> {
        self.out.iter().filter(|label| one.contains(label) && !other.contains(label)).copied().collect()
    }
}

/// The product of two arrays, summed over the axes that are shared and not in the result.
#[track_caller]
pub(super) fn contract<T: Multiply>(
    operation: &'static str,
    left: &Array<T>,
    right: &Array<T>,
    labels: &Labels,
) -> Built<Array<T>> {
    left.sound()?;
    right.sound()?;
    let (left, right) = &aligned(operation, left, right, labels)?;
    let (batch, inner) = (labels.shared(true), labels.shared(false));
    let rows = labels.only(&labels.left, &labels.right);
    let columns = labels.only(&labels.right, &labels.left);
    if inner.is_empty() || (rows.is_empty() && columns.is_empty()) {
        // No matrices: elementwise products, which are part of the tasks before and after them.
        let order: Vec<usize> = labels.out.iter().chain(&inner).copied().collect();
        let (left, right) = (spread(left, &labels.left, &order)?, spread(right, &labels.right, &order)?);
        let product = left.named2(operation, &right, T::times);
        let summed: Vec<isize> = (labels.out.len()..order.len()).map(|axis| axis as isize).collect();
        return Ok(match summed.is_empty() {
            true => product,
            false => T::narrow(product.sum_axis(Axes::from(summed))),
        });
    }
    let plan = Plan::new(labels, [&batch, &rows, &inner, &columns]);
    let grid = result_grid(left, right, labels)?;
    guard(operation, &grid, size_of::<T>())?;
    if let Some(by_rows) = turned_of(left, right, labels) {
        return symmetric(operation, if by_rows { left } else { right }, by_rows, grid);
    }
    Product { operation, left, right, labels, inner: &inner, grid }.build(plan)
}

/// Both arrays with the same chunks along each axis that they share.
#[track_caller]
fn aligned<T: Multiply>(
    operation: &'static str,
    left: &Array<T>,
    right: &Array<T>,
    labels: &Labels,
) -> Built<(Array<T>, Array<T>)> {
    let (mut of_left, mut of_right) = (left.grid.chunks().to_vec(), right.grid.chunks().to_vec());
    for (left_axis, &label) in labels.left.iter().enumerate() {
        let Some(right_axis) = place(&labels.right, label) else { continue };
        let (one, other) = (left.grid.axis(left_axis), right.grid.axis(right_axis));
        if one == other {
            continue;
        }
        let (a, b) = (left.shape()[left_axis], right.shape()[right_axis]);
        if a == UNKNOWN || b == UNKNOWN {
            return Err(ArrayError::UnknownChunks { operation, left: one.len(), right: other.len() }.into());
        }
        if a != b {
            let (left, right) = (left.shape().to_vec(), right.shape().to_vec());
            return Err(ArrayError::Pairing { operation, left, left_axis, right, right_axis }.into());
        }
        let chunks = refine(one, other);
        (of_left[left_axis], of_right[right_axis]) = (chunks.clone(), chunks);
    }
    Ok((left.refined(Grid::new(of_left)?), right.refined(Grid::new(of_right)?)))
}

fn result_grid<T: Multiply>(left: &Array<T>, right: &Array<T>, labels: &Labels) -> Result<Grid, ArrayError> {
    let chunks = |label: &usize| match (place(&labels.left, *label), place(&labels.right, *label)) {
        (Some(axis), _) => left.grid.axis(axis).to_vec(),
        (None, Some(axis)) => right.grid.axis(axis).to_vec(),
        (None, None) => vec![1],
    };
    Grid::new(labels.out.iter().map(chunks).collect())
}

/// Refuses blocks that no machine would hold.
pub(super) fn guard(operation: &'static str, grid: &Grid, itemsize: usize) -> Result<(), ArrayError> {
    let block = grid.largest_block().to_vec();
    let nbytes = size(&block, itemsize);
    if nbytes <= MAX_BLOCK_BYTES {
        return Ok(());
    }
    let remedy = "rechunk the arrays into smaller chunks along the axes that stay".to_owned();
    let operation = operation.to_owned();
    Err(ArrayError::BlockTooLarge { operation, block, nbytes, limit: MAX_BLOCK_BYTES, remedy })
}
