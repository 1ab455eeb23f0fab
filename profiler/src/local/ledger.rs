//! The ledger of results: what was held, how much of it, from when to when.

use super::rows::CacheRow;
use partita_graph::Key;
use std::collections::HashMap;
use std::time::Duration;

/// Rows and measures that are kept at the most; more are counted.
const MOST: usize = 1 << 20;

/// A task: the number of the cluster or the run that it is of, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Of which cluster, or of which run of an engine without one.
    pub source: u64,
    /// Which task.
    pub task: u64,
}

/// A row that may not have been measured yet.
#[derive(Clone)]
struct Entry {
    key: Key,
    metric: Option<f64>,
    cached: Duration,
    freed: Option<Duration>,
}

/// What was held, and what is.
#[derive(Clone, Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    /// Entries of results that are held.
    held: HashMap<Spot, usize>,
    /// Entries that were not measured yet.
    unmeasured: HashMap<Spot, usize>,
    /// What was measured of results that are not held yet.
    measures: HashMap<Spot, f64>,
    lost: u64,
}

impl Ledger {
    /// The result of a task was measured; before it is held, or after.
    pub fn measured(&mut self, spot: Spot, metric: f64) {
        match self.unmeasured.remove(&spot).and_then(|entry| self.entries.get_mut(entry)) {
            Some(entry) => entry.metric = Some(metric),
            None if self.measures.len() < MOST => drop(self.measures.insert(spot, metric)),
            None => self.lost += 1,
        }
    }

    /// The result of a task is held.
    pub fn cached(&mut self, spot: Spot, key: Key, at: Duration) {
        if self.held.contains_key(&spot) {
            return;
        }
        let metric = self.measures.remove(&spot);
        if self.entries.len() >= MOST {
            self.lost += 1;
            return;
        }
        let entry = self.entries.len();
        if metric.is_none() {
            self.unmeasured.insert(spot, entry);
        }
        self.held.insert(spot, entry);
        self.entries.push(Entry { key, metric, cached: at, freed: None });
    }

    /// The result of a task is no longer held.
    pub fn freed(&mut self, spot: Spot, at: Duration) {
        if let Some(entry) = self.held.remove(&spot).and_then(|entry| self.entries.get_mut(entry)) {
            // Clocks are read on several threads.
            entry.freed = Some(at.max(entry.cached));
        }
    }

    /// The rows, by the time at which they began. What was not measured is no result of a task, and has none.
    pub fn rows(&self) -> Vec<CacheRow> {
        let row = |entry: &Entry| {
            let Entry { key, metric, cached: cache_time, freed: free_time } = entry.clone();
            Some(CacheRow { key, metric: metric?, cache_time, free_time })
        };
        let mut rows: Vec<CacheRow> = self.entries.iter().filter_map(row).collect();
        rows.sort_by_key(|row| row.cache_time);
        rows
    }

    /// Results that had no row because there were too many.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Forgets all rows of results that are no longer held.
    pub fn clear(&mut self) {
        let mut kept: Vec<(Spot, usize)> = self.held.drain().collect();
        kept.sort_by_key(|(_, entry)| *entry);
        let entries = kept.iter().filter_map(|(_, entry)| self.entries.get(*entry).cloned()).collect();
        self.held = kept.into_iter().enumerate().map(|(entry, (spot, _))| (spot, entry)).collect();
        self.entries = entries;
        let unmeasured = std::mem::take(&mut self.unmeasured);
        let place = |spot| self.held.get(&spot).map(|entry| (spot, *entry));
        self.unmeasured = unmeasured.into_keys().filter_map(place).collect();
        self.lost = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NANO: fn(u64) -> Duration = Duration::from_nanos;

    fn spot(task: u64) -> Spot {
        Spot { source: 0, task }
    }

    #[test]
    fn measures_and_times_meet_in_any_order() {
        let mut ledger = Ledger::default();
        ledger.measured(spot(0), 5.0);
        ledger.cached(spot(0), Key::named("a"), NANO(1));
        ledger.cached(spot(1), Key::named("b"), NANO(2));
        ledger.freed(spot(1), NANO(3));
        ledger.measured(spot(1), 7.0);
        ledger.cached(spot(2), Key::named("put by hand"), NANO(2));
        let rows = ledger.rows();
        let facts: Vec<_> = rows.iter().map(|row| (row.key.to_string(), row.metric, row.free_time)).collect();
        assert_eq!(facts, [("a".into(), 5.0, None), ("b".into(), 7.0, Some(NANO(3)))]);
        // Computed again, it has a second row.
        ledger.measured(spot(1), 8.0);
        ledger.cached(spot(1), Key::named("b"), NANO(4));
        ledger.cached(spot(1), Key::named("b"), NANO(5));
        assert_eq!(ledger.rows().len(), 3);
    }

    #[test]
    fn what_is_held_outlives_a_clear() {
        let mut ledger = Ledger::default();
        for task in 0..3 {
            ledger.cached(spot(task), Key::named(format!("{task}")), NANO(task));
        }
        ledger.measured(spot(0), 1.0);
        ledger.freed(spot(0), NANO(9));
        ledger.clear();
        assert!(ledger.rows().is_empty());
        ledger.measured(spot(2), 2.0);
        ledger.freed(spot(2), NANO(10));
        let rows = ledger.rows();
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].key.to_string(), rows[0].metric, rows[0].free_time), ("2".into(), 2.0, Some(NANO(10))));
    }
}
