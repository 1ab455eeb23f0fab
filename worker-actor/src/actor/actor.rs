//! The actor: each message is translated, told to the machine, and the effects are carried out.

use super::job::{Done, Ended, Shared, TaskJob};
use super::link::WorkerLink;
use super::parts::{Death, Parts};
use super::pump::{Pump, soon};
use super::spiller::Spiller;
use crate::executor::Executor;
use crate::machine::Worker;
use crate::spill::Slot;
use crate::store::Store;
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message, SpawnHandle};
use partita_graph::{Discarded, Value, Work, catch};
use partita_protocol::message::{Delivery, Failure, ToScheduler, ToWorker};
use partita_protocol::telemetry::Record;
use partita_protocol::worker::{Effects, Event, Order, Outcome, Report};
use partita_protocol::{Attempt, FaultId, IdMap, Link, TaskId, Time, WorkerId, limits};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::unbounded_channel;

/// A message to a worker, as actix carries it.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Mail {
    /// From the scheduler, a client or a peer.
    Order(ToWorker),
    /// Values that were asked for from a peer.
    Delivery(Delivery),
}

/// A worker.
pub struct WorkerActor {
    pub(super) machine: Worker,
    pub(super) effects: Effects,
    pub(super) parts: Parts,
    pub(super) store: Arc<Store<Value>>,
    pub(super) executor: Option<Executor<TaskJob>>,
    pub(super) shared: Arc<Shared>,
    pump: Option<Pump>,
    pub(super) works: IdMap<TaskId, Work>,
    /// The result that the machine is deciding on.
    pub(super) result: Option<((TaskId, Attempt), Value)>,
    /// The time of this turn.
    pub(super) now: Time,
    pub(super) peers: FxHashMap<WorkerId, Arc<dyn Link<ToWorker>>>,
    /// What was asked for of each peer and has not come; one transfer a peer at the most.
    pub(super) transfers: FxHashMap<WorkerId, (Vec<TaskId>, Time)>,
    /// Events that followed from carrying out effects.
    pub(super) later: Vec<Event>,
    pub(super) jobs: Vec<TaskJob>,
    pub(super) reports: Vec<Report>,
    failures: Vec<(FaultId, Failure)>,
    pub(super) records: Vec<Record>,
    /// Whether the records will be handed on in a moment.
    records_due: bool,
    /// How many results and bytes the profiler was told that the store holds.
    pub(super) held: Option<(u64, u64, u64, u32)>,
    pub(super) waste: Vec<Value>,
    /// Places on disk that nobody needs any longer.
    pub(super) files: Vec<Slot>,
    pub(super) spiller: Spiller,
    /// What stands for an input till it was read from disk.
    pub(super) nothing: Value,
    /// Why the disk did not take values the last time.
    pub(super) unspilled: Option<String>,
    /// Whether the user was told that the process has too much that is no value, and it still has.
    pub(super) warned_of_memory: bool,
    /// Itself, for peers to answer to.
    pub(super) deliveries: Option<Arc<dyn Link<Delivery>>>,
    faults: u64,
    pub(super) busy_until: Instant,
    /// When the machine is to be told that time passed.
    pub(super) timer: Option<(Time, SpawnHandle)>,
    /// Executions that run on, and that were told to stop in this turn.
    pub(super) stopped: Vec<(TaskId, Attempt)>,
    death: Option<Death>,
}

impl WorkerActor {
    /// A worker, with its threads started.
    ///
    /// # Errors
    /// If the operating system refuses threads.
    pub fn new(parts: Parts) -> std::io::Result<Self> {
        let (done, receiver) = unbounded_channel();
        let shared = Arc::new(Shared::new(&parts, done));
        let spiller = {
            let name = format!("{}-spill", parts.executor.name);
            Spiller::new(name, shared.store.clone(), parts.disk.clone(), shared.done.clone())
        };
        let executor = Executor::with_shared(parts.executor.clone(), Arc::new(shared.clone()))?;
        Ok(WorkerActor {
            machine: Worker::new(parts.id, parts.machine.clone()),
            effects: Effects::new(),
            store: shared.store.clone(),
            spiller,
            nothing: Value::new(()),
            files: Vec::new(),
            unspilled: None,
            warned_of_memory: false,
            executor: Some(executor),
            shared,
            pump: Some(Pump::new(receiver)),
            works: IdMap::default(),
            result: None,
            now: Time::ZERO,
            peers: FxHashMap::default(),
            transfers: FxHashMap::default(),
            later: Vec::new(),
            jobs: Vec::new(),
            reports: Vec::new(),
            failures: Vec::new(),
            records: Vec::new(),
            records_due: false,
            held: Some((0, 0, 0, 0)),
            waste: Vec::new(),
            deliveries: None,
            faults: 0,
            busy_until: parts.start,
            timer: None,
            stopped: Vec::new(),
            death: None,
            parts,
        })
    }

    /// What it holds. Results that it reports are there, unless they were let go since.
    pub fn holdings(&self) -> Arc<Store<Value>> {
        self.store.clone()
    }

    /// Tells the machine that something happened, and carries out what it answers.
    pub(super) fn tell(&mut self, event: Event) {
        if let Some(ledger) = &mut self.parts.ledger {
            ledger.event(self.now, &event);
        }
        self.machine.handle(self.now, event, &mut self.effects);
        if let Some(ledger) = &mut self.parts.ledger {
            ledger.effects(&self.effects.list);
        }
        let mut effects = std::mem::take(&mut self.effects);
        for effect in effects.drain() {
            self.carry_out(effect);
        }
        self.effects = effects;
        if self.parts.validate
            && let Err(violation) = self.machine.validate()
        {
            panic!("an invariant of the worker is broken: {violation:?}");
        }
    }

    /// Tells the machine what followed from carrying out its effects, until nothing more follows.
    fn settle(&mut self) {
        while let Some(event) = self.later.pop() {
            self.tell(event);
        }
    }

    fn handle_mail(&mut self, mail: ToWorker) {
        match mail {
            ToWorker::Orders { orders, works } => {
                let mut works = works.into_iter();
                for order in orders {
                    if let Order::Compute(assignment) = &order
                        && let Some(work) = works.next()
                    {
                        self.works.insert(assignment.task, work);
                    }
                    let lost = if let Order::PeerLost { peer } = &order { Some(*peer) } else { None };
                    self.tell(Event::Ordered(order));
                    if let Some(peer) = lost {
                        self.peer_lost(peer);
                    }
                }
            }
            ToWorker::Get { tasks, reply } => {
                self.get(tasks, reply);
            }
            ToWorker::Put { values } => {
                let tasks = values.iter().map(|(task, value)| (*task, value.nbytes() as u64)).collect();
                for (task, value) in values {
                    self.store(task, value);
                }
                self.tell(Event::DataPut { tasks });
            }
            ToWorker::PeerJoined { peer, link } => {
                self.peers.insert(peer, link);
            }
            ToWorker::Records(done) => {
                self.flush_records();
                drop(done);
            }
            ToWorker::Leave => {}
            ToWorker::Panic(message) => panic!("{message}"),
        }
    }

    /// Takes in what the threads sent.
    pub(super) fn ended(&mut self, batch: &mut Vec<Done>) {
        self.busy_until = soon();
        for done in batch.drain(..) {
            match done {
                Done::Seceded { task, attempt } => self.tell(Event::Seceded { task, attempt }),
                Done::Ended(ended) => self.task_ended(ended),
                Done::Spilled(spilled) => self.spilled(spilled),
                Done::Vanished(tasks) => self.tell(Event::Vanished { tasks }),
            }
        }
    }

    fn task_ended(&mut self, ended: Ended) {
        let Ended { task, attempt, result, ok, inputs, started, stopped, thread, lost } = ended;
        if !lost.is_empty() {
            self.tell(Event::Vanished { tasks: lost });
        }
        self.shared.stops.over(attempt);
        self.waste.extend(inputs);
        let nbytes = result.as_ref().map_or(0, |value| value.nbytes() as u64);
        if let Some(thread) = thread {
            self.record_execution((task, attempt), thread, (started, stopped), (nbytes, ok));
        }
        let outcome = match result {
            Ok(value) => {
                self.result = Some(((task, attempt), value));
                Outcome::Value { nbytes }
            }
            Err(None) => Outcome::Reschedule,
            Err(Some(failure)) => {
                self.faults += 1;
                let fault = FaultId((u64::from(self.parts.id.0) << 40) | self.faults);
                self.failures.push((fault, failure));
                Outcome::Error { fault }
            }
        };
        self.tell(Event::Executed { task, attempt, outcome, started, stopped });
        // A result that nobody asked to keep was an orphan's.
        self.waste.extend(self.result.take().map(|(_, value)| value));
    }

    /// Hands over what was gathered in one turn: jobs, reports, records, waste.
    fn flush(&mut self) {
        if !self.jobs.is_empty() {
            self.busy_until = soon();
            if let Some(executor) = &self.executor {
                // A closed executor gives the jobs back: the worker is leaving, and nobody waits for them here.
                drop(executor.submit(self.jobs.drain(..)));
            }
            self.jobs.clear();
        }
        if !self.reports.is_empty() {
            let (reports, failures) = (std::mem::take(&mut self.reports), std::mem::take(&mut self.failures));
            let worker = self.parts.id;
            drop(self.parts.scheduler.send(ToScheduler::Reported { worker, reports, failures }));
        }
        self.record_store();
        if self.records.len() >= limits::TELEMETRY_BATCH {
            self.flush_records();
        }
        if !self.waste.is_empty() {
            drop(self.parts.garbage.send(Box::new(Discarded(std::mem::take(&mut self.waste)))));
        }
        if !self.files.is_empty() {
            self.spiller.discard(std::mem::take(&mut self.files));
        }
    }

    /// Runs a handler; if it panics, the actor ends, and its nanny is told why.
    pub(super) fn guarded(&mut self, context: &mut Context<Self>, handler: impl FnOnce(&mut Self)) {
        if self.death.is_some() {
            return;
        }
        self.now = self.shared.now();
        let result = catch(|| {
            handler(self);
            self.settle();
            self.warn_of_memory();
            self.flush();
        });
        if !self.records.is_empty() && !self.records_due {
            self.records_due = true;
            context.run_later(limits::TELEMETRY_DELAY, |actor, _| {
                actor.records_due = false;
                actor.flush_records();
            });
        }
        self.set_timer(context);
        self.await_stopped(context);
        if let Err(panic) = result {
            let place = panic.location.map(|location| format!(" at {location}")).unwrap_or_default();
            let (message, begun) = (format!("{}{place}", panic.message), self.shared.stops.begun());
            self.death = Some(Death::Panicked { message, begun });
            context.terminate();
        }
    }
}

impl Actor for WorkerActor {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.deliveries = Some(Arc::new(WorkerLink(context.address())));
        if let Some(pump) = self.pump.take() {
            context.spawn(pump);
        }
        self.watch_process(context);
    }
}

impl Handler<Mail> for WorkerActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, context: &mut Self::Context) {
        match mail {
            Mail::Order(ToWorker::Leave) => {
                self.death = Some(Death::Left { abandoned: 0 });
                context.terminate();
            }
            Mail::Order(order) => self.guarded(context, |actor| actor.handle_mail(order)),
            Mail::Delivery(delivery) => self.guarded(context, |actor| actor.delivered(delivery)),
        }
    }
}

impl Drop for WorkerActor {
    /// However the actor ends, its threads are ended and its nanny is told; both where nobody waits for it.
    fn drop(&mut self) {
        self.flush_records();
        self.shared.stops.close();
        let on_death = std::mem::replace(&mut self.parts.on_death, Box::new(|_| {}));
        let death = self.death.take();
        let (executor, grace) = (self.executor.take(), self.parts.grace);
        let spiller = self.spiller.close();
        let gone = self.store.drain().into_iter().map(|gone| (gone.value, gone.on_disk));
        let (values, files): (Vec<_>, Vec<_>) = gone.unzip();
        let values = (Discarded(values.into_iter().flatten().collect()), files);
        let name = self.parts.executor.name.clone();
        let end = move || {
            match death {
                Some(panicked @ Death::Panicked { .. }) => {
                    // At once: what a user's `Drop` takes its time for must not hold up the next worker.
                    on_death(panicked);
                    drop(values);
                    let _left = executor.map(|executor| executor.close(Duration::ZERO));
                }
                _ => {
                    drop(values);
                    let left = executor.map(|executor| executor.close(grace).abandoned).unwrap_or(0);
                    if left > 0 {
                        tracing::warn!(
                            "worker `{name}` still busy after {} seconds, leaving it behind",
                            grace.as_secs_f64()
                        );
                    }
                    if spiller.is_some_and(|ended| !ended.wait(grace)) {
                        tracing::warn!("worker `{name}` leaves files behind: its disk does not answer");
                    }
                    on_death(Death::Left { abandoned: left });
                }
            }
        };
        let spawned = std::thread::Builder::new().name("partita-close".into()).spawn(end);
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread to close a worker with");
        }
    }
}
