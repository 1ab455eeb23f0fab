//! Stealing: giving an assignment back that has not started, so that another worker can run it.

use super::Worker;
use super::entry::State;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::worker::{Effects, Report};
use partita_protocol::{Attempt, TaskId};

impl Worker {
    /// Answers whether the assignment is given back, always. It is if it is the current one and has not been handed to
    /// the threads; then this worker no longer has it.
    pub(super) fn steal(&mut self, task: TaskId, attempt: Attempt, effects: &mut Effects) {
        let given = match self.tasks.get(&task).map(|entry| &entry.state) {
            Some(State::Waiting { work, .. } | State::Ready(work)) => work.attempt == attempt,
            Some(State::Executing(work)) if planted(Bug::RunningStolen) => work.attempt == attempt,
            _ => false,
        };
        effects.report(Report::StealAnswered { task, attempt, given });
        if given {
            self.unassign(task, effects);
            self.ended_without_value(task, effects);
        }
    }
}
