//! The answer to "why?": the task's state and its history, with the names of what they speak of.

use super::{Because, Decision, Deed, Why};
use crate::fault::Cause;
use crate::ids::{TaskId, WorkerId};
use partita_graph::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a task is where it is, and what was decided about it before.
///
/// Tasks and workers stand in it by id; [`WhyReport::names`] tells what they are called. Displayed, it says so in words.
#[derive(Clone, Debug, PartialEq)]
pub struct WhyReport {
    /// The task's key.
    pub key: Key,
    /// The task.
    pub task: TaskId,
    /// The line of user code that made it, as `file:line`.
    pub place: Option<Arc<str>>,
    /// Why it is where it is.
    pub state: Why,
    /// What was decided about it, oldest first, as far as the scheduler keeps decisions.
    pub history: Vec<Decision>,
    /// What the tasks and workers are called that stand in this report.
    pub names: Names,
}

/// What tasks and workers are called.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    /// Keys of tasks.
    pub tasks: BTreeMap<TaskId, Key>,
    /// Names of workers.
    pub workers: BTreeMap<WorkerId, Arc<str>>,
}

impl WhyReport {
    /// A report with all names that it needs, as far as they are known.
    pub fn new(
        task: TaskId,
        state: Why,
        history: Vec<Decision>,
        key: impl Fn(TaskId) -> Option<Key>,
        worker: impl Fn(WorkerId) -> Option<Arc<str>>,
    ) -> Self {
        let mut found = Found::default();
        found.state(&state);
        for decision in &history {
            found.deed(&decision.deed);
            found.because(&decision.because);
        }
        let names = Names {
            tasks: found.tasks.into_iter().filter_map(|id| Some((id, key(id)?))).collect(),
            workers: found.workers.into_iter().filter_map(|id| Some((id, worker(id)?))).collect(),
        };
        let own = key(task).unwrap_or_else(|| Key::named(task.to_string()));
        WhyReport { key: own, task, place: None, state, history, names }
    }
}

/// The tasks and workers that a report speaks of.
#[derive(Default)]
struct Found {
    tasks: Vec<TaskId>,
    workers: Vec<WorkerId>,
}

impl Found {
    fn state(&mut self, state: &Why) {
        match state {
            Why::Waiting { missing } => self.tasks.extend(missing),
            Why::Queued { workers, .. } | Why::NoWorker { workers, .. } => {
                self.workers.extend(workers.iter().map(|candidate| candidate.worker));
            }
            Why::Processing { worker, .. } => self.workers.push(*worker),
            Why::InMemory { holders } => self.workers.extend(holders),
            Why::Erred { blame, cause } => self.failure(*blame, cause),
            Why::NotNeeded | Why::DataExpected | Why::BackingOff { .. } | Why::Forgotten => {}
        }
    }

    fn deed(&mut self, deed: &Deed) {
        match deed {
            Deed::Placed { worker, bids, .. } => {
                self.workers.push(*worker);
                self.workers.extend(bids.iter().map(|bid| bid.worker));
            }
            Deed::StealAsked { from, to, .. } => self.workers.extend([*from, *to]),
            Deed::TakenBack { worker, .. } | Deed::InMemory { worker, .. } => self.workers.push(*worker),
            Deed::Erred { blame, cause } => self.failure(*blame, cause),
            Deed::Needed { .. } | Deed::Queued | Deed::NoWorker { .. } | Deed::Retried { .. } => {}
            Deed::Lost | Deed::Freed | Deed::Dropped | Deed::Revived | Deed::Forgotten => {}
        }
    }

    fn because(&mut self, because: &Because) {
        match because {
            Because::Reported { worker, task, .. } => {
                self.workers.push(*worker);
                self.tasks.push(*task);
            }
            Because::DataPut(worker)
            | Because::WorkerJoined(worker)
            | Because::WorkerLost { worker, .. }
            | Because::RetirementAsked(worker)
            | Because::Copied(worker)
            | Because::Missing { holder: worker }
            | Because::Orphaned(worker)
            | Because::Paused(worker)
            | Because::Resumed(worker) => self.workers.push(*worker),
            Because::Submitted(_) | Because::Wanted(_) | Because::Released(_) | Because::Cancelled(_) => {}
            Because::ClientLeft(_) | Because::RetryAsked(_) | Because::CopiesAsked | Because::TimePassed => {}
        }
    }

    fn failure(&mut self, blame: TaskId, cause: &Cause) {
        self.tasks.push(blame);
        if let Cause::WorkersDied { last, before, .. } | Cause::NeverBegan { last, before, .. } = cause {
            self.workers.push(*last);
            self.workers.extend(before.iter().map(|(worker, _)| *worker));
        }
    }
}
