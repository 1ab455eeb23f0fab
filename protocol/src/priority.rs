//! The order in which ready tasks start.

use serde::{Deserialize, Serialize};

/// When a task starts among those that could: smaller is sooner.
///
/// Compared field by field: the user's priority first (negated, so that a higher one is smaller), then the generation
/// of the submission (first come, first served; what a task submits comes before its own siblings), then the static
/// order within the submission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Priority {
    /// The negated priority that the user gave; 0 if none.
    pub user: i32,
    /// The submission: later ones are larger; one made inside a task is one less than that task's.
    pub generation: i64,
    /// The place in the static order of the submission.
    pub rank: u32,
}

/// The distance between two submissions of the outside: how deep tasks may submit tasks without meeting another
/// submission's generation.
pub const GENERATION_STEP: i64 = 1 << 20;
