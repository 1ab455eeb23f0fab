//! What happens because time passed: tasks are tried again, and those that wait too long for a worker that could run them
//! are given up.
//!
//! A task that becomes ready while no running worker may run it is without worker from then on, and errs when it has
//! waited for the timeout. Tasks that were queued already when the last such worker went or paused stay queued, so that
//! a short pause costs nothing; if the pause lasts for the timeout, they are made tasks without worker, since the moment
//! they were queued or the pause began, whichever is later. So every task errs at the same distance from the
//! moment at which it could have started.

use super::needs::ClassId;
use super::task::State;
use super::{Scheduler, Turn, is_queued, is_stranded};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::{Cause, Time};
use std::time::Duration;

impl Scheduler {
    /// When [`Event::TimePassed`](partita_protocol::scheduler::Event::TimePassed) is due, if ever.
    pub fn next_timeout(&self) -> Option<Time> {
        let due = [self.no_workers_due(), self.alarms.next(), self.look_due(), self.starvation_due()];
        due.into_iter().flatten().min()
    }

    /// When the first task errs because no worker came, unless one comes.
    fn no_workers_due(&self) -> Option<Time> {
        let timeout = self.patience()?;
        let times = self.classes.iter().flat_map(|(_, class)| {
            let stranded = match class.stranded.is_empty() {
                true => None,
                false => class.stranded.peek(|since, id| is_stranded(&self.tasks, id, since)),
            };
            [stranded, class.starved.filter(|_| !class.queue.is_empty())]
        });
        times.flatten().min().map(|since| since + timeout)
    }

    /// How long tasks may wait for a worker that could run them.
    fn patience(&self) -> Option<Duration> {
        let timeout = self.config.no_workers_timeout?;
        if planted(Bug::HastyGiveUp) {
            return Some(timeout / 2);
        }
        Some(if planted(Bug::LateGiveUp) { timeout + timeout / 8 } else { timeout })
    }

    pub(crate) fn time_passed(&mut self, turn: &mut Turn) {
        if planted(Bug::HastyDeadline) {
            let now = turn.now + Duration::from_secs(1);
            self.deadlines_passed(&mut Turn { now, effects: turn.effects });
        }
        self.deadlines_passed(turn);
        self.delays_passed(turn.now);
        self.give_up_stranded(turn);
        if self.is_any_starving(turn.now) {
            self.refill.supply();
        }
    }

    fn give_up_stranded(&mut self, turn: &mut Turn) {
        let Some(timeout) = self.patience() else { return };
        for class in self.classes.ids() {
            if self.classes[class].starved.is_some_and(|since| since + timeout <= turn.now) {
                self.strand_queued(turn, class);
            }
            loop {
                let tasks = &self.tasks;
                let first = self.classes[class].stranded.first(|since, id| is_stranded(tasks, id, since));
                let Some((since, id)) = first.filter(|(since, _)| *since + timeout <= turn.now) else { break };
                let full = self.workers.iter().filter(|(_, worker)| worker.paused).count() as u32;
                let failure = self.failures.add(id, Cause::NoWorkers { waited: turn.now - since, full });
                self.any_erred(turn, id, failure);
            }
        }
    }

    /// Makes the queued tasks of a starved class tasks without worker.
    fn strand_queued(&mut self, turn: &mut Turn, class: ClassId) {
        let starved = self.classes[class].starved.unwrap_or(turn.now);
        let tasks = &self.tasks;
        for (_, id) in self.classes[class].queue.members(|id| is_queued(tasks, id)) {
            let State::Queued { since } = self.tasks[id].state else { continue };
            let since = since.max(starved);
            self.enter(turn, id, State::NoWorker { since });
            self.classes[class].stranded.push(since, id);
        }
    }
}
