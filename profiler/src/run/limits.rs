//! How much a run keeps.

use serde::{Deserialize, Serialize};

/// How much a run keeps of each kind; the oldest goes first, and is counted. By these defaults a run takes 300 MB at the
/// most: about 56 bytes an execution, 120 a task, and 120 MB for the rest, if all errors and lines of the log are as long as
/// they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Executions that are kept one by one.
    pub executions: usize,
    /// Tasks that are kept with their key, line and inputs.
    pub tasks: usize,
    /// Failures, and lines of the log.
    pub lines: usize,
    /// Stretches that the time is cut into.
    pub bins: usize,
    /// Groups that are told apart within a stretch of time.
    pub groups: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { executions: 1_000_000, tasks: 1_000_000, lines: 10_000, bins: 1024, groups: 256 }
    }
}
