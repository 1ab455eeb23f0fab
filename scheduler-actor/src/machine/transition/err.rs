//! Into `erred`: a task failed, or something that it depends on did.

use super::{Goal, Scheduler};
use crate::machine::Turn;
use crate::machine::failure::FailureRef;
use crate::machine::task::State;
use partita_protocol::TaskId;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Notice;

impl Scheduler {
    /// Released, waiting, queued, without worker or processing: the failure goes on to those that wait for the task.
    pub(crate) fn any_erred(&mut self, turn: &mut Turn, id: TaskId, failure: FailureRef) {
        self.failures.hold(failure);
        let old = self.enter(turn, id, State::Erred { failure });
        if old.waits() {
            self.stop_waiting(turn, id);
        }
        let dependents = std::mem::take(&mut self.tasks[id].dependents);
        for dependent in &dependents {
            if planted(Bug::DeathUntold) && self.is_death(failure) {
                break;
            }
            if self.tasks.find(*dependent).is_some_and(|task| task.state.waits()) {
                self.agenda.push(*dependent, Goal::Err(failure));
            }
        }
        let task = &mut self.tasks[id];
        task.dependents = dependents;
        if let Some(failure) = self.failures.find(failure) {
            for client in task.wanted_by.as_slice() {
                let notice = Notice::Erred { blame: failure.blame, cause: failure.cause.clone() };
                turn.notify(*client, id, notice);
            }
        }
        if !task.needed() {
            self.agenda.push(id, Goal::Release);
        }
    }
}
