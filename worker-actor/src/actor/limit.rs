//! Executions that may not run for ever: the timer that tells when one has run for too long, and giving up its thread.

use super::actor::WorkerActor;
use actix::{AsyncContext, Context};
use parking_lot::Mutex;
use partita_protocol::telemetry::{Level, Log};
use partita_protocol::worker::Event;
use partita_protocol::{Attempt, TaskId};
use rustc_hash::FxHashMap;

/// The executions that may not run for ever and have not ended, each with its thread, once it has one.
#[derive(Debug, Default)]
pub(super) struct Limited(Mutex<FxHashMap<(TaskId, Attempt), Option<u32>>>);

impl Limited {
    /// An execution is handed to the threads.
    pub(super) fn expect(&self, task: TaskId, attempt: Attempt) {
        self.0.lock().insert((task, attempt), None);
    }

    /// An execution begins on a thread; false if it was given up before.
    pub(super) fn begin(&self, task: TaskId, attempt: Attempt, thread: u32) -> bool {
        self.0.lock().get_mut(&(task, attempt)).map(|place| *place = Some(thread)).is_some()
    }

    /// An execution is over. Its thread goes on only after this.
    pub(super) fn end(&self, task: TaskId, attempt: Attempt) {
        self.0.lock().remove(&(task, attempt));
    }
}

impl WorkerActor {
    /// Gives an execution up. If it runs, its thread stays with it, and another one takes its place; if it has not begun,
    /// it never will.
    pub(super) fn abandon(&mut self, task: TaskId, attempt: Attempt) {
        self.stop(task, attempt);
        // While this is locked, the thread cannot end the execution and begin another one.
        let mut limited = self.shared.limited.0.lock();
        if let Some(Some(thread)) = limited.remove(&(task, attempt))
            && let Some(executor) = &self.executor
        {
            executor.abandon(thread);
            let worker = &*self.parts.executor.name;
            let text = format!(
                "a task ran for longer than its timeout: thread {thread} of worker `{worker}` is busy until its function \
                 returns, and another thread goes on in its place"
            );
            tracing::warn!("{text}");
            if self.parts.record {
                let (time, worker) = (self.shared.now(), Some(self.parts.id));
                self.records.push(Log::record(time, Level::Warn, worker, &text));
            }
        }
    }

    /// Wakes up again when the machine asked to be.
    pub(super) fn set_timer(&mut self, context: &mut Context<Self>) {
        let next = self.machine.next_timeout();
        if self.timer.map(|(time, _)| time) == next {
            return;
        }
        if let Some((_, handle)) = self.timer.take() {
            context.cancel_future(handle);
        }
        if let Some(time) = next {
            let handle = context.run_later(time.since(self.shared.now()), |actor, context| {
                actor.timer = None;
                actor.guarded(context, |actor| actor.tell(Event::TimePassed));
            });
            self.timer = Some((time, handle));
        }
    }
}
