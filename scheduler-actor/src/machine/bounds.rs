//! What bounds some tasks in time: how often and when they are tried again, how long they may run, how long clients wait
//! for them. Tasks of which none of it is asked have none, and cost nothing.

use super::deadline::Deadline;
use super::policy::retry;
use super::task::State;
use super::transition::Goal;
use super::validate::{Invariant, Violation};
use super::worker::Seat;
use super::{Scheduler, Turn};
use partita_graph::TaskOptions;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::telemetry::State as Word;
use partita_protocol::why::Deed;
use partita_protocol::{ClientId, TaskId, Time, WorkerId};
use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::sync::Arc;

/// What bounds a task.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    /// What was asked for it by the client that handed it in first.
    pub(crate) options: Arc<TaskOptions>,
    /// How often it may still be run again after an error of its own.
    pub(crate) retries: u32,
    /// The worker that its next run is to avoid: it failed there.
    pub(crate) avoid: Option<WorkerId>,
    /// The moment until which it waits to be run again.
    pub(crate) delayed: Option<Time>,
    /// How long each client waits for it that set itself a limit.
    pub(crate) deadlines: Vec<Deadline>,
}

/// The moments at which bounds are due, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    /// Tasks that wait to be run again.
    pub(crate) delays: BTreeSet<(Time, TaskId)>,
    /// Tasks whose results must be there, each for a client.
    pub(crate) deadlines: BTreeSet<(Time, TaskId, ClientId)>,
    /// The clients whose deadlines passed for a task that they have not let go of. Nothing of these is due any more.
    pub(crate) passed: BTreeSet<(ClientId, TaskId)>,
}

impl Bounds {
    /// What bounds a task of these options, if anything does.
    pub(crate) fn of(options: &Arc<TaskOptions>) -> Option<Box<Self>> {
        let is_bound = options.retries > 0 || options.timeout.is_some() || options.deadline.is_some();
        let retries = options.retries;
        is_bound.then(|| Box::new(Bounds { options: options.clone(), retries, ..Bounds::default() }))
    }

    /// How long a run may take, in nanoseconds.
    pub(crate) fn timeout_nanos(&self) -> Option<NonZeroU64> {
        let nanos = u64::try_from(self.options.timeout?.as_nanos()).unwrap_or(u64::MAX);
        NonZeroU64::new(nanos.max(1))
    }
}

impl Alarms {
    /// The first moment at which something is due.
    pub(crate) fn next(&self) -> Option<Time> {
        let delay = self.delays.first().map(|(time, _)| *time);
        let deadline = self.deadlines.first().map(|(time, ..)| *time);
        delay.into_iter().chain(deadline).min()
    }

    /// A task enters a state: it waits for no retry any longer, and where its result is there, will not come or is not
    /// asked for, no deadline is due.
    pub(crate) fn entered(&mut self, id: TaskId, bounds: &mut Bounds, to: Word) {
        if let Some(time) = bounds.delayed.take()
            && !planted(Bug::KeptDelay)
        {
            self.delays.remove(&(time, id));
        }
        if matches!(to, Word::Released | Word::Memory | Word::Erred)
            && !(planted(Bug::KeptDeadline) && to == Word::Memory)
        {
            bounds.stop_clocks(id, self);
        }
    }
}

impl Scheduler {
    /// A task is no longer erred: if it is needed again, workers may die under it and it may fail as often as in the
    /// beginning.
    pub(crate) fn start_afresh(&mut self, id: TaskId) {
        self.deaths.forget(id);
        let task = &mut self.tasks[id];
        if let Some(bounds) = &mut task.bounds {
            bounds.retries = bounds.options.retries;
            bounds.avoid = None;
        }
    }

    /// A client asked to run a released task again: it may take as long as in the beginning.
    pub(crate) fn restart_clocks(&mut self, id: TaskId, now: Time) {
        if let Some(bounds) = &mut self.tasks[id].bounds {
            bounds.start_clocks(id, now, &mut self.alarms);
        }
    }

    /// A run on a worker ended with an error of the task: puts it back to be run again, if it may; false if not.
    pub(crate) fn try_again(&mut self, turn: &mut Turn, id: TaskId, seat: Seat) -> bool {
        let worker = self.workers[seat].id;
        let Some(bounds) = self.tasks[id].bounds.as_mut().filter(|bounds| bounds.retries > 0) else { return false };
        bounds.retries -= 1;
        let failures = bounds.options.retries - bounds.retries;
        bounds.avoid = bounds.options.retry_elsewhere.then_some(worker);
        let delay = retry::delay(bounds.options.retry_delay, failures);
        let left = bounds.retries;
        self.note(id, |_| Deed::Retried { left, delay });
        if delay.is_zero() {
            self.enter(turn, id, State::Waiting { missing: 0 });
            self.agenda.push(id, Goal::Ready);
            return true;
        }
        self.enter(turn, id, State::Waiting { missing: 1 });
        let due = turn.now + delay;
        if let Some(bounds) = &mut self.tasks[id].bounds {
            bounds.delayed = Some(due);
            self.alarms.delays.insert((due, id));
        }
        true
    }

    /// The worker that the task's next run is to avoid, if others may run it.
    pub(crate) fn avoided(&self, id: TaskId) -> Option<Seat> {
        let task = &self.tasks[id];
        let worker = task.bounds.as_ref()?.avoid?;
        self.workers.seat(worker).filter(|_| self.classes[task.class].seats.len() > 1)
    }

    /// Puts the tasks that have waited for long enough back among those that could run.
    pub(crate) fn delays_passed(&mut self, now: Time) {
        while let Some((due, id)) = self.alarms.delays.first().copied().filter(|(due, _)| *due <= now) {
            self.alarms.delays.remove(&(due, id));
            let task = &mut self.tasks[id];
            if let Some(bounds) = &mut task.bounds {
                bounds.delayed = None;
            }
            if let State::Waiting { missing } = &mut task.state {
                *missing -= 1;
                if *missing == 0 {
                    self.agenda.push(id, Goal::Ready);
                }
            }
        }
    }

    /// Delays are kept in order, and only of tasks that wait for a retry; deadlines as they must be.
    pub(crate) fn validate_bounds(&self) -> Result<(), Violation> {
        let mut delays = BTreeSet::new();
        for (id, task) in self.tasks.iter() {
            let Some(bounds) = &task.bounds else { continue };
            let word = task.state.word();
            let wrong = |what: &str| {
                let message = format!("{word:?} with {what}");
                Err(Violation { invariant: Invariant::StateData, tasks: vec![id], workers: Vec::new(), message })
            };
            match bounds.delayed {
                Some(_) if word != Word::Waiting => return wrong("a retry to come"),
                due => delays.extend(due.map(|due| (due, id))),
            }
            if bounds.retries > bounds.options.retries {
                return wrong("more retries than were asked for");
            }
        }
        if delays != self.alarms.delays {
            let message = format!("{:?} are due, and {delays:?} should be", self.alarms);
            let (tasks, workers) = (Vec::new(), Vec::new());
            return Err(Violation { invariant: Invariant::Membership, tasks, workers, message });
        }
        self.validate_deadlines()
    }
}
