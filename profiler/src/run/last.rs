//! Failures and log lines, the last ones of each.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The last of many lines, and how many are gone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Last<T> {
    kept: VecDeque<T>,
    /// How many there were.
    pub count: u64,
}

impl<T> Default for Last<T> {
    fn default() -> Self {
        Last { kept: VecDeque::new(), count: 0 }
    }
}

impl<T> Last<T> {
    pub(super) fn add(&mut self, line: T, limit: usize) {
        self.count += 1;
        if self.kept.len() >= limit {
            self.kept.pop_front();
        }
        if limit > 0 {
            self.kept.push_back(line);
        }
    }

    /// Those that are kept, oldest first.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = &T> + DoubleEndedIterator {
        self.kept.iter()
    }
}
