//! The worker's machine: events in, effects out; no threads, no clock, no values.
//!
//! State changes only in [`Worker::handle`]. What takes time is asked for by an effect and answered by exactly one
//! event: [`Effect::Execute`](partita_protocol::worker::Effect::Execute) by `Executed`, `Effect::Gather` by `Gathered`
//! or `GatherFailed`. Events about what is no longer known are ignored by rule, never an error.
//!
//! A task is in one of the states of [`StateName`]. There is no state for what was cancelled: an execution whose task
//! was freed or that took too long is an *orphan* under its attempt, a key that a transfer brings for nobody is a *stray* under its peer, and
//! what comes of them is dropped, or taken over if the same thing is asked for again before it ended.
//!
//! ```
//! use partita_protocol::scheduler::Assignment;
//! use partita_protocol::worker::{Effect, Effects, Event, Order, Outcome, Report};
//! use partita_protocol::{Attempt, ClientId, Priority, TaskId, Time, WorkerId};
//! use partita_worker::machine::{Config, StateName, Worker};
//!
//! let mut worker = Worker::new(WorkerId(0), Config::new(1));
//! let mut effects = Effects::new();
//! let (task, attempt) = (TaskId::new(0, 0), Attempt(1));
//! let assignment = Assignment {
//!     task,
//!     client: ClientId(0),
//!     attempt,
//!     priority: Priority::default(),
//!     expected_nanos: u64::MAX,
//!     inputs: Vec::new(),
//!     resources: None,
//!     timeout_nanos: None,
//!     expected_nbytes: 0,
//! };
//! worker.handle(Time(0), Event::Ordered(Order::Compute(assignment)), &mut effects);
//! assert!(matches!(effects.list[..], [Effect::Execute { .. }]));
//! assert_eq!(worker.state_of(task), Some(StateName::Executing));
//!
//! effects.list.clear();
//! let (started, stopped) = (Time(1), Time(5));
//! let outcome = Outcome::Value { nbytes: 8 };
//! worker.handle(Time(6), Event::Executed { task, attempt, outcome, started, stopped }, &mut effects);
//! assert_eq!(effects.list[0], Effect::Keep { task, attempt });
//! assert!(matches!(effects.list[1], Effect::Report(Report::Finished { nbytes: 8, .. })));
//! assert!(worker.validate().is_ok());
//! ```

mod arrive;
mod assign;
mod config;
mod deadline;
mod entry;
mod execute;
mod gather;
mod hold;
mod inputs;
mod lru;
mod memory;
mod name;
mod orders;
mod peers;
mod ready;
mod running;
mod steal;
mod taken;
mod validate;
mod waiters;

#[cfg(test)]
mod tests;

pub use config::{Config, MemoryLimits};
pub use name::StateName;
pub use validate::Violation;

use deadline::Deadlines;
use entry::{Entry, State, Work};
use memory::Memory;
use partita_protocol::IdMap;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::worker::{Effects, Event};
use partita_protocol::{Attempt, TaskId, Time, WorkerId};
use peers::Peers;
use ready::Ready;
use running::Running;
use rustc_hash::FxHashMap;
use taken::Taken;

/// A worker's machine.
///
/// Its methods are of three kinds: [`handle`](Self::handle) changes the state, [`validate`](Self::validate) recounts
/// it, all others only look.
#[derive(Clone, Debug)]
pub struct Worker {
    id: WorkerId,
    config: Config,
    /// Every task that is known here, in whatever state.
    tasks: IdMap<TaskId, Entry>,
    /// Tasks that could start, best first.
    ready: Ready,
    /// What the executor threads were handed, orphans included.
    running: Running,
    /// What executions have taken of the worker's resources, orphans included.
    taken: Taken,
    /// When executions that may not run for ever are to be given up.
    deadlines: Deadlines,
    /// Executions that go on though their task was freed or assigned anew.
    orphans: FxHashMap<(TaskId, Attempt), Orphan>,
    /// How many threads the scheduler was told that they take.
    orphaned: u32,
    /// Transfers under way, and keys to fetch by holder.
    peers: Peers,
    /// Values in the store, wherever they are.
    stored: Stored,
    memory: Memory,
    paused: bool,
    /// The time of the last event.
    now: Time,
    /// The number of the last registration as a waiter; see [`Work::ticket`].
    ticket: u64,
}

/// An execution that nobody waits for any more, or that took too long. It keeps its inputs until it ends.
#[derive(Clone, Debug)]
struct Orphan {
    work: Box<Work>,
    /// Whether it gave its thread back, or that was given up.
    seceded: bool,
}

/// How many values the store holds, and how large they are together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stored {
    count: u64,
    nbytes: u64,
}

impl Worker {
    /// A worker that holds nothing.
    pub fn new(id: WorkerId, config: Config) -> Self {
        Worker {
            id,
            config,
            tasks: IdMap::default(),
            ready: Ready::default(),
            running: Running::default(),
            taken: Taken::default(),
            deadlines: Deadlines::default(),
            orphans: FxHashMap::default(),
            orphaned: 0,
            peers: Peers::new(id),
            stored: Stored::default(),
            memory: Memory::default(),
            paused: false,
            now: Time::ZERO,
            ticket: 0,
        }
    }

    /// Takes note of an event and adds what is to be done about it, in order, to `effects`.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        self.now = now;
        match event {
            Event::Ordered(order) => self.ordered(now, order, effects),
            Event::Executed { task, attempt, outcome, started, stopped } => {
                let execution = execute::Execution { task, attempt, outcome, started, stopped };
                self.executed(execution, effects);
            }
            Event::Seceded { task, attempt } => self.seceded(task, attempt, effects),
            Event::Gathered { peer, found, missing } => self.gathered(now, peer, (&found, &missing), effects),
            Event::GatherFailed { peer, tasks: _ } => self.gather_failed(peer, effects),
            Event::DataPut { tasks } => self.data_put(now, &tasks, effects),
            Event::Vanished { tasks } => self.vanished(&tasks, effects),
            Event::Spilled { file, written, kept } => self.spilled(file, &written, &kept, effects),
            Event::MemoryFilled => self.memory.filled = true,
            Event::MemoryFreed => self.memory_freed(),
            Event::Resident { nbytes } => self.looked(nbytes),
            Event::TimePassed => self.time_passed(now, effects),
        }
        self.keep_within(effects);
        if !self.paused {
            self.start_ready(effects);
            self.start_gathers(effects);
        } else if planted(Bug::PausedStart) {
            self.start_ready(effects);
        }
        self.tell_orphans(effects);
    }

    /// When the machine wants to be told that time passed: when the first execution has run for too long, when a disk that was
    /// full is tried again, or when nothing could start for too long.
    pub fn next_timeout(&self) -> Option<Time> {
        self.deadlines.first().into_iter().chain(self.memory_due()).min()
    }

    /// Which worker this is.
    pub fn id(&self) -> WorkerId {
        self.id
    }

    /// What it was set up with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The state of a task, if it is known here.
    pub fn state_of(&self, task: TaskId) -> Option<StateName> {
        self.tasks.get(&task).map(|entry| entry.state.name())
    }

    /// The current attempt of a task that was assigned and has not ended.
    pub fn attempt_of(&self, task: TaskId) -> Option<Attempt> {
        match &self.tasks.get(&task)?.state {
            State::Flight { then, .. } => then.as_ref().map(|assignment| assignment.attempt),
            state => state.work().map(|work| work.attempt),
        }
    }

    /// The peer that sends a value, while it is under way for somebody here.
    pub fn sender_of(&self, task: TaskId) -> Option<WorkerId> {
        match self.tasks.get(&task)?.state {
            State::Flight { peer, .. } => Some(peer),
            _ => None,
        }
    }

    /// Every task that is known here with its state, in no order.
    pub fn tasks(&self) -> impl Iterator<Item = (TaskId, StateName)> {
        self.tasks.iter().map(|(task, entry)| (*task, entry.state.name()))
    }

    /// When the execution of a task is to be given up, while it runs and may not run for ever.
    pub fn due_of(&self, task: TaskId) -> Option<Time> {
        self.tasks.get(&task)?.state.work()?.due
    }

    /// How many tasks are known here, in whatever state.
    pub fn known(&self) -> usize {
        self.tasks.len()
    }

    /// How many tasks are in a state. Counts them one by one.
    pub fn count(&self, state: StateName) -> usize {
        self.tasks.values().filter(|entry| entry.state.name() == state).count()
    }

    /// How many tasks could start and have not.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// How many tasks the executor threads were handed and have neither ended nor given their thread back, orphans
    /// included.
    pub fn executing(&self) -> usize {
        self.running.count()
    }

    /// How many executions go on that nobody waits for.
    pub fn orphans(&self) -> usize {
        self.orphans.len()
    }

    /// How many transfers are under way.
    pub fn transfers(&self) -> usize {
        self.peers.transfers()
    }

    /// How many values the store holds.
    pub fn stored(&self) -> u64 {
        self.stored.count
    }

    /// How many bytes the values in the store have together, wherever they are.
    pub fn stored_nbytes(&self) -> u64 {
        self.stored.nbytes
    }

    /// How many values are on disk and not in memory, and how many bytes they have together in memory.
    pub fn on_disk(&self) -> (u64, u64) {
        let Stored { count, nbytes } = self.memory.on_disk();
        (count, nbytes)
    }

    /// Whether it starts nothing new.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Whether nothing is left: no task, no orphan, no transfer.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.orphans.is_empty() && self.peers.is_empty() && self.ready.is_empty()
    }

    fn next_ticket(&mut self) -> u64 {
        self.ticket += 1;
        self.ticket
    }
}
