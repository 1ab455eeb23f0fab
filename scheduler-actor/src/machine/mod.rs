//! The scheduler's machine: what happened goes in, what is to be done comes out.
//!
//! The machine has no thread, clock, randomness or I/O. It knows tasks by id, with their dependencies, sizes,
//! priorities and needs, and never sees a function or a value.
//!
//! * **Events**: [`Scheduler::handle`] is the only door. It is total: an event about an unknown or old task, attempt,
//!   worker or client is ignored by rule, and no event makes it panic.
//! * **Time**: [`Scheduler::next_timeout`] names the moment at which [`Event::TimePassed`] is due; earlier does no harm.
//! * **Looking in**: [`Scheduler::state_of`] and its siblings, [`Scheduler::why`].
//! * **Proof**: [`Scheduler::validate`] recounts every invariant from the bare tasks.
//!
//! A task is *needed* while a client wants it, a dependent waits for it, or a dependent that was announced has not come.
//! Needed tasks are computed and kept; what is no longer needed is freed at once, and forgotten when nothing that depends
//! on it is left.
//!
//! ```
//! use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Notice, Piece, WorkerInfo};
//! use partita_protocol::worker::{Order, Report};
//! use partita_protocol::{ClientId, PrefixId, TaskId, Time, WorkerId};
//! use partita_scheduler::{Scheduler, machine::Config};
//!
//! let mut scheduler = Scheduler::new(Config::default());
//! let mut effects = Effects::new();
//! let (worker, client, task) = (WorkerId(0), ClientId(0), TaskId::new(0, 0));
//! let info = WorkerInfo {
//!     name: "one".into(), host: "here".into(), threads: 1, memory_limit: 1 << 30, resources: Default::default(),
//! };
//! let one = NewTask {
//!     task, prefix: PrefixId(0), rank: 0, dependents: 0, dependencies: 0..0, wanted: true, data: false, options: None,
//! };
//! scheduler.handle(Time(1), Event::WorkerJoined { worker, info }, &mut effects);
//! scheduler.handle(Time(2), Event::ClientJoined { client }, &mut effects);
//! let piece = Piece { tasks: vec![one], ..Piece::default() };
//! scheduler.handle(Time(3), Event::GraphSubmitted { client, piece }, &mut effects);
//!
//! let Some(Effect::Order { order: Order::Compute(assignment), .. }) = effects.drain().next() else { panic!() };
//! let report = Report::Finished { task, attempt: assignment.attempt, nbytes: 8, started: Time(4), stopped: Time(5) };
//! scheduler.handle(Time(6), Event::WorkerReported { worker, report }, &mut effects);
//!
//! let notice = Notice::InMemory { holder: worker, nbytes: 8 };
//! assert_eq!(effects.drain().collect::<Vec<_>>(), [Effect::Notify { client, task, notice }]);
//! scheduler.validate().unwrap();
//! ```

mod balance;
mod bounds;
mod census;
mod client;
mod config;
mod copies;
mod deadline;
mod deaths;
mod decision;
mod failure;
mod few;
mod fill;
mod large;
mod lines;
mod look;
mod loss;
mod needs;
mod placement;
mod planted;
mod policy;
mod prefix;
mod queue;
mod report;
mod roll;
mod steal;
mod submit;
mod table;
mod tally;
mod task;
mod tend;
mod timeout;
mod transition;
mod validate;
mod why;
mod worker;

#[cfg(test)]
mod testing;

pub use config::Config;
pub use look::{Counts, WorkerView};
pub use policy::adapt::{Adapter, Demand, Step};
pub use policy::placement::{Cost, Placement};
pub use tally::Telling;
pub use validate::{Invariant, Violation};
pub use why::{Candidate, Obstacle, Why};

use bounds::Alarms;
use client::Clients;
use copies::Copies;
use deaths::Deaths;
use decision::Decisions;
use failure::Failures;
use fill::Refill;
use large::Large;
use needs::{ClassId, Classes};
use partita_protocol::scheduler::{Effect, Effects, Event, Notice};
use partita_protocol::worker::Order;
use partita_protocol::{ClientId, TaskId, Time, WorkerId};
use placement::Shares;
use policy::fair::Accounts;
use prefix::Prefixes;
use steal::Look;
use table::Table;
use tally::Tally;
use transition::Agenda;
use worker::{Seat, Workers};

/// The scheduler's machine. See the [module](self).
#[derive(Clone, Debug)]
pub struct Scheduler {
    config: Config,
    tasks: Table,
    workers: Workers,
    clients: Clients,
    classes: Classes,
    prefixes: Prefixes,
    failures: Failures,
    /// The workers that died under tasks.
    deaths: Deaths,
    /// How many copies of results are asked for, and which are on their way.
    copies: Copies,
    /// When tasks are tried again, and when they must be there.
    alarms: Alarms,
    /// What each client was given.
    accounts: Accounts,
    /// Assignments made so far.
    attempts: u64,
    /// The latest time that an event came with.
    now: Time,
    /// Tasks per state.
    counts: Counts,
    /// What the profiler is told of their steps.
    tally: Tally,
    /// What was decided lately.
    decisions: Decisions,
    /// What is to be settled in this turn.
    agenda: Agenda,
    /// What became of the workers in this turn, for the refill at its end.
    refill: Refill,
    /// Lists with many stale entries, to be swept at the end of the turn.
    untidy: Vec<Untidy>,
    /// What workers hold of a task's inputs, while it is placed.
    shares: Shares,
    /// When it is time to look for workers that are held up.
    look: Look,
    /// What tells that no worker can hold what a task takes, at the cost of one look.
    large: Large,
    /// What workers of each name had, if no others will come: name, and what it was like.
    profiles: Vec<partita_protocol::scheduler::WorkerInfo>,
}

/// A list with many stale entries.
#[derive(Clone, Copy, Debug)]
enum Untidy {
    /// The tasks that a worker processes.
    Busy(Seat),
    /// The tasks that a worker holds.
    Held(Seat),
    /// The tasks that a client wants.
    Wants(ClientId),
    /// The queue of a class.
    Queue(ClassId),
}

/// One call of `handle`: when it is, and where effects go.
pub(crate) struct Turn<'a> {
    now: Time,
    effects: &'a mut Effects,
}

impl Turn<'_> {
    #[inline]
    fn push(&mut self, effect: Effect) {
        self.effects.list.push(effect);
    }

    #[inline]
    fn order(&mut self, worker: WorkerId, order: Order) {
        self.push(Effect::Order { worker, order });
    }

    fn notify(&mut self, client: ClientId, task: TaskId, notice: Notice) {
        self.push(Effect::Notify { client, task, notice });
    }
}

impl Scheduler {
    /// A scheduler that knows nobody yet.
    pub fn new(config: Config) -> Self {
        Scheduler {
            decisions: Decisions::new(config.decisions),
            config,
            tasks: Table::default(),
            workers: Workers::default(),
            clients: Clients::default(),
            classes: Classes::default(),
            prefixes: Prefixes::default(),
            failures: Failures::default(),
            deaths: Deaths::default(),
            copies: Copies::default(),
            alarms: Alarms::default(),
            accounts: Accounts::default(),
            attempts: 0,
            now: Time::ZERO,
            counts: Counts::default(),
            tally: Tally::default(),
            agenda: Agenda::default(),
            refill: Refill::default(),
            untidy: Vec::new(),
            shares: Shares::default(),
            large: Large::default(),
            look: Look::default(),
            profiles: Vec::new(),
        }
    }

    /// Takes in something that happened and adds what is to be done to `effects`.
    ///
    /// Time never runs backwards: an event with an earlier time than the last one's is taken to happen at the last one's.
    pub fn handle(&mut self, now: Time, event: Event, effects: &mut Effects) {
        self.now = self.now.max(now);
        self.decisions.begin(&event);
        let turn = &mut Turn { now: self.now, effects };
        match event {
            Event::ClientJoined { client } => self.clients.join(client),
            Event::ClientLeft { client } => self.client_left(client),
            Event::GraphSubmitted { client, piece } => self.graph_submitted(turn, client, piece),
            Event::KeysWanted { client, tasks } => self.keys_wanted(turn, client, &tasks),
            Event::KeysReleased { client, tasks } => self.keys_released(client, &tasks),
            Event::KeysCancelled { client, tasks, force } => self.keys_cancelled(turn, client, &tasks, force),
            Event::TasksRetried { client, tasks } => self.tasks_retried(turn, client, &tasks),
            Event::DataScattered { worker, tasks } => self.data_scattered(turn, worker, &tasks),
            Event::WorkerJoined { worker, info } => self.worker_joined(turn, worker, info),
            Event::WorkerLost { worker, cause, begun } => self.worker_lost(turn, worker, &cause, &begun),
            Event::WorkerReported { worker, report } => self.worker_reported(turn, worker, report),
            Event::RetirementAsked { worker } => self.retirement_asked(turn, worker),
            Event::CopiesAsked { tasks, copies } => self.copies_asked(&tasks, copies),
            Event::RebalanceAsked { workers } => self.rebalance_asked(&workers),
            Event::TimePassed => self.time_passed(turn),
        }
        self.settle(turn);
        self.fill(turn);
        while self.copies.is_due() {
            self.tend(turn);
            self.settle(turn);
            self.fill(turn);
        }
        self.tidy();
    }

    /// Sweeps the lists that have many stale entries.
    fn tidy(&mut self) {
        while let Some(untidy) = self.untidy.pop() {
            let tasks = &self.tasks;
            match untidy {
                Untidy::Busy(seat) if self.workers.is_seated(seat) => {
                    let is_member = |id| is_busy(tasks, id, seat);
                    self.workers[seat].busy.sweep(is_member);
                }
                Untidy::Held(seat) if self.workers.is_seated(seat) => {
                    self.workers[seat].held.sweep(|id| is_held(tasks, id, seat));
                }
                Untidy::Wants(client) => self.clients.sweep(client, tasks),
                Untidy::Queue(class) => {
                    if let Some(class) = self.classes.find_mut(class) {
                        class.queue.sweep(|id| is_queued(tasks, id));
                        class.stranded.sweep(|since, id| is_stranded(tasks, id, since));
                    }
                }
                Untidy::Busy(_) | Untidy::Held(_) => {}
            }
        }
    }

    /// Orders a worker to drop a result, or to stop wanting a task.
    fn order_free(&self, turn: &mut Turn, seat: Seat, task: TaskId) {
        turn.order(self.workers[seat].id, Order::Free { task });
    }
}

/// Whether the worker processes the task.
fn is_busy(tasks: &Table, id: TaskId, seat: Seat) -> bool {
    tasks.find(id).and_then(|task| task.processing()).is_some_and(|processing| processing.seat == seat)
}

/// Whether the worker holds the task's result.
fn is_held(tasks: &Table, id: TaskId, seat: Seat) -> bool {
    tasks.find(id).is_some_and(|task| task.holders().contains(&seat))
}

/// Whether the task is queued.
fn is_queued(tasks: &Table, id: TaskId) -> bool {
    tasks.find(id).is_some_and(|task| matches!(task.state, task::State::Queued { .. }))
}

/// Whether the task is without worker since then.
fn is_stranded(tasks: &Table, id: TaskId, since: Time) -> bool {
    tasks.find(id).is_some_and(|task| matches!(task.state, task::State::NoWorker { since: then } if then == since))
}
