//! What was read of each worker over the whole run, as its CPU: each series is thinned out when it is full.

use partita_protocol::{Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Points of a worker's series; when there are as many, each two become one.
const MOST: usize = 1024;

/// A number that was read of each worker again and again, as the cores that it kept busy or the bytes of its process.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct WorkerReadings {
    by_worker: BTreeMap<WorkerId, Series>,
}

/// What was read of one worker over time.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Series {
    last: (Time, f32),
    /// Ends of stretches, and the mean of each.
    points: Vec<(Time, f32)>,
    /// Readings of a stretch.
    stride: u32,
    /// Readings that do not make a stretch yet, and their sum.
    open: (u32, f32),
}

impl WorkerReadings {
    pub(super) fn add(&mut self, time: Time, worker: WorkerId, value: f32) {
        let new = || Series { last: (time, value), points: Vec::new(), stride: 1, open: (0, 0.0) };
        self.by_worker.entry(worker).or_insert_with(new).add(time, value);
    }

    /// The last reading of a worker, and when it was.
    pub fn last(&self, worker: WorkerId) -> Option<(Time, f32)> {
        self.by_worker.get(&worker).map(|series| series.last)
    }

    /// The readings of a worker over time: until each moment since the one before, their mean. At most 1,024 points.
    pub fn series(&self, worker: WorkerId) -> &[(Time, f32)] {
        self.by_worker.get(&worker).map_or(&[], |series| &series.points)
    }

    /// The reading of a worker at a moment; none before the first one.
    pub fn at(&self, worker: WorkerId, moment: Time) -> Option<f32> {
        let points = self.series(worker);
        let index = points.partition_point(|(time, _)| *time < moment);
        let point = points.get(index).map(|(_, value)| *value).filter(|_| points[0].0 <= moment);
        point.or_else(|| self.last(worker).filter(|(time, _)| *time <= moment).map(|(_, value)| value))
    }
}

impl Series {
    fn add(&mut self, time: Time, value: f32) {
        self.last = (time, value);
        self.open = (self.open.0 + 1, self.open.1 + value);
        if self.open.0 < self.stride {
            return;
        }
        let (count, sum) = std::mem::take(&mut self.open);
        if self.points.len() == MOST {
            self.points = self.points.chunks(2).map(|two| (two[1].0, (two[0].1 + two[1].1) / 2.0)).collect();
            self.stride *= 2;
            // It is the first half of a longer stretch now.
            self.open = (count, sum);
            return;
        }
        self.points.push((time, sum / count as f32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_series_is_thinned_out_and_keeps_its_mean() {
        let (mut cpu, worker) = (WorkerReadings::default(), WorkerId(0));
        let readings = MOST as u64 * 9;
        for moment in 1..=readings {
            cpu.add(Time(moment), worker, (moment % 2) as f32);
        }
        let points = cpu.series(worker);
        assert!(points.len() <= MOST && points.len() > MOST / 2, "{}", points.len());
        assert!(points.iter().all(|(_, cpu)| *cpu == 0.5) && points.is_sorted_by_key(|(time, _)| *time));
        assert_eq!(cpu.last(worker), Some((Time(readings), 0.0)));
        assert_eq!((cpu.at(worker, Time(0)), cpu.at(worker, Time(readings * 2))), (None, Some(0.0)));
        assert_eq!(cpu.at(worker, Time(readings / 2)), Some(0.5));
        assert_eq!((cpu.last(WorkerId(1)), cpu.at(WorkerId(1), Time(5))), (None, None));
    }

    #[test]
    fn a_short_series_is_what_was_read() {
        let (mut cpu, worker) = (WorkerReadings::default(), WorkerId(3));
        for (moment, used) in [(10, 1.0), (20, 0.0), (30, 2.0)] {
            cpu.add(Time(moment), worker, used);
        }
        assert_eq!(cpu.series(worker), [(Time(10), 1.0), (Time(20), 0.0), (Time(30), 2.0)]);
        let at = [9, 10, 15, 20, 30, 31].map(|moment| cpu.at(worker, Time(moment)));
        assert_eq!(at, [None, Some(1.0), Some(0.0), Some(0.0), Some(2.0), Some(2.0)]);
    }
}
