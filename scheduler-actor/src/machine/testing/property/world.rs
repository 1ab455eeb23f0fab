//! A scheduler among workers and clients that behave like real ones, with messages under way between them.

use super::super::{info, say};
use super::census::Folded;
use super::fake::{Act, Fake};
use super::graph::{Definition, KEYS, definitions};
use crate::machine::{Config, Placement, Scheduler};
use partita_protocol::scheduler::{Effect, Effects, Event, Notice, Piece, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{ClientId, FaultId, Resources, TaskId, Time, WorkerId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// How many clients there are.
pub(super) const CLIENTS: u32 = 3;
/// Errors of workers have larger ids; smaller ones are garbage.
pub(super) const FAULTS: u64 = 1_000;

/// What a client was told of a task that it wants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    Nothing,
    InMemory,
    Erred,
}

/// A piece under way from a client, and the data that it puts into workers with it.
pub(super) type Sent = (ClientId, Piece, Vec<(TaskId, WorkerId)>);

pub(super) struct World {
    pub(super) scheduler: Scheduler,
    pub(super) effects: Effects,
    pub(super) now: Time,
    pub(super) definitions: Vec<Definition>,
    /// The id of each key; the generation grows when it is forgotten.
    pub(super) ids: Vec<TaskId>,
    pub(super) fakes: BTreeMap<WorkerId, Fake>,
    pub(super) next_worker: u32,
    pub(super) pieces: Vec<VecDeque<Sent>>,
    pub(super) told: BTreeMap<(ClientId, TaskId), Told>,
    pub(super) clients: BTreeSet<ClientId>,
    pub(super) next_fault: u64,
    pub(super) faults: BTreeSet<FaultId>,
    pub(super) generation: i64,
    /// Workers that may leave.
    pub(super) ready: BTreeSet<WorkerId>,
    /// Those of them that go at once, and how many tasks had lost their data before.
    pub(super) leaving: Vec<(WorkerId, usize)>,
    /// Whether a store lost a value.
    pub(super) dropped: bool,
    pub(super) log: Vec<String>,
    /// Whether workers seldom end something.
    pub(super) slow: bool,
    /// Whether the scheduler gives records, and what they come to.
    pub(super) records: bool,
    pub(super) folded: Folded,
}

/// The next of a row of numbers that look random.
pub(super) fn random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

/// The member of a list that a number stands for.
pub(super) fn pick<T: Clone>(list: impl IntoIterator<Item = T>, number: u16) -> Option<T> {
    let list: Vec<T> = list.into_iter().collect();
    (!list.is_empty()).then(|| list[number as usize % list.len()].clone())
}

/// Settings of all kinds, by a seed.
fn config(seed: u64) -> Config {
    let placement = match seed / 2 % 8 {
        0 => Placement::Random { seed },
        1 => Placement::LeastBusy,
        2 => Placement::RoundRobin,
        _ => Placement::Cheapest,
    };
    let stealing = !(seed / 16).is_multiple_of(4);
    let decisions = seed as usize / 2 % 3 * 20;
    let reduce_copies = !(seed / 64).is_multiple_of(3);
    Config { record: seed.is_multiple_of(2), placement, stealing, reduce_copies, decisions, ..Config::default() }
}

impl World {
    pub(super) fn new(mut seed: u64, workers: u32) -> Self {
        let config = config(seed);
        let records = config.record;
        let mut world = World {
            scheduler: Scheduler::new(config),
            effects: Effects::new(),
            now: Time(1),
            definitions: definitions(&mut seed),
            ids: (0..KEYS).map(|key| TaskId::new(key as u32, 0)).collect(),
            fakes: BTreeMap::new(),
            next_worker: 0,
            pieces: vec![VecDeque::new(); CLIENTS as usize],
            told: BTreeMap::new(),
            clients: BTreeSet::new(),
            next_fault: 0,
            faults: BTreeSet::new(),
            generation: 0,
            ready: BTreeSet::new(),
            leaving: Vec::new(),
            dropped: false,
            log: Vec::new(),
            slow: (seed / 64).is_multiple_of(2),
            records,
            folded: Folded::default(),
        };
        for client in 0..CLIENTS {
            world.clients.insert(ClientId(client));
            world.event(Event::ClientJoined { client: ClientId(client) });
        }
        for _ in 0..workers {
            world.join();
        }
        world
    }

    pub(super) fn event(&mut self, event: Event) {
        // Now and then it takes so long that workers count as held up.
        self.now = self.now + Duration::from_micros(if self.log.len().is_multiple_of(16) { 3_000 } else { 1 });
        self.log.push(format!("{event:?}"));
        self.scheduler.handle(self.now, event, &mut self.effects);
        for effect in std::mem::take(&mut self.effects.list) {
            self.log.push(format!("    {}", say(&effect)));
            self.carry_out(effect);
        }
        if let Err(violation) = self.scheduler.validate() {
            self.fail(&violation.to_string());
        }
        self.check_census();
        self.leave_at_once();
    }

    pub(super) fn fail(&self, why: &str) -> ! {
        panic!("{why}\n{}", self.log.join("\n"));
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Order { worker, order } => match self.fakes.get_mut(&worker) {
                Some(fake) => fake.orders.push_back(order),
                None => self.fail("an order to a worker that is gone"),
            },
            Effect::Notify { client, task, notice } => self.notified(client, task, notice),
            Effect::Forget { task } => {
                let id = &mut self.ids[task.index()];
                assert_eq!(*id, task);
                *id = TaskId::new(task.index() as u32, task.generation() + 1);
            }
            Effect::ForgetFault { fault } => {
                if !self.faults.remove(&fault) && fault.0 >= FAULTS {
                    self.fail("an error was forgotten twice");
                }
            }
            Effect::Retirement { worker, outcome } => self.retirement(worker, &outcome),
            Effect::Record(record) => self.folded.take(&record),
        }
    }

    /// Each notice changes what the client knows, and none comes twice.
    fn notified(&mut self, client: ClientId, task: TaskId, notice: Notice) {
        let Some(told) = self.told.get_mut(&(client, task)) else {
            self.fail("a notice of what the client does not want");
        };
        let (from, to) = match notice {
            Notice::InMemory { holder, .. } => {
                assert!(self.scheduler.holders(task).contains(&holder) || self.scheduler.state_of(task).is_some());
                (vec![Told::Nothing, Told::Erred], Told::InMemory)
            }
            Notice::Lost => (vec![Told::InMemory], Told::Nothing),
            Notice::Erred { .. } => (vec![Told::Nothing, Told::InMemory, Told::Erred], Told::Erred),
            Notice::Cancelled => {
                self.told.remove(&(client, task));
                return;
            }
        };
        if !from.contains(told) {
            let told = *told;
            self.fail(&format!("{client} was told {told:?} of {task}, and now {to:?}"));
        }
        *told = to;
    }

    pub(super) fn join(&mut self) {
        let id = WorkerId(self.next_worker);
        self.next_worker += 1;
        let resources = match id.0 % 2 {
            0 => Resources::new([("GPU", 1.0), ("disk", 2.0)]),
            _ => Resources::new([("GPU", 2.0)]),
        };
        self.fakes.insert(id, Fake::default());
        // Names come again, as after a restart.
        let info = WorkerInfo { resources, name: format!("worker-{}", id.0 % 3).into(), ..info(id.0, 1 + id.0 % 3) };
        self.event(Event::WorkerJoined { worker: id, info });
    }

    /// No more faults: a worker for every need, everything delivered, until nothing moves.
    pub(super) fn calm_down(&mut self) {
        for (name, amount) in [("disk", 1), ("GPU", 2_000)] {
            while !self
                .scheduler
                .workers()
                .filter(|view| !view.retiring)
                .any(|view| view.info.resources.amount(name) >= amount)
            {
                self.join();
            }
        }
        for name in 0..3 {
            let is_named =
                |view: crate::machine::WorkerView| !view.retiring && *view.info.name == *format!("worker-{name}");
            while !self.scheduler.workers().any(is_named) {
                self.join();
            }
        }
        for fake in self.fakes.values_mut() {
            fake.reports.push_back(Report::Orphaned { threads: 0 });
            if std::mem::replace(&mut fake.paused, false) {
                fake.reports.push_back(Report::Resumed);
            }
        }
        for client in 0..CLIENTS as usize {
            while !self.pieces[client].is_empty() {
                self.piece(client);
            }
        }
        self.run();
        self.all_left();
        self.compare_views();
        for ((client, task), told) in self.told.clone() {
            let state = self.scheduler.state_of(task);
            let told_right = match told {
                Told::InMemory => state == Some(State::Memory),
                Told::Erred => state == Some(State::Erred) || self.scheduler.has_passed_for(task, client),
                Told::Nothing => false,
            };
            if !told_right {
                self.fail(&format!("{client} wants {task}, which is {state:?}, and was told {told:?}"));
            }
        }
    }

    /// Everything that can happen without faults happens.
    fn run(&mut self) {
        for round in 0.. {
            if round > 10_000 {
                self.fail("no end");
            }
            let mut moved = false;
            for id in self.fakes.keys().copied().collect::<Vec<_>>() {
                while self.fakes.get(&id).is_some_and(|fake| !fake.orders.is_empty()) {
                    self.deliver_order(id);
                    moved = true;
                }
                while self.fetch_copy(id, 0) {
                    moved = true;
                }
                let assigned = self.fakes.get(&id).map_or(0, |fake| fake.assigned.len());
                for number in 0..assigned as u16 {
                    self.act(id, number, Act::Finish);
                }
                while self.fakes.get(&id).is_some_and(|fake| !fake.reports.is_empty()) {
                    self.deliver_report(id);
                    moved = true;
                }
            }
            moved |= self.let_go();
            if !moved && !self.wait_for_the_clock() {
                return;
            }
        }
    }

    /// If only time can help a client that waits, it passes; false if nothing is to come.
    fn wait_for_the_clock(&mut self) -> bool {
        let is_settled = |client, task| {
            let is_over = matches!(self.scheduler.state_of(task), Some(State::Memory | State::Erred));
            is_over || self.scheduler.has_passed_for(task, client)
        };
        let waits = self.told.keys().any(|(client, task)| !is_settled(*client, *task));
        let Some(due) = self.scheduler.next_timeout().filter(|_| waits) else { return false };
        self.now = self.now.max(due);
        self.event(Event::TimePassed);
        true
    }

    /// All clients let go: nothing is left anywhere.
    pub(super) fn drain(&mut self) {
        for client in self.clients.clone() {
            self.told.retain(|(other, _), _| *other != client);
            self.event(Event::ClientLeft { client });
        }
        self.run();
        if self.scheduler.counts().total() > 0 {
            self.fail(&format!("left: {:?}", self.scheduler.tasks().collect::<Vec<_>>()));
        }
        for (id, fake) in &self.fakes {
            if !fake.assigned.is_empty() || !fake.store.is_empty() || !fake.wishes.is_empty() {
                self.fail(&format!("{id} still has {:?} to do, and holds {:?}", fake.assigned.keys(), fake.store));
            }
        }
        if !self.faults.is_empty() {
            self.fail(&format!("errors are kept: {:?}", self.faults));
        }
        assert_eq!(self.scheduler.next_timeout(), None);
    }
}
