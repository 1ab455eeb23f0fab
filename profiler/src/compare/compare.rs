//! Comparing two runs.

use super::change::Change;
use super::keys::{Keys, keys};
use crate::run::{GroupStats, Run};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Two runs side by side. Times are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// From the first to the last thing that happened to a task.
    pub wall: Change,
    /// Time that threads were there meanwhile, added up over threads: `compute` and `idle` together.
    pub threads: Change,
    /// Of that, the time in which they ran tasks.
    pub compute: Change,
    /// And the time in which they did not.
    pub idle: Change,
    /// Time that transfers between workers took, added up. Threads run tasks meanwhile, or wait for them.
    pub transfer: Change,
    /// Bytes of these transfers.
    pub transferred: Change,
    /// The groups of tasks, by how much their time changed, most first.
    pub groups: Vec<GroupChange>,
    /// The tasks by key.
    pub keys: Keys,
}

/// The tasks of one name in two runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupChange {
    /// The name.
    pub name: Arc<str>,
    /// Executions.
    pub executions: Change,
    /// Of these, the ones that failed.
    pub failures: Change,
    /// Time that they took, in nanoseconds, added up.
    pub time: Change,
    /// Bytes of their results.
    pub nbytes: Change,
}

/// Compares two runs, by group and by key.
///
/// Groups are compared by all executions there were, keys by those that the runs keep one by one. A key that is its task's
/// own alone, as of every call that is submitted without a token, is in no other run: such tasks are compared by group only,
/// and counted in [`Keys::by_group`].
pub fn compare(first: &Run, second: &Run) -> Comparison {
    let both = |of: fn(&Run) -> u64| Change { first: of(first), second: of(second) };
    Comparison {
        wall: both(|run| nanos(run.active().1.since(run.active().0))),
        threads: both(threads),
        compute: both(|run| nanos(run.executions().busy)),
        idle: both(|run| threads(run).saturating_sub(nanos(run.executions().busy))),
        transfer: both(|run| nanos(run.transfers().all.time)),
        transferred: both(|run| run.transfers().all.nbytes),
        groups: groups(first, second),
        keys: keys(first, second),
    }
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Time that threads were there while there was something to do.
fn threads(run: &Run) -> u64 {
    let (from, to) = run.active();
    let there = run.workers().iter().map(|(_, worker)| {
        let end = worker.lost.as_ref().map_or(to, |(lost, _)| (*lost).min(to));
        nanos(end.since(worker.joined.max(from))).saturating_mul(u64::from(worker.threads))
    });
    there.fold(0, u64::saturating_add)
}

fn groups(first: &Run, second: &Run) -> Vec<GroupChange> {
    let mut named: BTreeMap<Arc<str>, [Option<&GroupStats>; 2]> = BTreeMap::new();
    for (index, run) in [first, second].into_iter().enumerate() {
        for (prefix, stats) in run.groups() {
            named.entry(run.names().group(prefix)).or_default()[index] = Some(stats);
        }
    }
    let mut groups: Vec<_> = named.into_iter().map(|(name, [first, second])| group(name, first, second)).collect();
    // The sort keeps the order of names among those that changed by the same.
    groups.sort_by_key(|group| std::cmp::Reverse(group.time.by().unsigned_abs()));
    groups
}

fn group(name: Arc<str>, first: Option<&GroupStats>, second: Option<&GroupStats>) -> GroupChange {
    let both = |of: fn(&GroupStats) -> u64| Change { first: first.map_or(0, of), second: second.map_or(0, of) };
    GroupChange {
        name,
        executions: both(|stats| stats.times.count),
        failures: both(|stats| stats.failures),
        time: both(|stats| stats.times.sum),
        nbytes: both(|stats| stats.sizes.sum),
    }
}
