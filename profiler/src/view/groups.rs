//! Groups: what the tasks of each name did, and how long they took.

use super::range::{group_name, nanos};
use crate::run::{GroupBin, GroupStats, Run, Spread};
use partita_protocol::{PrefixId, Time};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The tasks of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// The group.
    pub name: Arc<str>,
    /// Tasks that became known.
    pub tasks: u64,
    /// Tasks that are done, each counted once, as in [`GroupProgress`](super::GroupProgress).
    pub finished: u64,
    /// Tasks that failed for good; one that is tried again by wish is none of them.
    pub erred: u64,
    /// Executions.
    pub executions: u64,
    /// Executions that failed, also those that were tried again.
    pub failures: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// Time of all executions, in nanoseconds.
    pub time: u64,
    /// Their mean.
    pub mean: u64,
    /// About their median.
    pub median: u64,
    /// About the time below which 95 of 100 are.
    pub most: u64,
    /// The longest.
    pub max: u64,
    /// Bytes of all results.
    pub nbytes: u64,
    /// The largest result.
    pub largest: u64,
}

impl GroupRow {
    /// A row of sums, with the times of executions that its median is of.
    fn of(run: &Run, prefix: PrefixId, sums: &GroupBin, times: &Spread) -> Self {
        let mean = if sums.executions == 0 { 0.0 } else { sums.time as f64 / sums.executions as f64 };
        GroupRow {
            name: group_name(run, prefix),
            tasks: sums.known,
            finished: sums.done.max(0).unsigned_abs(),
            erred: sums.failed.max(0).unsigned_abs(),
            executions: sums.executions,
            failures: sums.failures,
            stolen: sums.stolen,
            time: sums.time,
            mean: mean.round() as u64,
            median: times.quantile(0.5),
            most: times.quantile(0.95),
            max: sums.longest,
            nbytes: sums.nbytes,
            largest: sums.largest,
        }
    }

    /// Whether nothing had happened but that executions were under way, of which nobody knew.
    fn is_empty(&self) -> bool {
        self.tasks == 0 && self.executions == 0 && self.finished == 0 && self.erred == 0 && self.stolen == 0
    }
}

/// All groups, those that took most time first. At a past moment, the sums are those at the end of the stretch of time that
/// it is in, the groups that stretches do not tell apart are one, and `median` and `most` are of the executions that had
/// ended by then and are still kept.
pub fn groups(run: &Run, at: Option<Time>) -> Vec<GroupRow> {
    let mut rows = past(run, at).unwrap_or_else(|| run.groups().into_iter().map(|group| whole(run, group)).collect());
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    rows
}

/// The groups at a past moment; none if it is that of all that is known.
fn past(run: &Run, at: Option<Time>) -> Option<Vec<GroupRow>> {
    let (until, timeline) = (run.until(at)?, run.timeline()?);
    let mut times: BTreeMap<PrefixId, Spread> = BTreeMap::new();
    for execution in run.executions().ended_by(Some(until)) {
        times.entry(run.told_apart(execution.prefix)).or_default().add(nanos(execution.duration()));
    }
    let none = Spread::default();
    let row = |(prefix, sums)| GroupRow::of(run, prefix, sums, times.get(&prefix).unwrap_or(&none));
    Some(timeline.groups(at?).iter().map(row).filter(|row| !row.is_empty()).collect())
}

fn whole(run: &Run, (prefix, stats): (PrefixId, &GroupStats)) -> GroupRow {
    let sums = GroupBin {
        known: stats.tasks,
        done: stats.done,
        failed: stats.failed,
        executions: stats.times.count,
        failures: stats.failures,
        stolen: stats.stolen,
        time: stats.times.sum,
        longest: stats.times.max,
        nbytes: stats.sizes.sum,
        largest: stats.sizes.max,
        ..GroupBin::default()
    };
    GroupRow::of(run, prefix, &sums, &stats.times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use crate::view::{progress, summary};
    use partita_protocol::telemetry::State::{Erred, Memory, Processing, Released};
    use proptest::prelude::*;

    #[test]
    fn groups_have_their_times_and_sizes() {
        let mut script = Script::new(1);
        script.ran("inc", 0, (0, 10), true);
        script.ran("inc", 0, (10, 40), false);
        script.ran("dec", 0, (40, 45), true);
        let rows = groups(&script.run(), None);
        let row = |row: &GroupRow| (row.tasks, row.executions, row.failures, row.time, row.mean, row.max, row.nbytes);
        assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(2, 2, 1, 40, 20, 30, 8), (1, 1, 0, 5, 5, 5, 8)]);
        assert_eq!(&*rows[0].name, "inc");
    }

    #[test]
    fn a_task_that_is_computed_again_is_done_or_failed_once() {
        let ms = 1_000_000;
        let mut script = Script::new(1);
        let (bad, good) = (script.task("inc", &[]), script.task("inc", &[]));
        for moment in [5 * ms, 25 * ms] {
            script.step(moment, bad, Released, Processing);
            script.step(moment, bad, Processing, Erred);
            script.step(moment, good, Released, Processing);
            script.step(moment, good, Processing, Memory);
            script.step(moment + 10 * ms, bad, Erred, Released);
            script.step(moment + 10 * ms, good, Memory, Released);
        }
        script.step(45 * ms, bad, Released, Processing);
        script.step(46 * ms, bad, Processing, Erred);
        let run = script.run();
        for at in [Some(Time(7 * ms)), Some(Time(26 * ms)), None] {
            let (row, progress) = (groups(&run, at).remove(0), progress(&run, at).remove(0));
            assert_eq!((row.tasks, row.finished, row.erred), (2, 1, 1), "{at:?}");
            assert_eq!((progress.finished, progress.erred), (1, 1), "{at:?}");
        }
        assert_eq!(summary(&run).erred, 1);
        assert_eq!(run.groups()[0].1.erred, 3, "times");
    }

    proptest! {
        #[test]
        fn groups_add_up_to_the_records(run in runs()) {
            let rows = groups(&run, None);
            prop_assert_eq!(u128::from(rows.iter().map(|row| row.time).sum::<u64>()), run.executions().busy.as_nanos());
            prop_assert_eq!(rows.iter().map(|row| row.executions).sum::<u64>(), run.executions().count);
        }
    }
}
