//! Assignments: taking them on and giving them up.

use super::entry::{Entry, State, Waiter, Work};
use super::execute::execute;
use super::ready::Place;
use super::{Orphan, Worker};
use partita_protocol::IdMap;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Effect, Effects, Report};
use partita_protocol::{Attempt, TaskId};
use smallvec::SmallVec;
use std::collections::hash_map;

impl Worker {
    /// Takes on an assignment of a task that is not assigned and not here.
    pub(super) fn assign(&mut self, assignment: &Assignment, effects: &mut Effects) {
        let &Assignment { task, client, attempt, priority, ref inputs, timeout_nanos: limit, .. } = assignment;
        let expected_nanos = if limit.is_some() { u64::MAX } else { assignment.expected_nanos };
        let ticket = self.next_ticket();
        let resources = assignment.resources.clone();
        let mut work = Box::new(Work {
            attempt,
            ticket,
            priority,
            client,
            charged: 0,
            expected_nanos,
            expected_nbytes: assignment.expected_nbytes,
            limit,
            due: None,
            resources,
            inputs: SmallVec::new(),
        });
        if inputs.is_empty() {
            let is_free = self.running.has_room(expected_nanos, &self.config)
                && self.taken.leaves(&work, &self.config)
                && self.has_memory(&work);
            if self.ready.is_empty() && !self.paused && is_free {
                // What would be the only task in the queue need not pass through it.
                self.running.begin(expected_nanos, &self.config);
                self.taken.begin(&work);
                self.memory.begin(&work);
                self.deadlines.begin(self.now, task, &mut work);
                effects.push(execute(task, &work));
                return self.enter(task, State::Executing(work));
            }
            self.enter(task, State::Ready(work));
            return self.ready.push(client, Place { priority, ticket, task });
        }
        work.inputs = inputs.iter().map(|input| input.task).collect();
        // It stands as waiting before its inputs are looked at, so that the table is never without it.
        self.enter(task, State::Waiting { work, missing: 0 });
        let waiter = Waiter { task, ticket };
        let mut absent = 0;
        for input in inputs {
            absent += u32::from(!self.claim(input, waiter, priority, effects));
        }
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        if let State::Waiting { missing, .. } = &mut entry.state {
            *missing = absent;
        }
        if absent == 0 {
            self.make_ready(task);
        }
    }

    /// An input of a waiting task came.
    pub(super) fn input_came(&mut self, waiter: Waiter) {
        let Some(entry) = self.tasks.get_mut(&waiter.task) else { return };
        let State::Waiting { work, missing } = &mut entry.state else { return };
        if work.ticket == waiter.ticket {
            *missing -= 1;
            if *missing == 0 {
                self.make_ready(waiter.task);
            }
        }
    }

    /// All inputs of a waiting task are here.
    fn make_ready(&mut self, task: TaskId) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match entry.state.leave() {
            State::Waiting { work, .. } => {
                self.ready.push(work.client, Place { priority: work.priority, ticket: work.ticket, task });
                entry.state = State::Ready(work);
            }
            state => entry.state = state,
        }
    }

    /// Takes a task's assignment back, if it has one; it stands as missing then, or is gone. An execution becomes an
    /// orphan, and is told so.
    pub(super) fn unassign(&mut self, task: TaskId, effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match entry.state.leave() {
            State::Waiting { work, .. } => self.release_inputs(&work.inputs, effects),
            State::Ready(work) => {
                self.ready.give_up(work.client, |place| is_ready(&self.tasks, place));
                self.release_inputs(&work.inputs, effects);
            }
            State::Executing(_) if planted(Bug::CancelledStart) => {}
            State::Executing(work) => {
                if planted(Bug::OrphanInputs) {
                    self.release_inputs(&work.inputs, effects);
                }
                self.orphan(task, Orphan { work, seceded: false }, effects);
            }
            State::LongRunning(work) => self.orphan(task, Orphan { work, seceded: true }, effects),
            state => entry.state = state,
        }
    }

    fn orphan(&mut self, task: TaskId, mut orphan: Orphan, effects: &mut Effects) {
        let attempt = orphan.work.attempt;
        effects.push(Effect::Stop { task, attempt });
        if !orphan.seceded {
            // Nothing tells any longer how long its thread is taken: nothing is handed ahead to wait behind it.
            self.running.end(orphan.work.expected_nanos, &self.config);
            orphan.work.expected_nanos = u64::MAX;
            self.running.begin(orphan.work.expected_nanos, &self.config);
        }
        self.orphans.insert((task, attempt), orphan);
    }

    /// The scheduler is told how many threads orphans take, if it is another number than before.
    pub(super) fn tell_orphans(&mut self, effects: &mut Effects) {
        if self.orphans.is_empty() && self.orphaned == 0 {
            return;
        }
        let threads = self.orphans.values().filter(|orphan| !orphan.seceded).count() as u32;
        if std::mem::replace(&mut self.orphaned, threads) != threads {
            effects.report(Report::Orphaned { threads });
        }
    }

    /// The very execution that is assigned goes on already, as an orphan: takes it over. True if so.
    pub(super) fn adopt(&mut self, task: TaskId, attempt: Attempt) -> bool {
        if self.orphans.is_empty() {
            return false;
        }
        let Some(Orphan { work, seceded }) = self.orphans.remove(&(task, attempt)) else { return false };
        self.enter(task, if seceded { State::LongRunning(work) } else { State::Executing(work) });
        true
    }

    /// Sets the state of a task, which may be unknown till now.
    pub(super) fn enter(&mut self, task: TaskId, state: State) {
        match self.tasks.entry(task) {
            hash_map::Entry::Occupied(mut entry) => entry.get_mut().state = state,
            hash_map::Entry::Vacant(place) => {
                place.insert(Entry::new(state));
            }
        }
    }
}

impl State {
    /// Takes the state out; it is to be set anew, or the entry to be removed.
    pub(super) fn leave(&mut self) -> State {
        std::mem::replace(self, State::Leaving)
    }
}

/// Whether a place in the ready queue still counts.
pub(super) fn is_ready(tasks: &IdMap<TaskId, Entry>, place: &Place) -> bool {
    let state = tasks.get(&place.task).map(|entry| &entry.state);
    matches!(state, Some(State::Ready(work)) if work.ticket == place.ticket)
}
