//! Tasks that go on although nobody waits for them: after a grace it is told, once for each.

use super::actor::WorkerActor;
use actix::{AsyncContext, Context};
use partita_protocol::{Attempt, TaskId};

impl WorkerActor {
    /// Nobody waits for an execution any longer.
    pub(super) fn stop(&mut self, task: TaskId, attempt: Attempt) {
        // One that has no thread is never begun.
        if self.shared.stops.stop(attempt) && self.parts.runaways.is_some() {
            self.stopped.push((task, attempt));
        }
    }

    /// Looks after those that were told to stop, when they should have ended.
    pub(super) fn await_stopped(&mut self, context: &mut Context<Self>) {
        let Some(runaways) = &self.parts.runaways else { return };
        for (task, attempt) in self.stopped.drain(..) {
            context.run_later(runaways.grace, move |actor, _| {
                if let Some(runaways) = &actor.parts.runaways
                    && actor.shared.stops.runs(attempt)
                {
                    (runaways.tell)(task);
                }
            });
        }
    }
}
