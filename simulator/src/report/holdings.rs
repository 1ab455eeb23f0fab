//! What a worker holds, by group, and what it held when that was the most.

use super::bins::Levels;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// The most that a worker held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Peak {
    /// Bytes, in memory and on disk.
    pub nbytes: u64,
    /// When, since the graph was handed in.
    pub at: Duration,
    /// How many of the bytes were on disk.
    pub spilled: u64,
    /// What was held, largest first.
    pub held: Vec<Held>,
}

/// Results of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The group.
    pub group: String,
    /// How many results.
    pub count: u64,
    /// Their bytes.
    pub nbytes: u64,
}

/// What a worker holds now and held at its peak.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdings {
    /// Bytes and number by group.
    groups: FxHashMap<u32, (u64, u64)>,
    held: u64,
    peak: u64,
    at: u64,
    /// What was held at the peak, unless it is what is held now.
    then: Vec<(u32, (u64, u64))>,
    is_now: bool,
    pub(crate) levels: Levels,
}

impl Holdings {
    /// A value of a group came, or went if `change` is negative.
    pub(crate) fn change(&mut self, now: u64, group: u32, change: i64) {
        if change < 0 {
            self.settle();
        }
        let (bytes, count) = self.groups.entry(group).or_default();
        *bytes = bytes.saturating_add_signed(change);
        *count = count.saturating_add_signed(change.signum());
        self.held = self.held.saturating_add_signed(change);
        if self.held > self.peak {
            (self.peak, self.at, self.is_now) = (self.held, now, true);
        }
    }

    /// Everything is gone.
    pub(crate) fn clear(&mut self) {
        self.settle();
        self.groups.clear();
        self.held = 0;
    }

    /// Bytes that are held now.
    pub(crate) fn held(&self) -> u64 {
        self.held
    }

    /// What is held now is less than the peak in a moment: it is written down.
    fn settle(&mut self) {
        if std::mem::take(&mut self.is_now) {
            self.then.clear();
            self.then
                .extend(self.groups.iter().filter(|(_, (bytes, _))| *bytes > 0).map(|(group, held)| (*group, *held)));
        }
    }

    /// The peak; `target` and `disk` say what of it was on disk.
    pub(crate) fn peak(&mut self, names: &[Arc<str>], target: u64, disk: u64) -> Peak {
        self.settle();
        let held = |(group, (nbytes, count)): &(u32, (u64, u64))| Held {
            group: names.get(*group as usize).map_or_else(String::new, |name| name.to_string()),
            count: *count,
            nbytes: *nbytes,
        };
        let mut held: Vec<Held> = self.then.iter().map(held).collect();
        held.sort_by(|a, b| b.nbytes.cmp(&a.nbytes).then_with(|| a.group.cmp(&b.group)));
        let spilled = self.peak.saturating_sub(target).min(disk);
        Peak { nbytes: self.peak, at: Duration::from_nanos(self.at), spilled, held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_shows_what_was_held_then_largest_first() {
        let mut holdings = Holdings::default();
        for (now, group, change) in
            [(1, 0, 10), (2, 1, 30), (3, 1, 30), (4, 0, -10), (5, 0, 5), (6, 1, -60), (7, 0, 40)]
        {
            holdings.change(now, group, change);
        }
        let peak = holdings.peak(&["a".into(), "b".into()], 50, 100);
        assert_eq!((peak.nbytes, peak.at, peak.spilled), (70, Duration::from_nanos(3), 20));
        let held = |group: &str, count, nbytes| Held { group: group.into(), count, nbytes };
        assert_eq!(peak.held, [held("b", 2, 60), held("a", 1, 10)]);
    }
}
