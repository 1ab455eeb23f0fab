//! X1 after every event: what the scheduler and a worker know of a task is the same, unless a message about it is under
//! way between them or the worker is on its way in or out.

use super::{Broken, ensure};
use crate::world::{Host, Trace, World, about_order, about_report};
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::{Record, State};
use partita_protocol::worker;
use partita_protocol::{Attempt, TaskId, WorkerId};
use partita_worker::machine::StateName;
use std::collections::BTreeSet;

/// The pairs of workers and tasks that something happened to in a step.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    touched: Vec<(WorkerId, TaskId)>,
    /// Tasks that came to be on a worker or in memory, or are no longer.
    moved: Vec<TaskId>,
    /// The workers that the scheduler knows. Of one that has not joined or is lost it knows nothing, whatever is there.
    known: BTreeSet<WorkerId>,
}

impl Pairs {
    /// Takes note of what arrived at either side. What was only sent is under way, and explains itself.
    pub(super) fn hear(&mut self, trace: &Trace) {
        let touched = &mut self.touched;
        match trace {
            Trace::Told(Event::WorkerJoined { worker, .. }) => _ = self.known.insert(*worker),
            Trace::Told(Event::WorkerLost { worker, .. }) => _ = self.known.remove(worker),
            Trace::Told(Event::WorkerReported { worker, report }) => {
                about_report(report, |task| touched.push((*worker, task)));
            }
            Trace::Recorded(Record::Transition { task, from, to, .. }) => {
                let is_on_worker = |state: &State| matches!(state, State::Processing | State::Memory);
                if is_on_worker(from) || is_on_worker(to) {
                    self.moved.push(*task);
                }
            }
            Trace::Heard { worker, event } => match event {
                worker::Event::Ordered(order) => about_order(order, |task| touched.push((*worker, task))),
                worker::Event::Executed { task, .. } => touched.push((*worker, *task)),
                worker::Event::Gathered { found, .. } => touched.extend(found.iter().map(|(task, _)| (*worker, *task))),
                worker::Event::Vanished { tasks } => touched.extend(tasks.iter().map(|task| (*worker, *task))),
                worker::Event::DataPut { tasks } => touched.extend(tasks.iter().map(|(task, _)| (*worker, *task))),
                _ => {}
            },
            _ => {}
        }
    }

    /// Compares what was touched.
    pub(super) fn end_step(&mut self, world: &World) -> Result<(), Broken> {
        for task in std::mem::take(&mut self.moved) {
            let view = View::of(world, task);
            for worker in &self.known {
                self.compare(world, *worker, &view)?;
            }
        }
        let mut touched = std::mem::take(&mut self.touched);
        for (worker, task) in touched.drain(..) {
            if self.known.contains(&worker) {
                self.compare(world, worker, &View::of(world, task))?;
            }
        }
        // Its room is used again.
        self.touched = touched;
        Ok(())
    }

    /// A worker that is frozen, dead or cut off is on its way out, or has its messages yet to come.
    fn compare(&self, world: &World, worker: WorkerId, view: &View) -> Result<(), Broken> {
        let task = view.task;
        match world.host(worker).filter(|host| host.is_linked()) {
            Some(host) if !world.is_under_way(worker, task) => view.compare(worker, host),
            _ => Ok(()),
        }
    }
}

/// What the scheduler knows of a task.
struct View {
    task: TaskId,
    holders: Vec<WorkerId>,
    run: Option<(WorkerId, Attempt)>,
}

impl View {
    fn of(world: &World, task: TaskId) -> Self {
        let scheduler = world.scheduler();
        View { task, holders: scheduler.holders(task), run: scheduler.processing_on(task) }
    }

    fn compare(&self, worker: WorkerId, host: &Host) -> Result<(), Broken> {
        let task = self.task;
        let state = host.machine().state_of(task);
        let is_thought_there = self.holders.contains(&worker);
        let is_there = state == Some(StateName::Memory);
        ensure!(
            is_there == is_thought_there,
            "X1",
            task,
            "{worker} is {}thought to hold {task}, which is {state:?} there, and nothing is under way about it",
            if is_thought_there { "" } else { "not " }
        );
        let thought = self.run.filter(|(on, _)| *on == worker).map(|(_, attempt)| attempt);
        let there = host.machine().attempt_of(task);
        ensure!(
            thought == there,
            "X1",
            task,
            "{worker} is thought to run {task} as {thought:?}, not {there:?}, and nothing is under way about it"
        );
        ensure!(
            state != Some(StateName::Missing),
            "L3",
            task,
            "{task} is missing on {worker}, held by {:?}, and nothing is under way about it",
            self.holders
        );
        Ok(())
    }
}
