//! Tasks of two runs by key.

use super::change::Change;
use super::compare::nanos;
use crate::run::Run;
use partita_graph::Key;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Keys that each list has at the most.
pub const LISTED: usize = 200;

/// The tasks of two runs by key, of the executions that the runs keep one by one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keys {
    /// Keys that ran in both.
    pub both: u64,
    /// Of those, the ones whose time changed most, by how much; [`LISTED`] at the most.
    pub changes: Vec<KeyChange>,
    /// Keys that ran in the first alone.
    pub only_first: Only,
    /// Keys that ran in the second alone.
    pub only_second: Only,
    /// Executions of tasks whose key is their own alone. They are compared by group only.
    pub by_group: Change,
    /// Executions whose key is no longer known, or that are no longer kept. They are compared by group only.
    pub forgotten: Change,
}

/// A key that ran in both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChange {
    /// The key, as it is printed.
    pub key: String,
    /// Time that its executions took, in nanoseconds.
    pub time: Change,
}

/// Keys that ran in one run alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// How many there are.
    pub count: u64,
    /// Time that they took, in nanoseconds.
    pub time: u64,
    /// Those that took longest, [`LISTED`] at the most.
    pub keys: Vec<(String, u64)>,
}

/// The executions of a run by key.
#[derive(Default)]
struct Keyed {
    times: BTreeMap<Key, u64>,
    by_group: u64,
    forgotten: u64,
}

impl Keyed {
    fn of(run: &Run) -> Keyed {
        let mut keyed = Keyed { forgotten: run.executions().forgotten, ..Keyed::default() };
        for execution in run.executions().kept() {
            let known = run.names().known(execution.task);
            match (known, run.names().key(execution.task)) {
                (Some(known), _) if known.is_unique => keyed.by_group += 1,
                (_, Some(key)) => {
                    let time = keyed.times.entry(key).or_default();
                    *time = time.saturating_add(nanos(execution.duration()));
                }
                _ => keyed.forgotten = keyed.forgotten.saturating_add(1),
            }
        }
        keyed
    }

    /// Those that the other one has not.
    fn without(&self, other: &Keyed) -> Only {
        let own: Vec<_> = self.times.iter().filter(|(key, _)| !other.times.contains_key(key)).collect();
        let time = own.iter().fold(0, |sum: u64, (_, time)| sum.saturating_add(**time));
        let count = own.len() as u64;
        let keys = most(own, |(_, time)| **time).into_iter().map(|(key, time)| (key.to_string(), *time)).collect();
        Only { count, time, keys }
    }
}

/// The first of these, most first.
fn most<T>(mut all: Vec<T>, by: impl Fn(&T) -> u64) -> Vec<T> {
    all.sort_by_key(|one| std::cmp::Reverse(by(one)));
    all.truncate(LISTED);
    all
}

pub(super) fn keys(first: &Run, second: &Run) -> Keys {
    let (first, second) = (Keyed::of(first), Keyed::of(second));
    let changed = |(key, time): (_, &u64)| Some((key, Change { first: *time, second: *second.times.get(key)? }));
    let both: Vec<(&Key, Change)> = first.times.iter().filter_map(changed).collect();
    let count = both.len() as u64;
    let changes = most(both, |(_, time)| time.by().unsigned_abs());
    Keys {
        both: count,
        changes: changes.into_iter().map(|(key, time)| KeyChange { key: key.to_string(), time }).collect(),
        only_first: first.without(&second),
        only_second: second.without(&first),
        by_group: (first.by_group, second.by_group).into(),
        forgotten: (first.forgotten, second.forgotten).into(),
    }
}
