//! Values that come to be here, computed, fetched or put; and those that are found to be gone.

use super::entry::{Entry, State};
use super::memory::Kept;
use super::{Stored, Worker};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::worker::{Effects, Report};
use partita_protocol::{TaskId, Time};

impl Worker {
    /// A value is in the store now; its waiters are told. The caller has taken the task out of all queues.
    pub(super) fn arrive(&mut self, task: TaskId, nbytes: u64) {
        let entry = self.tasks.entry(task).or_insert_with(|| Entry::new(State::Memory { nbytes }));
        entry.state = State::Memory { nbytes };
        entry.kept = Kept::Memory;
        self.stored_in_memory(task, nbytes);
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        if !entry.waiters.is_empty() {
            for waiter in std::mem::take(&mut entry.waiters) {
                self.input_came(waiter);
            }
        }
    }

    /// A client put values into the store. What was to be computed or fetched is here by that.
    pub(super) fn data_put(&mut self, now: Time, tasks: &[(TaskId, u64)], effects: &mut Effects) {
        // Giving up an assignment may drop its inputs; all that was put must be known to be wanted before.
        let (assigned, others): (Vec<_>, Vec<_>) = tasks.iter().partition(|(task, _)| self.is_assigned(*task));
        for (task, nbytes) in others {
            self.put(now, task, nbytes, effects);
        }
        for (task, nbytes) in assigned {
            self.put(now, task, nbytes, effects);
        }
    }

    /// Values are not in the store. Those that count as held here are held no longer, and the scheduler is told so by the
    /// only one who knows: whoever asked for them may have done so before they came. Runs that use them find out by
    /// themselves.
    pub(super) fn vanished(&mut self, tasks: &[TaskId], effects: &mut Effects) {
        let is_held = |task: &&TaskId| {
            let state = self.tasks.get(*task).map(|entry| &entry.state);
            matches!(state, Some(State::Memory { .. })) && !planted(Bug::SilentLoss)
        };
        let gone: Vec<TaskId> = tasks.iter().filter(is_held).copied().collect();
        if gone.is_empty() {
            return;
        }
        for task in &gone {
            self.free(*task, effects);
        }
        effects.report(Report::Missing { holder: self.id, tasks: gone });
    }

    fn is_assigned(&self, task: TaskId) -> bool {
        self.tasks.get(&task).is_some_and(|entry| entry.state.work().is_some())
    }

    fn put(&mut self, now: Time, task: TaskId, nbytes: u64, effects: &mut Effects) {
        let mut answered = None;
        match self.tasks.get_mut(&task).map(|entry| &mut entry.state) {
            None | Some(State::Missing(_)) => {}
            Some(State::Memory { .. }) => return self.renewed(task),
            Some(state @ State::Released { .. }) => {
                if let State::Released { nbytes } = *state {
                    *state = State::Memory { nbytes };
                }
                return self.renewed(task);
            }
            Some(State::Fetch(want)) => self.peers.dequeue(task, want.priority, &want.holders),
            Some(State::Flight { peer, then, .. }) => {
                answered = then.take().map(|assignment| assignment.attempt);
                self.peers.stray(task, *peer);
            }
            Some(state) => {
                answered = state.work().map(|work| work.attempt);
                self.unassign(task, effects);
            }
        }
        if let Some(attempt) = answered {
            effects.report(Report::Finished { task, attempt, nbytes, started: now, stopped: now });
        }
        self.arrive(task, nbytes);
    }
}

impl Stored {
    pub(super) fn add(&mut self, nbytes: u64) {
        self.count += 1;
        self.nbytes = self.nbytes.saturating_add(nbytes);
    }

    pub(super) fn remove(&mut self, nbytes: u64) {
        self.count -= 1;
        self.nbytes = self.nbytes.saturating_sub(nbytes);
    }
}
