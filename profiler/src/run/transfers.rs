//! Transfers between workers: how much, and how fast.

use super::bins::OTHER_PAIRS;
use super::entries::Merge;
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
    /// One transfer.
    pub(super) fn one(count: u64, nbytes: u64, time: Duration) -> Self {
        Pair { transfers: 1, count, nbytes, time }
    }

    /// Bytes a second, while something went.
    pub fn bandwidth(&self) -> f64 {
        let seconds = self.time.as_secs_f64();
        if seconds > 0.0 { self.nbytes as f64 / seconds } else { 0.0 }
    }
}

impl Merge for Pair {
    fn merge(&mut self, later: &Self) {
        self.transfers = self.transfers.saturating_add(later.transfers);
        self.count = self.count.saturating_add(later.count);
        self.nbytes = self.nbytes.saturating_add(later.nbytes);
        self.time = self.time.saturating_add(later.time);
    }
}

/// All transfers.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Transfers {
    /// What went, and whether the pair is told apart in stretches of time.
    pairs: BTreeMap<(WorkerId, WorkerId), (Pair, bool)>,
    groups: BTreeMap<PrefixId, Pair>,
    /// All together.
    pub all: Pair,
}

impl Transfers {
    /// Adds a transfer: the pair that a stretch of time knows it as. The first so many pairs are told apart.
    pub(super) fn add(&mut self, from: WorkerId, to: WorkerId, one: &Pair, most: usize) -> (WorkerId, WorkerId) {
        let apart = self.pairs.len() < most;
        let (pair, apart) = self.pairs.entry((from, to)).or_insert((Pair::default(), apart));
        pair.merge(one);
        self.all.merge(one);
        if *apart { (from, to) } else { OTHER_PAIRS }
    }

    /// Adds a result that went to its group.
    pub(super) fn add_group(&mut self, prefix: PrefixId, one: &Pair) {
        self.groups.entry(prefix).or_default().merge(one);
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
        self.pairs.iter().map(|(&(from, to), (pair, _))| (from, to, pair))
    }
}
