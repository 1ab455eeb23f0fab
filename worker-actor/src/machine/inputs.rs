//! What tasks need: claiming inputs, fetching those that are not here, and letting them go.

use super::Worker;
use super::entry::{Entry, State, Waiter, Want};
use super::memory::Kept;
use super::waiters::Waiters;
use partita_protocol::IdMap;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Input;
use partita_protocol::worker::{Effect, Effects, Report};
use partita_protocol::{Priority, TaskId};

/// Waiters out of date that a key may carry beyond those that count before its list is swept.
const SLACK: usize = 32;

impl Worker {
    /// A task of this priority needs `input`: true if it is here. If not, it is asked for, and the waiter is told when
    /// it comes.
    pub(super) fn claim(&mut self, input: &Input, waiter: Waiter, priority: Priority, effects: &mut Effects) -> bool {
        let task = input.task;
        let Some(entry) = self.tasks.get_mut(&task) else {
            self.want_new(input, waiter, priority, effects);
            return false;
        };
        entry.users += 1;
        match &mut entry.state {
            State::Memory { .. } => return true,
            State::Released { .. } if entry.kept == Kept::Unread => return true,
            State::Released { nbytes } => {
                entry.state = State::Memory { nbytes: *nbytes };
                effects.report(Report::Added { tasks: vec![task] });
                return true;
            }
            State::Fetch(want) => {
                if priority < want.priority {
                    self.peers.dequeue(task, want.priority, &want.holders);
                    want.priority = priority;
                }
                want.learn(&input.holders, self.id);
                self.peers.enqueue(task, want.priority, &want.holders);
            }
            State::Flight { want, .. } => {
                want.priority = want.priority.min(priority);
                want.learn(&input.holders, self.id);
            }
            State::Missing(want) => {
                want.priority = want.priority.min(priority);
                want.learn(&input.holders, self.id);
                if !want.holders.is_empty() {
                    self.peers.enqueue(task, want.priority, &want.holders);
                    entry.state = State::Fetch(std::mem::take(want));
                }
            }
            State::Waiting { .. } | State::Ready(_) | State::Executing(_) | State::LongRunning(_) | State::Leaving => {}
        }
        entry.waiters.push(waiter);
        if entry.waiters.len() > 2 * entry.users as usize + SLACK {
            self.sweep_waiters(task);
        }
        false
    }

    /// An input that nothing is known of: it is to be fetched, unless it is under way already.
    fn want_new(&mut self, input: &Input, waiter: Waiter, priority: Priority, effects: &mut Effects) {
        let task = input.task;
        let state = self.want(task, Want::new(input, priority, self.id), effects);
        let waiters = Waiters::one(waiter);
        self.tasks.insert(task, Entry { users: 1, waiters, ..Entry::new(state) });
    }

    /// A task that needed these inputs ended or was given up.
    pub(super) fn release_inputs(&mut self, inputs: &[TaskId], effects: &mut Effects) {
        for input in inputs {
            let Some(entry) = self.tasks.get_mut(input) else { continue };
            entry.users -= 1;
            if entry.users == 0 {
                self.unused(*input, effects);
            }
        }
    }

    /// No task here needs a key any longer: it goes, unless it is here, to be computed, or wanted for its own sake.
    pub(super) fn unused(&mut self, task: TaskId, effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match &entry.state {
            State::Released { nbytes } => {
                let (kept, nbytes) = (entry.kept, *nbytes);
                if !planted(Bug::DriftingBytes) {
                    self.unstored(kept, nbytes);
                }
                effects.push(Effect::Drop { task });
            }
            State::Fetch(want) if !want.held => self.peers.dequeue(task, want.priority, &want.holders),
            State::Flight { peer, then: None, want } if !want.held => self.peers.stray(task, *peer),
            State::Missing(want) if !want.held => {}
            State::Leaving => {}
            State::Memory { .. }
            | State::Fetch(_)
            | State::Missing(_)
            | State::Flight { .. }
            | State::Waiting { .. }
            | State::Ready(_)
            | State::Executing(_)
            | State::LongRunning(_) => {
                entry.waiters.clear();
                return;
            }
        }
        self.forget(task, effects);
    }

    /// A task whose assignment ended without a value: it goes, unless waiting tasks here need it; then somebody must
    /// tell who holds it.
    pub(super) fn ended_without_value(&mut self, task: TaskId, effects: &mut Effects) {
        let Some(entry) = self.tasks.get(&task) else { return };
        if entry.users == 0 {
            return self.forget(task, effects);
        }
        let live = entry.waiters.iter().filter(|waiter| is_waiting(&self.tasks, waiter));
        let priorities = live.filter_map(|waiter| Some(self.tasks.get(&waiter.task)?.state.work()?.priority));
        let want = Want { priority: priorities.min().unwrap_or_default(), ..Want::default() };
        if let Some(entry) = self.tasks.get_mut(&task) {
            entry.state = State::Missing(Box::new(want));
        }
        effects.report(Report::Missing { holder: self.id, tasks: vec![task] });
    }

    /// The task is no longer known here.
    pub(super) fn forget(&mut self, task: TaskId, effects: &mut Effects) {
        self.tasks.remove(&task);
        effects.push(Effect::Forget { task });
    }

    /// Takes waiters that are out of date off a key's list.
    fn sweep_waiters(&mut self, task: TaskId) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        let mut waiters = std::mem::take(&mut entry.waiters);
        waiters.retain(|waiter| is_waiting(&self.tasks, waiter));
        if let Some(entry) = self.tasks.get_mut(&task) {
            entry.waiters = waiters;
        }
    }
}

/// Whether a waiter still counts.
pub(super) fn is_waiting(tasks: &IdMap<TaskId, Entry>, waiter: &Waiter) -> bool {
    let state = tasks.get(&waiter.task).map(|entry| &entry.state);
    matches!(state, Some(State::Waiting { work, .. }) if work.ticket == waiter.ticket)
}
