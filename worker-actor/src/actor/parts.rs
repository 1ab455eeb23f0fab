//! What a worker's actor is made of, and how it ends.

use super::current::Home;
use super::process::Look;
use crate::machine::Config;
use crate::spill::Disk;
use partita_protocol::journal::Ledger;
use partita_protocol::message::ToScheduler;
use partita_protocol::telemetry::{Batch, Listeners};
use partita_protocol::threads::Threads;
use partita_protocol::worker::{Effect, Event};
use partita_protocol::{Begun, Link, TaskId, WorkerId};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How a worker's actor ended: told once, to its nanny.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Death {
    /// It was asked to leave, and its threads have ended; how many were stuck in user code and were left behind.
    Left {
        /// Threads that are still in a task.
        abandoned: usize,
    },
    /// It panicked.
    Panicked {
        /// With what.
        message: String,
        /// What its threads had begun.
        begun: Begun,
    },
}

/// What is done about tasks that do not end although nobody waits for them.
pub struct Runaways {
    /// How long they may go on after they were told to stop.
    pub grace: Duration,
    /// Called for each that goes on after that.
    pub tell: Box<dyn Fn(TaskId) + Send>,
}

/// What a worker's actor is made of.
pub struct Parts {
    /// Which incarnation it is.
    pub id: WorkerId,
    /// The machine's settings.
    pub machine: Config,
    /// The threads' settings.
    pub executor: crate::executor::Settings,
    /// The moment that times are counted from.
    pub start: Instant,
    /// What tasks find when they ask where they are.
    pub home: Home,
    /// The scheduler.
    pub scheduler: Arc<dyn Link<ToScheduler>>,
    /// Where records go.
    pub profiler: Arc<dyn Link<Batch>>,
    /// Where things go whose end may take time.
    pub garbage: Arc<dyn Link<Box<dyn Send>>>,
    /// Where values go that do not fit into memory.
    pub disk: Arc<dyn Disk>,
    /// Where its threads are entered, so that their CPU can be measured.
    pub threads: Threads,
    /// Whether the machine's invariants are checked after every event; for tests.
    pub validate: bool,
    /// Whether anything is told to the profiler.
    pub record: bool,
    /// Whether anybody sees records one by one: only then executions, transfers and what the store holds are told.
    pub listeners: Listeners,
    /// How long its threads may take to end when it leaves.
    pub grace: Duration,
    /// Where events are written down, if they are.
    pub ledger: Option<Box<dyn Ledger<Event, Effect>>>,
    /// What is done about tasks that do not end although nobody waits for them; nothing if it is not said.
    pub runaways: Option<Runaways>,
    /// How it looks at its process, if it has one of its own.
    pub process: Option<Look>,
    /// Called once when it ended.
    pub on_death: Box<dyn FnOnce(Death) + Send>,
}
