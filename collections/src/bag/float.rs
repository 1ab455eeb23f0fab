//! Floats as keys: a total order and an equality that hashes.

use super::extremes::rank;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A float that can be a key: NaN is equal to NaN and comes after all numbers, and `-0.0` is equal to `0.0`.
///
/// Rust's own floats are no keys, because NaN is not equal to itself; `distinct`, `frequencies`, `group_by` and the
/// like take this instead.
///
/// ```
/// use partita_collections::{Bag, bag::{Float, on_reference}};
///
/// let bag = Bag::<f64>::from_sequence([0.0, f64::NAN, -0.0, f64::NAN, 1.5], 2).map(Float);
/// let counts = on_reference(&bag.frequencies())?;
/// assert_eq!(counts, [(Float(0.0), 2), (Float(f64::NAN), 2), (Float(1.5), 1)]);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Float(pub f64);

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        rank(&self.0, &other.0)
    }
}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Float {}

impl Hash for Float {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let same = match self.0 {
            x if x.is_nan() => f64::NAN,
            // Also `-0.0`.
            0.0 => 0.0,
            x => x,
        };
        state.write_u64(same.to_bits());
    }
}

impl From<f64> for Float {
    fn from(x: f64) -> Self {
        Float(x)
    }
}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hash::BuildHasher;

    /// FAULTS T27.
    #[test]
    fn equal_floats_have_equal_hashes_and_all_are_in_order() {
        let ordered = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, f64::MIN_POSITIVE, 1.0, f64::INFINITY, f64::NAN, -f64::NAN];
        let state = std::collections::hash_map::RandomState::new();
        for (i, a) in ordered.map(Float).into_iter().enumerate() {
            for (j, b) in ordered.map(Float).into_iter().enumerate() {
                let same = i == j || [i, j] == [2, 3] || [i, j] == [3, 2] || i.min(j) >= 7;
                assert_eq!(a == b, same, "{a} {b}");
                assert_eq!(a.cmp(&b), if same { Ordering::Equal } else { i.cmp(&j) }, "{a} {b}");
                assert!(!same || state.hash_one(a) == state.hash_one(b), "{a} {b}");
            }
        }
    }
}
