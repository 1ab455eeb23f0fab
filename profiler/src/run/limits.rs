//! How much a run keeps.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Things that there is room for at once, if so many may be kept.
const ROOM: usize = 1 << 20;

/// Makes room for all that may be kept, and one more, when the first comes: room that nobody uses costs nothing, and what is
/// there is never moved.
#[inline]
pub(super) fn make_room<T>(kept: &mut VecDeque<T>, limit: usize) {
    if kept.capacity() == 0 {
        kept.reserve_exact(limit.min(ROOM) + 1);
    }
}

/// How much a run keeps of each kind; the oldest goes first, and is counted.
///
/// By these defaults a run takes at the most, in MB:
///
/// | what | bytes each | how many | MB |
/// | --- | --- | --- | --- |
/// | executions | 48 | 2²⁰ | 50 |
/// | tasks | 56, 28 for their states, 20 to find them, and 32 for up to three inputs | 2²⁰ | 143 |
/// | errors and lines of the log, if all are as long as they may be | 4,300 | 20,000 | 86 |
/// | groups in stretches of time | 176, and 48 for what went between workers | 257 × 1,024 | 59 |
/// | pairs of workers in stretches of time | 48 | 257 × 1,024 | 13 |
/// | records of workers that came before the scheduler's | 100 | 100,000 | 10 |
/// | workers in stretches of time | 104 | 1,024 for each worker | 0.1 for each |
/// | CPU of workers over time | 16 | 1,024 for each worker | 0.02 for each |
///
/// That is 360 MB for a cluster of few workers. An eighth of what is kept in stretches may be room that is not used yet. What
/// comes on top is bounded by the cluster: 40 bytes for each task that its scheduler knows, about 1.2 kB for each group, and
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

#[cfg(test)]
mod tests {
    use super::super::bins::{GroupBin, WorkerBin};
    use super::super::executions::Execution;
    use super::super::known::{Known, Story};
    use super::super::slots::Link;
    use super::super::transfers::Pair;
    use partita_protocol::{PrefixId, TaskId, WorkerId};

    #[test]
    fn what_is_kept_is_as_large_as_is_said() {
        assert_eq!((size_of::<Execution>(), size_of::<(TaskId, Known)>(), size_of::<Story>()), (48, 56, 28));
        assert_eq!(size_of::<Link>(), 12, "and eight for its place");
        assert_eq!((size_of::<(PrefixId, GroupBin)>(), size_of::<(WorkerId, WorkerBin)>()), (176, 104));
        assert_eq!((size_of::<(PrefixId, Pair)>(), size_of::<((WorkerId, WorkerId), Pair)>()), (48, 48));
    }
}
