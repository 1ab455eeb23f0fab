//! Memory over time from a moment on, finer than a run has it: what workers hold and what the process has.

use partita_protocol::telemetry::{Batch, Record};
use partita_protocol::{Time, WorkerId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Points that a series has at the most; when there are more, each two become one of twice the length.
pub const POINTS: u64 = 4096;

/// The length of time that a point stands for, at first.
pub const STEP: Duration = Duration::from_millis(5);

/// The most memory that there was in a short stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryPoint {
    /// When the stretch began, since the beginning of the series.
    pub time: Duration,
    /// Bytes that the workers held, together.
    pub held: u64,
    /// Bytes of the process that were in memory; 0 before that was asked for the first time.
    pub process: u64,
}

/// Memory from a moment on.
///
/// Records of different workers come a few hundredths of a second out of order; so fine the sums are, and not finer.
#[derive(Clone, Debug)]
pub struct MemorySeries {
    start: Time,
    step: Duration,
    by_worker: BTreeMap<WorkerId, u64>,
    process: u64,
    /// Held and process, by the number of the stretch.
    points: BTreeMap<u64, (u64, u64)>,
}

impl MemorySeries {
    /// A series from a moment on.
    pub fn new(start: Time) -> Self {
        MemorySeries { start, step: STEP, by_worker: BTreeMap::new(), process: 0, points: BTreeMap::new() }
    }

    /// What workers held at the beginning. Of those whose records came already, the records count.
    pub fn seed(&mut self, held: impl IntoIterator<Item = (WorkerId, u64)>) {
        for (worker, nbytes) in held {
            self.by_worker.entry(worker).or_insert(nbytes);
        }
        self.point(self.start);
    }

    /// Adds records.
    pub fn add(&mut self, batch: &Batch) {
        for record in &batch.records {
            let time = match record {
                Record::Store { time, worker, nbytes, .. } => {
                    self.by_worker.insert(*worker, *nbytes);
                    *time
                }
                Record::WorkerLost { time, worker, .. } => {
                    self.by_worker.remove(worker);
                    *time
                }
                Record::Usage(usage) => {
                    self.process = usage.memory;
                    usage.time
                }
                _ => continue,
            };
            if time >= self.start {
                self.point(time);
            }
        }
    }

    fn point(&mut self, time: Time) {
        let mut index = self.index(time);
        while index >= POINTS {
            self.step *= 2;
            for (index, (held, process)) in std::mem::take(&mut self.points) {
                self.raise(index / 2, held, process);
            }
            index = self.index(time);
        }
        let held = self.by_worker.values().fold(0, |sum: u64, nbytes| sum.saturating_add(*nbytes));
        self.raise(index, held, self.process);
    }

    fn index(&self, time: Time) -> u64 {
        u64::try_from(time.since(self.start).as_nanos() / self.step.as_nanos()).unwrap_or(u64::MAX)
    }

    fn raise(&mut self, index: u64, held: u64, process: u64) {
        let point = self.points.entry(index).or_default();
        *point = (point.0.max(held), point.1.max(process));
    }

    /// The points, in order of time. Between two of them nothing changed.
    pub fn points(&self) -> Vec<MemoryPoint> {
        let time = |index: u64| Duration::from_nanos((self.step.as_nanos() as u64).saturating_mul(index));
        let point = |(&index, &(held, process)): (&u64, &(u64, u64))| MemoryPoint { time: time(index), held, process };
        self.points.iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(milliseconds: u64, worker: u32, nbytes: u64) -> Record {
        let (time, worker) = (Time(milliseconds * 1_000_000), WorkerId(worker));
        Record::Store { time, worker, count: 1, nbytes, on_disk: 7, running: 0 }
    }

    #[test]
    fn the_most_of_each_stretch_counts_and_workers_add_up() {
        let mut series = MemorySeries::new(Time(100_000_000));
        series.seed([(WorkerId(0), 5)]);
        let records = vec![store(90, 1, 2), store(101, 0, 50), store(102, 0, 10), store(120, 1, 7), store(130, 0, 0)];
        series.add(&Batch { records, dropped: 0 });
        let points: Vec<_> = series.points().iter().map(|point| (point.time.as_millis(), point.held)).collect();
        assert_eq!(points, [(0, 52), (20, 17), (30, 7)]);
    }

    #[test]
    fn a_long_series_has_a_bounded_number_of_points_and_keeps_its_peak() {
        let mut series = MemorySeries::new(Time::ZERO);
        for second in 0..100_000 {
            let nbytes = if second == 777 { 1_000 } else { second % 10 };
            series.add(&Batch { records: vec![store(second * 1_000, 0, nbytes)], dropped: 0 });
        }
        let points = series.points();
        assert!(points.len() as u64 <= POINTS && points.len() as u64 >= POINTS / 4, "{}", points.len());
        let peak = points.iter().max_by_key(|point| point.held).unwrap();
        assert_eq!(peak.held, 1_000);
        assert!(peak.time <= Duration::from_secs(777) && peak.time > Duration::from_secs(700), "{peak:?}");
    }
}
