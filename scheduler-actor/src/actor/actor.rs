//! The actor: each message is translated, told to the machine, and the effects are carried out.

use super::census::Censuses;
use super::dump::Told;
use super::errors::Reported;
use super::lanes::{Lanes, Reader};
use super::outbox::Outbox;
use super::registry::{Names, Registry};
use super::request::Requests;
use super::submit::Open;
use crate::machine::{Config, Scheduler, Telling};
use actix::{Actor, AsyncContext, Context, SpawnHandle};
use partita_graph::{Key, catch};
use partita_protocol::journal::Ledger;
use partita_protocol::message::{Failure, News, ToClient, ToScheduler};
use partita_protocol::scheduler::{Effect, Effects, Event, Notice};
use partita_protocol::telemetry::{Batch, Listeners, Record};
use partita_protocol::worker::Order;
use partita_protocol::{ClientId, FaultId, Link, TaskId, Time, WorkerId, limits};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What a scheduler's actor is set up with.
pub struct Settings {
    /// The machine's settings.
    pub machine: Config,
    /// The moment that times are counted from.
    pub start: Instant,
    /// Where records go.
    pub profiler: Arc<dyn Link<Batch>>,
    /// Whether anybody sees records one by one.
    pub listeners: Listeners,
    /// Where things go whose end may take time.
    pub garbage: Arc<dyn Link<Box<dyn Send>>>,
    /// Whether the machine's invariants are checked after every event; for tests.
    pub validate: bool,
    /// The folder in which it is written down what went before a broken invariant.
    pub dumps: PathBuf,
    /// Whether each execution is a `tracing` span.
    pub spans: bool,
    /// Where events are written down, if they are.
    pub ledger: Option<Box<dyn Ledger<Event, Effect>>>,
    /// Called once if the actor fails.
    pub on_failure: Box<dyn FnOnce(String) + Send>,
}

/// The scheduler.
pub struct SchedulerActor {
    machine: Scheduler,
    effects: Effects,
    pub(super) settings: Settings,
    pub(super) registry: Registry,
    pub(super) outbox: Outbox,
    pub(super) requests: Requests,
    pub(super) censuses: Censuses,
    pub(super) open: FxHashMap<(ClientId, u64), Open>,
    pub(super) generation: i64,
    pub(super) turn: usize,
    pub(super) records: Vec<Record>,
    /// Whether the records will be handed on in a moment.
    records_due: bool,
    pub(super) errors: FxHashMap<FaultId, Reported>,
    pub(super) names: Names,
    /// Keys of tasks that are gone, as many as decisions are kept.
    pub(super) forgotten: VecDeque<(TaskId, Key)>,
    /// Tasks whose failure the profiler was told.
    pub(super) blamed: FxHashSet<TaskId>,
    timer: Option<(Time, SpawnHandle)>,
    pub(super) reader: Reader,
    /// What it was told last, while invariants are checked.
    told: Told,
    /// The time of this turn.
    pub(super) now: Time,
    /// Workers that seem to be gone since this turn.
    pub(super) suspects: Vec<WorkerId>,
    pub(super) failed: Option<String>,
    on_failure: Option<Box<dyn FnOnce(String) + Send>>,
}

impl SchedulerActor {
    /// A scheduler that knows nobody yet.
    pub fn new(mut settings: Settings) -> Self {
        let on_failure = std::mem::replace(&mut settings.on_failure, Box::new(|_| {}));
        SchedulerActor {
            machine: Scheduler::new(settings.machine.clone()),
            effects: Effects::new(),
            settings,
            registry: Registry::default(),
            outbox: Outbox::default(),
            requests: Requests::default(),
            censuses: Censuses::default(),
            open: FxHashMap::default(),
            generation: 0,
            turn: 0,
            records: Vec::new(),
            records_due: false,
            errors: FxHashMap::default(),
            names: Names::new(),
            forgotten: VecDeque::new(),
            blamed: FxHashSet::default(),
            timer: None,
            reader: Reader(Lanes::default()),
            told: Told::default(),
            now: Time::ZERO,
            suspects: Vec::new(),
            failed: None,
            on_failure: Some(on_failure),
        }
    }

    /// The way in.
    pub(super) fn lanes(&self) -> Lanes {
        self.reader.0.clone()
    }

    /// The machine, for questions.
    pub(super) fn machine(&self) -> &Scheduler {
        &self.machine
    }

    /// The machine, to take what it has to tell.
    pub(super) fn machine_mut(&mut self) -> &mut Scheduler {
        &mut self.machine
    }

    /// Has the machine tell each step of a task if somebody listens or events are written down, and else add them up.
    fn heed_listeners(&mut self) {
        self.machine.tell_steps(match (&self.settings.ledger, self.settings.listeners.any()) {
            (Some(_), _) => Telling::Each,
            (None, true) => Telling::Packed,
            (None, false) => Telling::Sums,
        });
    }

    /// Puts the steps that were packed or added up among the records, after those that are there.
    pub(super) fn record_steps(&mut self) {
        for moves in self.machine.take_moves() {
            self.records.push(Record::Moves(Box::new(moves)));
        }
        let groups = self.machine.take_steps();
        if !groups.is_empty() {
            self.records.push(Record::Steps { time: self.now, groups });
        }
    }

    /// Tells the machine that something happened, and carries out what it answers.
    pub(super) fn tell(&mut self, event: Event) {
        if self.settings.ledger.is_some() {
            self.write_down(&event);
        }
        if self.settings.validate {
            self.told.note(self.now, &event);
        }
        self.machine.handle(self.now, event, &mut self.effects);
        if let Some(ledger) = &mut self.settings.ledger {
            ledger.effects(&self.effects.list);
        }
        self.record_ends();
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain() {
            self.carry_out(effect);
        }
        self.effects = effects;
        if self.settings.validate
            && let Err(violation) = self.machine.validate()
        {
            let left = self.told.write(&self.settings.dumps, &violation, &self.machine);
            panic!("an invariant of the scheduler is broken: {violation}; {left}");
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Order { worker, order } => {
                let work = match &order {
                    Order::Compute(assignment) => match self.work_for(worker, assignment.task) {
                        Some(work) => Some(work),
                        None => return,
                    },
                    _ => None,
                };
                self.outbox.order(worker, order, work);
            }
            Effect::Notify { client, task, notice } => {
                self.record_notice(&notice);
                let news = self.news(notice);
                self.outbox.news(client, task, news);
            }
            Effect::Forget { task } => {
                self.blamed.remove(&task);
                if let Some(entry) = self.registry.remove(task) {
                    self.remember(task, &entry.key);
                    self.discard(Box::new((entry.key, entry.work)));
                }
            }
            Effect::ForgetFault { fault } => {
                if let Some(error) = self.errors.remove(&fault) {
                    self.discard(Box::new(error));
                }
            }
            Effect::Retirement { worker, outcome } => self.retirement(worker, &outcome),
            Effect::Record(record) => self.records.push(record),
        }
    }

    fn news(&self, notice: Notice) -> News {
        match notice {
            Notice::InMemory { holder, nbytes } => News::InMemory { holder, nbytes },
            Notice::Lost => News::Lost,
            Notice::Cancelled => News::Cancelled,
            Notice::Erred { blame, cause } => News::Erred(self.error(blame, cause)),
        }
    }

    /// Hands over what may take time to drop.
    pub(super) fn discard(&self, garbage: Box<dyn Send>) {
        // If nobody takes it, it is dropped here.
        drop(self.settings.garbage.send(garbage));
    }

    pub(super) fn handle_mail(&mut self, mail: ToScheduler) {
        match mail {
            ToScheduler::ClientJoined { client, link } => {
                self.outbox.add_client(client, link);
                self.tell(Event::ClientJoined { client });
            }
            ToScheduler::ClientLeft { client } => {
                self.outbox.clients.remove(&client);
                self.client_left(client);
            }
            ToScheduler::Submit(submission) => self.submit(submission),
            ToScheduler::Scatter(scatter) => self.scatter(scatter),
            ToScheduler::Release { client, tasks } => self.tell(Event::KeysReleased { client, tasks }),
            ToScheduler::Cancel { client, tasks, force } => self.tell(Event::KeysCancelled { client, tasks, force }),
            ToScheduler::Retry { client, tasks } => self.tell(Event::TasksRetried { client, tasks }),
            ToScheduler::Fetch { tasks, reply } => self.fetch(tasks, &reply),
            ToScheduler::NotThere { holder, tasks } => self.not_there(holder, tasks),
            ToScheduler::WorkerJoined { worker, info, link } => self.worker_joined(worker, info, link),
            ToScheduler::WorkerLost { worker, cause, begun } => self.worker_lost(worker, cause, begun),
            ToScheduler::Reported { worker, reports, failures } => {
                let mut failures: FxHashMap<FaultId, Failure> = failures.into_iter().collect();
                for mut report in reports {
                    if let partita_protocol::worker::Report::Failed { task, fault, retry, .. } = &mut report
                        && let Some(failure) = failures.remove(fault)
                    {
                        *retry &= self.keep_error(worker, *task, *fault, failure);
                    }
                    self.record_report(worker, &report);
                    self.tell(Event::WorkerReported { worker, report });
                }
            }
            ToScheduler::Ask(question) => self.answer(question),
            ToScheduler::Request(request) => self.request(request),
        }
    }

    /// Sends what waits; a client that does not take it is gone, and a worker seems to be.
    fn flush(&mut self) {
        loop {
            let gone = self.outbox.flush();
            if gone.workers.is_empty() && gone.clients.is_empty() {
                break;
            }
            for worker in gone.workers {
                self.suspect(worker);
            }
            for client in gone.clients {
                self.outbox.clients.remove(&client);
                self.client_left(client);
            }
        }
        if self.records.len() + self.machine.untold() >= limits::TELEMETRY_BATCH {
            self.flush_records();
        }
    }

    pub(super) fn flush_records(&mut self) {
        self.record_steps();
        let records = std::mem::take(&mut self.records);
        if records.len() <= limits::TELEMETRY_BATCH {
            return self.send_records(records);
        }
        // What comes all at once goes in pieces, so that it is taken in meanwhile.
        let mut records = records.into_iter();
        while records.len() > 0 {
            self.send_records(records.by_ref().take(limits::TELEMETRY_BATCH).collect());
        }
    }

    fn send_records(&self, records: Vec<Record>) {
        if !records.is_empty() {
            drop(self.settings.profiler.send(Batch { records, dropped: 0 }));
        }
    }

    /// Wakes up again when the machine asked to be.
    fn set_timer(&mut self, context: &mut Context<Self>) {
        let next = self.machine.next_timeout();
        if self.timer.map(|(time, _)| time) == next {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            context.cancel_future(handle);
        }
        if let Some(time) = next {
            let wait = time.since(Time(self.settings.start.elapsed().as_nanos() as u64));
            let handle = context.run_later(wait, |actor, context| {
                actor.timer = None;
                actor.guarded(context, |actor| actor.tell(Event::TimePassed));
            });
            self.timer = Some((time, handle));
        }
    }

    /// Runs a handler; if it panics, the cluster ends with an error on every pending future.
    pub(super) fn guarded(&mut self, context: &mut Context<Self>, handler: impl FnOnce(&mut Self)) {
        if self.failed.is_some() {
            return;
        }
        self.now = Time(self.settings.start.elapsed().as_nanos() as u64);
        self.heed_listeners();
        let result = catch(|| {
            handler(self);
            self.flush();
        });
        if (!self.records.is_empty() || self.machine.untold() > 0) && !self.records_due {
            self.records_due = true;
            context.run_later(limits::TELEMETRY_DELAY, |actor, _| {
                actor.records_due = false;
                actor.flush_records();
            });
        }
        match result {
            Ok(()) => {
                self.answer_requests(context);
                self.give_census(context);
                self.set_timer(context);
                self.await_losses(context);
            }
            Err(panic) => self.fail(format!("the scheduler panicked: {}", panic.message)),
        }
    }

    fn fail(&mut self, cause: String) {
        tracing::error!(%cause, "the cluster failed");
        for counter in self.outbox.clients.values() {
            drop(counter.link.send(ToClient::Ended(cause.clone())));
        }
        self.failed = Some(cause.clone());
        if let Some(tell) = self.on_failure.take() {
            tell(cause);
        }
    }
}

impl Actor for SchedulerActor {
    type Context = Context<Self>;

    fn stopped(&mut self, _: &mut Self::Context) {
        self.flush_records();
    }
}
