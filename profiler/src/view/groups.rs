//! Groups: what the tasks of each name did, and how long they took.

use super::range::group_name;
use crate::run::{GroupStats, Run};
use partita_protocol::PrefixId;
use serde::Serialize;
use std::sync::Arc;

/// The tasks of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// The group.
    pub name: Arc<str>,
    /// Tasks that became known.
    pub tasks: u64,
    /// Times that a task ended well.
    pub finished: u64,
    /// Tasks that failed for good.
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

/// All groups, those that took most time first.
pub fn groups(run: &Run) -> Vec<GroupRow> {
    let row = |(prefix, stats): (PrefixId, &GroupStats)| GroupRow {
        name: group_name(run, prefix),
        tasks: stats.tasks,
        finished: stats.finished,
        erred: stats.erred,
        executions: stats.times.count,
        failures: stats.failures,
        stolen: stats.stolen,
        time: stats.times.sum,
        mean: stats.times.mean().round() as u64,
        median: stats.times.quantile(0.5),
        most: stats.times.quantile(0.95),
        max: stats.times.max,
        nbytes: stats.sizes.sum,
        largest: stats.sizes.max,
    };
    let mut rows: Vec<GroupRow> = run.groups().into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse(row.time));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::{Script, runs};
    use proptest::prelude::*;

    #[test]
    fn groups_have_their_times_and_sizes() {
        let mut script = Script::new(1);
        script.ran("inc", 0, (0, 10), true);
        script.ran("inc", 0, (10, 40), false);
        script.ran("dec", 0, (40, 45), true);
        let rows = groups(&script.run());
        let row = |row: &GroupRow| (row.tasks, row.executions, row.failures, row.time, row.mean, row.max, row.nbytes);
        assert_eq!(rows.iter().map(row).collect::<Vec<_>>(), [(2, 2, 1, 40, 20, 30, 8), (1, 1, 0, 5, 5, 5, 8)]);
        assert_eq!(&*rows[0].name, "inc");
    }

    proptest! {
        #[test]
        fn groups_add_up_to_the_records(run in runs()) {
            let rows = groups(&run);
            prop_assert_eq!(u128::from(rows.iter().map(|row| row.time).sum::<u64>()), run.executions().busy.as_nanos());
            prop_assert_eq!(rows.iter().map(|row| row.executions).sum::<u64>(), run.executions().count);
        }
    }
}
