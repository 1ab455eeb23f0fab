//! What workers tell of tasks that the scheduler has not told of yet: their records come on ways of their own.

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
    early: IdMap<TaskId, Vec<Told>>,
    waiting: usize,
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
        let early = if self.waiting > 0 { self.early.remove(&task).unwrap_or_default() } else { Vec::new() };
        self.waiting -= early.len();
        (true, early)
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

    /// Forgets all tasks that the scheduler does not know any longer.
    pub(super) fn only(&mut self, is_there: impl Fn(TaskId) -> bool) {
        let gone: IdMap<TaskId, ()> = self.gone.iter().map(|task| (*task, ())).collect();
        let is_over = |task: &TaskId| !is_there(*task) && !gone.contains_key(task);
        let mut over: Vec<TaskId> = self.groups.keys().copied().filter(is_over).collect();
        over.sort_unstable();
        over.into_iter().for_each(|task| self.forget(task));
    }

    /// Gives back all that waits, of one task after the other.
    pub(super) fn give_up(&mut self) -> Vec<Told> {
        self.waiting = 0;
        let mut early: Vec<_> = std::mem::take(&mut self.early).into_iter().collect();
        early.sort_unstable_by_key(|(task, _)| *task);
        early.into_iter().flat_map(|(_, told)| told).collect()
    }

    /// Keeps what was told of a task until its group is known; gives it back if there is too much.
    pub(super) fn wait(&mut self, task: TaskId, told: Told) -> Option<Told> {
        if self.waiting >= KEPT {
            return Some(told);
        }
        self.waiting += 1;
        self.early.entry(task).or_default().push(told);
        None
    }
}
