//! Transfers: starting them, and what they bring or fail to bring.

use super::Worker;
use super::entry::{Entry, State};
use super::memory::Kept;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::worker::{Effect, Effects, Report};
use partita_protocol::{IdMap, TaskId, Time, WorkerId};

impl Worker {
    /// Asks peers for what waiting tasks need: one transfer for each peer, best keys first.
    pub(super) fn start_gathers(&mut self, effects: &mut Effects) {
        while self.peers.transfers() < self.config.transfers {
            let Some(peer) = self.peers.next() else { return };
            let tasks = self.take_batch(peer);
            if tasks.is_empty() {
                return;
            }
            effects.push(Effect::Gather { peer, tasks: tasks.clone() });
            self.peers.begin(peer, tasks);
        }
    }

    /// The keys of one transfer: the best of the peer's queue, up to the limits, but always one.
    fn take_batch(&mut self, peer: WorkerId) -> Vec<TaskId> {
        let mut tasks = Vec::new();
        let mut nbytes = 0u64;
        while let Some(task) = self.peers.first(peer) {
            let Some(entry) = self.tasks.get_mut(&task) else { break };
            let State::Fetch(want) = &mut entry.state else { break };
            nbytes = nbytes.saturating_add(want.nbytes);
            let full = tasks.len() >= self.config.gather_tasks || nbytes > self.config.gather_bytes;
            if full && !tasks.is_empty() {
                break;
            }
            self.peers.dequeue(task, want.priority, &want.holders);
            want.lose(peer);
            let want = std::mem::take(want);
            entry.state = State::Flight { peer, want, then: None };
            tasks.push(task);
        }
        tasks
    }

    /// A transfer ended. What it did not bring, the peer does not have, whether it says so or not. What came and could not be read
    /// is `missing`, too.
    pub(super) fn gathered(
        &mut self,
        now: Time,
        peer: WorkerId,
        (found, missing): (&[(TaskId, u64)], &[TaskId]),
        effects: &mut Effects,
    ) {
        let asked = self.peers.end(peer).unwrap_or_default();
        let mut added = Vec::with_capacity(found.len());
        // Nearly always there is none, and nothing is made.
        let missing: IdMap<TaskId, ()> = missing.iter().map(|task| (*task, ())).collect();
        for &(task, nbytes) in found {
            let unread = missing.contains_key(&task);
            if !(unread && self.came_unread(peer, task, nbytes, effects)) && self.came(now, peer, task, nbytes, effects)
            {
                added.push(task);
            }
        }
        if !added.is_empty() {
            effects.report(Report::Added { tasks: added });
        }
        let mut missing: Vec<TaskId> = asked.into_iter().filter(|task| self.is_due(*task, peer)).collect();
        if planted(Bug::UnansweredKeys) {
            missing.clear();
        }
        if !missing.is_empty() {
            effects.report(Report::Missing { holder: peer, tasks: missing.clone() });
        }
        for task in missing {
            self.try_other_holders(task, peer, effects);
        }
    }

    /// A transfer failed. The scheduler is told only of what no other peer can be asked for: it knows best that the
    /// peer is gone.
    pub(super) fn gather_failed(&mut self, peer: WorkerId, effects: &mut Effects) {
        let mut lacking = Vec::new();
        for task in self.peers.end(peer).unwrap_or_default() {
            if self.is_due(task, peer) && !self.try_other_holders(task, peer, effects) {
                lacking.push(task);
            }
        }
        if planted(Bug::HungTransfer) {
            self.peers.begin(peer, Vec::new());
        }
        if !lacking.is_empty() {
            effects.report(Report::Missing { holder: peer, tasks: lacking });
        }
    }

    /// A value came from a peer: true if it is kept as a copy. What nobody waits for is dropped.
    fn came(&mut self, now: Time, peer: WorkerId, task: TaskId, nbytes: u64, effects: &mut Effects) -> bool {
        self.peers.end_stray(task, peer);
        match self.tasks.get_mut(&task).map(|entry| &mut entry.state) {
            Some(State::Flight { peer: from, then, .. }) if *from == peer => {
                let then = then.take();
                self.arrive(task, nbytes);
                if let Some(assignment) = &then {
                    let attempt = assignment.attempt;
                    effects.report(Report::Finished { task, attempt, nbytes, started: now, stopped: now });
                }
                then.is_none()
            }
            Some(state) if state.is_here() => {
                self.renewed(task);
                false
            }
            _ => {
                effects.push(Effect::Drop { task });
                false
            }
        }
    }

    /// Something came from a peer that only tells why the value could not be read. It is here for those who wait, who then tell
    /// it on, and is no copy, for which the good one might be let go. What is to be computed here if nothing comes is computed.
    /// True if that is all; false if nobody expected it.
    fn came_unread(&mut self, peer: WorkerId, task: TaskId, nbytes: u64, effects: &mut Effects) -> bool {
        let Some(Entry { state, users, .. }) = self.tasks.get(&task) else { return false };
        let (held, then, waited) = match state {
            // The store has kept what it had.
            state if state.is_here() => return true,
            State::Flight { peer: from, want, then } if *from == peer => (want.held, then.is_some(), *users > 0),
            _ => return false,
        };
        self.peers.end_stray(task, peer);
        if then {
            effects.push(Effect::Drop { task });
            self.try_other_holders(task, peer, effects);
            return true;
        }
        if held {
            effects.report(Report::Unreadable { tasks: vec![task] });
        }
        self.arrive(task, nbytes);
        let may_leave = self.may_leave(nbytes);
        if let Some(entry) = self.tasks.get_mut(&task) {
            entry.state = State::Released { nbytes };
            entry.kept = Kept::Unread;
            self.memory_unread(may_leave);
        }
        if !waited {
            self.unused(task, effects);
        }
        true
    }

    /// Whether a key of an ended transfer is still waited for; if not, it is done with.
    fn is_due(&mut self, task: TaskId, peer: WorkerId) -> bool {
        let state = self.tasks.get(&task).map(|entry| &entry.state);
        let due = matches!(state, Some(State::Flight { peer: from, .. }) if *from == peer);
        if !due && !planted(Bug::CancelledGather) {
            self.peers.end_stray(task, peer);
        }
        due
    }

    /// A key did not come from a peer: it is computed if that was asked for, else another holder is tried. False if
    /// none is known.
    fn try_other_holders(&mut self, task: TaskId, peer: WorkerId, effects: &mut Effects) -> bool {
        let Some(entry) = self.tasks.get_mut(&task) else { return true };
        let State::Flight { mut want, then, .. } = entry.state.leave() else { return true };
        if !planted(Bug::FailedFlight)
            && let Some(assignment) = then
        {
            if !self.adopt(task, assignment.attempt) {
                self.assign(&assignment, effects);
            }
            return true;
        }
        want.lose(peer);
        if want.holders.is_empty() {
            entry.state = State::Missing(want);
            return false;
        }
        self.peers.enqueue(task, want.priority, &want.holders);
        entry.state = State::Fetch(want);
        true
    }
}
