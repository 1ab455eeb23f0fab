//! Workers: what each one is like, has to do and holds.

use super::config::Config;
use super::roll::Roll;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{Resources, WorkerId};
use rustc_hash::FxHashMap;
use std::ops::{Index, IndexMut};
use std::time::Duration;

/// A worker's place in the machine. A place is used again after its worker is gone; then nothing mentions it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat(u32);

impl Seat {
    /// As an index.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A worker as the scheduler knows it.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Which incarnation.
    pub(crate) id: WorkerId,
    /// What it is like.
    pub(crate) info: WorkerInfo,
    /// Whether it starts nothing new.
    pub(crate) paused: bool,
    /// Root tasks are given to it while it has fewer tasks than this.
    pub(crate) base: u32,
    /// Its tasks that take a thread: processing and not seceded.
    pub(crate) slots: u32,
    /// Its tasks that gave their thread back.
    pub(crate) seceded: u32,
    /// The expected durations of the tasks that take a thread, added up, in nanoseconds.
    pub(crate) occupancy: u64,
    /// The sizes of what it holds, added up.
    pub(crate) bytes: u128,
    /// What its processing tasks leave of its resources.
    pub(crate) free: Resources,
    /// The tasks that it processes.
    pub(crate) busy: Roll,
    /// The tasks whose results it holds.
    pub(crate) held: Roll,
    /// Whether a task left it in this turn.
    pub(crate) freed: bool,
}

impl Worker {
    /// Whether it may be given tasks.
    pub(crate) fn runs(&self) -> bool {
        !self.paused && self.info.threads > 0
    }

    /// How busy its threads are, to be compared: tasks per thread, scaled.
    pub(crate) fn load(&self) -> u64 {
        (u64::from(self.slots) << 24) / u64::from(self.info.threads.max(1))
    }

    /// How long a new task would wait for a thread, in nanoseconds.
    pub(crate) fn wait(&self) -> u64 {
        match self.slots < self.info.threads {
            true => 0,
            false => self.occupancy / u64::from(self.info.threads.max(1)),
        }
    }

    /// Whether a root task fits in, given the average of its prefix in nanoseconds if it is known.
    pub(crate) fn has_room(&self, average: Option<u64>, config: &Config) -> bool {
        if self.slots < self.base {
            return true;
        }
        let Some(average) = average else { return false };
        let quantum = nanos(config.quantum);
        average < quantum
            && self.slots < self.limit(Some(average), config)
            && self.occupancy.saturating_add(average) <= quantum.saturating_mul(u64::from(self.info.threads))
    }

    /// Whether it has run low, so that it is worth a batch of root tasks.
    pub(crate) fn is_hungry(&self, average: Option<u64>, config: &Config) -> bool {
        self.slots < self.base.max(self.limit(average, config) / 2)
    }

    /// Tasks that it holds at the most.
    fn limit(&self, average: Option<u64>, config: &Config) -> u32 {
        let quantum = nanos(config.quantum);
        let ahead = match average {
            Some(average) if average < quantum => (quantum / average.max(1)).min(config.ahead_tasks as u64),
            _ => 0,
        };
        let ahead = ahead.saturating_mul(u64::from(self.info.threads));
        self.base.saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX))
    }
}

/// A time in nanoseconds.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// All workers.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    seats: Vec<Option<Worker>>,
    vacant: Vec<Seat>,
    /// Asked and never walked.
    by_id: FxHashMap<WorkerId, Seat>,
}

impl Workers {
    /// Where the worker sits, if it is known.
    pub(crate) fn seat(&self, id: WorkerId) -> Option<Seat> {
        self.by_id.get(&id).copied()
    }

    /// Whether somebody sits there.
    pub(crate) fn is_seated(&self, seat: Seat) -> bool {
        self.seats.get(seat.index()).is_some_and(Option::is_some)
    }

    /// All workers, by seat.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Seat, &Worker)> {
        self.seats.iter().enumerate().filter_map(|(index, worker)| Some((Seat(index as u32), worker.as_ref()?)))
    }

    /// How many seats there are, with vacant ones.
    pub(crate) fn seats(&self) -> usize {
        self.seats.len()
    }

    /// Takes a worker in, or refuses it if its id is known.
    pub(crate) fn insert(&mut self, id: WorkerId, info: WorkerInfo, saturation: f64) -> Option<Seat> {
        if self.by_id.contains_key(&id) {
            return None;
        }
        let worker = Some(Worker {
            id,
            paused: false,
            base: (saturation * f64::from(info.threads)).ceil().max(1.0) as u32,
            slots: 0,
            seceded: 0,
            occupancy: 0,
            bytes: 0,
            free: info.resources.clone(),
            info,
            busy: Roll::default(),
            held: Roll::default(),
            freed: false,
        });
        let seat = match self.vacant.pop() {
            Some(seat) => {
                self.seats[seat.index()] = worker;
                seat
            }
            None => {
                self.seats.push(worker);
                Seat(self.seats.len() as u32 - 1)
            }
        };
        self.by_id.insert(id, seat);
        Some(seat)
    }

    /// Lets a worker go.
    pub(crate) fn remove(&mut self, seat: Seat) {
        if let Some(worker) = self.seats[seat.index()].take() {
            self.by_id.remove(&worker.id);
            self.vacant.push(seat);
        }
    }
}

impl Index<Seat> for Workers {
    type Output = Worker;

    fn index(&self, seat: Seat) -> &Worker {
        match self.seats[seat.index()].as_ref() {
            Some(worker) => worker,
            None => panic!("nobody sits at {seat:?}"),
        }
    }
}

impl IndexMut<Seat> for Workers {
    fn index_mut(&mut self, seat: Seat) -> &mut Worker {
        match self.seats[seat.index()].as_mut() {
            Some(worker) => worker,
            None => panic!("nobody sits at {seat:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worker(threads: u32) -> Worker {
        let mut workers = Workers::default();
        let info = WorkerInfo {
            name: "w".into(),
            host: "h".into(),
            threads,
            memory_limit: 0,
            resources: Resources::default(),
        };
        let seat = workers.insert(WorkerId(0), info, 1.1).unwrap();
        workers.seats[seat.index()].take().unwrap()
    }

    #[test]
    fn tasks_of_unknown_length_stop_at_the_base() {
        let config = Config::default();
        let mut worker = worker(4);
        worker.slots = 4;
        assert!(worker.has_room(None, &config) && worker.is_hungry(None, &config));
        worker.slots = 5;
        assert!(!worker.has_room(None, &config) && !worker.is_hungry(None, &config));
        assert!(!worker.has_room(Some(300_000), &config), "longer than the quantum");
    }

    #[test]
    fn short_tasks_travel_in_batches() {
        let config = Config::default();
        let mut worker = worker(1);
        let average = Some(10_000);
        let mut given = 0;
        while worker.has_room(average, &config) {
            worker.slots += 1;
            worker.occupancy += 10_000;
            given += 1;
        }
        assert_eq!(given, 20, "200 µs of work");
        assert!(!worker.is_hungry(average, &config));
        worker.slots = 10;
        assert!(worker.is_hungry(average, &config), "less than half of 2 + 20");
        worker.occupancy = 500_000_000;
        assert!(!worker.has_room(average, &config), "never behind a long one");
    }
}
