//! The world: the production machines, with links, threads, stores and a clock that are models.
//!
//! One step takes the earliest thing that is to happen, tells the machine that it concerns, and turns what the machine
//! answers into things that will happen: messages that arrive, runs that end, timers. Nothing else moves; the same
//! settings, model and seed give the same world, step by step.

mod client;
mod desk;
mod executor;
mod faults;
mod floor;
mod head;
mod host;
mod link;
mod memory;
mod patience;
mod peers;
mod queue;
mod settings;
mod trace;
mod under_way;

pub use client::{Client, Told};
pub use faults::LostRequest;
pub use host::{Host, Stored};
pub use link::Network;
pub use memory::{Process, Storage};
pub(crate) use patience::Patience;
pub use settings::{Detail, Settings};
pub use trace::Trace;
pub(crate) use under_way::{about_order, about_report};

use crate::cells::Cells;
use crate::model::Model;
use crate::universe::{Number, Universe};
use client::{Open, Say};
use executor::RunId;
use partita_protocol::scheduler::{Effects, Event, Notice};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Begun, ClientId, FaultId, LossCause, TaskId, Time, WorkerId};
use partita_scheduler::Scheduler;
use queue::{Kind, Queue};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use under_way::UnderWay;

/// What a step was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The world went on by itself.
    Worked,
    /// A moment came that was asked for by [`World::wake`], with this number.
    Woke(u64),
}

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Said(ClientId, Say),
    Learned(ClientId, Vec<(TaskId, Notice)>),
    Accepted(ClientId, Vec<Number>, bool),
    Orders(WorkerId, Vec<Order>),
    Reports(WorkerId, Vec<Report>),
    Joined(WorkerId),
    /// With what had begun there, if it died.
    Lost(WorkerId, LossCause, Option<Begun>),
    Retire(WorkerId),
    Rebalance,
    Put(WorkerId, Vec<(TaskId, Stored)>),
    RunEnded(WorkerId, RunId),
    RunSeceded(WorkerId, RunId),
    Written(WorkerId, u32, Vec<TaskId>),
    Looked(WorkerId),
    Asked {
        holder: WorkerId,
        asker: WorkerId,
        request: u64,
        tasks: Vec<TaskId>,
        lost: Option<LostRequest>,
    },
    Answered {
        asker: WorkerId,
        holder: WorkerId,
        request: u64,
        found: Vec<(TaskId, Stored)>,
        missing: Vec<TaskId>,
    },
    GaveUp {
        asker: WorkerId,
        holder: WorkerId,
        request: u64,
    },
    SchedulerTimer(Time),
    WorkerTimer(WorkerId, Time),
    Wake(u64),
}

/// A cluster in virtual time: the production machines, with links, threads, stores and a clock that are models.
pub struct World {
    pub(crate) settings: Settings,
    pub(crate) universe: Arc<Universe>,
    model: Box<dyn Model>,
    random: Pcg64Mcg,
    now: Time,
    queue: Queue<Happening>,
    scheduler: Scheduler,
    effects: Effects,
    /// Until when the scheduler is busy with what it heard.
    busy: Time,
    timer: Option<Time>,
    /// The id of each task; the generation grows when it is forgotten.
    ids: Vec<TaskId>,
    hosts: Vec<Option<Host>>,
    /// Messages under way for or from a frozen worker.
    backlog: BTreeMap<WorkerId, Vec<Happening>>,
    /// Workers that died, and the moment after which nothing of what they sent arrives.
    silenced: BTreeMap<WorkerId, Time>,
    clients: Vec<Client>,
    open: BTreeMap<(ClientId, u64), Open>,
    generation: i64,
    faults: BTreeSet<FaultId>,
    next_fault: u64,
    requests: u64,
    /// The next worker that gets data put in by hand.
    turn: usize,
    /// Messages between the scheduler and its workers that are under way; with [`Detail::All`].
    under_way: UnderWay,
    /// Orders and notices of the present turn, by whom they are for.
    orders: BTreeMap<WorkerId, Vec<Order>>,
    notices: BTreeMap<ClientId, Vec<(TaskId, Notice)>>,
    /// How often a run of each task has started.
    runs: Vec<u32>,
    steps: u64,
    trace: Vec<Trace>,
    violation: Option<String>,
    cells: Cells,
}

impl Happening {
    fn kind(&self) -> Kind {
        match self {
            Happening::RunEnded(..)
            | Happening::RunSeceded(..)
            | Happening::Written(..)
            | Happening::Looked(_)
            | Happening::Asked { .. }
            | Happening::Answered { .. }
            | Happening::GaveUp { .. } => Kind::Work,
            Happening::SchedulerTimer(_) | Happening::WorkerTimer(..) => Kind::Timer,
            Happening::Wake(_) => Kind::Moment,
            _ => Kind::Message,
        }
    }
}

impl World {
    /// A world with a scheduler and nobody else.
    pub fn new(universe: Arc<Universe>, settings: Settings, model: impl Model + 'static) -> Self {
        World {
            model: Box::new(model),
            random: Pcg64Mcg::seed_from_u64(settings.seed),
            now: Time(1),
            queue: Queue::new(Happening::kind),
            scheduler: Scheduler::new(settings.scheduler.clone()),
            effects: Effects::new(),
            busy: Time::ZERO,
            timer: None,
            ids: universe.numbers().map(|number| TaskId::new(number, 0)).collect(),
            hosts: Vec::new(),
            backlog: BTreeMap::new(),
            silenced: BTreeMap::new(),
            clients: Vec::new(),
            open: BTreeMap::new(),
            generation: 0,
            faults: BTreeSet::new(),
            next_fault: 0,
            requests: 0,
            turn: 0,
            under_way: UnderWay::default(),
            orders: BTreeMap::new(),
            notices: BTreeMap::new(),
            runs: vec![0; universe.len()],
            steps: 0,
            trace: Vec::new(),
            violation: None,
            cells: Cells::default(),
            universe,
            settings,
        }
    }

    /// Lets the next thing happen. `None` if nothing is to happen any more.
    pub fn step(&mut self) -> Option<Step> {
        let (time, what) = self.queue.pop()?;
        self.now = self.now.max(time);
        self.steps += 1;
        self.trace.clear();
        if let Some(what) = self.hold_back(what) {
            self.over(&what);
            match what {
                Happening::Wake(number) => return Some(Step::Woke(number)),
                Happening::Said(client, say) => self.heard(client, say),
                Happening::Learned(client, notices) => self.learn(client, notices),
                Happening::Accepted(client, numbers, is_known) => {
                    self.clients[client.0 as usize].heard(&numbers, is_known);
                }
                Happening::Orders(worker, orders) => self.ordered(worker, orders),
                Happening::Reports(worker, reports) => self.reported(worker, reports),
                Happening::Joined(worker) => self.joined(worker),
                Happening::Lost(worker, cause, begun) => self.lost(worker, cause, begun),
                Happening::Retire(worker) => self.retire_heard(worker),
                Happening::Rebalance => self.tell_scheduler(Event::RebalanceAsked { workers: Vec::new() }),
                Happening::Put(worker, values) => self.put(worker, values),
                Happening::RunEnded(worker, run) => self.run_ended(worker, run),
                Happening::RunSeceded(worker, run) => self.run_seceded(worker, run),
                Happening::Asked { holder, asker, request, tasks, lost } => {
                    self.asked(holder, asker, request, tasks, lost);
                }
                Happening::Answered { asker, holder, request, found, missing } => {
                    self.answered(asker, holder, request, found, missing);
                }
                Happening::GaveUp { asker, holder, request } => self.gave_up(asker, holder, request),
                Happening::SchedulerTimer(due) => self.scheduler_timer(due),
                Happening::Written(worker, file, tasks) => self.written(worker, file, tasks),
                Happening::Looked(worker) => self.looked(worker),
                Happening::WorkerTimer(worker, due) => self.worker_timer(worker, due),
            }
        }
        Some(Step::Worked)
    }

    /// Steps until nothing is to happen or the next thing is one that was asked for; true if there is one.
    pub fn run(&mut self) -> Option<u64> {
        loop {
            match self.step()? {
                Step::Worked if self.violation.is_some() => return None,
                Step::Worked => {}
                Step::Woke(number) => return Some(number),
            }
        }
    }

    /// Asks to be told, by [`Step::Woke`] with this number, when so much time has passed.
    pub fn wake(&mut self, after: Duration, number: u64) {
        self.queue.push(self.now + after, Happening::Wake(number));
    }

    /// The moment.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// What happened in the last step.
    pub fn trace(&self) -> &[Trace] {
        &self.trace
    }

    /// The first invariant that a machine found broken; with [`Settings::validate`].
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// The transitions that were seen; with [`Settings::cells`], for the scheduler with
    /// [`record`](partita_scheduler::machine::Config::record) too.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// The production scheduler.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The worker, while it lives.
    pub fn host(&self, worker: WorkerId) -> Option<&Host> {
        self.hosts.get(worker.0 as usize)?.as_ref()
    }

    /// All workers that live, by id.
    pub fn hosts(&self) -> impl Iterator<Item = (WorkerId, &Host)> {
        let live = self.hosts.iter().enumerate();
        live.filter_map(|(index, host)| Some((WorkerId(index as u32), host.as_ref()?)))
    }

    /// All clients, those that left too.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// What there is to compute.
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// The id that a task has, or would be given, now.
    pub fn id_of(&self, number: Number) -> TaskId {
        self.ids[number as usize]
    }

    /// The number of the task of this id.
    pub fn number_of(&self, task: TaskId) -> Number {
        task.index() as Number
    }

    /// How many runs of a task have started.
    pub fn runs_of(&self, number: Number) -> u32 {
        self.runs[number as usize]
    }

    /// The errors that the scheduler's shell keeps.
    pub fn faults_kept(&self) -> usize {
        self.faults.len()
    }

    /// Whether nothing is under way but timers and moments that were asked for.
    pub fn is_quiet(&self) -> bool {
        self.is_settled() && self.queue.count(Kind::Work) == 0
    }

    /// Whether no message is under way between the scheduler and its workers and clients: all know the same.
    pub fn is_settled(&self) -> bool {
        self.queue.count(Kind::Message) == 0 && self.backlog.is_empty()
    }

    /// Whether nothing is to happen but moments that were asked for: no machine waits for a moment either.
    pub fn is_idle(&self) -> bool {
        let waits = |host: &Host| host.machine.next_timeout().is_some();
        self.is_quiet() && self.scheduler.next_timeout().is_none() && !self.hosts.iter().flatten().any(waits)
    }

    /// Keeps back what is for a worker that does nothing, and drops what is of or for one that is gone.
    fn hold_back(&mut self, what: Happening) -> Option<Happening> {
        let worker = match &what {
            Happening::Orders(worker, _)
            | Happening::RunEnded(worker, _)
            | Happening::RunSeceded(worker, _)
            | Happening::Written(worker, ..)
            | Happening::Looked(worker)
            | Happening::Put(worker, _)
            | Happening::WorkerTimer(worker, _)
            | Happening::Asked { holder: worker, lost: None, .. }
            | Happening::Answered { asker: worker, .. }
            | Happening::GaveUp { asker: worker, .. } => *worker,
            Happening::Reports(worker, _) | Happening::Joined(worker) => {
                let is_heard = self.silenced.get(worker).is_none_or(|cut| self.now <= *cut);
                if !is_heard {
                    self.over(&what);
                }
                return is_heard.then_some(what);
            }
            _ => return Some(what),
        };
        if self.host(worker).is_some_and(|host| host.frozen) {
            self.backlog.entry(worker).or_default().push(what);
            return None;
        }
        Some(what)
    }

    /// A message is sent between the scheduler and a worker.
    fn dispatch(&mut self, time: Time, what: Happening) {
        if self.traces_all() {
            self.under_way.sent(&what);
        }
        self.queue.push(time, what);
    }

    /// A message arrived, or is lost.
    fn over(&mut self, what: &Happening) {
        if self.traces_all() {
            self.under_way.over(what);
        }
    }

    /// Whether a message about this task is under way between the scheduler and this worker; with [`Detail::All`].
    pub(crate) fn is_under_way(&self, worker: WorkerId, task: TaskId) -> bool {
        self.under_way.is_any(worker, task)
    }

    /// How long a message takes now.
    fn latency(&mut self) -> Duration {
        let Network { latency, jitter, .. } = self.settings.network;
        match jitter.is_zero() {
            true => latency,
            false => latency + Duration::from_nanos(self.random.random_range(0..=jitter.as_nanos() as u64)),
        }
    }

    fn traces_all(&self) -> bool {
        self.settings.detail == Detail::All
    }
}
