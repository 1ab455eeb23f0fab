//! Executions that may not run for ever: when each is to be given up, and giving it up.

use super::entry::{State, Work};
use super::{Orphan, Worker};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::worker::{Effect, Effects, Report};
use partita_protocol::{Attempt, TaskId, Time};
use std::collections::BTreeSet;
use std::time::Duration;

/// The executions that may not run for ever, by the moment at which they are given up. Orphans are among them: their
/// threads are of use to others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Deadlines(BTreeSet<(Time, TaskId, Attempt)>);

impl Deadlines {
    /// An execution begins; says when it is to be given up, if ever.
    pub(super) fn begin(&mut self, now: Time, task: TaskId, work: &mut Work) {
        if let Some(limit) = work.limit {
            let mut nanos = limit.get();
            if planted(Bug::HastyTimeout) {
                nanos /= 2;
            } else if planted(Bug::LateTimeout) {
                nanos *= 2;
            }
            let due = now + Duration::from_nanos(nanos);
            work.due = Some(due);
            self.0.insert((due, task, work.attempt));
        }
    }

    /// An execution ended.
    pub(super) fn end(&mut self, task: TaskId, work: &Work) {
        if let Some(due) = work.due {
            self.0.remove(&(due, task, work.attempt));
        }
    }

    /// The first moment at which one is to be given up.
    pub(super) fn first(&self) -> Option<Time> {
        self.0.first().map(|(due, ..)| *due)
    }

    /// Takes the first one that is to be given up by now.
    fn take(&mut self, now: Time) -> Option<(TaskId, Attempt)> {
        self.first().filter(|due| *due <= now)?;
        self.0.pop_first().map(|(_, task, attempt)| (task, attempt))
    }

    /// Adds one, as counted by [`Worker::validate`].
    pub(super) fn count(&mut self, task: TaskId, work: &Work) {
        self.0.extend(work.due.map(|due| (due, task, work.attempt)));
    }
}

impl Worker {
    /// Gives up the executions that have run for too long: their threads, and what they took of the worker, are free for
    /// others from now on.
    pub(super) fn time_passed(&mut self, now: Time, effects: &mut Effects) {
        self.give_back_waiting(now, effects);
        while let Some((task, attempt)) = self.deadlines.take(now) {
            match self.orphans.remove(&(task, attempt)) {
                Some(mut orphan) => {
                    orphan.work.due = None;
                    if !std::mem::replace(&mut orphan.seceded, true) {
                        self.running.end(orphan.work.expected_nanos, &self.config);
                    }
                    self.give_back(&mut orphan.work);
                    self.orphans.insert((task, attempt), orphan);
                }
                None => self.give_up(now, task, attempt, effects),
            }
            effects.push(Effect::Abandon { task, attempt });
        }
    }

    /// The current execution of a task took too long: what comes of it is dropped.
    fn give_up(&mut self, now: Time, task: TaskId, attempt: Attempt, effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        let mut work = match entry.state.leave() {
            State::Executing(work) => {
                self.running.end(work.expected_nanos, &self.config);
                work
            }
            State::LongRunning(work) => work,
            state => {
                entry.state = state;
                return;
            }
        };
        let limit = work.limit.map_or(0, |limit| limit.get());
        self.give_back(&mut work);
        let started = Time(work.due.take().unwrap_or(now).0.saturating_sub(limit));
        self.orphans.insert((task, attempt), Orphan { work, seceded: true });
        effects.report(Report::TimedOut { task, attempt, started, stopped: now });
        self.ended_without_value(task, effects);
    }
}
