//! "Why does my task not run?", answered with data.

use super::Scheduler;
use super::needs::Class;
use super::task::{Source, State};
use super::worker::{Seat, Worker};
use partita_protocol::{Attempt, Cause, TaskId, Time, WorkerId};

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Nobody wants it and nothing that is to be computed depends on it.
    NotNeeded,
    /// It is data that a client announced and has not put into a worker yet.
    DataExpected,
    /// It waits for dependencies.
    Waiting {
        /// Those that are not in memory.
        missing: Vec<TaskId>,
    },
    /// It waits for a free thread, or for free resources.
    Queued {
        /// Since when.
        since: Time,
        /// Queued tasks that ask the same and start earlier.
        ahead: usize,
        /// Each worker, and what keeps the task from it.
        workers: Vec<Candidate>,
    },
    /// No running worker may run it.
    NoWorker {
        /// Since when.
        since: Time,
        /// When it will be given up.
        until: Option<Time>,
        /// What it asks for, in words.
        needs: String,
        /// Each worker, and what keeps the task from it.
        workers: Vec<Candidate>,
    },
    /// A worker has it.
    Processing {
        /// Which.
        worker: WorkerId,
        /// The number of the assignment.
        attempt: Attempt,
        /// Whether it waits there for tasks of its own.
        seceded: bool,
    },
    /// It has run.
    InMemory {
        /// Who holds it.
        holders: Vec<WorkerId>,
    },
    /// It will not run.
    Erred {
        /// The task that failed.
        blame: TaskId,
        /// Why that one failed.
        cause: Cause,
    },
}

/// A worker, and what keeps a task from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Which.
    pub worker: WorkerId,
    /// What keeps the task from it.
    pub obstacle: Obstacle,
}

/// What keeps a task from a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It starts nothing new.
    Paused,
    /// The task names other workers, or the worker does not have the resources at all.
    Unsuited,
    /// Other tasks have taken its resources.
    ResourcesTaken,
    /// It has as many tasks as it is given.
    Busy,
}

impl Scheduler {
    /// Why the task is where it is, if it is known.
    pub fn why(&self, id: TaskId) -> Option<Why> {
        let task = self.tasks.find(id)?;
        let class = &self.classes[task.class];
        Some(match &task.state {
            State::Released => Why::NotNeeded,
            State::Waiting { .. } if task.source == Source::Expected => Why::DataExpected,
            State::Waiting { .. } => {
                let is_missing = |id: &TaskId| !matches!(self.tasks[*id].state, State::Memory { .. });
                Why::Waiting { missing: task.dependencies.iter().copied().filter(is_missing).collect() }
            }
            State::Queued { since } => {
                let key = (task.priority, id);
                let ahead =
                    class.queue.members(|priority, id| (priority, id) < key && super::is_queued(&self.tasks, id));
                Why::Queued { since: *since, ahead: ahead.len(), workers: self.obstacles(class) }
            }
            State::NoWorker { since } => Why::NoWorker {
                since: *since,
                until: self.config.no_workers_timeout.map(|timeout| *since + timeout),
                needs: class.needs.describe(),
                workers: self.obstacles(class),
            },
            State::Processing(processing) => Why::Processing {
                worker: self.workers[processing.seat].id,
                attempt: processing.attempt,
                seceded: processing.seceded,
            },
            State::Memory { .. } => Why::InMemory { holders: self.holders(id) },
            State::Erred { failure } => {
                let failure = self.failures.find(*failure)?;
                Why::Erred { blame: failure.blame, cause: failure.cause.clone() }
            }
        })
    }

    fn obstacles(&self, class: &Class) -> Vec<Candidate> {
        let obstacle = |seat: Seat, worker: &Worker| match () {
            () if !worker.runs() => Obstacle::Paused,
            () if !class.seats.contains(&seat) => Obstacle::Unsuited,
            () if !self.is_free(class, seat) => Obstacle::ResourcesTaken,
            () => Obstacle::Busy,
        };
        self.workers
            .iter()
            .map(|(seat, worker)| Candidate { worker: worker.id, obstacle: obstacle(seat, worker) })
            .collect()
    }
}
