//! What is known of tasks beside their names: their groups and how they ended. And what workers tell of tasks that the
//! scheduler has not told of yet, as their records come on ways of their own.

use super::Waiting;
use super::executions::Execution;
use partita_protocol::telemetry::State;
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// What is kept until the group of its task is known, and tasks whose groups are known after they are forgotten.
const KEPT: usize = 100_000;

/// What was told of a task whose group may not be known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Told {
    /// It ran.
    Ran(Execution),
    /// Its result was at another worker at this moment: bytes, and the time that it took.
    Sent(Time, u64, Duration),
    /// It was taken back from a worker.
    Stolen(Time, WorkerId),
}

/// How a task ended, if it is not being computed again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ended {
    #[default]
    No,
    Well,
    Failed,
}

impl Ended {
    /// What a state means for it: by how much the numbers change of tasks that are done, and of those that failed.
    pub(super) fn enter(&mut self, state: State) -> (i64, i64) {
        let now = match state {
            State::Released | State::Forgotten => *self,
            State::Waiting | State::Queued | State::NoWorker | State::Processing => Ended::No,
            State::Memory => Ended::Well,
            State::Erred => Ended::Failed,
        };
        let before = std::mem::replace(self, now);
        let change = |ended| i64::from(now == ended) - i64::from(before == ended);
        (change(Ended::Well), change(Ended::Failed))
    }
}

/// A task that the scheduler told of, and whose name is not kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Seen {
    prefix: PrefixId,
    ended: Ended,
}

/// What a step of a task means.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// Whether the task was not known.
    pub(super) new: bool,
    /// What waited for its group.
    pub(super) early: Vec<Told>,
    /// By how much the number of tasks changed that are done.
    pub(super) done: i64,
    /// By how much the number of tasks changed that failed for good.
    pub(super) failed: i64,
}

/// The groups of tasks, and what waits for them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct GroupOf {
    seen: IdMap<TaskId, Seen>,
    /// The tasks that were forgotten last; workers may still tell of them.
    gone: VecDeque<TaskId>,
    early: Waiting<Told>,
}

impl GroupOf {
    /// The group of a task, if it is known.
    pub(super) fn get(&self, task: TaskId) -> Option<PrefixId> {
        self.seen.get(&task).map(|seen| seen.prefix)
    }

    /// The scheduler told of a task, and that it entered a state.
    pub(super) fn learn(&mut self, task: TaskId, prefix: PrefixId, entered: State) -> Step {
        let mut new = false;
        let seen = self.seen.entry(task).or_insert_with(|| {
            new = true;
            Seen { prefix, ended: Ended::No }
        });
        let (done, failed) = seen.ended.enter(entered);
        let early = if new { self.early.take(task) } else { Vec::new() };
        Step { new, early, done, failed }
    }

    /// The name of a task is kept from now on: how it had ended, if the scheduler had told of it, and what waited for it.
    pub(super) fn named(&mut self, task: TaskId) -> (Option<Ended>, Vec<Told>) {
        (self.seen.remove(&task).map(|seen| seen.ended), self.early.take(task))
    }

    /// The name of a task is no longer kept.
    pub(super) fn unnamed(&mut self, task: TaskId, prefix: PrefixId, ended: Ended) {
        self.seen.insert(task, Seen { prefix, ended });
    }

    /// The scheduler forgot a task.
    pub(super) fn forget(&mut self, task: TaskId) {
        self.gone.push_back(task);
        if self.gone.len() > KEPT
            && let Some(oldest) = self.gone.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }

    /// Forgets all tasks that the scheduler does not know any longer.
    pub(super) fn only(&mut self, is_there: impl Fn(TaskId) -> bool) {
        let gone: IdMap<TaskId, ()> = self.gone.iter().map(|task| (*task, ())).collect();
        let is_over = |task: &TaskId| !is_there(*task) && !gone.contains_key(task);
        let mut over: Vec<TaskId> = self.seen.keys().copied().filter(is_over).collect();
        over.sort_unstable();
        over.into_iter().for_each(|task| self.forget(task));
    }

    /// Gives back all that waits, of one task after the other.
    pub(super) fn give_up(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.early).all()
    }

    /// Keeps what was told of a task until its group is known; gives it back if there is too much.
    pub(super) fn wait(&mut self, task: TaskId, told: Told) -> Option<Told> {
        self.early.put(task, told, KEPT).err()
    }
}
