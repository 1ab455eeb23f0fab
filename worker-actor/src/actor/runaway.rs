//! Tasks that go on although nobody waits for them: after a grace it is told, and again after each further one.

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
        for (task, attempt) in std::mem::take(&mut self.stopped) {
            self.await_one(task, attempt, context);
        }
    }

    fn await_one(&self, task: TaskId, attempt: Attempt, context: &mut Context<Self>) {
        let Some(runaways) = &self.parts.runaways else { return };
        context.run_later(runaways.grace, move |actor, context| {
            if let Some(runaways) = &actor.parts.runaways
                && actor.shared.stops.runs(attempt)
            {
                (runaways.tell)(task);
                // Who hears it may have a reason to leave this worker as it is for now.
                actor.await_one(task, attempt, context);
            }
        });
    }
}
