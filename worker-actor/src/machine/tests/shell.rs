//! A stand-in for the actor: carries effects out on a model of store, threads and transfers, and checks all of them.

use crate::machine::memory::Kept;
use crate::machine::{Config, StateName, Worker};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::{Effect, Effects, Event, Order, Outcome, Report};
use partita_protocol::{Attempt, ClientId, FaultId, Priority, Resources, TaskId, Time, WorkerId};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU64;
use std::sync::Arc;

/// A machine and models of what it commands. After each event every invariant is checked, and that the model of the
/// store holds just what the machine believes. What the machine says must be read by [`expect`](Self::expect): a shell
/// that is dropped with something unread panics.
#[derive(Clone)]
pub(super) struct Shell {
    pub(super) worker: Worker,
    pub(super) store: BTreeSet<TaskId>,
    pub(super) running: BTreeMap<(TaskId, Attempt), Vec<TaskId>>,
    pub(super) transfers: BTreeMap<WorkerId, Vec<TaskId>>,
    /// What is on disk, and what is being written, by file.
    pub(super) disk: BTreeSet<TaskId>,
    pub(super) files: BTreeMap<u32, Vec<TaskId>>,
    said: Vec<String>,
    /// How many threads orphans take, as it was told last. That is compared after each event, and not among what was said.
    pub(super) orphaned: u32,
    now: Time,
}

pub(super) fn t(index: u32) -> TaskId {
    TaskId::new(index, 0)
}

pub(super) fn a(attempt: u64) -> Attempt {
    Attempt(attempt)
}

pub(super) fn w(worker: u32) -> WorkerId {
    WorkerId(worker)
}

/// An input of 10 bytes.
pub(super) fn input(task: u32, holders: &[u32]) -> Input {
    Input { task: t(task), nbytes: 10, holders: holders.iter().map(|holder| w(*holder)).collect() }
}

/// An assignment of unknown length; inputs have 10 bytes each.
pub(super) fn assignment(task: u32, attempt: u64, inputs: &[(u32, &[u32])]) -> Assignment {
    let inputs = inputs.iter().map(|(task, holders)| input(*task, holders));
    Assignment {
        task: t(task),
        client: ClientId(0),
        attempt: a(attempt),
        priority: Priority { rank: task, ..Priority::default() },
        expected_nanos: u64::MAX,
        expected_nbytes: 0,
        inputs: inputs.collect(),
        resources: None,
        timeout_nanos: None,
    }
}

impl Shell {
    /// Worker `w0` with so many threads.
    pub(super) fn new(threads: u32) -> Self {
        Shell::with(Config::new(threads))
    }

    pub(super) fn with(config: Config) -> Self {
        Shell {
            worker: Worker::new(w(0), config),
            store: BTreeSet::new(),
            running: BTreeMap::new(),
            transfers: BTreeMap::new(),
            disk: BTreeSet::new(),
            files: BTreeMap::new(),
            said: Vec::new(),
            orphaned: 0,
            now: Time::ZERO,
        }
    }

    /// Tells an event, carries out the effects and checks everything.
    pub(super) fn tell(&mut self, event: Event) -> &mut Self {
        self.now = Time(self.now.0 + 1);
        let mut kept = None;
        match &event {
            Event::Executed { task, attempt, outcome, .. } => {
                let ran = self.running.remove(&(*task, *attempt)).is_some();
                kept = (ran && matches!(outcome, Outcome::Value { .. })).then_some((*task, *attempt));
            }
            Event::Gathered { peer, found, missing } => {
                self.transfers.remove(peer);
                for (task, _) in found {
                    // What only tells why a value could not be read does not take the place of one.
                    let here = self.store.contains(task) || self.disk.contains(task);
                    if !(here && missing.contains(task)) {
                        self.insert(*task);
                    }
                }
            }
            Event::GatherFailed { peer, .. } => {
                self.transfers.remove(peer);
            }
            Event::Spilled { file, written, .. } => {
                // What was dropped meanwhile, or came anew, has no place in the file.
                let asked = self.files.remove(file).unwrap_or_default();
                self.disk.extend(written.iter().filter(|task| asked.contains(task)));
            }
            Event::DataPut { tasks } => tasks.iter().for_each(|(task, _)| self.insert(*task)),
            _ => {}
        }
        let shown = format!("{event:?}");
        let mut effects = Effects::new();
        self.worker.handle(self.now, event, &mut effects);
        for effect in effects.drain() {
            self.carry_out(effect, kept);
        }
        self.check(&shown);
        self
    }

    /// A value comes into memory: whatever is on disk of it counts no longer.
    fn insert(&mut self, task: TaskId) {
        self.store.insert(task);
        self.disk.remove(&task);
        self.files.values_mut().for_each(|tasks| tasks.retain(|other| *other != task));
    }

    fn carry_out(&mut self, effect: Effect, kept: Option<(TaskId, Attempt)>) {
        if let Effect::Report(Report::Orphaned { threads }) = effect {
            assert_ne!(std::mem::replace(&mut self.orphaned, threads), threads, "it was told already");
            return;
        }
        self.said.push(in_words(&effect));
        match effect {
            Effect::Execute { task, attempt, inputs, .. } => {
                self.store.extend(inputs.iter().filter(|input| self.disk.contains(input)));
                assert!(self.running.insert((task, attempt), inputs).is_none(), "{task} {attempt} runs twice");
            }
            Effect::Keep { task, attempt } => {
                assert_eq!(kept, Some((task, attempt)), "kept what did not just end well");
                self.insert(task);
            }
            Effect::Gather { peer, tasks } => {
                assert!(self.transfers.insert(peer, tasks).is_none(), "two transfers from {peer}");
            }
            Effect::Drop { task } => {
                self.insert(task);
                self.store.remove(&task);
            }
            Effect::Spill { file, tasks } => {
                assert!(tasks.iter().all(|task| self.store.contains(task) && !self.disk.contains(task)), "{tasks:?}");
                assert!(self.files.insert(file, tasks).is_none(), "file {file} is written twice");
            }
            Effect::Evict { task } => {
                assert!(self.disk.contains(&task), "{task} is not on disk");
                assert!(self.store.remove(&task), "{task} is not in memory");
            }
            Effect::Abandon { task, attempt } | Effect::Stop { task, attempt } => {
                assert!(self.running.contains_key(&(task, attempt)), "{task} {attempt} does not run");
            }
            Effect::Forget { .. } | Effect::Report(_) | Effect::Record(_) => {}
        }
    }

    fn check(&self, event: &str) {
        if let Err(violation) = self.worker.validate() {
            panic!("after {event}: {violation}\n{:#?}", self.worker);
        }
        let orphaned = self.worker.orphans.values().filter(|orphan| !orphan.seceded).count();
        assert_eq!(self.orphaned as usize, orphaned, "after {event}: what orphans take");
        let here = self.worker.tasks.iter().filter(|(_, entry)| entry.state.is_here());
        let here: BTreeSet<TaskId> = here.map(|(task, _)| *task).collect();
        assert_eq!(&self.store | &self.disk, here, "after {event}: the store and the machine differ");
        let in_memory = here.iter().filter(|task| self.worker.tasks[*task].kept != Kept::Disk).copied().collect();
        assert_eq!(self.store, in_memory, "after {event}: memory and the machine differ");
        for ((task, attempt), inputs) in &self.running {
            let held = inputs.iter().all(|input| self.store.contains(input) || self.disk.contains(input));
            assert!(held, "after {event}: {task} {attempt} lost an input");
        }
    }

    /// What the machine said since it was last asked: effects in words, one a line or apart by semicolons.
    pub(super) fn expect(&mut self, words: &str) -> &mut Self {
        let expected: Vec<&str> = words.split([';', '\n']).map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(self.said, expected);
        self.said.clear();
        self
    }

    /// Whatever the machine said is of no interest.
    pub(super) fn ignore(&mut self) -> &mut Self {
        self.said.clear();
        self
    }

    /// What the machine said since it was last asked.
    pub(super) fn take_said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    pub(super) fn compute(&mut self, task: u32, attempt: u64, inputs: &[(u32, &[u32])]) -> &mut Self {
        self.tell(Event::Ordered(Order::Compute(assignment(task, attempt, inputs))))
    }

    /// A task without inputs, of a priority and an expected length.
    pub(super) fn compute_ranked(&mut self, task: u32, rank: u32, expected_nanos: u64) -> &mut Self {
        let priority = Priority { rank, ..Priority::default() };
        let assignment = Assignment { priority, expected_nanos, ..assignment(task, u64::from(task), &[]) };
        self.tell(Event::Ordered(Order::Compute(assignment)))
    }

    /// A task that takes so many of the worker's devices.
    pub(super) fn compute_with_devices(&mut self, task: u32, attempt: u64, devices: f64) -> &mut Self {
        let resources = Some(Arc::new(Resources::new([("device", devices)])));
        self.tell(Event::Ordered(Order::Compute(Assignment { resources, ..assignment(task, attempt, &[]) })))
    }

    /// A task that may run for so long.
    pub(super) fn compute_limited(&mut self, task: u32, attempt: u64, limit: u64) -> &mut Self {
        let timeout_nanos = NonZeroU64::new(limit);
        let assignment = Assignment { timeout_nanos, expected_nanos: 1, ..assignment(task, attempt, &[]) };
        self.tell(Event::Ordered(Order::Compute(assignment)))
    }

    /// Time goes on until something is due.
    pub(super) fn wait(&mut self) -> &mut Self {
        let due = self.worker.next_timeout().expect("nothing is due");
        self.now = Time(self.now.0.max(due.0 - 1));
        self.tell(Event::TimePassed)
    }

    /// The time of the last event, in nanoseconds.
    pub(super) fn now(&self) -> u64 {
        self.now.0
    }

    /// Time goes on, and nothing happens.
    pub(super) fn skip(&mut self, time: std::time::Duration) {
        self.now = self.now + time;
    }

    pub(super) fn free(&mut self, task: u32) -> &mut Self {
        self.tell(Event::Ordered(Order::Free { task: t(task) }))
    }

    pub(super) fn steal(&mut self, task: u32, attempt: u64) -> &mut Self {
        self.tell(Event::Ordered(Order::Steal { task: t(task), attempt: a(attempt) }))
    }

    pub(super) fn hold(&mut self, task: u32, holders: &[u32]) -> &mut Self {
        self.tell(Event::Ordered(Order::Hold { inputs: vec![input(task, holders)] }))
    }

    pub(super) fn holders(&mut self, task: u32, holders: &[u32]) -> &mut Self {
        let holders = holders.iter().map(|holder| w(*holder)).collect();
        self.tell(Event::Ordered(Order::Holders { task: t(task), holders }))
    }

    pub(super) fn peer_lost(&mut self, peer: u32) -> &mut Self {
        self.tell(Event::Ordered(Order::PeerLost { peer: w(peer) }))
    }

    pub(super) fn executed(&mut self, task: u32, attempt: u64) -> &mut Self {
        self.ended(t(task), a(attempt), Outcome::Value { nbytes: 10 })
    }

    pub(super) fn failed(&mut self, task: u32, attempt: u64) -> &mut Self {
        self.ended(t(task), a(attempt), Outcome::Error { fault: FaultId(7) })
    }

    pub(super) fn ended(&mut self, task: TaskId, attempt: Attempt, outcome: Outcome) -> &mut Self {
        self.tell(Event::Executed { task, attempt, outcome, started: Time(1), stopped: Time(2) })
    }

    pub(super) fn seceded(&mut self, task: u32, attempt: u64) -> &mut Self {
        self.tell(Event::Seceded { task: t(task), attempt: a(attempt) })
    }

    pub(super) fn gathered(&mut self, peer: u32, found: &[u32], missing: &[u32]) -> &mut Self {
        let found = found.iter().map(|task| (t(*task), 10)).collect();
        let missing = missing.iter().map(|task| t(*task)).collect();
        self.tell(Event::Gathered { peer: w(peer), found, missing })
    }

    pub(super) fn gather_failed(&mut self, peer: u32) -> &mut Self {
        let tasks = self.transfers.get(&w(peer)).cloned().unwrap_or_default();
        self.tell(Event::GatherFailed { peer: w(peer), tasks })
    }

    pub(super) fn put(&mut self, tasks: &[u32]) -> &mut Self {
        let tasks = tasks.iter().map(|task| (t(*task), 10)).collect();
        self.tell(Event::DataPut { tasks })
    }

    /// A value that is here from the start.
    pub(super) fn holding(&mut self, tasks: &[u32]) -> &mut Self {
        self.put(tasks).ignore()
    }

    pub(super) fn in_state(&mut self, task: u32, state: StateName) -> &mut Self {
        assert_eq!(self.worker.state_of(t(task)), Some(state), "the state of {}", t(task));
        self
    }

    pub(super) fn unknown(&mut self, task: u32) -> &mut Self {
        assert_eq!(self.worker.state_of(t(task)), None, "the state of {}", t(task));
        self
    }

    /// Frees all, lets everything end, and checks that nothing is left.
    pub(super) fn drain(&mut self) {
        let known: BTreeSet<TaskId> = self.worker.tasks.keys().copied().collect();
        for task in known {
            self.tell(Event::Ordered(Order::Free { task }));
        }
        while let Some((task, attempt)) = self.running.keys().next().copied() {
            self.ended(task, attempt, Outcome::Value { nbytes: 10 });
        }
        while let Some((file, tasks)) = self.files.first_key_value().map(|(file, tasks)| (*file, tasks.clone())) {
            self.tell(Event::Spilled { file, written: tasks, kept: Vec::new() });
        }
        while let Some((peer, tasks)) = self.transfers.pop_first() {
            let found = tasks.into_iter().map(|task| (task, 10)).collect();
            self.tell(Event::Gathered { peer, found, missing: Vec::new() });
        }
        // Who is paused is woken once more, and has nothing to give back.
        if self.worker.next_timeout().is_some() {
            self.wait();
        }
        assert!(self.worker.is_empty(), "left behind: {:#?}", self.worker);
        assert_eq!((self.worker.executing(), self.worker.stored(), self.worker.stored_nbytes()), (0, 0, 0));
        assert_eq!(self.worker.next_timeout(), None);
        self.said.clear();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.said.is_empty(), "nobody read {:?}", self.said);
        }
    }
}

fn in_words(effect: &Effect) -> String {
    match effect {
        Effect::Execute { task, attempt, inputs, .. } => format!("execute {task} {attempt} {inputs:?}"),
        Effect::Keep { task, attempt } => format!("keep {task} {attempt}"),
        Effect::Gather { peer, tasks } => format!("gather {peer} {tasks:?}"),
        Effect::Abandon { task, attempt } => format!("abandon {task} {attempt}"),
        Effect::Stop { task, attempt } => format!("stop {task} {attempt}"),
        Effect::Spill { file, tasks } => format!("spill {file} {tasks:?}"),
        Effect::Evict { task } => format!("evict {task}"),
        Effect::Drop { task } => format!("drop {task}"),
        Effect::Forget { task } => format!("forget {task}"),
        Effect::Record(record) => format!("record {record:?}"),
        Effect::Report(report) => match report {
            Report::Finished { task, attempt, .. } => format!("finished {task} {attempt}"),
            Report::Failed { task, attempt, fault, .. } => format!("failed {task} {attempt} {fault}"),
            Report::Rescheduled { task, attempt } => format!("rescheduled {task} {attempt}"),
            Report::Seceded { task, attempt } => format!("seceded {task} {attempt}"),
            Report::TimedOut { task, attempt, .. } => format!("timed out {task} {attempt}"),
            Report::StealAnswered { task, attempt, given: true } => format!("given back {task} {attempt}"),
            Report::StealAnswered { task, attempt, given: false } => format!("not given back {task} {attempt}"),
            Report::Added { tasks } => format!("added {tasks:?}"),
            Report::Missing { holder, tasks } => format!("missing {holder} {tasks:?}"),
            Report::Unreadable { tasks } => format!("unreadable {tasks:?}"),
            Report::Orphaned { threads } => format!("orphans take {threads}"),
            Report::Paused => "paused".to_owned(),
            Report::Resumed => "resumed".to_owned(),
        },
    }
}
