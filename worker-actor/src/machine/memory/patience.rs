//! What waits on a worker that starts nothing waits there for a while, and not for ever.

use super::super::Worker;
use super::super::entry::State;
use partita_protocol::Time;
use partita_protocol::limits::PAUSE_PATIENCE;
use partita_protocol::worker::{Effects, Report};

impl Worker {
    /// Something that has not started waits here, maybe for a worker that starts nothing: not for ever.
    pub(in crate::machine) fn expect_patience(&mut self) {
        if self.paused && self.memory.give_up.is_none() {
            self.memory.give_up = Some(self.now + PAUSE_PATIENCE);
        }
    }

    /// Nothing may start for too long: what has not started is given back, so that others run it, or that whoever waits is
    /// told why nobody does.
    pub(in crate::machine) fn give_back_waiting(&mut self, now: Time, effects: &mut Effects) {
        if !self.paused || self.memory.give_up.is_none_or(|due| now < due) {
            return;
        }
        self.memory.give_up = None;
        let waits = self.tasks.iter().filter_map(|(task, entry)| match &entry.state {
            State::Waiting { work, .. } | State::Ready(work) => Some((*task, work.attempt)),
            _ => None,
        });
        let mut waits: Vec<_> = waits.collect();
        waits.sort_unstable();
        for (task, attempt) in waits {
            effects.report(Report::Rescheduled { task, attempt });
            self.unassign(task, effects);
            self.ended_without_value(task, effects);
        }
    }
}
