//! Clients and what they want.

use super::roll::Roll;
use super::table::Table;
use super::task::State;
use super::transition::Goal;
use super::{Scheduler, Turn, Untidy};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Notice;
use partita_protocol::{ClientId, TaskId};
use rustc_hash::FxHashMap;
use std::time::Duration;

/// The clients and the tasks that each one wants.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clients {
    /// Asked and never walked, but by `validate`.
    wants: FxHashMap<ClientId, Roll>,
}

impl Clients {
    /// A client came.
    pub(crate) fn join(&mut self, client: ClientId) {
        self.wants.entry(client).or_default();
    }

    /// What a client wants, if it is known.
    pub(crate) fn find(&self, client: ClientId) -> Option<&Roll> {
        self.wants.get(&client)
    }

    /// All clients, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ClientId, &Roll)> {
        self.wants.iter().map(|(client, roll)| (*client, roll))
    }

    /// Drops the stale entries of a client's list.
    pub(crate) fn sweep(&mut self, client: ClientId, tasks: &Table) {
        if let Some(roll) = self.wants.get_mut(&client) {
            roll.sweep(|id| is_wanted(tasks, id, client));
        }
    }
}

/// Whether the client wants the task.
pub(crate) fn is_wanted(tasks: &Table, id: TaskId, client: ClientId) -> bool {
    tasks.find(id).is_some_and(|task| task.wanted_by.as_slice().contains(&client))
}

impl Scheduler {
    pub(crate) fn client_left(&mut self, client: ClientId) {
        let Some(roll) = self.clients.wants.remove(&client) else { return };
        self.accounts.forget(client);
        for id in roll.members(|id| is_wanted(&self.tasks, id, client)) {
            self.end_deadline(client, id);
            self.tasks[id].wanted_by.remove(client);
            self.agenda.push(id, Goal::Release);
        }
        self.end_passed(client);
    }

    pub(crate) fn keys_wanted(&mut self, turn: &mut Turn, client: ClientId, tasks: &[TaskId]) {
        for id in tasks {
            if self.tasks.find(*id).is_some() {
                self.want(turn, client, *id, None);
                self.agenda.push(*id, Goal::Wait);
            } else if planted(Bug::PhantomWish)
                && let Some(roll) = self.clients.wants.get_mut(&client)
            {
                roll.join(*id);
            }
        }
    }

    pub(crate) fn keys_released(&mut self, client: ClientId, tasks: &[TaskId]) {
        for id in tasks {
            self.unwant(client, *id);
        }
    }

    pub(crate) fn keys_cancelled(&mut self, turn: &mut Turn, client: ClientId, tasks: &[TaskId], force: bool) {
        for id in tasks {
            let Some(task) = self.tasks.find(*id) else { continue };
            let clients = match force {
                true => task.wanted_by.as_slice().iter().copied().chain(task.passed()).collect(),
                false => vec![client],
            };
            for client in clients {
                if self.unwant(client, *id) {
                    turn.notify(client, *id, Notice::Cancelled);
                }
            }
        }
    }

    /// Notes that a client wants a task and how long it waits for it, if it set itself a limit; and tells it at once what
    /// is known already. One that wants it already keeps its first wish and its first deadline; and one that was told that
    /// its deadline passed was answered, until it lets go of the task or asks to try it again.
    pub(crate) fn want(&mut self, turn: &mut Turn, client: ClientId, id: TaskId, limit: Option<Duration>) {
        let task = &self.tasks[id];
        let is_answered = task.wanted_by.as_slice().contains(&client) || task.has_passed_for(client);
        if is_answered || self.clients.find(client).is_none() {
            return;
        }
        self.reopen(turn, id);
        self.tasks[id].wanted_by.insert(client);
        if let Some(roll) = self.clients.wants.get_mut(&client) {
            roll.join(id);
        }
        if let Some(limit) = limit {
            self.start_deadline(turn.now, client, id, limit);
        }
        match &self.tasks[id].state {
            State::Memory { holders, nbytes } => {
                let notice = Notice::InMemory { holder: self.workers[holders[0]].id, nbytes: *nbytes };
                turn.notify(client, id, notice);
            }
            State::Erred { failure } => {
                if let Some(failure) = self.failures.find(*failure) {
                    turn.notify(client, id, Notice::Erred { blame: failure.blame, cause: failure.cause.clone() });
                }
            }
            _ => {}
        }
    }

    /// Notes that a client no longer wants a task; false if it did not, nor was told that its deadline passed.
    pub(crate) fn unwant(&mut self, client: ClientId, id: TaskId) -> bool {
        let had_passed = self.end_deadline(client, id).is_some_and(|(_, has_passed)| has_passed);
        let Some(task) = self.tasks.find_mut(id) else { return false };
        if !task.wanted_by.remove(client) {
            if had_passed {
                self.agenda.push(id, Goal::Release);
            }
            return had_passed;
        }
        if self.clients.wants.get_mut(&client).is_some_and(Roll::leave) {
            self.untidy.push(Untidy::Wants(client));
        }
        self.agenda.push(id, Goal::Release);
        true
    }
}
