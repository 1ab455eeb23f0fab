//! The whole time of a run in a bounded number of stretches, so that any past moment can be shown. When there are too
//! many stretches, each two become one of twice the length.

use super::bins::{Bin, GroupBin, WorkerBin};
use super::entries::{Entries, Merge};
use super::transfers::Pair;
use partita_protocol::{PrefixId, Time, WorkerId};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The length of a stretch at first, in nanoseconds. The length is always a multiple of it.
pub(super) const FIRST: u64 = 10_000_000;

/// The length of a stretch that no run reaches: 36 years.
const LAST: u64 = 1 << 60;

/// The stretches of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timeline {
    start: Time,
    /// Nanoseconds of each stretch.
    #[serde(deserialize_with = "width")]
    width: u64,
    bins: Vec<Bin>,
}

impl Default for Timeline {
    fn default() -> Self {
        Timeline { start: Time::ZERO, width: FIRST, bins: Vec::new() }
    }
}

impl Timeline {
    pub(super) fn starting(start: Time) -> Self {
        Timeline { start, ..Timeline::default() }
    }

    /// When the first stretch starts.
    pub fn start(&self) -> Time {
        self.start
    }

    /// How long each stretch is.
    pub fn width(&self) -> Duration {
        Duration::from_nanos(self.width)
    }

    /// The stretches, from the first on.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    fn index(&self, time: Time) -> usize {
        (time.0.saturating_sub(self.start.0) / self.width) as usize
    }

    /// The end of the stretch that a moment is in: the first moment of the next one.
    pub fn end_of(&self, at: Time) -> Time {
        Time((self.index(at) as u64 + 1).saturating_mul(self.width).saturating_add(self.start.0))
    }

    /// How many times the length of the first stretches a moment is after the start.
    pub(super) fn unit(&self, time: Time) -> u64 {
        time.0.saturating_sub(self.start.0) / FIRST
    }

    /// The stretch of a moment; what was before the start is of the first.
    pub(super) fn at(&mut self, time: Time, most: usize) -> &mut Bin {
        let mut index = self.index(time);
        while index >= most.max(2) {
            self.double();
            index = self.index(time);
        }
        if self.bins.len() <= index {
            self.bins.resize_with(index + 1, Bin::default);
        }
        &mut self.bins[index]
    }

    fn double(&mut self) {
        self.width *= 2;
        let mut bins = std::mem::take(&mut self.bins).into_iter();
        while let Some(mut bin) = bins.next() {
            if let Some(later) = bins.next() {
                bin.merge(&later);
            }
            self.bins.push(bin);
        }
    }

    /// Whether two moments are of one stretch, and none is before the first.
    pub(super) fn is_one(&self, from: Time, to: Time) -> bool {
        from >= self.start && self.index(from) == self.index(to)
    }

    /// Spreads the time of an execution over the stretches that it ran in. Time before the first is of the first.
    pub(super) fn ran(&mut self, from: Time, to: Time, prefix: PrefixId, worker: WorkerId, most: usize) {
        let add = |bin: &mut Bin, time: u64| {
            bin.groups.at(prefix).busy += time;
            bin.workers.at(worker).busy += time;
        };
        let early = self.start.min(to).0.saturating_sub(from.0);
        if early > 0 {
            add(self.at(self.start, most), early);
        }
        self.at(to, most);
        let (mut from, width) = (from.max(self.start), self.width);
        loop {
            let index = self.index(from);
            let end = Time(self.start.0 + (index as u64 + 1) * width).min(to);
            if let Some(bin) = self.bins.get_mut(index) {
                add(bin, end.0.saturating_sub(from.0));
            }
            if end >= to {
                return;
            }
            from = end;
        }
    }

    /// The stretch that a moment is in, if anything is known of it or later ones.
    pub fn bin(&self, time: Time) -> Option<&Bin> {
        self.bins.get(self.index(time))
    }

    /// The stretches until the one that a moment is in, that included.
    pub fn upto(&self, at: Time) -> &[Bin] {
        &self.bins[..self.bins.len().min(self.index(at).saturating_add(1))]
    }

    /// What the tasks of each group had done at the end of the stretch that a moment is in.
    pub fn groups(&self, at: Time) -> Entries<PrefixId, GroupBin> {
        self.sum(at, |bin| &bin.groups)
    }

    /// What each worker had done and held at the end of the stretch that a moment is in.
    pub fn workers(&self, at: Time) -> Entries<WorkerId, WorkerBin> {
        self.sum(at, |bin| &bin.workers)
    }

    /// What had gone from worker to worker by the end of the stretch that a moment is in.
    pub fn pairs(&self, at: Time) -> Entries<(WorkerId, WorkerId), Pair> {
        self.sum(at, |bin| &bin.pairs)
    }

    /// What had gone of the results of each group by the end of the stretch that a moment is in.
    pub fn flows(&self, at: Time) -> Entries<PrefixId, Pair> {
        self.sum(at, |bin| &bin.flows)
    }

    fn sum<K: Ord + Copy, V: Merge>(&self, at: Time, of: impl Fn(&Bin) -> &Entries<K, V>) -> Entries<K, V> {
        let mut sum = Entries::default();
        self.upto(at).iter().for_each(|bin| sum.merge(of(bin)));
        sum
    }

    /// Tasks in each state at the end of the stretch that a moment is in, by group.
    pub fn states(&self, at: Time) -> BTreeMap<PrefixId, [i64; 8]> {
        self.groups(at).iter().map(|(prefix, group)| (prefix, group.steps.map(|count| count.max(0)))).collect()
    }

    /// Tasks that were known at the end of the stretch that a moment is in, by group, also those that are forgotten.
    pub fn known(&self, at: Time) -> BTreeMap<PrefixId, u64> {
        self.groups(at).iter().map(|(prefix, group)| (prefix, group.known)).collect()
    }

    /// Results and bytes that each worker held at the end of the stretch that a moment is in.
    pub fn held(&self, at: Time) -> BTreeMap<WorkerId, (u64, u64)> {
        self.upto(at).iter().flat_map(Bin::held).collect()
    }
}

/// A length of stretches that a file tells of: none is empty, or longer than can be counted in nanoseconds.
fn width<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let width = u64::deserialize(from)?;
    match (FIRST..=LAST).contains(&width) {
        true => Ok(width),
        false => Err(serde::de::Error::custom(format!("stretches of {width} ns are not between {FIRST} and {LAST}"))),
    }
}
