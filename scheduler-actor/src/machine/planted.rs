//! What planted bugs look up, and nothing else does.

use super::Scheduler;
use super::failure::FailureRef;
use super::task::Processing;
use partita_protocol::{Cause, TaskId};

impl Scheduler {
    /// The present run of a task, whatever worker and assignment a message is about.
    pub(crate) fn run_of(&self, id: TaskId) -> Option<Processing> {
        self.tasks.find(id)?.processing().copied()
    }

    /// Whether a task waits, or is with a worker.
    pub(crate) fn is_pending(&self, id: TaskId) -> bool {
        self.tasks.find(id).is_some_and(|task| task.state.waits())
    }

    /// Whether a task failed because too many workers died under it.
    pub(crate) fn is_death(&self, failure: FailureRef) -> bool {
        self.failures.find(failure).is_some_and(|failure| matches!(failure.cause, Cause::WorkersDied { .. }))
    }

    /// Counts a task that is not there, as a bug would.
    #[cfg(test)]
    #[cfg(feature = "actor")]
    pub(crate) fn miscount(&mut self) {
        self.counts.appear();
    }
}
