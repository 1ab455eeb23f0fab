//! A scheduler among workers and clients that behave like real ones, with messages under way between them.

use super::super::stale::all_about;
use super::super::{info, say};
use crate::machine::{Config, Scheduler};
use partita_graph::TaskOptions;
use partita_protocol::scheduler::{Assignment, Effect, Effects, Event, NewTask, Notice, Piece, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, ClientId, FaultId, LossCause, PrefixId, Resources, TaskId, Time, WorkerId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Something that may happen; the number picks among what it may happen to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Submit(u16),
    Piece(u16),
    Order(u16),
    Act(u16),
    Report(u16),
    Fail(u16),
    Reschedule(u16),
    Secede(u16),
    Lose(u16),
    Join,
    Pause(u16),
    Drop(u16),
    Release(u16),
    Cancel(u16),
    Retry(u16),
    Want(u16),
    Leave(u16),
    Garbage(u16),
    Wait,
}

const KEYS: usize = 24;
const CLIENTS: u32 = 3;
/// Errors of workers have larger ids; smaller ones are garbage.
const FAULTS: u64 = 1_000;

/// What a key is, the same in every submission.
struct Definition {
    dependencies: Vec<usize>,
    data: bool,
    options: Option<Arc<TaskOptions>>,
}

/// A worker: messages under way to and from it, what it was told to do and what it holds.
#[derive(Default)]
struct Fake {
    orders: VecDeque<Order>,
    reports: VecDeque<Report>,
    assigned: BTreeMap<TaskId, Assignment>,
    store: BTreeSet<TaskId>,
    /// Inputs that were asked after and not yet told about.
    asked: BTreeSet<TaskId>,
    paused: bool,
}

/// What a client was told of a task that it wants.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Told {
    Nothing,
    InMemory,
    Erred,
}

pub(super) struct World {
    scheduler: Scheduler,
    effects: Effects,
    now: Time,
    definitions: Vec<Definition>,
    /// The id of each key; the generation grows when it is forgotten.
    ids: Vec<TaskId>,
    fakes: BTreeMap<WorkerId, Fake>,
    next_worker: u32,
    pieces: Vec<VecDeque<(ClientId, Piece, Vec<(TaskId, WorkerId)>)>>,
    told: BTreeMap<(ClientId, TaskId), Told>,
    clients: BTreeSet<ClientId>,
    next_fault: u64,
    faults: BTreeSet<FaultId>,
    generation: i64,
    log: Vec<String>,
}

fn random(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

fn pick<T: Clone>(list: impl IntoIterator<Item = T>, number: u16) -> Option<T> {
    let list: Vec<T> = list.into_iter().collect();
    (!list.is_empty()).then(|| list[number as usize % list.len()].clone())
}

fn definitions(seed: &mut u64) -> Vec<Definition> {
    let mut definitions: Vec<Definition> = Vec::new();
    for key in 0..KEYS {
        let data = key < 4 && random(seed).is_multiple_of(3);
        let count = if data { 0 } else { random(seed) % 4 };
        let dependencies: BTreeSet<usize> =
            (0..count).filter(|_| key > 0).map(|_| key - 1 - random(seed) % key.min(8)).collect();
        let options = match random(seed) % 8 {
            0 => Some(TaskOptions::new().resource("GPU", 1.0)),
            1 => Some(TaskOptions::new().resource("GPU", 1.0).resource("disk", 1.0)),
            2 => Some(TaskOptions::new().workers(["worker-0", "worker-1"])),
            3 => Some(TaskOptions::new().workers(["worker-2"]).allow_other_workers()),
            4 => Some(TaskOptions::new().retries(2).priority(random(seed) as i32 % 3)),
            _ => None,
        };
        let options = options.filter(|_| !data).map(Arc::new);
        definitions.push(Definition { dependencies: dependencies.into_iter().collect(), data, options });
    }
    definitions
}

impl World {
    pub(super) fn new(mut seed: u64, workers: u32) -> Self {
        let mut world = World {
            scheduler: Scheduler::new(Config { record: seed.is_multiple_of(2), ..Config::default() }),
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
            log: Vec::new(),
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

    fn event(&mut self, event: Event) {
        self.now = self.now + Duration::from_micros(1);
        self.log.push(format!("{event:?}"));
        self.scheduler.handle(self.now, event, &mut self.effects);
        for effect in std::mem::take(&mut self.effects.list) {
            self.log.push(format!("    {}", say(&effect)));
            self.carry_out(effect);
        }
        if let Err(violation) = self.scheduler.validate() {
            self.fail(&violation.to_string());
        }
    }

    fn fail(&self, why: &str) -> ! {
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
            Effect::Record(_) => {}
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

    fn join(&mut self) {
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

    pub(super) fn step(&mut self, step: Step) {
        let live: Vec<ClientId> = self.clients.iter().copied().collect();
        let client = |number: u16| live[number as usize % live.len()];
        let workers: Vec<WorkerId> = self.fakes.keys().copied().collect();
        match step {
            Step::Submit(number) => self.submit(client(number), number),
            Step::Piece(number) => self.piece(number as usize % CLIENTS as usize),
            Step::Order(number) => {
                if let Some(id) = pick(workers.iter().filter(|id| !self.fakes[id].orders.is_empty()), number) {
                    self.deliver_order(*id);
                }
            }
            Step::Report(number) => {
                if let Some(id) = pick(workers.iter().filter(|id| !self.fakes[id].reports.is_empty()), number) {
                    self.deliver_report(*id);
                }
            }
            Step::Act(number) => {
                if let Some(id) = pick(workers, number) {
                    self.act(id, number / 7, Act::Finish);
                }
            }
            Step::Fail(number) => {
                if let Some(id) = pick(workers, number) {
                    self.act(id, number / 7, Act::Fail);
                }
            }
            Step::Reschedule(number) => {
                if let Some(id) = pick(workers, number) {
                    self.act(id, number / 7, Act::Reschedule);
                }
            }
            Step::Secede(number) => {
                if let Some(id) = pick(workers, number) {
                    self.act(id, number / 7, Act::Secede);
                }
            }
            Step::Lose(number) => {
                if let Some(id) = pick(workers, number) {
                    let lost = self.fakes.remove(&id).map(|fake| fake.reports).unwrap_or_default();
                    for report in lost {
                        if let Report::Failed { fault, .. } = report {
                            self.faults.remove(&fault);
                        }
                    }
                    let cause = match number % 3 {
                        0 => LossCause::Retired,
                        _ => LossCause::Died("boom".into()),
                    };
                    self.event(Event::WorkerLost { worker: id, cause });
                }
            }
            Step::Join if workers.len() < 4 => self.join(),
            Step::Join => {}
            Step::Pause(number) => {
                if let Some(fake) = pick(workers, number).and_then(|id| self.fakes.get_mut(&id)) {
                    fake.paused = !fake.paused;
                    fake.reports.push_back(if fake.paused { Report::Paused } else { Report::Resumed });
                }
            }
            Step::Drop(number) => {
                // A store loses a value, as by a corrupted spill file. (Not data: that comes past the worker's reports.)
                let definitions = &self.definitions;
                if let Some(fake) = pick(workers, number).and_then(|id| self.fakes.get_mut(&id))
                    && let Some(task) = pick(fake.store.clone(), number / 5)
                    && !definitions[task.index()].data
                {
                    fake.store.remove(&task);
                }
            }
            Step::Release(number) => {
                if let Some((client, task)) = pick(self.told.keys().copied(), number) {
                    self.told.remove(&(client, task));
                    self.event(Event::KeysReleased { client, tasks: vec![task] });
                }
            }
            Step::Cancel(number) => {
                if let Some((client, task)) = pick(self.told.keys().copied(), number) {
                    self.event(Event::KeysCancelled { client, tasks: vec![task], force: number.is_multiple_of(3) });
                }
            }
            Step::Retry(number) => {
                let erred = self.told.iter().filter(|(_, told)| **told == Told::Erred).map(|(key, _)| *key);
                if let Some((client, task)) = pick(erred, number) {
                    self.event(Event::TasksRetried { client, tasks: vec![task] });
                }
            }
            Step::Want(number) => {
                let (client, task) = (client(number), self.ids[number as usize / 3 % KEYS]);
                if self.scheduler.state_of(task).is_some() {
                    self.told.entry((client, task)).or_insert(Told::Nothing);
                }
                self.event(Event::KeysWanted { client, tasks: vec![task] });
            }
            Step::Leave(number) => {
                let client = client(number);
                self.told.retain(|(other, _), _| *other != client);
                self.event(Event::ClientLeft { client });
                self.event(Event::ClientJoined { client });
                self.strip_wants(client);
            }
            Step::Garbage(number) => self.garbage(number),
            Step::Wait => {
                if let Some(due) = self.scheduler.next_timeout() {
                    self.now = self.now.max(due);
                    self.event(Event::TimePassed);
                }
            }
        }
    }

    /// A client that left wants nothing of what it was handing in.
    fn strip_wants(&mut self, client: ClientId) {
        for (owner, piece, _) in self.pieces.iter_mut().flatten() {
            if *owner == client {
                piece.tasks.iter_mut().for_each(|task| task.wanted = false);
            }
        }
    }

    /// A client begins to hand in some keys with all that they depend on, in pieces of a few tasks.
    fn submit(&mut self, client: ClientId, number: u16) {
        if !self.pieces[client.0 as usize].is_empty() {
            return;
        }
        let mut seed = u64::from(number);
        let wanted: BTreeSet<usize> = (0..1 + number as usize % 3).map(|_| random(&mut seed) % KEYS).collect();
        let mut keys = wanted.clone();
        for key in (0..KEYS).rev() {
            if keys.contains(&key) {
                keys.extend(self.definitions[key].dependencies.iter().copied());
            }
        }
        self.generation += 1;
        let keys: Vec<usize> = keys.into_iter().collect();
        for part in keys.chunks(1 + random(&mut seed) % 8) {
            let mut piece = Piece { generation: self.generation, ..Piece::default() };
            let mut scattered = Vec::new();
            for key in part {
                let definition = &self.definitions[*key];
                let start = piece.dependencies.len() as u32;
                piece.dependencies.extend(definition.dependencies.iter().map(|key| TaskId::new(*key as u32, 0)));
                let is_dependent = |other: &&usize| self.definitions[**other].dependencies.contains(key);
                let task = TaskId::new(*key as u32, 0);
                piece.tasks.push(NewTask {
                    task,
                    prefix: PrefixId(*key as u32 % 3),
                    rank: *key as u32,
                    dependents: keys.iter().filter(is_dependent).count() as u32,
                    dependencies: start..piece.dependencies.len() as u32,
                    wanted: wanted.contains(key),
                    data: definition.data,
                    options: definition.options.clone(),
                });
                if definition.data {
                    scattered.push((task, WorkerId(random(&mut seed) as u32 % self.next_worker)));
                }
            }
            self.pieces[client.0 as usize].push_back((client, piece, scattered));
        }
    }

    /// The next piece of a client arrives, with the ids that its keys have now.
    fn piece(&mut self, client: usize) {
        let Some((client, mut piece, scattered)) = self.pieces[client].pop_front() else { return };
        for id in &mut piece.dependencies {
            *id = self.ids[id.index()];
        }
        for task in &mut piece.tasks {
            task.task = self.ids[task.task.index()];
            if task.wanted {
                self.told.entry((client, task.task)).or_insert(Told::Nothing);
            }
        }
        let scattered = scattered.into_iter().map(|(task, worker)| (self.ids[task.index()], worker)).collect::<Vec<_>>();
        self.event(Event::GraphSubmitted { client, piece });
        for (task, worker) in scattered {
            if let Some(fake) = self.fakes.get_mut(&worker) {
                fake.store.insert(task);
            }
            self.event(Event::DataScattered { worker, tasks: vec![(task, 10)] });
        }
    }

    fn garbage(&mut self, number: u16) {
        let client = ClientId(9);
        let task = TaskId::new(u32::from(number) % KEYS as u32, 1_000_000);
        let events = all_about(task, Attempt(u64::from(number)), WorkerId(1_000_000), client);
        let event = events[number as usize % events.len()].clone();
        if !matches!(event, Event::WorkerJoined { .. }) {
            self.event(event);
        }
    }

    fn deliver_order(&mut self, id: WorkerId) {
        let Some(fake) = self.fakes.get_mut(&id) else { return };
        let Some(order) = fake.orders.pop_front() else { return };
        self.log.push(format!("        {id} hears {}", say(&Effect::Order { worker: id, order: order.clone() })));
        match order {
            Order::Compute(assignment) => {
                let task = assignment.task;
                if fake.assigned.insert(task, assignment).is_some() {
                    self.fail("a task was given to a worker that has it");
                }
            }
            Order::Free { task } => {
                fake.assigned.remove(&task);
                fake.store.remove(&task);
            }
            Order::Holders { task, holders } => {
                fake.asked.remove(&task);
                for input in fake.assigned.values_mut().flat_map(|assignment| &mut assignment.inputs) {
                    if input.task == task {
                        input.holders.clone_from(&holders);
                    }
                }
            }
            Order::PeerLost { peer } => {
                for input in fake.assigned.values_mut().flat_map(|assignment| &mut assignment.inputs) {
                    input.holders.retain(|holder| *holder != peer);
                }
            }
        }
    }

    fn deliver_report(&mut self, id: WorkerId) {
        let Some(report) = self.fakes.get_mut(&id).and_then(|fake| fake.reports.pop_front()) else { return };
        self.event(Event::WorkerReported { worker: id, report });
    }

    /// A worker does something about one of its tasks: it fetches its inputs, or ends it.
    fn act(&mut self, id: WorkerId, number: u16, act: Act) {
        let Some(mut fake) = self.fakes.remove(&id) else { return };
        if let Some(task) = pick(fake.assigned.keys().copied().collect::<Vec<_>>(), number) {
            let inputs = fake.assigned[&task].inputs.clone();
            let mut ready = true;
            for input in &inputs {
                if fake.store.contains(&input.task) || fake.asked.contains(&input.task) {
                    continue;
                }
                ready = false;
                let holder = input.holders.first().copied();
                match holder.and_then(|holder| self.fakes.get(&holder)) {
                    Some(peer) if peer.store.contains(&input.task) => {
                        fake.store.insert(input.task);
                        fake.reports.push_back(Report::Added { tasks: vec![input.task] });
                    }
                    _ => {
                        fake.asked.insert(input.task);
                        let holder = holder.unwrap_or(id);
                        fake.reports.push_back(Report::Missing { holder, tasks: vec![input.task] });
                    }
                }
            }
            ready &= inputs.iter().all(|input| fake.store.contains(&input.task));
            if ready {
                self.end(&mut fake, task, act);
            }
        }
        self.fakes.insert(id, fake);
    }

    fn end(&mut self, fake: &mut Fake, task: TaskId, act: Act) {
        let attempt = fake.assigned[&task].attempt;
        let (started, stopped) = (self.now, self.now + Duration::from_micros(u64::from(task.index() as u32) * 20));
        if act == Act::Secede {
            fake.reports.push_back(Report::Seceded { task, attempt });
            return;
        }
        fake.assigned.remove(&task);
        fake.reports.push_back(match act {
            Act::Fail => {
                let fault = FaultId(FAULTS + self.next_fault);
                self.next_fault += 1;
                self.faults.insert(fault);
                Report::Failed { task, attempt, fault, started, stopped }
            }
            Act::Reschedule => Report::Rescheduled { task, attempt },
            Act::Finish | Act::Secede => {
                fake.store.insert(task);
                Report::Finished { task, attempt, nbytes: 10 + task.index() as u64, started, stopped }
            }
        });
    }

    /// No more faults: a worker for every need, everything delivered, until nothing moves.
    pub(super) fn calm_down(&mut self) {
        while !self.scheduler.workers().any(|view| view.info.resources.amount("disk") > 0) {
            self.join();
        }
        for name in 0..3 {
            let is_named = |view: crate::machine::WorkerView| *view.info.name == *format!("worker-{name}");
            while !self.scheduler.workers().any(is_named) {
                self.join();
            }
        }
        for fake in self.fakes.values_mut().filter(|fake| fake.paused) {
            fake.paused = false;
            fake.reports.push_back(Report::Resumed);
        }
        for client in 0..CLIENTS as usize {
            while !self.pieces[client].is_empty() {
                self.piece(client);
            }
        }
        self.run();
        for ((client, task), told) in self.told.clone() {
            let state = self.scheduler.state_of(task);
            let told_right = match told {
                Told::InMemory => state == Some(State::Memory),
                Told::Erred => state == Some(State::Erred),
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
                while !self.fakes[&id].orders.is_empty() {
                    self.deliver_order(id);
                    moved = true;
                }
                for number in 0..self.fakes[&id].assigned.len() as u16 {
                    self.act(id, number, Act::Finish);
                }
                while !self.fakes[&id].reports.is_empty() {
                    self.deliver_report(id);
                    moved = true;
                }
            }
            if !moved {
                return;
            }
        }
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
            if !fake.assigned.is_empty() || !fake.store.is_empty() {
                self.fail(&format!("{id} still has {:?} to do, and holds {:?}", fake.assigned.keys(), fake.store));
            }
        }
        if !self.faults.is_empty() {
            self.fail(&format!("errors are kept: {:?}", self.faults));
        }
        assert_eq!(self.scheduler.next_timeout(), None);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Act {
    Finish,
    Fail,
    Reschedule,
    Secede,
}
