//! What workers tell of tasks that the scheduler has not told of yet: their records come on ways of their own.

use super::Waiting;
use super::executions::Execution;
use partita_protocol::{IdMap, PrefixId, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// What is kept until the group of its task is known, and tasks whose groups are known after they are forgotten.
const KEPT: usize = 100_000;

/// What a worker told of a task.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// It ran.
    Ran(Execution),
    /// Its result went to another worker: bytes, and the time that it took.
    Sent(u64, Duration),
}

/// The groups of tasks, and what waits for them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct GroupOf {
    groups: IdMap<TaskId, PrefixId>,
    /// The tasks that were forgotten last; workers may still tell of them.
    gone: VecDeque<TaskId>,
    early: Waiting<Told>,
}

impl GroupOf {
    /// The group of a task, if it is known.
    pub(super) fn get(&self, task: TaskId) -> Option<PrefixId> {
        self.groups.get(&task).copied()
    }

    /// The scheduler told of the group of a task: whether that is new, and what waited for it.
    pub(super) fn learn(&mut self, task: TaskId, prefix: PrefixId) -> (bool, Vec<Told>) {
        if self.groups.insert(task, prefix).is_some() {
            return (false, Vec::new());
        }
        (true, self.early.take(task))
    }

    /// The scheduler forgot a task.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.gone.push_back(task);
        if self.gone.len() > KEPT
            && let Some(oldest) = self.gone.pop_front()
        {
            self.groups.remove(&oldest);
        }
    }

    /// Keeps what was told of a task until its group is known; gives it back if there is too much.
    pub(super) fn wait(&mut self, task: TaskId, told: Told) -> Option<Told> {
        self.early.put(task, told, KEPT).err()
    }
}
