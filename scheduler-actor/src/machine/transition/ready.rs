//! Out of `waiting` with nothing missing: to a worker, into a queue, or nowhere while no worker may run the task.

use super::Scheduler;
use crate::machine::Turn;
use crate::machine::needs::ClassId;
use crate::machine::task::State;
use partita_protocol::{Cause, TaskId};

impl Scheduler {
    /// Waiting for nothing, or without worker and looked at again.
    pub(crate) fn waiting_ready(&mut self, turn: &mut Turn, id: TaskId) {
        let avoid = self.avoided(id);
        let task = &self.tasks[id];
        let class = &self.classes[task.class];
        if class.seats.is_empty() {
            return self.ready_stranded(turn, id);
        }
        if let Some(cause) = self.too_large(id) {
            let failure = self.failures.add(id, cause);
            return self.any_erred(turn, id, failure);
        }
        let root = task.class == ClassId::ANY && task.dependencies.is_empty() && avoid.is_none();
        if root || class.needs.resources.is_some() {
            return self.ready_queued(turn, id);
        }
        if let Some(seat) = self.choose(id, avoid) {
            self.assign(turn, id, seat);
        }
    }

    /// Into the queue of its class; the refill at the end of the turn hands out what fits.
    pub(crate) fn ready_queued(&mut self, turn: &mut Turn, id: TaskId) {
        let since = turn.now;
        self.enter(turn, id, State::Queued { since });
        let task = &self.tasks[id];
        let (class, client, entry) = (task.class, task.client, (task.priority, id));
        let is_first = self.classes[class].queue.is_empty();
        let is_clients_first = self.classes.enqueue(class, client, entry, since);
        if is_clients_first {
            self.accounts.enter(client);
        }
        self.refill.grew(class, is_first, is_clients_first || entry.0.user < 0);
    }

    /// Nobody may run it now. If nobody ever can, it errs; else it waits for a worker that can.
    fn ready_stranded(&mut self, turn: &mut Turn, id: TaskId) {
        let task = &self.tasks[id];
        let (class, was_stranded) = (task.class, matches!(task.state, State::NoWorker { .. }));
        if self.is_hopeless(class) {
            let (needs, best) = (self.classes[class].needs.describe(), self.best_for(class));
            let failure = self.failures.add(id, Cause::Unsatisfiable { needs, best });
            self.any_erred(turn, id, failure);
        } else if !was_stranded {
            let since = turn.now;
            self.enter(turn, id, State::NoWorker { since });
            self.classes[class].stranded.push(since, id);
        }
    }
}
