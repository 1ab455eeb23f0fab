//! Transfers between workers: how much, and how fast.

use partita_protocol::{PrefixId, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What went from one worker to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// Transfers.
    pub transfers: u64,
    /// Results.
    pub count: u64,
    /// Bytes.
    pub nbytes: u64,
    /// Time that they took, added up.
    pub time: Duration,
}

impl Pair {
    /// Bytes a second, while something went.
    pub fn bandwidth(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 { self.nbytes as f64 / seconds } else { 0.0 }
    }
}

/// All transfers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Transfers {
    pairs: BTreeMap<(WorkerId, WorkerId), Pair>,
    groups: BTreeMap<PrefixId, Pair>,
    /// All together.
    pub all: Pair,
}

impl Transfers {
    pub(super) fn add(&mut self, from: WorkerId, to: WorkerId, count: u32, nbytes: u64, time: Duration) {
        for pair in [&mut self.all, self.pairs.entry((from, to)).or_default()] {
            pair.transfers += 1;
            pair.count += u64::from(count);
            pair.nbytes += nbytes;
            pair.time += time;
        }
    }

    /// Adds a result that went to its group.
    pub(super) fn add_group(&mut self, prefix: PrefixId, nbytes: u64, time: Duration) {
        let group = self.groups.entry(prefix).or_default();
        group.transfers += 1;
        group.count += 1;
        group.nbytes += nbytes;
        group.time += time;
    }

    /// The share of a transfer's time that one of its results has: by bytes, or if there are none, by number.
    pub(super) fn share(time: Duration, (own, all): (u64, u64), results: usize) -> Duration {
        let nanos = time.as_nanos();
        let share = if all > 0 { nanos * u128::from(own) / u128::from(all) } else { nanos / results.max(1) as u128 };
        Duration::from_nanos(share as u64)
    }

    /// By the group of the results; each counts as a transfer, and has its share of the time by bytes.
    pub fn groups(&self) -> impl Iterator<Item = (PrefixId, &Pair)> {
        self.groups.iter().map(|(&prefix, pair)| (prefix, pair))
    }

    /// By sender and receiver.
    pub fn pairs(&self) -> impl Iterator<Item = (WorkerId, WorkerId, &Pair)> {
        self.pairs.iter().map(|(&(from, to), pair)| (from, to, pair))
    }
}
