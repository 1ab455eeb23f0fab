//! Progress: how many tasks of each group are in which state, at any moment.

use super::range::group_name;
use crate::run::{GroupBin, Run};
use partita_protocol::Time;
use serde::Serialize;
use std::sync::Arc;

/// The tasks of one group at a moment. Each task is counted once, however often it was computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupProgress {
    /// The group.
    pub name: Arc<str>,
    /// Tasks that were known, also those that were forgotten by then.
    pub total: u64,
    /// Tasks in each state, in the order of [`STATES`](super::STATES). The last one is of those that are forgotten.
    pub counts: [u64; 8],
    /// Tasks that are done: they ended well, whether their results are still held, no longer needed, or forgotten. One whose
    /// result was lost and that is computed again is not done until it is.
    pub finished: u64,
    /// Tasks that failed for good, also those that are forgotten. One that is tried again by wish is none of them.
    pub erred: u64,
}

/// The tasks of each group at a moment, in the order in which the groups came: as they were at the end of the stretch of
/// time that the moment is in, or are now. Groups that stretches do not tell apart are one. What records tell that were
/// dropped is missing: done and failed tasks are then no more than there are.
pub fn progress(run: &Run, at: Option<Time>) -> Vec<GroupProgress> {
    let Some(timeline) = run.timeline() else { return Vec::new() };
    let group = |(prefix, sums): (_, &GroupBin)| {
        let mut counts = sums.steps.map(|count| count.max(0) as u64);
        let there: u64 = counts[..7].iter().sum();
        let total = sums.known.max(there);
        counts[7] = total - there;
        let [erred, finished] = [sums.failed, sums.done].map(|count| count.max(0) as u64);
        let erred = erred.min(total);
        GroupProgress { name: group_name(run, prefix), total, counts, finished: finished.min(total - erred), erred }
    };
    let groups = timeline.groups(at.unwrap_or(run.span().1));
    groups.iter().map(group).filter(|group| group.total > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;
    use partita_protocol::telemetry::State::{Erred, Forgotten, Memory, Processing, Released, Waiting};

    #[test]
    fn any_past_moment_can_be_looked_at() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let (first, second) = (script.task("inc", &[]), script.task("inc", &[]));
        script.step(10 * ms, first, Released, Processing);
        script.step(30 * ms, first, Processing, Memory);
        script.step(50 * ms, second, Released, Processing);
        script.step(70 * ms, first, Memory, Released);
        script.step(70 * ms, first, Released, Forgotten);
        let run = script.run();
        let at = |moment| {
            let groups = progress(&run, Some(Time(moment * ms)));
            assert_eq!((groups.len(), &*groups[0].name, groups[0].total), (1, "inc", 2));
            groups[0].counts
        };
        assert_eq!(at(15), [1, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(at(35), [1, 0, 0, 0, 0, 1, 0, 0]);
        assert_eq!(at(55), [0, 0, 0, 0, 1, 1, 0, 0]);
        assert_eq!(at(75), [0, 0, 0, 0, 1, 0, 0, 1]);
        assert_eq!(progress(&Run::default(), None), []);
    }

    #[test]
    fn failed_tasks_stay_so_when_they_are_forgotten_and_nothing_is_done_twice() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let (bad, good, idle) = (script.task("inc", &[]), script.task("inc", &[]), script.task("inc", &[]));
        script.step(10 * ms, bad, Released, Processing);
        script.step(10 * ms, bad, Processing, Erred);
        script.step(20 * ms, good, Released, Processing);
        script.step(20 * ms, good, Processing, Memory);
        script.step(30 * ms, bad, Erred, Released);
        script.step(30 * ms, bad, Released, Forgotten);
        script.step(40 * ms, good, Memory, Released);
        script.step(40 * ms, good, Released, Waiting);
        script.step(50 * ms, good, Waiting, Memory);
        script.step(60 * ms, good, Memory, Released);
        script.step(60 * ms, good, Released, Forgotten);
        script.step(60 * ms, idle, Released, Forgotten);
        let run = script.run();
        let at = |moment| {
            let group = progress(&run, Some(Time(moment * ms))).remove(0);
            (group.finished, group.erred, group.counts[7], group.total)
        };
        let moments = [10, 20, 30, 40, 50, 60].map(at);
        assert_eq!(moments, [(0, 1, 0, 3), (1, 1, 0, 3), (1, 1, 1, 3), (0, 1, 1, 3), (1, 1, 1, 3), (1, 1, 3, 3)]);
    }
}
