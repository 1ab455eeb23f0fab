//! Costs as a real cluster's telemetry tells them.

use super::{Cost, Durations, Spread};
use partita_protocol::telemetry::Record;
use partita_protocol::{PrefixId, TaskId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Measurements that are kept of a group at the most.
const KEPT: usize = 1024;

/// The runs of a group.
#[derive(Default)]
struct Runs {
    seen: u64,
    /// Of the runs, each so many-th is kept.
    stride: u64,
    kept: Vec<(u64, u64)>,
}

impl Runs {
    fn add(&mut self, nanos: u64, nbytes: u64) {
        let stride = self.stride.max(1);
        if self.seen.is_multiple_of(stride) {
            if self.kept.len() == KEPT {
                let mut place = 0;
                self.kept.retain(|_| {
                    place += 1;
                    place % 2 == 1
                });
                self.stride = stride * 2;
            }
            if self.seen.is_multiple_of(self.stride.max(1)) {
                self.kept.push((nanos, nbytes));
            }
        }
        self.seen += 1;
    }

    fn cost(self) -> Cost {
        let count = self.kept.len().max(1) as u64;
        let mean = |part: fn(&(u64, u64)) -> u64| self.kept.iter().map(part).sum::<u64>() / count;
        let (nanos, nbytes) = (mean(|run| run.0), mean(|run| run.1));
        let cost = Cost::new(Duration::from_nanos(nanos), nbytes);
        Cost { spread: Spread::Measured(self.kept), ..cost }
    }
}

impl Durations {
    /// What tasks cost on a cluster that recorded these, oldest first: which group a task is of, and how long it ran.
    /// Runs that failed, and runs of tasks of which the group was not told, are left out.
    ///
    /// Of a group of many tasks, about a thousand measurements are kept, evenly chosen.
    ///
    /// ```
    /// use partita_protocol::telemetry::{Record, State};
    /// use partita_protocol::{Attempt, PrefixId, TaskId, Time, WorkerId};
    /// use partita_simulator::Durations;
    ///
    /// let (task, prefix) = (TaskId::new(0, 0), PrefixId(0));
    /// let records = [
    ///     Record::Prefix { prefix, name: "sum".into() },
    ///     Record::Transition { time: Time(1), task, prefix, from: State::Waiting, to: State::Processing },
    ///     Record::Compute {
    ///         task, attempt: Attempt(1), worker: WorkerId(0), thread: 0, started: Time(10), stopped: Time(510),
    ///         nbytes: 8, ok: true,
    ///     },
    /// ];
    /// let durations = Durations::recorded(&records);
    /// let (name, cost) = durations.groups().next().unwrap();
    /// assert_eq!((name, cost.duration.as_nanos()), ("sum", 500));
    /// ```
    pub fn recorded<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut names: BTreeMap<PrefixId, Arc<str>> = BTreeMap::new();
        let mut groups: FxHashMap<TaskId, PrefixId> = FxHashMap::default();
        let mut runs = Vec::new();
        for record in records {
            match record {
                Record::Prefix { prefix, name } => drop(names.insert(*prefix, name.clone())),
                Record::Transition { task, prefix, .. } => drop(groups.insert(*task, *prefix)),
                Record::Compute { task, started, stopped, nbytes, ok: true, .. } => {
                    runs.push((*task, stopped.since(*started), *nbytes));
                }
                _ => {}
            }
        }
        // Scheduler and workers hand their records over separately: a run may be told before its task.
        let mut sums: BTreeMap<PrefixId, Runs> = BTreeMap::new();
        for (task, took, nbytes) in runs {
            if let Some(prefix) = groups.get(&task) {
                sums.entry(*prefix).or_default().add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), nbytes);
            }
        }
        let named = |(prefix, runs): (PrefixId, Runs)| Some((names.get(&prefix)?.to_string(), runs.cost()));
        Durations { groups: sums.into_iter().filter_map(named).collect(), otherwise: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_runs_are_thinned_evenly() {
        let mut runs = Runs::default();
        for nanos in 0..100_000 {
            runs.add(nanos, 8);
        }
        let cost = runs.cost();
        let Spread::Measured(list) = &cost.spread else { panic!("{cost:?}") };
        assert!(list.len() > KEPT / 2 && list.len() <= KEPT, "{}", list.len());
        assert!(list.is_sorted() && list[list.len() - 1].0 > 99_000);
        assert!(cost.duration.as_nanos().abs_diff(50_000) < 1_000, "{cost:?}");
    }
}
