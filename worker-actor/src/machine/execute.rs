//! Executions: starting them, and how they end.

use super::Worker;
use super::entry::{State, Work};
use super::ready::Place;
use partita_protocol::telemetry::Record;
use partita_protocol::worker::{Effect, Effects, Outcome, Report};
use partita_protocol::{Attempt, Priority, TaskId, Time};

/// An execution that ended, as the executor tells it.
pub(super) struct Execution {
    pub(super) task: TaskId,
    pub(super) attempt: Attempt,
    pub(super) outcome: Outcome,
    pub(super) started: Time,
    pub(super) stopped: Time,
}

impl Worker {
    /// Hands ready tasks to the threads, strictly by the user's priority, the shares of clients and the order of each
    /// client's tasks, as long as there is room. Those that take what is not free are passed over.
    pub(super) fn start_ready(&mut self, effects: &mut Effects) {
        while self.running.has_room(0, &self.config) {
            let Some(Place { task, ticket, .. }) = self.ready.first() else { return };
            let Some(State::Ready(work)) = self.tasks.get(&task).map(|entry| &entry.state) else {
                self.ready.drop_stale();
                continue;
            };
            if work.ticket != ticket {
                self.ready.drop_stale();
                continue;
            }
            if !self.taken.leaves(work, &self.config) {
                self.ready.set_aside();
                continue;
            }
            // Who does not fit into memory is waited for, and not passed over: it fits at the latest when nothing runs.
            if !self.running.has_room(work.expected_nanos, &self.config) || !self.has_memory(work) {
                return;
            }
            let matters = self.memory_matters();
            if let Some(state) = self.tasks.get_mut(&task).map(|entry| &mut entry.state)
                && let State::Ready(mut work) = state.leave()
            {
                work.charged = self.ready.take_first(work.expected_nanos);
                self.running.begin(work.expected_nanos, &self.config);
                self.taken.begin(&work);
                self.deadlines.begin(self.now, task, &mut work);
                self.memory.begin(&work);
                effects.push(execute(task, &work));
                let inputs = matters.then(|| work.inputs.clone());
                *state = State::Executing(work);
                if let Some(inputs) = inputs {
                    self.used(&inputs);
                }
            }
        }
    }

    /// An execution ended. Of one that is not current nothing comes but its thread and its inputs.
    pub(super) fn executed(&mut self, execution: Execution, effects: &mut Effects) {
        let (task, attempt) = (execution.task, execution.attempt);
        if !self.orphans.is_empty()
            && let Some(mut orphan) = self.orphans.remove(&(task, attempt))
        {
            self.record(&execution, effects);
            self.run_ended(&execution, &mut orphan.work);
            if !orphan.seceded {
                self.running.end(orphan.work.expected_nanos, &self.config);
            }
            return self.release_inputs(&orphan.work.inputs, effects);
        }
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        let mut work = match entry.state.leave() {
            State::Executing(work) if work.attempt == attempt => {
                self.running.end(work.expected_nanos, &self.config);
                work
            }
            State::LongRunning(work) if work.attempt == attempt => work,
            state => {
                entry.state = state;
                return;
            }
        };
        self.record(&execution, effects);
        self.run_ended(&execution, &mut work);
        self.ended(execution, &work, effects);
    }

    /// An execution ended: what it took is given back, and its client is charged for what it was.
    fn run_ended(&mut self, execution: &Execution, work: &mut Work) {
        self.give_back(work);
        self.deadlines.end(execution.task, work);
        let took = execution.stopped.since(execution.started);
        self.ready.settle(work.client, work.charged, u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// The current execution of a task ended.
    fn ended(&mut self, execution: Execution, work: &Work, effects: &mut Effects) {
        let Execution { task, attempt, outcome, started, stopped } = execution;
        match outcome {
            Outcome::Value { nbytes } => {
                effects.push(Effect::Keep { task, attempt });
                self.arrive(task, nbytes);
                effects.report(Report::Finished { task, attempt, nbytes, started, stopped });
                self.release_inputs(&work.inputs, effects);
            }
            Outcome::Error { fault } => {
                effects.report(Report::Failed { task, attempt, fault, retry: true, started, stopped });
                self.release_inputs(&work.inputs, effects);
                self.ended_without_value(task, effects);
            }
            Outcome::Reschedule => {
                effects.report(Report::Rescheduled { task, attempt });
                self.release_inputs(&work.inputs, effects);
                self.ended_without_value(task, effects);
            }
        }
    }

    /// A running task gave its thread back.
    pub(super) fn seceded(&mut self, task: TaskId, attempt: Attempt, effects: &mut Effects) {
        if let Some(orphan) = self.orphans.get_mut(&(task, attempt)) {
            if !orphan.seceded {
                orphan.seceded = true;
                self.running.end(orphan.work.expected_nanos, &self.config);
            }
            return;
        }
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match entry.state.leave() {
            State::Executing(work) if work.attempt == attempt => {
                self.running.end(work.expected_nanos, &self.config);
                entry.state = State::LongRunning(work);
                effects.report(Report::Seceded { task, attempt });
            }
            state => entry.state = state,
        }
    }

    fn record(&self, execution: &Execution, effects: &mut Effects) {
        if !self.config.record {
            return;
        }
        let (nbytes, ok) = match execution.outcome {
            Outcome::Value { nbytes } => (nbytes, true),
            Outcome::Error { .. } | Outcome::Reschedule => (0, false),
        };
        effects.push(Effect::Record(Record::Compute {
            task: execution.task,
            attempt: execution.attempt,
            worker: self.id,
            // The machine does not know its threads.
            thread: 0,
            started: execution.started,
            stopped: execution.stopped,
            nbytes,
            ok,
        }));
    }
}

/// Runs a task on the threads. One that may not run for ever is handed over when there is a thread for it, and its time
/// counts from then: it starts before all that were handed ahead.
pub(super) fn execute(task: TaskId, work: &Work) -> Effect {
    let inputs = work.inputs.to_vec();
    let user = if work.limit.is_some() { i32::MIN } else { work.priority.user };
    let priority = Priority { user, ..work.priority };
    Effect::Execute { task, attempt: work.attempt, priority, inputs }
}
