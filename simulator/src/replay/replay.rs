//! The replay: machines, a journal, and how far it has come.

use super::book::Book;
use super::error::ReplayError;
use super::step::{Step, Told};
use super::story::{self, Story};
use crate::journal::{Ending, Entry, Machine, Reader, Tally};
use partita_protocol::scheduler::{Effect, Effects, Event};
use partita_protocol::why::WhyReport;
use partita_protocol::worker::{self, Order};
use partita_protocol::{TaskId, Time, WorkerId};
use partita_scheduler::Scheduler;
use partita_scheduler::machine::Config;
use partita_worker::machine::Worker;
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

/// Decisions that a replay keeps for [`Replay::why`]; [`Replay::story`] finds all.
const DECISIONS: usize = 1 << 20;

/// Places that a task may be ahead of the number of tasks that came so far. A table is never made larger than a journal
/// can fill.
const SLACK: usize = 1 << 16;

/// Runs the machines of a cluster over its journal.
#[derive(Debug)]
pub struct Replay {
    reader: Reader,
    scheduler: Scheduler,
    workers: BTreeMap<WorkerId, Worker>,
    /// What the scheduler's machine ordered and the workers have not been told.
    orders: BTreeMap<WorkerId, VecDeque<Order>>,
    tallies: BTreeMap<Machine, Tally>,
    pub(super) book: Book,
    event: u64,
    time: Time,
    pub(super) effects: Effects,
    worker_effects: worker::Effects,
}

/// Where to go in a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// After the event of this number; 0 is the beginning.
    Event(u64),
    /// After the last event of this moment or before.
    Time(Time),
    /// To the end.
    End,
}

impl Replay {
    /// Opens a journal; the machines stand at its beginning.
    ///
    /// # Errors
    /// [`ReplayError::Journal`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ReplayError> {
        Self::open_as(path.as_ref(), false)
    }

    /// As [`Replay::open`]; the scheduler's machine may be made to tell every transition.
    pub(super) fn open_as(path: &Path, record: bool) -> Result<Self, ReplayError> {
        let reader = Reader::open(path)?;
        let config = Config { decisions: DECISIONS, record, ..reader.config().clone() };
        Ok(Replay {
            reader,
            scheduler: Scheduler::new(config),
            workers: BTreeMap::new(),
            orders: BTreeMap::new(),
            tallies: BTreeMap::new(),
            book: Book::default(),
            event: 0,
            time: Time::ZERO,
            effects: Effects::new(),
            worker_effects: worker::Effects::new(),
        })
    }

    /// The number of the last event; 0 at the beginning.
    pub fn event(&self) -> u64 {
        self.event
    }

    /// The time of the last event.
    pub fn time(&self) -> Time {
        self.time
    }

    /// How the journal ends, once that is reached.
    pub fn ending(&self) -> Option<Ending> {
        self.reader.ending()
    }

    /// The journal.
    pub fn path(&self) -> &Path {
        self.reader.path()
    }

    /// The scheduler's machine.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// The machine of an incarnation of a worker, if the journal keeps workers.
    pub fn worker(&self, worker: WorkerId) -> Option<&Worker> {
        self.workers.get(&worker)
    }

    /// What the scheduler's machine answered, if it was told the last event.
    pub fn effects(&self) -> &[Effect] {
        &self.effects.list
    }

    /// The task of this key; or the only one of this name; or the one of this id, as `t17`.
    ///
    /// # Errors
    /// [`ReplayError::NoTask`], [`ReplayError::Ambiguous`].
    pub fn find(&self, task: &str) -> Result<TaskId, ReplayError> {
        self.book.find(task, 0)
    }

    /// Why a task is where it is now, and what was decided about it.
    ///
    /// # Errors
    /// [`ReplayError::NoTask`].
    pub fn why(&self, task: TaskId) -> Result<WhyReport, ReplayError> {
        let key = |task| self.book.task(task).map(|named| named.key.clone());
        let report = self.scheduler.why_report(task, key, |worker| self.book.worker(worker));
        let mut report = report.ok_or_else(|| ReplayError::NoTask(task.to_string()))?;
        report.place = self.book.task(task).and_then(|named| named.place.clone());
        Ok(report)
    }

    /// What happened to a task up to now, from its beginning. Reads the journal once more.
    ///
    /// # Errors
    /// As [`Replay::step`], and [`ReplayError::NoTask`].
    pub fn story(&self, task: TaskId) -> Result<Story, ReplayError> {
        if self.book.task(task).is_none() {
            return Err(ReplayError::NoTask(task.to_string()));
        }
        story::tell(self.path(), task, self.event)
    }

    /// Tells the next event to its machine; `None` at the end of the journal.
    ///
    /// # Errors
    /// [`ReplayError::Journal`] if the journal is damaged, [`ReplayError::Diverged`], [`ReplayError::Impossible`].
    pub fn step(&mut self) -> Result<Option<Step>, ReplayError> {
        while let Some(entry) = self.reader.next_entry()? {
            match entry {
                Entry::Names(names) => self.book.announce(names),
                Entry::WorkerStarted { worker, config } => {
                    self.workers.insert(worker, Worker::new(worker, config));
                    self.orders.insert(worker, VecDeque::new());
                }
                Entry::Digest { machine, number } => self.check(machine, number)?,
                Entry::Stopped | Entry::Closed { .. } => {}
                Entry::Scheduler { time, event } => return self.tell_scheduler(time, event).map(Some),
                Entry::Worker { worker, time, event } => return self.tell_worker(worker, time, event).map(Some),
                Entry::Ordered { worker, time } => {
                    let order = self.orders.get_mut(&worker).and_then(VecDeque::pop_front);
                    let Some(order) = order else { return self.impossible(format!("{worker} has no order to take")) };
                    return self.tell_worker(worker, time, worker::Event::Ordered(order)).map(Some);
                }
            }
        }
        Ok(None)
    }

    /// Goes on until a condition holds after an event; false if the journal ends before.
    ///
    /// # Errors
    /// As [`Replay::step`].
    pub fn run_until(&mut self, mut condition: impl FnMut(&Replay) -> bool) -> Result<bool, ReplayError> {
        while self.step()?.is_some() {
            if condition(self) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Goes to a place, from the beginning if it lies behind; no further than to the end.
    ///
    /// # Errors
    /// As [`Replay::step`] and [`Replay::open`].
    pub fn seek(&mut self, to: To) -> Result<(), ReplayError> {
        let is_behind = match to {
            To::Event(event) => event < self.event,
            To::Time(time) => time < self.time,
            To::End => false,
        };
        if is_behind {
            *self = Replay::open(self.path())?;
        }
        match to {
            To::Event(event) => while self.event < event && self.step()?.is_some() {},
            To::End => while self.step()?.is_some() {},
            To::Time(time) => {
                // How many events there are up to then is known only behind them.
                let mut ahead = Replay::open(self.path())?;
                let mut last = 0;
                while let Some(step) = ahead.step()?.filter(|step| step.time <= time) {
                    last = step.event;
                }
                while self.event < last && self.step()?.is_some() {}
            }
        }
        Ok(())
    }

    fn tell_scheduler(&mut self, time: Time, event: Event) -> Result<Step, ReplayError> {
        let told = Told::Scheduler(event.clone());
        match &event {
            Event::GraphSubmitted { piece, .. } => {
                let places = self.book.handed_in + piece.tasks.len() + SLACK;
                if let Some(new) = piece.tasks.iter().find(|new| new.task.index() >= places) {
                    return self.impossible(format!("task {} has a place of its own far ahead", new.task));
                }
                self.book.come(&piece.tasks);
            }
            Event::WorkerJoined { worker, info } => self.book.worker_came(*worker, &info.name),
            _ => {}
        }
        self.effects.list.clear();
        self.scheduler.handle(time, event, &mut self.effects);
        let tally = self.tallies.entry(Machine::Scheduler).or_default();
        tally.count();
        tally.scheduler(&self.effects.list);
        for effect in &self.effects.list {
            if let Effect::Order { worker, order } = effect
                && let Some(orders) = self.orders.get_mut(worker)
            {
                orders.push_back(order.clone());
            }
        }
        Ok(self.count(Machine::Scheduler, time, told))
    }

    fn tell_worker(&mut self, id: WorkerId, time: Time, event: worker::Event) -> Result<Step, ReplayError> {
        let told = Told::Worker(event.clone());
        let Some(worker) = self.workers.get_mut(&id) else {
            return self.impossible(format!("{id} was never set up"));
        };
        self.effects.list.clear();
        self.worker_effects.list.clear();
        worker.handle(time, event, &mut self.worker_effects);
        let tally = self.tallies.entry(Machine::Worker(id)).or_default();
        tally.count();
        tally.worker(&self.worker_effects.list);
        Ok(self.count(Machine::Worker(id), time, told))
    }

    fn count(&mut self, machine: Machine, time: Time, told: Told) -> Step {
        self.event += 1;
        self.time = self.time.max(time);
        Step { event: self.event, time, machine, told }
    }

    fn check(&self, machine: Machine, expected: u64) -> Result<(), ReplayError> {
        let found = self.tallies.get(&machine).map_or(0, Tally::digest);
        match found == expected {
            true => Ok(()),
            false => Err(ReplayError::Diverged { machine, event: self.event, expected, found }),
        }
    }

    fn impossible<T>(&self, what: String) -> Result<T, ReplayError> {
        Err(ReplayError::Impossible { event: self.event + 1, what })
    }

    /// What a worker is called.
    pub fn worker_name(&self, worker: WorkerId) -> Option<Arc<str>> {
        self.book.worker(worker)
    }
}
