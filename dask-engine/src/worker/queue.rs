//! What is ready to run, in the order of priority.

use crate::key::Key;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// A place in the queue: the lesser priority comes first, and what came first of equal ones.
#[derive(Debug, Clone)]
pub struct Rank(Vec<f64>, u64);

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> Ordering {
        let pairs = self.0.iter().zip(&other.0).map(|(one, other)| one.total_cmp(other));
        let first = pairs.fold(Ordering::Equal, Ordering::then);
        first.then(self.0.len().cmp(&other.0.len())).then(self.1.cmp(&other.1))
    }
}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Rank {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Rank {}

/// What is ready to run.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: BTreeMap<Rank, Key>,
    added: u64,
}

impl Queue {
    pub(super) fn add(&mut self, priority: Vec<f64>, key: Key) -> Rank {
        self.added += 1;
        let rank = Rank(priority, self.added);
        self.ready.insert(rank.clone(), key);
        rank
    }

    pub(super) fn remove(&mut self, rank: &Rank) {
        self.ready.remove(rank);
    }

    pub(super) fn first(&mut self) -> Option<Key> {
        self.ready.pop_first().map(|(_, key)| key)
    }

    pub(super) fn get(&self, rank: &Rank) -> Option<&Key> {
        self.ready.get(rank)
    }

    pub(super) fn len(&self) -> usize {
        self.ready.len()
    }
}
