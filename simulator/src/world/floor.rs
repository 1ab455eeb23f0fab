//! The workers' shell: what arrives is told to the machine of a worker, what it answers is done.

use super::executor::{Executor, RunId};
use super::host::{Host, Stored};
use super::link::Link;
use super::memory::Memory;
use super::{Happening, Trace, World};
use crate::cells::Cells;
use crate::model::{End, Run, Start};
use crate::universe::value_of;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::worker::{Effect, Effects, Event, Order, Outcome};
use partita_protocol::{FaultId, IdMap, Priority, TaskId, Time, WorkerId};
use partita_worker::machine::{Config, StateName, Worker};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::time::Duration;

impl World {
    /// A worker comes; the scheduler hears of it when its message arrives.
    pub fn add_worker(&mut self, info: WorkerInfo) -> WorkerId {
        let id = WorkerId(self.hosts.len() as u32);
        let (threads, resources) = (info.threads, info.resources.clone());
        let memory = self.settings.storage.limits(info.memory_limit);
        let config = Config { threads, resources, memory, ..self.settings.worker.clone() };
        let mut host = Host {
            machine: Worker::new(id, config),
            executor: Executor::new(info.threads),
            store: IdMap::default(),
            asked: FxHashMap::default(),
            memory: Memory::new(self.settings.storage),
            vanished: Default::default(),
            result: None,
            orders: Link::default(),
            reports: Link::default(),
            outbox: Vec::new(),
            timer: None,
            slowness: 1,
            frozen: false,
            thawed: Time::ZERO,
            is_heard: true,
            hears: true,
            effects: Effects::new(),
            port_in: Time::ZERO,
            port_out: Time::ZERO,
            lose_next: None,
            info,
        };
        let time = host.reports.arrival(self.now, self.settings.network.latency);
        self.hosts.push(Some(host));
        self.trace.push(Trace::Came(id));
        self.queue.push(time, Happening::Joined(id));
        id
    }

    pub(super) fn ordered(&mut self, worker: WorkerId, orders: Vec<Order>) {
        for order in orders {
            let lost = if let Order::PeerLost { peer } = &order { Some(*peer) } else { None };
            self.inform(worker, Event::Ordered(order));
            if let Some(peer) = lost {
                self.peer_gone(worker, peer);
            }
        }
        self.end_turn(worker);
    }

    /// Tells a worker's machine something, and does what it answers.
    pub(super) fn inform(&mut self, worker: WorkerId, event: Event) {
        let traces = self.traces_all();
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        if traces {
            self.trace.push(Trace::Heard { worker, event: event.clone() });
        }
        let before = self.settings.cells.then(|| states(&host.machine));
        host.machine.handle(self.now, event, &mut host.effects);
        if let Some(before) = before {
            count(&mut self.cells, &before, &states(&host.machine));
        }
        let mut effects = std::mem::take(&mut host.effects);
        for effect in effects.drain() {
            self.perform(worker, effect);
        }
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        host.effects = effects;
        if self.settings.validate
            && self.violation.is_none()
            && let Err(violation) = host.machine.validate()
        {
            self.violation = Some(format!("{worker}: {violation}"));
        }
    }

    fn perform(&mut self, worker: WorkerId, effect: Effect) {
        let traces = self.traces_all();
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        match effect {
            Effect::Execute { task, attempt, priority, inputs } => {
                self.execute(worker, (task, attempt), priority, &inputs)
            }
            Effect::Keep { task, attempt } => {
                if let Some((_, stored)) = host.result.take_if(|(run, _)| *run == (task, attempt)) {
                    self.keep(worker, task, stored);
                }
            }
            Effect::Gather { peer, tasks } => self.ask(worker, peer, tasks),
            Effect::Spill { file, tasks } => self.spill(worker, file, tasks),
            Effect::Evict { task } => {
                if !host.memory.evict(task) {
                    self.violation.get_or_insert_with(|| format!("ST1: {worker} evicts {task}, which is not on disk"));
                }
            }
            Effect::Drop { task } => {
                host.memory.forget(task);
                if let Some(stored) = host.store.remove(&task) {
                    host.memory.remove(task, stored.nbytes);
                    let (nbytes, change) = (host.memory.held, -(stored.nbytes as i64));
                    self.trace.push(Trace::Holds { worker, nbytes, task, change });
                }
            }
            Effect::Report(report) => {
                if traces {
                    self.trace.push(Trace::Reported { worker, report: report.clone() });
                }
                host.outbox.push(report);
            }
            Effect::Abandon { task, attempt } => {
                host.executor.secede((task, attempt));
                self.stop(worker, (task, attempt));
            }
            Effect::Stop { task, attempt } => self.stop(worker, (task, attempt)),
            Effect::Record(record) => self.trace.push(Trace::Recorded(record)),
            Effect::Forget { .. } => {}
        }
    }

    /// A run is told that nobody waits for it. Every other function looks, and returns early.
    fn stop(&mut self, worker: WorkerId, run: RunId) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let Some(job) = host.executor.jobs.get_mut(&run) else { return };
        match &mut job.run {
            None => job.stopped = true,
            Some(course) if run.1.0.is_multiple_of(2) => {
                course.end = End::Reschedule;
                self.queue.push(self.now, Happening::RunEnded(worker, run));
            }
            Some(_) => {}
        }
    }

    /// A value is in a worker's store.
    pub(super) fn keep(&mut self, worker: WorkerId, task: TaskId, stored: Stored) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        host.vanished.remove(&task);
        let old = host.store.insert(task, stored).map_or(0, |old| old.nbytes);
        host.memory.remove(task, old);
        host.memory.add(task, stored.nbytes);
        let (nbytes, change) = (host.memory.held, stored.nbytes as i64 - old as i64);
        self.trace.push(Trace::Holds { worker, nbytes, task, change });
    }

    /// Values are written to a worker's disk.
    fn spill(&mut self, worker: WorkerId, file: u32, tasks: Vec<TaskId>) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let sizes = tasks.iter().filter_map(|task| host.store.get(task)).map(|stored| stored.nbytes);
        let nbytes = sizes.fold(0, u64::saturating_add);
        let done = host.memory.write(self.now, file, tasks.clone(), nbytes);
        self.queue.push(done, Happening::Written(worker, file, tasks));
    }

    pub(super) fn written(&mut self, worker: WorkerId, file: u32, tasks: Vec<TaskId>) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let store = &host.store;
        let (written, kept) = host.memory.written(file, tasks, |task| store.get(&task).map(|stored| stored.nbytes));
        self.inform(worker, Event::Spilled { file, written, kept });
        self.end_turn(worker);
    }

    /// A worker looks at its process.
    pub(super) fn looked(&mut self, worker: WorkerId) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let nbytes = host.memory.looked();
        self.inform(worker, Event::Resident { nbytes });
        self.end_turn(worker);
    }

    fn execute(&mut self, worker: WorkerId, run: RunId, priority: Priority, inputs: &[TaskId]) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        if host.machine.is_paused() {
            self.violation.get_or_insert_with(|| format!("W9: {worker} is paused, and starts {}", run.0));
        }
        if host.machine.is_strained() && host.executor.handed() > 0 {
            self.violation.get_or_insert_with(|| format!("W9: {worker} starts {} beside another one", run.0));
        }
        let mut values = Vec::with_capacity(inputs.len());
        let (mut read, mut lacks) = (0u64, false);
        for input in inputs {
            match host.store.get(input) {
                Some(stored) => {
                    values.push(stored.value);
                    read = read.saturating_add(host.memory.bring_back(*input));
                }
                // It vanished, which the machine does not know.
                None if host.vanished.contains(input) => {
                    host.memory.bring_back(*input);
                    lacks = true;
                }
                None => {
                    self.violation.get_or_insert_with(|| format!("{worker} runs {} without {input}", run.0));
                }
            }
        }
        host.executor.submit(run, priority, values, read, lacks);
    }

    /// Ends a turn of a worker: what can start starts, its reports are sent, its timer is set.
    pub(super) fn end_turn(&mut self, worker: WorkerId) {
        let changed = self.hosts[worker.0 as usize].as_mut().and_then(|host| host.memory.changed());
        match changed {
            Some(true) => self.inform(worker, Event::MemoryFilled),
            Some(false) => self.inform(worker, Event::MemoryFreed),
            None => {}
        }
        self.start_runs(worker);
        let (now, takes) = (self.now, self.latency());
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let reports = std::mem::take(&mut host.outbox);
        if !reports.is_empty() && host.is_heard {
            let time = host.reports.arrival(now, takes);
            self.dispatch(time, Happening::Reports(worker, reports));
        }
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        if let Some(after) = host.memory.look() {
            self.queue.push(now + after, Happening::Looked(worker));
        }
        let due = host.machine.next_timeout();
        if due != host.timer {
            host.timer = due;
            if let Some(due) = due {
                self.queue.push(due.max(now), Happening::WorkerTimer(worker, due));
            }
        }
    }

    fn start_runs(&mut self, worker: WorkerId) {
        let now = self.now;
        while let Some(host) = &mut self.hosts[worker.0 as usize]
            && let Some((run, thread)) = host.executor.start(now)
        {
            let (task, attempt) = run;
            let number = task.index() as u32;
            let before = self.runs[number as usize];
            self.runs[number as usize] += 1;
            self.trace.push(Trace::Started { worker, thread, task, attempt });
            let mut course = self.model.run(Start { number, attempt, worker, before });
            let Some(job) = host.executor.jobs.get_mut(&run) else { continue };
            if self.universe.definition(number).data {
                course.end = End::Error;
            }
            if job.lacks || job.stopped {
                // It cannot run here, or need not; whoever says so is asked to compute it somewhere else.
                course = Run { duration: Duration::ZERO, secede: None, end: End::Reschedule };
            }
            job.run = Some(course);
            let takes = (course.duration * host.slowness) + host.memory.time(job.read);
            if let Some(secede) = course.secede.filter(|secede| *secede < course.duration) {
                self.queue.push(now + secede * host.slowness, Happening::RunSeceded(worker, run));
            }
            self.queue.push(now + takes, Happening::RunEnded(worker, run));
        }
    }

    pub(super) fn run_seceded(&mut self, worker: WorkerId, run: RunId) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        if host.executor.secede(run) {
            self.inform(worker, Event::Seceded { task: run.0, attempt: run.1 });
            self.end_turn(worker);
        }
    }

    pub(super) fn run_ended(&mut self, worker: WorkerId, run: RunId) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        let Some(job) = host.executor.end(run) else { return };
        let (Some((started, thread)), Some(course)) = (job.started, job.run) else { return };
        let (task, attempt) = run;
        let outcome = match course.end {
            End::Value { nbytes } => {
                let value = value_of(task.index() as u32, job.inputs);
                host.result = Some((run, Stored { value, nbytes }));
                Outcome::Value { nbytes }
            }
            End::Error => {
                self.next_fault += 1;
                Outcome::Error { fault: FaultId(self.next_fault) }
            }
            End::Reschedule => Outcome::Reschedule,
        };
        if job.lacks {
            // What a run did not find is gone; so is, for all it knows, whatever else vanished.
            let tasks = host.vanished.iter().copied().collect();
            self.inform(worker, Event::Vanished { tasks });
        }
        let stopped = self.now;
        self.inform(worker, Event::Executed { task, attempt, outcome, started, stopped });
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        // A result that nobody asked to keep was an orphan's.
        let kept = host.result.take().is_none() && matches!(course.end, End::Value { .. });
        self.trace.push(Trace::Ended { worker, thread, task, attempt, kept });
        self.end_turn(worker);
    }

    pub(super) fn put(&mut self, worker: WorkerId, values: Vec<(TaskId, Stored)>) {
        if self.host(worker).is_none() {
            return;
        }
        let tasks = values.iter().map(|(task, stored)| (*task, stored.nbytes)).collect();
        for (task, stored) in values {
            self.keep(worker, task, stored);
        }
        self.inform(worker, Event::DataPut { tasks });
        self.end_turn(worker);
    }

    pub(super) fn worker_timer(&mut self, worker: WorkerId, due: Time) {
        let Some(host) = &mut self.hosts[worker.0 as usize] else { return };
        if host.timer == Some(due) {
            host.timer = None;
            self.inform(worker, Event::TimePassed);
            self.end_turn(worker);
        }
    }
}

/// The state of every task that a worker knows.
fn states(machine: &Worker) -> BTreeMap<TaskId, StateName> {
    machine.tasks().collect()
}

/// Counts what changed between two looks at a worker.
fn count(cells: &mut Cells, before: &BTreeMap<TaskId, StateName>, after: &BTreeMap<TaskId, StateName>) {
    for (task, from) in before {
        let to = after.get(task).copied();
        if to != Some(*from) {
            *cells.worker.entry((Some(*from), to)).or_default() += 1;
        }
    }
    for (_, to) in after.iter().filter(|(task, _)| !before.contains_key(task)) {
        *cells.worker.entry((None, Some(*to))).or_default() += 1;
    }
}
