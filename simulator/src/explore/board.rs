//! The board: machines, and everything that is under way between them.

use super::site::{Said, Site};
use crate::universe::{Number, Universe};
use crate::world::Told;
use partita_protocol::scheduler::{Effects, Event, WorkerInfo};
use partita_protocol::{ClientId, FaultId, Resources, TaskId, Time, WorkerId};
use partita_scheduler::Scheduler;
use partita_worker::machine::Worker;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// What a board is set up with.
#[derive(Clone, Debug)]
pub struct Rules {
    /// The scheduler's settings.
    pub scheduler: partita_scheduler::machine::Config,
    /// The workers' settings; each has threads of its own number.
    pub worker: partita_worker::machine::Config,
    /// How long every run takes, as is reported.
    pub duration: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            scheduler: Default::default(),
            worker: partita_worker::machine::Config::new(1),
            duration: Duration::from_secs(1),
        }
    }
}

/// A cluster moved by hand. See the [module](super).
#[derive(Clone)]
pub struct Board {
    pub(super) universe: Arc<Universe>,
    pub(super) expected: Arc<Vec<u64>>,
    pub(super) rules: Arc<Rules>,
    pub(super) scheduler: Scheduler,
    pub(super) effects: Effects,
    /// The id of each task; the generation grows when it is forgotten.
    pub(super) ids: Vec<TaskId>,
    /// The sizes of results.
    pub(super) sizes: Vec<u64>,
    /// The workers that live.
    pub(super) sites: BTreeMap<WorkerId, Site>,
    /// What workers said and has not arrived, of those that died too.
    pub(super) said: BTreeMap<WorkerId, VecDeque<Said>>,
    /// What each client wants and was told.
    pub(super) clients: Vec<BTreeMap<Number, Told>>,
    /// The workers that were asked to leave.
    pub(super) retiring: BTreeSet<WorkerId>,
    /// The errors that the scheduler's shell keeps.
    pub(super) faults: BTreeSet<FaultId>,
    pub(super) now: Time,
    pub(super) generation: i64,
    pub(super) next_worker: u32,
    pub(super) next_fault: u64,
    /// How many runs of each task have started.
    pub(super) runs: Vec<u32>,
    /// How many moves there were that may make a task run once more.
    pub(super) causes: u32,
    pub(super) broken: Option<String>,
    /// Whether invariants are checked after each event.
    pub(super) is_checked: bool,
}

impl Board {
    /// A board with a scheduler and nobody else.
    pub fn new(universe: Arc<Universe>, rules: Rules) -> Self {
        Board {
            expected: Arc::new(universe.expected()),
            scheduler: Scheduler::new(rules.scheduler.clone()),
            effects: Effects::new(),
            ids: universe.numbers().map(|number| TaskId::new(number, 0)).collect(),
            sizes: vec![8; universe.len()],
            sites: BTreeMap::new(),
            said: BTreeMap::new(),
            clients: Vec::new(),
            retiring: BTreeSet::new(),
            faults: BTreeSet::new(),
            now: Time::ZERO,
            generation: 0,
            next_worker: 0,
            next_fault: 0,
            runs: vec![0; universe.len()],
            causes: 0,
            broken: None,
            is_checked: true,
            rules: Arc::new(rules),
            universe,
        }
    }

    /// A worker comes; the scheduler knows of it at once.
    pub fn add_worker(&mut self, threads: u32, resources: Resources) -> WorkerId {
        let id = WorkerId(self.next_worker);
        self.next_worker += 1;
        // The name of a place that is empty, as that of a restarted worker.
        let is_taken = |name: &String| self.sites.values().any(|site| *site.info.name == **name);
        let mut names = (0..=self.sites.len()).map(|place| format!("worker-{place}"));
        let name = names.find(|name| !is_taken(name)).unwrap_or_default();
        let (worker, own) = (self.rules.worker.clone(), resources.clone());
        let config = partita_worker::machine::Config { threads, resources: own, ..worker };
        let info = WorkerInfo { name: name.into(), host: "here".into(), threads, memory_limit: 1 << 30, resources };
        let site = Site {
            machine: Worker::new(id, config),
            info: info.clone(),
            store: BTreeMap::new(),
            runs: BTreeMap::new(),
            transfers: BTreeMap::new(),
            inbox: VecDeque::new(),
            hears: true,
            result: None,
            effects: Default::default(),
        };
        self.sites.insert(id, site);
        self.tell(Event::WorkerJoined { worker: id, info });
        id
    }

    /// A client comes.
    pub fn add_client(&mut self) -> ClientId {
        let client = ClientId(self.clients.len() as u32);
        self.clients.push(BTreeMap::new());
        self.tell(Event::ClientJoined { client });
        client
    }

    /// Sets how large the result of a task is.
    pub fn set_nbytes(&mut self, number: Number, nbytes: u64) {
        if let Some(size) = self.sizes.get_mut(number as usize) {
            *size = nbytes;
        }
    }

    /// The first thing that was found wrong.
    pub fn broken(&self) -> Option<&str> {
        self.broken.as_deref()
    }

    pub(super) fn break_with(&mut self, message: impl FnOnce() -> String) {
        self.broken.get_or_insert_with(message);
    }

    /// The production scheduler.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// What there is to compute.
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// A worker, while it lives.
    pub fn site(&self, worker: WorkerId) -> Option<&Site> {
        self.sites.get(&worker)
    }

    /// The workers that live, by id.
    pub fn sites(&self) -> impl Iterator<Item = (WorkerId, &Site)> {
        self.sites.iter().map(|(id, site)| (*id, site))
    }

    /// What a worker said and has not arrived, in order.
    pub fn said(&self, worker: WorkerId) -> impl Iterator<Item = &Said> {
        self.said.get(&worker).into_iter().flatten()
    }

    /// What a client wants, and what it was told of it.
    pub fn wants(&self, client: ClientId) -> Option<&BTreeMap<Number, Told>> {
        self.clients.get(client.0 as usize)
    }

    /// The id that a task has, or would be given, now.
    ///
    /// # Panics
    /// If there is no such task.
    pub fn id_of(&self, number: Number) -> TaskId {
        self.ids[number as usize]
    }

    /// How many runs of a task have started.
    pub fn runs_of(&self, number: Number) -> u32 {
        self.runs.get(number as usize).copied().unwrap_or(0)
    }

    /// The errors that the scheduler's shell keeps.
    pub fn faults_kept(&self) -> usize {
        self.faults.len()
    }

    /// The moment.
    pub fn now(&self) -> Time {
        self.now
    }
}
