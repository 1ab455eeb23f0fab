//! How much a run keeps.

use serde::{Deserialize, Serialize};

/// How much a run keeps of each kind; the oldest goes first, and is counted.
///
/// By these defaults a run takes at the most, in MB:
///
/// | what | bytes each | how many | MB |
/// | --- | --- | --- | --- |
/// | executions | 48 | 1,048,576 | 50 |
/// | tasks | 80, 34 in a table by id, and 16 and 8 for each input | 1,000,000 | 150 with two inputs |
/// | errors and lines of the log, if all are as long as they may be | 4,200 | 20,000 | 84 |
/// | groups in stretches of time | 176, and 56 for what went between workers | 257 × 1,024 | 61 |
/// | pairs of workers in stretches of time | 48 | 257 × 1,024 | 13 |
/// | workers in stretches of time | 96 | 1,024 for each worker | 0.1 for each |
///
/// That is 360 MB for a cluster of few workers. An eighth of what is kept in stretches may be room that is not used yet. What
/// comes on top is bounded by the cluster: 34 bytes for each task that its scheduler knows, about 1.2 kB for each group, and
/// 90 bytes for each pair of workers.
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
    /// Groups that are told apart within a stretch of time: the first so many. All others are one.
    pub groups: usize,
    /// Pairs of workers that are told apart within a stretch of time: the first so many that something went between. All
    /// others are one.
    pub pairs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { executions: 1_000_000, tasks: 1_000_000, lines: 10_000, bins: 1024, groups: 256, pairs: 256 }
    }
}
