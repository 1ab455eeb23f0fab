//! Ways of joining: which partitions of both sides meet each other.

use super::keys::Keys;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Divisions;
use polars::prelude::{JoinArgs, JoinType, JoinValidation};

/// Rows of a side that is brought to each partition of the other, if it has more than one partition.
const FEW_ROWS: usize = 1 << 16;

/// Which partitions of both sides meet each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Those of the same number: both have one, or are divided alike by a key.
    Alike,
    /// Each of the left with all of the right, which is one.
    RightToEach,
    /// Each of the right with all of the left, which is one.
    LeftToEach,
    /// Each of the left with each of the right.
    Pairs,
    /// Those whose keys have the same hash, after both sides were shuffled.
    Hashed,
}

impl Way {
    /// The way that moves least.
    pub(super) fn of(left: &DataFrame, right: &DataFrame, keys: &Keys, args: &JoinArgs) -> Self {
        if (left.npartitions(), right.npartitions()) == (1, 1) {
            return Way::Alike;
        }
        if args.how == JoinType::Cross {
            return if is_small(right) { Way::RightToEach } else { Way::Pairs };
        }
        // The whole of a side is needed to tell what the other has no partner in, and whether keys are unique.
        let to_each_left = matches!(args.how, JoinType::Inner | JoinType::Left | JoinType::Semi | JoinType::Anti)
            && matches!(args.validation, JoinValidation::ManyToMany | JoinValidation::ManyToOne);
        let to_each_right = matches!(args.how, JoinType::Inner | JoinType::Right)
            && matches!(args.validation, JoinValidation::ManyToMany | JoinValidation::OneToMany);
        match () {
            () if to_each_left && right.npartitions() == 1 => Way::RightToEach,
            () if to_each_right && left.npartitions() == 1 => Way::LeftToEach,
            () if !args.nulls_equal && are_divided_alike(left, right, keys) => Way::Alike,
            () if to_each_left && is_small(right) => Way::RightToEach,
            () if to_each_right && is_small(left) => Way::LeftToEach,
            () => Way::Hashed,
        }
    }
}

/// Whether a side is brought to each partition of the other.
fn is_small(frame: &DataFrame) -> bool {
    frame.npartitions() == 1 || frame.known_len().is_some_and(|rows| rows <= FEW_ROWS)
}

/// Whether rows with the same keys are in partitions of the same number. Nulls may be anywhere.
fn are_divided_alike(left: &DataFrame, right: &DataFrame, keys: &Keys) -> bool {
    let (Some(mine), Some(theirs)) = (left.divisions(), right.divisions()) else { return false };
    let bound_alike = |one: &Divisions, other: &Divisions| {
        one.bounds.dtype() == other.bounds.dtype() && one.bounds.equals(&other.bounds)
    };
    let mut pairs = keys.left.iter().zip(&keys.right);
    pairs.any(|(one, other)| *one == mine.by && *other == theirs.by) && bound_alike(mine, theirs)
}
