//! Transitions: small functions found by the state that a task is in and what is to become of it.
//!
//! ```text
//!            ┌────────────────── needed ──────────────────┐
//!        released ──────► waiting ──────► queued ◄──────► no-worker
//!          ▲  │              │  ▲            │                │
//!          │  │              │  │ input      ▼                │
//!          │  ▼              │  └─ lost ─ processing ◄────────┘
//!      forgotten             │               │
//!                            ▼               ▼
//!                          erred           memory
//! ```
//! Every state but `forgotten` goes to `released` when nothing needs the task any longer; every state in which a task
//! waits goes to `erred` when it or something that it depends on fails.

mod err;
mod memory;
mod ready;
mod release;
mod retry;
mod wait;

use super::failure::FailureRef;
use super::task::State;
use super::{Scheduler, Turn, Untidy};
use partita_protocol::TaskId;
use partita_protocol::limits::SETTLE_STEPS;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Effect;
use partita_protocol::telemetry::State as Word;
use partita_protocol::why::Deed;

/// What is to become of a task, if that is still called for when its turn comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// It is needed: compute it.
    Wait,
    /// Nothing is missing any more: give it to a worker.
    Ready,
    /// It may be needed no longer: let it go.
    Release,
    /// It failed, or something that it depends on did.
    Err(FailureRef),
}

/// What is to be settled in a turn, first come first settled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    steps: Vec<(TaskId, Goal)>,
    next: usize,
    /// Whether a turn was ended because it took too many steps. Stays; `validate` tells it.
    pub(crate) ran_away: bool,
}

impl Agenda {
    /// Adds a step.
    pub(crate) fn push(&mut self, task: TaskId, goal: Goal) {
        self.steps.push((task, goal));
    }

    /// Whether nothing is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn pop(&mut self) -> Option<(TaskId, Goal)> {
        match self.steps.get(self.next) {
            Some(step) => {
                self.next += 1;
                Some(*step)
            }
            None => {
                self.clear();
                None
            }
        }
    }

    fn clear(&mut self) {
        self.steps.clear();
        self.next = 0;
    }
}

impl Scheduler {
    /// Takes step after step until none is left. A step causes others only along edges of the graph, so their number is
    /// bounded; a turn that goes beyond is ended.
    pub(crate) fn settle(&mut self, turn: &mut Turn) {
        if self.agenda.is_empty() {
            return;
        }
        let touched = self.tasks.len() + self.tasks.edges() + self.agenda.steps.len();
        let limit = touched.saturating_mul(SETTLE_STEPS);
        let mut steps = 0;
        while let Some((id, goal)) = self.agenda.pop() {
            steps += 1;
            if steps > limit {
                self.agenda.clear();
                self.agenda.ran_away = true;
                return;
            }
            self.transition(turn, id, goal);
        }
    }

    /// The table of transitions. A step that an earlier one of the same turn has overtaken finds nothing to do.
    fn transition(&mut self, turn: &mut Turn, id: TaskId, goal: Goal) {
        let Some(task) = self.tasks.find(id) else { return };
        let needed = task.needed();
        match (&task.state, goal) {
            (State::Released, Goal::Wait) if needed => self.released_waiting(turn, id),
            (State::Waiting { missing: 0 } | State::NoWorker { .. }, Goal::Ready) => self.waiting_ready(turn, id),
            (state, Goal::Err(failure)) if state.waits() => self.any_erred(turn, id, failure),
            (State::Released, Goal::Release) if !needed && !task.is_kept() => self.released_forgotten(turn, id),
            (State::Memory { .. }, Goal::Release) if !needed => self.memory_released(turn, id),
            (State::Erred { .. }, Goal::Release) if !needed && task.live == 0 => self.erred_released(turn, id),
            (State::Processing(_), Goal::Release) if !needed => self.processing_released(turn, id),
            (state, Goal::Release) if !needed && state.waits() => self.waiting_released(turn, id),
            _ => {}
        }
    }

    /// Moves a task into a state and undoes what the old one meant for workers, queues and failures. The old state is
    /// given back.
    pub(crate) fn enter(&mut self, turn: &mut Turn, id: TaskId, mut state: State) -> State {
        let task = &mut self.tasks[id];
        if let State::Processing(processing) = &mut state {
            processing.steals = std::mem::take(&mut task.steals);
        }
        let (class, client, prefix, to) = (task.class, task.client, task.prefix, state.word());
        let old = std::mem::replace(&mut task.state, state);
        let from = old.word();
        if let Some(bounds) = &mut task.bounds {
            self.alarms.entered(id, bounds, to);
        }
        self.counts.step(from, to);
        if self.config.record {
            self.prefixes.entered(prefix, to);
            self.tally.step(turn, id, prefix, from, to);
        }
        if self.decisions.are_kept() {
            self.note_step(id, &old);
        }
        match &old {
            State::Released | State::Waiting { .. } => {}
            State::Queued { .. } => {
                if self.classes.dequeue(class, client) && !planted(Bug::KeptTurn) {
                    self.line_ended(class, client);
                }
                if self.classes[class].queue.is_untidy() {
                    self.untidy.push(Untidy::Queue(class));
                }
            }
            State::NoWorker { .. } => {
                let stranded = &mut self.classes[class].stranded;
                stranded.leave();
                if stranded.is_untidy() {
                    self.untidy.push(Untidy::Queue(class));
                }
            }
            State::Processing(processing) if processing.charged => {
                self.accounts.refund(client, processing.expected);
                self.leave_worker(id, class, processing);
            }
            State::Processing(processing) => self.leave_worker(id, class, processing),
            State::Memory { holders, nbytes } => {
                for seat in holders {
                    self.drop_holder(*seat, *nbytes);
                }
                self.copies_gone(id, holders, *nbytes);
            }
            State::Erred { failure } => {
                self.start_afresh(id);
                if let Some(fault) = self.failures.let_go(*failure) {
                    turn.push(Effect::ForgetFault { fault });
                }
            }
        }
        old
    }

    /// A task no longer waits for its dependencies: those that nothing else needs can go. They go at once if they are in
    /// memory and nothing that is still to be settled could need them again.
    pub(crate) fn stop_waiting(&mut self, turn: &mut Turn, id: TaskId) {
        let dependencies = std::mem::take(&mut self.tasks[id].dependencies);
        for dependency in &dependencies {
            let task = &mut self.tasks[*dependency];
            task.waiters -= 1;
            if task.needed() {
                self.copies_idle(*dependency);
                continue;
            }
            match task.state {
                State::Memory { .. } if self.agenda.is_empty() => self.memory_released(turn, *dependency),
                _ => self.agenda.push(*dependency, Goal::Release),
            }
        }
        self.tasks[id].dependencies = dependencies;
    }

    /// Tells the profiler that a task is gone.
    pub(crate) fn record_forgotten(&mut self, turn: &mut Turn, task: TaskId, prefix: partita_protocol::PrefixId) {
        self.note(task, |_| Deed::Forgotten);
        self.counts.step(Word::Released, Word::Forgotten);
        if self.config.record {
            self.tally.step(turn, task, prefix, Word::Released, Word::Forgotten);
        }
    }
}
