//! Into `waiting`: a task is needed and its dependencies are looked up.

use super::{Goal, Scheduler};
use crate::machine::Turn;
use crate::machine::task::{Source, State};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::{Cause, TaskId};

impl Scheduler {
    /// Released, and needed now: with everything of its lineage that is not in memory.
    pub(crate) fn released_waiting(&mut self, turn: &mut Turn, id: TaskId) {
        match self.tasks[id].source {
            Source::Computed => {}
            Source::Expected => {
                self.enter(turn, id, State::Waiting { missing: 1 });
                return;
            }
            Source::Scattered | Source::Incomplete => {
                let failure = self.failures.add(id, Cause::DataLost);
                self.any_erred(turn, id, failure);
                return;
            }
        }
        let dependencies = std::mem::take(&mut self.tasks[id].dependencies);
        let mut erred = None;
        for dependency in &dependencies {
            let State::Erred { failure } = self.tasks[*dependency].state else { continue };
            if !planted(Bug::ErredInput) && !self.reopen(turn, *dependency) {
                erred = Some(failure);
                break;
            }
        }
        if let Some(failure) = erred {
            self.tasks[id].dependencies = dependencies;
            self.any_erred(turn, id, failure);
            return;
        }
        let mut missing = 0;
        for dependency in &dependencies {
            let task = &mut self.tasks[*dependency];
            task.waiters += 1;
            match task.state {
                State::Memory { .. } => {}
                State::Released => {
                    missing += 1;
                    self.agenda.push(*dependency, Goal::Wait);
                }
                _ => missing += 1,
            }
        }
        self.tasks[id].dependencies = dependencies;
        self.enter(turn, id, State::Waiting { missing });
        if missing == 0 {
            self.agenda.push(id, Goal::Ready);
        }
    }
}
