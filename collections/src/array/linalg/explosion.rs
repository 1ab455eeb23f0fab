//! Explosions: advice on products that multiply many more pairs of blocks than there are blocks.

use super::Multiply;
use crate::array::Array;
use std::fmt;

/// Advice that a product has many more pairs of blocks to multiply than its arrays have blocks; Dask's
/// `PerformanceWarning`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explosion {
    /// How many pairs of blocks are multiplied.
    pub products: usize,
    /// How many blocks the larger of the arrays has.
    pub blocks: usize,
}

impl fmt::Display for Explosion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let factor = self.products / self.blocks.max(1);
        write!(
            f,
            "Increasing number of chunks by factor of {factor}: {} pairs of blocks are multiplied, and the larger array \
             has {} blocks. Larger chunks, above all along the axis that is summed over, make fewer of them",
            self.products, self.blocks
        )
    }
}

/// Whether the product of two arrays has ten times as many pairs of blocks as the larger of them has blocks, or more.
///
/// ```
/// use partita_collections::{Array, array::linalg};
///
/// let x = Array::<f64>::ones([1000, 1000], 100);
/// let advice = linalg::explosion(&x, &x).map(|advice| advice.to_string()).unwrap_or_default();
/// assert!(advice.starts_with("Increasing number of chunks by factor of 10"));
/// assert_eq!(linalg::explosion(&x, &Array::ones([1000, 300], 100)), None);
/// ```
pub fn explosion<T: Multiply>(left: &Array<T>, right: &Array<T>) -> Option<Explosion> {
    let (one, other) = (left.numblocks(), right.numblocks());
    let blocks = left.npartitions().max(right.npartitions());
    let inner = right.ndim().checked_sub(2).map_or(other.first(), |axis| other.get(axis));
    let summed = inner.copied().zip(one.last().copied()).map_or(1, |(a, b)| a.min(b).max(1));
    let products = left.npartitions().saturating_mul(right.npartitions()) / summed;
    (products >= 10 * blocks && blocks > 0).then_some(Explosion { products, blocks })
}
