//! An amount in two runs.

use serde::{Deserialize, Serialize};

/// An amount in the first and in the second of two runs: nanoseconds, bytes, or a count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// In the first.
    pub first: u64,
    /// In the second.
    pub second: u64,
}

impl Change {
    /// By how much it grew; negative if it shrank.
    pub fn by(&self) -> i64 {
        let by = i128::from(self.second) - i128::from(self.first);
        by.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
    }

    /// How many times the first the second is; `None` if the first is 0.
    pub fn ratio(&self) -> Option<f64> {
        (self.first > 0).then(|| self.second as f64 / self.first as f64)
    }
}

impl From<(u64, u64)> for Change {
    fn from((first, second): (u64, u64)) -> Self {
        Change { first, second }
    }
}
