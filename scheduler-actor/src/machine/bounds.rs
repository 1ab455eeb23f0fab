//! What bounds some tasks in time: how often and when they are tried again, how long they may run, when they must be
//! there. Tasks that ask for none of it have none, and cost nothing.

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
use partita_protocol::{Cause, TaskId, Time, WorkerId};
use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::sync::Arc;

/// What bounds a task.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    /// What was asked for it.
    pub(crate) options: Arc<TaskOptions>,
    /// How often it may still be run again after an error of its own.
    pub(crate) retries: u32,
    /// The worker that its next run is to avoid: it failed there.
    pub(crate) avoid: Option<WorkerId>,
    /// The moment until which it waits to be run again.
    pub(crate) delayed: Option<Time>,
    /// The moment at which it errs if its result is not there.
    pub(crate) deadline: Option<Time>,
}

/// The moments at which bounds are due, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    /// Tasks that wait to be run again.
    pub(crate) delays: BTreeSet<(Time, TaskId)>,
    /// Tasks whose results must be there.
    pub(crate) deadlines: BTreeSet<(Time, TaskId)>,
}

impl Bounds {
    /// What bounds a task of these options, if anything does.
    pub(crate) fn of(options: &Arc<TaskOptions>) -> Option<Box<Self>> {
        let is_bound = options.retries > 0 || options.timeout.is_some() || options.deadline.is_some();
        let retries = options.retries;
        is_bound
            .then(|| Box::new(Bounds { options: options.clone(), retries, avoid: None, delayed: None, deadline: None }))
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
        let first = |set: &BTreeSet<(Time, TaskId)>| set.first().map(|(time, _)| *time);
        first(&self.delays).into_iter().chain(first(&self.deadlines)).min()
    }

    /// A task enters a state: it waits for no retry any longer, and where its result is there or not asked for, it has no
    /// deadline.
    pub(crate) fn entered(&mut self, id: TaskId, bounds: &mut Bounds, to: Word) {
        if let Some(time) = bounds.delayed.take()
            && !planted(Bug::KeptDelay)
        {
            self.delays.remove(&(time, id));
        }
        if matches!(to, Word::Released | Word::Memory | Word::Erred)
            && !(planted(Bug::KeptDeadline) && to == Word::Memory)
            && let Some(time) = bounds.deadline.take()
        {
            self.deadlines.remove(&(time, id));
        }
    }
}

impl Scheduler {
    /// A task is asked for by a first client: from now on its deadline counts, if it has one.
    pub(crate) fn start_deadline(&mut self, id: TaskId, now: Time) {
        let task = &mut self.tasks[id];
        if matches!(task.state, State::Memory { .. } | State::Erred { .. }) {
            return;
        }
        let Some(bounds) = &mut task.bounds else { return };
        let Some(limit) = bounds.options.deadline else { return };
        if let Some(before) = bounds.deadline.replace(now + limit) {
            self.alarms.deadlines.remove(&(before, id));
        }
        self.alarms.deadlines.insert((now + limit, id));
    }

    /// A client asked to run a released task again: it may fail as often, and take as long, as in the beginning.
    pub(crate) fn renew_bounds(&mut self, id: TaskId, now: Time) {
        let task = &mut self.tasks[id];
        let is_wanted = !task.wanted_by.is_empty();
        if let Some(bounds) = &mut task.bounds {
            bounds.retries = bounds.options.retries;
            bounds.avoid = None;
        }
        if is_wanted {
            self.start_deadline(id, now);
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

    /// Delays and deadlines are kept in order, and only of tasks that wait for a retry or whose result is due.
    pub(crate) fn validate_bounds(&self) -> Result<(), Violation> {
        let (mut delays, mut deadlines) = (BTreeSet::new(), BTreeSet::new());
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
            match bounds.deadline {
                Some(_) if matches!(word, Word::Released | Word::Memory | Word::Erred) => return wrong("a deadline"),
                due => deadlines.extend(due.map(|due| (due, id))),
            }
            if bounds.retries > bounds.options.retries {
                return wrong("more retries than were asked for");
            }
        }
        if delays != self.alarms.delays || deadlines != self.alarms.deadlines {
            let message = format!("{:?} are due, and {delays:?}, {deadlines:?} should be", self.alarms);
            let (tasks, workers) = (Vec::new(), Vec::new());
            return Err(Violation { invariant: Invariant::Membership, tasks, workers, message });
        }
        Ok(())
    }

    /// Gives up the tasks that are not there in time. What nobody wants any longer has no deadline.
    pub(crate) fn deadlines_passed(&mut self, turn: &mut Turn) {
        while let Some((due, id)) = self.alarms.deadlines.first().copied().filter(|(due, _)| *due <= turn.now) {
            self.alarms.deadlines.remove(&(due, id));
            let task = &mut self.tasks[id];
            let Some(bounds) = &mut task.bounds else { continue };
            bounds.deadline = None;
            let limit = bounds.options.deadline.unwrap_or_default();
            if task.wanted_by.is_empty() {
                continue;
            }
            if let Some(seat) = task.processing().map(|processing| processing.seat) {
                self.order_free(turn, seat, id);
            }
            let failure = self.failures.add(id, Cause::DeadlinePassed { limit });
            self.any_erred(turn, id, failure);
        }
    }
}
