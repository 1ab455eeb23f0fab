//! The whole time of a run in a bounded number of stretches, so that any past moment can be shown. When there are too
//! many stretches, each two become one of twice the length.

use partita_protocol::telemetry::{State, Usage};
use partita_protocol::{PrefixId, Time, WorkerId};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The group that all stand for that are not told apart.
pub const OTHERS: PrefixId = PrefixId(u32::MAX);

/// The length of a stretch at first.
const FIRST: Duration = Duration::from_millis(10);

/// The length of a stretch that no run reaches: 36 years.
const LAST: Duration = Duration::from_nanos(1 << 60);

/// What happened in a stretch of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bin {
    /// Tasks that became known, by group.
    pub known: BTreeMap<PrefixId, u64>,
    /// By how much the number of tasks changed that are in each state, by group.
    pub steps: BTreeMap<PrefixId, [i64; 8]>,
    /// Nanoseconds that executions took, by group.
    pub busy: BTreeMap<PrefixId, u64>,
    /// Nanoseconds that executions took, by worker.
    pub worked: BTreeMap<WorkerId, u64>,
    /// Results and bytes that a worker held at its end, if that changed.
    pub held: BTreeMap<WorkerId, (u64, u64)>,
    /// Bytes that went from worker to worker.
    pub sent: u64,
    /// Executions that ended.
    pub ended: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// What the process and the machine used last.
    pub usage: Option<Usage>,
}

impl Bin {
    /// Takes in what happened after it.
    fn merge(&mut self, later: Bin) {
        later.known.into_iter().for_each(|(prefix, count)| *self.known.entry(prefix).or_default() += count);
        for (prefix, steps) in later.steps {
            let own = self.steps.entry(prefix).or_default();
            own.iter_mut().zip(steps).for_each(|(own, step)| *own += step);
        }
        later.busy.into_iter().for_each(|(prefix, time)| *self.busy.entry(prefix).or_default() += time);
        later.worked.into_iter().for_each(|(worker, time)| *self.worked.entry(worker).or_default() += time);
        self.held.extend(later.held);
        self.sent += later.sent;
        self.ended += later.ended;
        self.failed += later.failed;
        self.stolen += later.stolen;
        self.usage = later.usage.or(self.usage);
    }
}

/// The stretches of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timeline {
    start: Time,
    #[serde(deserialize_with = "width")]
    width: Duration,
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
        self.width
    }

    /// The stretches, from the first on.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    fn index(&self, time: Time) -> usize {
        (time.since(self.start).as_nanos() / self.width.as_nanos()) as usize
    }

    /// The stretch of a moment; what was before the start is of the first.
    pub(super) fn at(&mut self, time: Time, most: usize) -> &mut Bin {
        while self.index(time) >= most.max(2) {
            self.double();
        }
        let index = self.index(time);
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
                bin.merge(later);
            }
            self.bins.push(bin);
        }
    }

    /// Spreads the time of an execution over the stretches that it ran in. Time before the first is of the first.
    pub(super) fn ran(&mut self, from: Time, to: Time, prefix: PrefixId, worker: WorkerId, most: usize) {
        let early = self.start.min(to).since(from).as_nanos() as u64;
        if early > 0 {
            let first = self.at(self.start, most);
            *first.busy.entry(prefix).or_default() += early;
            *first.worked.entry(worker).or_default() += early;
        }
        self.at(to, most);
        let (mut from, width) = (from.max(self.start), self.width.as_nanos() as u64);
        loop {
            let index = self.index(from);
            let end = Time(self.start.0 + (index as u64 + 1) * width).min(to);
            let time = end.since(from).as_nanos() as u64;
            if let Some(bin) = self.bins.get_mut(index) {
                *bin.busy.entry(prefix).or_default() += time;
                *bin.worked.entry(worker).or_default() += time;
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

    /// Tasks in each state at the end of the stretch that a moment is in, by group.
    pub fn states(&self, at: Time) -> BTreeMap<PrefixId, [i64; 8]> {
        let mut states: BTreeMap<PrefixId, [i64; 8]> = BTreeMap::new();
        for bin in self.upto(at) {
            for (prefix, steps) in &bin.steps {
                let own = states.entry(*prefix).or_default();
                own.iter_mut().zip(steps).for_each(|(own, step)| *own += step);
            }
        }
        states.values_mut().flatten().for_each(|count| *count = (*count).max(0));
        states
    }

    /// Tasks that were known at the end of the stretch that a moment is in, by group, also those that are forgotten.
    pub fn known(&self, at: Time) -> BTreeMap<PrefixId, u64> {
        let mut known: BTreeMap<PrefixId, u64> = BTreeMap::new();
        let counts = self.upto(at).iter().flat_map(|bin| &bin.known);
        counts.for_each(|(prefix, count)| *known.entry(*prefix).or_default() += count);
        known
    }

    /// Results and bytes that each worker held at the end of the stretch that a moment is in.
    pub fn held(&self, at: Time) -> BTreeMap<WorkerId, (u64, u64)> {
        self.upto(at).iter().flat_map(|bin| &bin.held).map(|(&worker, &held)| (worker, held)).collect()
    }

    fn upto(&self, at: Time) -> &[Bin] {
        &self.bins[..self.bins.len().min(self.index(at) + 1)]
    }
}

/// One step of a task, as a change of the numbers of tasks in each state.
pub(super) fn step(steps: &mut [i64; 8], from: State, to: State) {
    steps[from as usize] -= 1;
    if to != State::Forgotten {
        steps[to as usize] += 1;
    }
}

/// A length of stretches that a file tells of: none is empty, or longer than can be counted in nanoseconds.
fn width<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let width = Duration::deserialize(from)?;
    match (FIRST..=LAST).contains(&width) {
        true => Ok(width),
        false => {
            Err(serde::de::Error::custom(format!("stretches of {width:?} are not between {FIRST:?} and {LAST:?}")))
        }
    }
}
