//! Workers: what each one is like, has to do and holds.

mod crowd;
mod levels;

use super::config::Config;
use super::policy::{memory, steal};
use super::prefix::UNKNOWN_NANOS;
use super::roll::Roll;
use crowd::Crowd;
use levels::{Level, Levels};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{ClientId, Priority, Resources, TaskId, Time, WorkerId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
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

    /// The seat of an index.
    #[cfg(test)]
    pub(crate) fn at(index: usize) -> Self {
        Seat(index as u32)
    }
}

/// A worker as the scheduler knows it. What changes with every task comes first and fills whole cache lines: of ten
/// thousand workers hardly one is in the cache when its turn comes.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Worker {
    /// The tasks that it processes.
    pub(crate) busy: Roll,
    /// The expected durations of the tasks that take a thread, added up, in nanoseconds.
    pub(crate) occupancy: u64,
    /// When a task last left it, or came while it had none.
    pub(crate) progress: Time,
    /// Its tasks that take a thread: processing and not seceded.
    pub(crate) slots: u32,
    /// Its tasks that gave their thread back.
    pub(crate) seceded: u32,
    /// How many of its tasks it was asked to give back and has not answered for.
    pub(crate) outgoing: u32,
    /// Its threads that executions take which nobody waits for any longer.
    pub(crate) orphaned: u32,
    /// Root tasks are given to it while it has fewer tasks than this, if it has room.
    base: u32,
    /// Whose tasks take its threads.
    pub(crate) crowd: Crowd,
    /// The tasks whose results it holds.
    pub(crate) held: Roll,
    /// The sizes of what it holds, added up.
    pub(crate) bytes: u128,
    /// Which incarnation.
    pub(crate) id: WorkerId,
    /// Whether it starts nothing new.
    pub(crate) paused: bool,
    /// Whether it was asked to leave.
    pub(crate) retiring: bool,
    /// Whether a task left it in this turn.
    pub(crate) freed: bool,
    /// Whether none of its tasks can be taken away, as far as was looked.
    pub(crate) spent: bool,
    /// The tasks of others that it is to get if they are given back.
    pub(crate) incoming: SmallVec<[TaskId; 2]>,
    /// What it is like.
    pub(crate) info: WorkerInfo,
    /// Bytes beyond which it is handed nothing ahead.
    full: u128,
    /// What its processing tasks leave of its resources.
    pub(crate) free: Resources,
}

impl Worker {
    /// Whether it may be given tasks.
    pub(crate) fn runs(&self) -> bool {
        !self.paused && !self.retiring && self.info.threads > 0
    }

    /// How busy its threads are, to be compared: tasks per thread, scaled.
    pub(crate) fn load(&self) -> u64 {
        let tasks = u64::from(self.tasks().saturating_add(self.orphaned)) << 24;
        // Most workers have one thread, and a division takes as long as all the rest.
        if self.info.threads == 1 { tasks } else { tasks / u64::from(self.info.threads.max(1)) }
    }

    /// How long a new task would wait for a thread, in nanoseconds.
    pub(crate) fn wait(&self) -> u64 {
        let occupancy = self.occupancy_with_orphans();
        match (self.has_thread(), self.info.threads) {
            (true, _) => 0,
            (false, 0 | 1) => occupancy,
            (false, threads) => occupancy / u64::from(threads),
        }
    }

    /// The expected durations of all that takes a thread; those of orphans are unknown.
    fn occupancy_with_orphans(&self) -> u64 {
        self.occupancy.saturating_add(u64::from(self.orphaned).saturating_mul(UNKNOWN_NANOS))
    }

    /// Its threads that nothing takes which nobody waits for.
    fn threads(&self) -> u32 {
        self.info.threads - self.orphaned
    }

    /// Tasks that take a thread, with those that are to come from other workers.
    fn tasks(&self) -> u32 {
        self.slots.saturating_add(self.incoming.len() as u32)
    }

    /// Whether it has a free thread that nothing is meant for.
    pub(crate) fn has_thread(&self) -> bool {
        self.tasks() < self.threads()
    }

    /// Whether it has tasks that another worker could start earlier.
    pub(crate) fn has_surplus(&self) -> bool {
        let needed = if self.runs() { self.threads() } else { 0 };
        !self.spent && self.slots.saturating_sub(self.outgoing) > needed
    }

    /// As one whose tasks may be taken away.
    pub(crate) fn victim(&self, now: Time) -> steal::Victim {
        steal::Victim {
            threads: self.info.threads,
            // What waits behind one that nobody waits for does so for no one knows how long.
            tasks: self.slots.saturating_add(self.orphaned),
            occupancy_nanos: self.occupancy_with_orphans(),
            quiet_nanos: nanos(now.since(self.progress)),
            runs: self.runs(),
        }
    }

    /// Where it stands among the others.
    fn level(&self) -> Level {
        match (self.runs(), self.has_surplus()) {
            (false, true) => Level::HALTED,
            (false, false) => Level::OUT,
            _ if self.tasks() == 0 && self.orphaned == 0 => Level::EMPTY,
            _ if self.has_thread() => Level::OPEN,
            (true, surplus) => Level::busy(self.wait(), surplus),
        }
    }

    /// Whether it holds so much that it is handed nothing ahead.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes > self.full
    }

    /// Root tasks are given to it while it has fewer tasks than this.
    pub(crate) fn base(&self) -> u32 {
        let base = if self.is_full() { self.base.min(self.info.threads) } else { self.base };
        // Without a thread there is nobody for whom one could be at hand.
        if self.threads() == 0 { 0 } else { base.saturating_sub(self.orphaned) }
    }

    /// Whether a root task fits in, given the average of its prefix in nanoseconds if it is known.
    pub(crate) fn has_room(&self, average: Option<u64>, config: &Config) -> bool {
        if self.slots < self.base() {
            return true;
        }
        if self.is_full() {
            return false;
        }
        let Some(average) = average else { return false };
        let quantum = nanos(config.quantum);
        average < quantum
            && self.slots < self.limit(Some(average), config)
            && self.occupancy.saturating_add(average) <= quantum.saturating_mul(u64::from(self.threads()))
    }

    /// Whether it has run low, so that it is worth a batch of root tasks.
    pub(crate) fn is_hungry(&self, average: Option<u64>, config: &Config) -> bool {
        self.slots < if self.is_full() { self.base() } else { self.base().max(self.limit(average, config) / 2) }
    }

    /// Whether it has more than it is handed of root tasks: tasks with inputs, that are placed at once.
    pub(crate) fn is_crowded(&self, config: &Config) -> bool {
        let ahead = nanos(config.quantum).saturating_mul(u64::from(self.threads()));
        self.slots > self.base() && self.occupancy > ahead
    }

    /// Whether it would start a root task of this client and priority among its next ones, though it is crowded.
    pub(crate) fn has_turn(&self, client: ClientId, priority: Priority) -> bool {
        self.runs() && !self.is_full() && self.crowd.before(client, priority.user) < self.base()
    }

    /// Tasks that it holds at the most.
    fn limit(&self, average: Option<u64>, config: &Config) -> u32 {
        let quantum = nanos(config.quantum);
        let ahead = match average {
            Some(average) if average < quantum => (quantum / average.max(1)).min(config.ahead_tasks as u64),
            _ => 0,
        };
        let ahead = ahead.saturating_mul(u64::from(self.threads()));
        self.base().saturating_add(u32::try_from(ahead).unwrap_or(u32::MAX))
    }
}

/// A time in nanoseconds.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// All workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workers {
    seats: Vec<Option<Worker>>,
    vacant: Vec<Seat>,
    /// Asked and never walked.
    by_id: FxHashMap<WorkerId, Seat>,
    /// The workers by how busy they are.
    pub(crate) levels: Levels,
    /// Whether a worker was seen whose base is more than one above its threads.
    is_broad: bool,
}

impl Workers {
    /// Where the worker sits, if it is known.
    pub(crate) fn seat(&self, id: WorkerId) -> Option<Seat> {
        self.by_id.get(&id).copied()
    }

    /// The worker that sits there, if anybody does.
    pub(crate) fn find(&self, seat: Seat) -> Option<&Worker> {
        self.seats.get(seat.index())?.as_ref()
    }

    /// Whether workers were seen that are given root tasks while they have tasks to spare.
    pub(crate) fn is_broad(&self) -> bool {
        self.is_broad
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
            retiring: false,
            base: (saturation * f64::from(info.threads)).ceil().max(1.0) as u32,
            full: memory::full(info.memory_limit),
            slots: 0,
            seceded: 0,
            occupancy: 0,
            bytes: 0,
            free: info.resources.clone(),
            info,
            busy: Roll::default(),
            crowd: Crowd::default(),
            held: Roll::default(),
            freed: false,
            incoming: SmallVec::new(),
            outgoing: 0,
            orphaned: 0,
            spent: false,
            progress: Time::ZERO,
        });
        self.is_broad |= worker.as_ref().is_some_and(|worker| worker.base > worker.info.threads.saturating_add(1));
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
        self.relevel(seat);
        Some(seat)
    }

    /// A worker has more or less to do: it is put where it now belongs among the others, behind its equals.
    pub(crate) fn relevel(&mut self, seat: Seat) {
        if let Some(Some(worker)) = self.seats.get(seat.index()) {
            self.levels.put(seat, worker.level());
        }
    }

    /// Whether a worker stands where it belongs among the others.
    pub(crate) fn is_level(&self, seat: Seat) -> bool {
        self.levels.level(seat) == self[seat].level()
    }

    /// Lets a worker go.
    pub(crate) fn remove(&mut self, seat: Seat) {
        if let Some(worker) = self.seats[seat.index()].take() {
            self.by_id.remove(&worker.id);
            self.levels.put(seat, Level::OUT);
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
