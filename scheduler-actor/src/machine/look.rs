//! Looking into the machine: getters for the actor, the dashboard and tests.

use super::Scheduler;
use super::task::State;
use partita_graph::TaskOptions;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Attempt, Cause, ClientId, TaskId, WorkerId};

/// Tasks per state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([usize; 8]);

impl Counts {
    /// Tasks in a state.
    pub fn of(&self, state: Word) -> usize {
        self.0[state as usize]
    }

    /// Tasks in all states.
    pub fn total(&self) -> usize {
        self.0.iter().sum()
    }

    /// A task came into the table.
    pub(crate) fn appear(&mut self) {
        self.0[Word::Released as usize] += 1;
    }

    /// A task changed its state.
    pub(crate) fn step(&mut self, from: Word, to: Word) {
        self.0[from as usize] -= 1;
        if to != Word::Forgotten {
            self.0[to as usize] += 1;
        }
    }
}

/// A worker as the scheduler sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerView<'a> {
    /// Which incarnation.
    pub worker: WorkerId,
    /// What it is like.
    pub info: &'a WorkerInfo,
    /// Whether it starts nothing new.
    pub paused: bool,
    /// Whether it was asked to leave.
    pub retiring: bool,
    /// Its tasks that take a thread, running or waiting for one.
    pub processing: usize,
    /// Its tasks that gave their thread back.
    pub seceded: usize,
    /// The expected durations of the tasks that take a thread, added up, in nanoseconds.
    pub occupancy_nanos: u64,
    /// Results that it holds.
    pub held: usize,
    /// The bytes of these results.
    pub nbytes: u128,
}

impl Scheduler {
    /// The task's state, if it is known.
    pub fn state_of(&self, task: TaskId) -> Option<Word> {
        self.tasks.find(task).map(|task| task.state.word())
    }

    /// The workers that hold the task's result.
    pub fn holders(&self, task: TaskId) -> Vec<WorkerId> {
        let seats = self.tasks.find(task).map_or(&[][..], |task| task.holders());
        seats.iter().map(|seat| self.workers[*seat].id).collect()
    }

    /// The size of the task's result in bytes, while it is in memory.
    pub fn nbytes(&self, task: TaskId) -> Option<u64> {
        match self.tasks.find(task)?.state {
            State::Memory { nbytes, .. } => Some(nbytes),
            _ => None,
        }
    }

    /// The worker that processes the task, and the number of the assignment.
    pub fn processing_on(&self, task: TaskId) -> Option<(WorkerId, Attempt)> {
        let processing = self.tasks.find(task)?.processing()?;
        Some((self.workers[processing.seat].id, processing.attempt))
    }

    /// The clients that want the task.
    pub fn wanted_by(&self, task: TaskId) -> &[ClientId] {
        self.tasks.find(task).map_or(&[], |task| task.wanted_by.as_slice())
    }

    /// Whether the client was told that the task's deadline passed for it while others needed the task, and has neither let
    /// go of it nor asked to try it again since.
    pub fn has_passed_for(&self, task: TaskId, client: ClientId) -> bool {
        self.tasks.find(task).is_some_and(|task| task.has_passed_for(client))
    }

    /// Which task is to blame for the task's error, and why that one failed.
    pub fn failure(&self, task: TaskId) -> Option<(TaskId, &Cause)> {
        match self.tasks.find(task)?.state {
            State::Erred { failure } => self.failures.find(failure).map(|failure| (failure.blame, &failure.cause)),
            _ => None,
        }
    }

    /// What was asked for the task when it was handed in first, if anything bounds it: retries, a timeout or deadlines.
    pub fn options(&self, task: TaskId) -> Option<&TaskOptions> {
        self.tasks.find(task)?.bounds.as_ref().map(|bounds| &*bounds.options)
    }

    /// What the task depends on.
    pub fn dependencies(&self, task: TaskId) -> &[TaskId] {
        self.tasks.find(task).map_or(&[], |task| &task.dependencies)
    }

    /// What depends on the task and is known.
    pub fn dependents(&self, task: TaskId) -> Vec<TaskId> {
        match self.tasks.find(task) {
            Some(_) => self.tasks.dependents(task).map(|(id, _)| id).collect(),
            None => Vec::new(),
        }
    }

    /// All tasks that are known, by place.
    pub fn tasks(&self) -> impl Iterator<Item = (TaskId, Word)> {
        self.tasks.iter().map(|(id, task)| (id, task.state.word()))
    }

    /// All workers.
    pub fn workers(&self) -> impl Iterator<Item = WorkerView<'_>> {
        self.workers.iter().map(|(_, worker)| WorkerView {
            worker: worker.id,
            info: &worker.info,
            paused: worker.paused,
            retiring: worker.retiring,
            processing: worker.slots as usize,
            seceded: worker.seceded as usize,
            occupancy_nanos: worker.occupancy,
            held: worker.held.len(),
            nbytes: worker.bytes,
        })
    }

    /// Tasks per state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Dependencies of all tasks together.
    pub fn edges(&self) -> usize {
        self.tasks.edges()
    }
}
