//! The machine: one door for all that happens.

use super::event::{Effect, Event, Outcome};
use super::queue::Queue;
use super::task::{State, Task};
use crate::key::Key;
use crate::ops::{FromWorker, MapOf, StartStop, TaskErred, TaskFinished};
use rmpv::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What a worker is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where others reach it.
    pub address: Arc<str>,
    /// Tasks that run at a time.
    pub threads: usize,
    /// Bytes that are fetched with one request.
    pub fetch_bytes: u64,
}

/// A worker.
#[derive(Debug)]
pub struct Worker {
    pub(super) config: Config,
    pub(super) tasks: FxHashMap<Key, Task>,
    pub(super) ready: Queue,
    /// Tasks that run and take a slot.
    pub(super) running: usize,
    /// `running`, `paused`, or what the scheduler has asked for.
    pub(super) status: String,
    /// What is to be fetched, in the order in which it was wanted; some of it may not be any longer.
    pub(super) to_fetch: Vec<Key>,
    /// Workers that were asked and have not answered.
    pub(super) asked: FxHashMap<Arc<str>, Vec<Key>>,
    /// Workers that are not to be asked for a while.
    pub(super) resting: FxHashSet<Arc<str>>,
    said: u64,
    pub(super) effects: Vec<Effect>,
}

impl Worker {
    /// A worker that has just come.
    pub fn new(config: Config) -> Self {
        Worker {
            config,
            tasks: FxHashMap::default(),
            ready: Queue::default(),
            running: 0,
            status: "running".to_owned(),
            to_fetch: Vec::new(),
            asked: FxHashMap::default(),
            resting: FxHashSet::default(),
            said: 0,
            effects: Vec::new(),
        }
    }

    /// Something happened; what is to be done about it, in this order. Values that came with it are kept if their keys are held
    /// afterwards ([`Worker::state`]), before anything is done.
    pub fn handle(&mut self, event: Event) -> Vec<Effect> {
        self.take(event);
        self.fetch();
        self.run();
        std::mem::take(&mut self.effects)
    }

    /// As [`Worker::handle`], of many things at once.
    pub fn handle_all(&mut self, events: impl IntoIterator<Item = Event>) -> Vec<Effect> {
        events.into_iter().for_each(|event| self.take(event));
        self.fetch();
        self.run();
        std::mem::take(&mut self.effects)
    }

    /// The state of a key, if it is known.
    pub fn state(&self, key: &Key) -> Option<&State> {
        self.tasks.get(key).map(|task| &task.state)
    }

    /// How many keys are in each state, in Dask's words.
    pub fn counts(&self) -> MapOf<String, u64> {
        let mut counts: Vec<(String, u64)> = Vec::new();
        for task in self.tasks.values() {
            let word = match task.state {
                State::Fetch => "fetch",
                State::Flight { .. } => "flight",
                State::Missing => "missing",
                _ => task.word(),
            };
            match counts.iter_mut().find(|(known, _)| known == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word.to_owned(), 1)),
            }
        }
        MapOf(counts)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Said(order) => self.ordered(order),
            Event::Ended { key, outcome, ran, thread } => self.ended(&key, outcome, ran, thread),
            Event::Seceded { key, seconds } => self.seceded(key, seconds),
            Event::Fetched { peer, found } => self.fetched(&peer, found),
            Event::PeerBusy { peer } => self.busy(peer),
            Event::PeerRested { peer } => drop(self.resting.remove(&peer)),
            Event::PeerLost { peer } => self.peer_lost(&peer),
            Event::Put(values) => values.into_iter().for_each(|(key, nbytes)| self.put(&key, nbytes)),
            Event::ValueLost(key) => {
                if matches!(self.state(&key), Some(State::Held)) {
                    self.release(&key);
                }
            }
            Event::Paused(is) => self.pause(is),
            Event::SearchDue => self.search(),
        }
    }

    /// Says why something is told: free text for logs, which is to be another one each time.
    pub(super) fn stimulus(&mut self, why: &str) -> String {
        self.said += 1;
        format!("{why}-{}-{}", self.config.address, self.said)
    }

    pub(super) fn say(&mut self, what: FromWorker) {
        self.effects.push(Effect::Say(what));
    }

    /// Begins what there are slots for.
    fn run(&mut self) {
        // One that leaves ends what it has.
        while self.running < self.config.threads && matches!(&*self.status, "running" | "closing_gracefully") {
            let Some(key) = self.ready.first() else { return };
            let Some(task) = self.tasks.get_mut(&key) else { continue };
            task.state = State::Running { counts: true, orphaned: false };
            self.running += 1;
            let (payload, needs) = (task.payload.clone(), task.needs.clone());
            self.effects.push(Effect::Run { key, payload, needs });
        }
    }

    /// A task has all that it needs, or lacks something again.
    pub(super) fn look(&mut self, key: &Key) {
        let Some(task) = self.tasks.get(key) else { return };
        let missing = task.needs.iter().filter(|need| !self.is_held(need)).count();
        let priority = task.priority.clone();
        let Some(task) = self.tasks.get_mut(key) else { return };
        match (&task.state, missing) {
            (State::Waiting { .. }, 0) => task.state = State::Ready { rank: self.ready.add(priority, key.clone()) },
            (State::Waiting { .. }, _) => task.state = State::Waiting { missing },
            (State::Ready { rank }, 1..) => {
                self.ready.remove(rank);
                task.state = State::Waiting { missing };
            }
            _ => {}
        }
    }

    pub(super) fn is_held(&self, key: &Key) -> bool {
        self.tasks.get(key).is_some_and(|task| task.state == State::Held)
    }

    /// A value is here: what waited for it has one less to wait for.
    pub(super) fn held(&mut self, key: &Key, nbytes: u64) {
        let Some(task) = self.tasks.get_mut(key) else { return };
        task.state = State::Held;
        task.nbytes = nbytes;
        task.wanted = false;
        for dependent in task.needed_by.clone() {
            let Some(task) = self.tasks.get_mut(&dependent) else { continue };
            match &mut task.state {
                State::Waiting { missing } if *missing > 1 => *missing -= 1,
                State::Waiting { .. } => self.look(&dependent),
                _ => {}
            }
        }
    }

    fn ended(&mut self, key: &Key, outcome: Outcome, ran: StartStop, thread: u64) {
        let Some(task) = self.tasks.get(key) else { return };
        let State::Running { counts, orphaned } = task.state else { return };
        self.running -= usize::from(counts);
        let run_id = task.run_id;
        match outcome {
            // Nobody wants it any more, and nobody is told.
            _ if orphaned => {}
            Outcome::Value { nbytes, typename, class } => {
                self.let_go_of_needs(key);
                self.held(key, nbytes);
                return self.finished(key, run_id, (nbytes, typename, class), vec![ran], thread);
            }
            Outcome::Failed { exception, text } => {
                let stimulus_id = self.stimulus("task-erred");
                self.say(FromWorker::TaskErred(TaskErred {
                    key: key.clone(),
                    run_id,
                    status: "error".to_owned(),
                    exception: Value::Binary(exception),
                    traceback: Value::Nil,
                    exception_text: text,
                    traceback_text: String::new(),
                    thread,
                    startstops: vec![ran],
                    stimulus_id,
                }));
            }
            Outcome::Reschedule => {
                let stimulus_id = self.stimulus("reschedule");
                self.say(FromWorker::Reschedule { key: key.clone(), stimulus_id });
            }
        }
        if let Some(task) = self.tasks.get_mut(key) {
            task.state = State::Named;
        }
        self.release(key);
    }

    pub(super) fn finished(
        &mut self,
        key: &Key,
        run_id: i64,
        (nbytes, typename, class): (u64, String, Vec<u8>),
        startstops: Vec<StartStop>,
        thread: u64,
    ) {
        let stimulus_id = self.stimulus("task-finished");
        self.say(FromWorker::TaskFinished(TaskFinished {
            key: key.clone(),
            run_id,
            status: "OK".to_owned(),
            nbytes,
            r#type: class,
            typename,
            metadata: MapOf::default(),
            thread,
            startstops,
            stimulus_id,
        }));
    }

    fn seceded(&mut self, key: Key, seconds: f64) {
        let Some(task) = self.tasks.get_mut(&key) else { return };
        let State::Running { counts, .. } = &mut task.state else { return };
        if !std::mem::replace(counts, false) {
            return;
        }
        self.running -= 1;
        let run_id = task.run_id;
        let stimulus_id = self.stimulus("secede");
        self.say(FromWorker::LongRunning { key, run_id, compute_duration: Some(seconds), stimulus_id });
    }

    fn put(&mut self, key: &Key, nbytes: u64) {
        let task = self.tasks.entry(key.clone()).or_default();
        // A task that runs here will give the same.
        if !task.is_own() {
            self.held(key, nbytes);
        }
    }

    fn pause(&mut self, is: bool) {
        let (from, to) = if is { ("running", "paused") } else { ("paused", "running") };
        if self.status == from {
            self.status = to.to_owned();
            let stimulus_id = self.stimulus("worker-status-change");
            self.say(FromWorker::WorkerStatusChange { status: to.to_owned(), stimulus_id });
        }
    }
}
