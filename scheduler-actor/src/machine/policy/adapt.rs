//! How many workers a cluster should have, and which of them leave when it has too many.

use super::super::Scheduler;
use super::super::prefix::UNKNOWN_NANOS;
use super::memory;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{AdaptConfig, WorkerId};

/// How full all workers together may be, in hundredths, before there should be twice as many.
const FULL_PERCENT: u128 = 60;

/// How many times what is held those that stay must be able to hold.
const HEADROOM: u128 = 2;

/// The work that is there, and who is there to do it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    /// Tasks that run or could run.
    pub tasks: usize,
    /// Their expected durations, added up, in nanoseconds.
    pub nanos: u128,
    /// Bytes that workers hold.
    pub held: u128,
    /// Bytes that they may hold; 0 if that is not limited.
    pub limit: u128,
    /// The workers that stay.
    pub workers: usize,
    /// Their threads.
    pub threads: u64,
}

impl Demand {
    /// The number of workers for this work: as many as do it in the target time, but not more threads than tasks; twice
    /// as many as there are if they hold too much; and as many as are needed to hold what is held.
    pub fn target(&self, config: &AdaptConfig) -> usize {
        let per_worker = match self.workers {
            0 => u128::from(config.threads_per_worker.max(1)),
            workers => u128::from(self.threads).div_ceil(workers as u128).max(1),
        };
        let threads = self.nanos.div_ceil(config.target.as_nanos().max(1)).min(self.tasks as u128);
        let mut workers = threads.div_ceil(per_worker).max(u128::from(self.tasks > 0));
        if self.limit > 0 && self.held * 100 > self.limit * FULL_PERCENT {
            workers = workers.max(2 * self.workers as u128);
        }
        let workers = usize::try_from(workers).unwrap_or(usize::MAX);
        workers.max(self.workers_for_memory()).clamp(config.minimum, config.maximum.max(config.minimum))
    }

    /// How many of the workers are needed to hold what is held, with room to spare.
    fn workers_for_memory(&self) -> usize {
        let each = self.limit / (self.workers.max(1) as u128);
        match self.held {
            0 => 0,
            _ if each == 0 => usize::from(self.workers > 0),
            held => usize::try_from((held * HEADROOM).div_ceil(each)).unwrap_or(usize::MAX).min(self.workers),
        }
    }
}

/// A worker that might leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Leaver {
    held: u128,
    limit: u128,
    worker: WorkerId,
}

/// Up to so many of the workers that have nothing to do, those that hold least first, as long as the others have room
/// for what is held.
fn leavers(mut idle: Vec<Leaver>, count: usize, held: u128, mut limit: Option<u128>) -> Vec<WorkerId> {
    idle.sort_unstable_by_key(|leaver| (leaver.held, std::cmp::Reverse(leaver.worker)));
    let mut leave = Vec::new();
    for leaver in idle.into_iter().take(count) {
        if let Some(limit) = &mut limit {
            let rest = limit.saturating_sub(leaver.limit);
            if rest < held.saturating_mul(HEADROOM) {
                break;
            }
            *limit = rest;
        }
        leave.push(leaver.worker);
    }
    leave
}

impl Scheduler {
    /// The work that is there. A queued task is taken to last as long as those that are with workers do on average.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand::default();
        let (mut nanos, mut slots, mut unlimited) = (0u128, 0u128, false);
        for (_, worker) in self.workers.iter() {
            nanos += u128::from(worker.occupancy);
            slots += u128::from(worker.slots);
            demand.tasks += (worker.slots + worker.seceded) as usize;
            demand.held += worker.bytes;
            if !worker.retiring {
                demand.workers += 1;
                demand.threads += u64::from(worker.info.threads);
                match memory::limit(worker.info.memory_limit) {
                    Some(limit) => demand.limit += u128::from(limit),
                    None => unlimited = true,
                }
            }
        }
        if unlimited {
            demand.limit = 0;
        }
        let average = nanos.checked_div(slots).unwrap_or(u128::from(UNKNOWN_NANOS));
        let waiting = self.counts.of(Word::Queued) + self.counts.of(Word::NoWorker);
        demand.tasks += waiting;
        demand.nanos = nanos + average * waiting as u128;
        demand
    }

    /// How many workers the cluster should have.
    pub fn adaptive_target(&self, config: &AdaptConfig) -> usize {
        self.demand().target(config)
    }

    /// Up to so many workers that can leave: those that have nothing to do and hold least, as long as the others have room
    /// for twice of what is held.
    pub fn workers_to_close(&self, count: usize) -> Vec<WorkerId> {
        let demand = self.demand();
        let idle = self.workers.iter().filter(|(_, worker)| !worker.retiring && worker.slots + worker.seceded == 0);
        let leaver = |worker: &super::super::worker::Worker| Leaver {
            held: worker.bytes,
            limit: memory::limit(worker.info.memory_limit).map_or(0, u128::from),
            worker: worker.id,
        };
        let limit = (demand.limit > 0).then_some(demand.limit);
        let holding = demand.held > 0 || demand.tasks > 0;
        let most = demand.workers.saturating_sub(usize::from(holding));
        leavers(idle.map(|(_, worker)| leaver(worker)).collect(), count.min(most), demand.held, limit)
    }
}

/// Follows a target: up at once, down only when the target has been lower for some looks in a row.
#[derive(Clone, Debug, Default)]
pub struct Adapter {
    low: u32,
    highest: usize,
}

/// What an [`Adapter`] wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Have so many workers.
    Up(usize),
    /// So many workers may leave.
    Down(usize),
}

impl Adapter {
    /// What to do, given how many workers there are and should be.
    pub fn look(&mut self, workers: usize, target: usize, config: &AdaptConfig) -> Step {
        if target >= workers {
            *self = Adapter::default();
            return if target > workers { Step::Up(target) } else { Step::Stay };
        }
        self.low += 1;
        self.highest = self.highest.max(target);
        if self.low < config.wait_count.max(1) {
            return Step::Stay;
        }
        // Some that were there at an earlier look may have died since.
        match workers.saturating_sub(std::mem::take(self).highest) {
            0 => Step::Stay,
            count => Step::Down(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u128 = 1_000_000_000;

    fn config() -> AdaptConfig {
        AdaptConfig { maximum: 100, threads_per_worker: 2, ..AdaptConfig::default() }
    }

    #[test]
    fn work_is_to_be_done_in_the_target_time() {
        let target = |tasks, seconds: u128, workers: usize| {
            let threads = 4 * workers as u64;
            Demand { tasks, nanos: seconds * SECOND, workers, threads, ..Demand::default() }.target(&config())
        };
        assert_eq!(target(0, 0, 3), 0);
        assert_eq!(target(1, 0, 0), 1, "a single short task needs a worker");
        assert_eq!(target(1_000, 50, 0), 5, "10 threads, 2 each");
        assert_eq!(target(1_000, 50, 1), 3, "10 threads, 4 each");
        assert_eq!(target(3, 1_000, 0), 2, "not more threads than tasks");
        assert_eq!(target(usize::MAX, 1 << 60, 1), 100);
        let bounded = AdaptConfig { minimum: 4, maximum: 2, target: std::time::Duration::ZERO, ..config() };
        assert_eq!(Demand::default().target(&bounded), 4);
        assert_eq!(Demand { tasks: 9, nanos: 9, ..Demand::default() }.target(&bounded), 4);
    }

    #[test]
    fn full_workers_are_doubled_and_data_keeps_some() {
        let holding = |held| Demand { held, limit: 400, workers: 4, threads: 4, ..Demand::default() }.target(&config());
        assert_eq!([0, 1, 50, 51, 100, 240, 241].map(holding), [0, 1, 1, 2, 2, 4, 8]);
        let unlimited = Demand { held: 1 << 100, workers: 4, threads: 4, ..Demand::default() };
        assert_eq!(unlimited.target(&config()), 1);
    }

    #[test]
    fn those_that_hold_least_leave_while_the_others_have_room() {
        let idle = |held: &[u128]| -> Vec<Leaver> {
            let leaver = |(id, held): (usize, &u128)| Leaver { held: *held, limit: 100, worker: WorkerId(id as u32) };
            held.iter().enumerate().map(leaver).collect()
        };
        let names = |list: Vec<WorkerId>| list.into_iter().map(|worker| worker.0).collect::<Vec<_>>();
        assert_eq!(names(leavers(idle(&[30, 10, 20]), 2, 60, None)), [1, 2]);
        assert_eq!(names(leavers(idle(&[30, 10, 20]), 3, 60, Some(300))), [1], "120 bytes must find room");
        assert_eq!(names(leavers(idle(&[0, 0, 0]), 2, 0, Some(300))), [2, 1], "the newest first");
    }

    #[test]
    fn a_short_lull_sends_nobody_away() {
        let (mut adapter, config) = (Adapter::default(), config());
        let mut look = |workers, target| adapter.look(workers, target, &config);
        assert_eq!(
            [look(2, 5), look(5, 5), look(5, 1), look(5, 1), look(5, 5)],
            [Step::Up(5), Step::Stay, Step::Stay, Step::Stay, Step::Stay]
        );
        assert_eq!([look(5, 1), look(5, 3), look(5, 0)], [Step::Stay, Step::Stay, Step::Down(2)]);
        assert_eq!(look(3, 0), Step::Stay, "counted anew");
        assert_eq!([look(9, 8), look(2, 1), look(2, 1)], [Step::Stay, Step::Stay, Step::Stay], "most of them died");
    }
}
