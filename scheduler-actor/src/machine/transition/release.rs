//! Into `released` when nothing needs a task any longer, and out of the table when nothing depends on it.

use super::{Goal, Scheduler};
use crate::machine::Turn;
use crate::machine::task::State;
use partita_protocol::TaskId;
use partita_protocol::scheduler::Effect;

impl Scheduler {
    /// In memory: every holder drops its copy.
    pub(crate) fn memory_released(&mut self, turn: &mut Turn, id: TaskId) {
        for seat in self.tasks[id].holders() {
            self.order_free(turn, *seat, id);
        }
        self.enter(turn, id, State::Released);
        self.maybe_forget(turn, id);
    }

    /// With a worker: it is told to stop wanting the task. Whatever it still reports is of an old attempt.
    pub(crate) fn processing_released(&mut self, turn: &mut Turn, id: TaskId) {
        if let Some(processing) = self.tasks[id].processing() {
            self.order_free(turn, processing.seat, id);
        }
        self.waiting_released(turn, id);
    }

    /// Waiting, queued or without worker.
    pub(crate) fn waiting_released(&mut self, turn: &mut Turn, id: TaskId) {
        self.enter(turn, id, State::Released);
        self.stop_waiting(turn, id);
        self.maybe_forget(turn, id);
    }

    /// Erred, and nothing that depends on it is left, nor anyone who wants it: its error is forgotten.
    pub(crate) fn erred_released(&mut self, turn: &mut Turn, id: TaskId) {
        self.enter(turn, id, State::Released);
        self.maybe_forget(turn, id);
    }

    /// Out of the table. What it depended on may follow.
    pub(crate) fn released_forgotten(&mut self, turn: &mut Turn, id: TaskId) {
        let Some(task) = self.tasks.remove(id) else { return };
        self.classes.leave(task.class);
        self.record_forgotten(turn, id, task.prefix);
        self.copies_forgotten(id);
        self.deaths.forget(id);
        turn.push(Effect::Forget { task: id });
        for dependency in &task.dependencies {
            self.tasks.unlink(*dependency, id);
            let task = &self.tasks[*dependency];
            if task.live > 0 || task.needed() {
                continue;
            }
            match task.state {
                // It depends on nothing, so this goes no deeper.
                State::Released if task.dependencies.is_empty() && !task.is_kept() => {
                    self.released_forgotten(turn, *dependency);
                }
                _ => self.agenda.push(*dependency, Goal::Release),
            }
        }
    }

    fn maybe_forget(&mut self, turn: &mut Turn, id: TaskId) {
        if !self.tasks[id].is_kept() {
            self.released_forgotten(turn, id);
        }
    }
}
