//! What the scheduler orders: compute, free, holders, a lost peer, a steal, copies.

use super::Worker;
use super::entry::State;
use super::memory::Kept;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Effect, Effects, Order, Report};
use partita_protocol::{TaskId, Time, WorkerId};

impl Worker {
    pub(super) fn ordered(&mut self, now: Time, order: Order, effects: &mut Effects) {
        match order {
            Order::Compute(assignment) => self.compute(now, assignment, effects),
            Order::Free { task } => self.free(task, effects),
            Order::Holders { task, holders } => self.holders(task, &holders, effects),
            Order::PeerLost { peer } => self.peer_lost(peer, effects),
            Order::Steal { task, attempt } => self.steal(task, attempt, effects),
            Order::Hold { inputs } => self.hold(&inputs, effects),
        }
    }

    /// What is here is not computed again; what is under way from a peer is computed only if it does not come; an
    /// assignment that is not newer than the current one is out of date.
    fn compute(&mut self, now: Time, assignment: Assignment, effects: &mut Effects) {
        let (task, attempt) = (assignment.task, assignment.attempt);
        let Some(entry) = self.tasks.get_mut(&task) else {
            return match self.peers.adopt(task) {
                Some(peer) => {
                    let then = (!planted(Bug::FlightAssigned)).then(|| Box::new(assignment));
                    self.enter(task, State::Flight { peer, want: Box::default(), then });
                }
                None => self.take_on(&assignment, effects),
            };
        };
        match &mut entry.state {
            // Those who use it end in a moment.
            State::Released { .. } if entry.kept == Kept::Unread => {
                effects.report(Report::Rescheduled { task, attempt });
                return;
            }
            State::Memory { nbytes } | State::Released { nbytes } => {
                let nbytes = *nbytes;
                entry.state = State::Memory { nbytes };
                effects.report(Report::Finished { task, attempt, nbytes, started: now, stopped: now });
                return;
            }
            State::Flight { then, .. } => {
                if then.as_ref().is_none_or(|older| older.attempt < attempt) && !planted(Bug::FlightAssigned) {
                    *then = Some(Box::new(assignment));
                }
                return;
            }
            State::Fetch(_) | State::Missing(_) if planted(Bug::FetchAssigned) => return,
            State::Fetch(want) => {
                self.peers.dequeue(task, want.priority, &want.holders);
                entry.state.leave();
            }
            State::Missing(_) | State::Leaving => {}
            State::Waiting { work, .. } | State::Ready(work) | State::Executing(work) | State::LongRunning(work) => {
                if work.attempt >= attempt {
                    return;
                }
                self.unassign(task, effects);
            }
        }
        self.take_on(&assignment, effects);
    }

    fn take_on(&mut self, assignment: &Assignment, effects: &mut Effects) {
        self.expect_patience();
        if !self.adopt(assignment.task, assignment.attempt) {
            self.assign(assignment, effects);
        }
    }

    /// A value goes, or stays for its users only; an assignment is given up, and a wish for a copy. A key that is only
    /// an input of tasks here goes with them.
    pub(super) fn free(&mut self, task: TaskId, effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match &mut entry.state {
            State::Memory { nbytes } if entry.users > 0 => entry.state = State::Released { nbytes: *nbytes },
            State::Memory { nbytes } => {
                let (kept, nbytes) = (entry.kept, *nbytes);
                self.unstored(kept, nbytes);
                effects.push(Effect::Drop { task });
                self.forget(task, effects);
            }
            State::Flight { want, then, .. } => {
                *then = None;
                want.held = false;
                if entry.users == 0 {
                    self.unused(task, effects);
                }
            }
            State::Fetch(_) | State::Missing(_) => self.let_go(task, effects),
            State::Released { .. } | State::Leaving => {}
            State::Waiting { .. } | State::Ready(_) | State::Executing(_) | State::LongRunning(_) => {
                self.unassign(task, effects);
                self.ended_without_value(task, effects);
            }
        }
    }

    fn holders(&mut self, task: TaskId, holders: &[WorkerId], effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match &mut entry.state {
            State::Missing(want) => {
                want.learn(holders, self.id);
                if want.holders.is_empty() {
                    return self.let_go(task, effects);
                }
                self.peers.enqueue(task, want.priority, &want.holders);
                entry.state = State::Fetch(std::mem::take(want));
            }
            State::Fetch(want) => {
                want.learn(holders, self.id);
                self.peers.enqueue(task, want.priority, &want.holders);
            }
            State::Flight { want, .. } => want.learn(holders, self.id),
            _ => {}
        }
    }

    /// Nothing more is asked of the peer. A transfer that is under way from it ends by an event of its own.
    fn peer_lost(&mut self, peer: WorkerId, effects: &mut Effects) {
        for (_, other) in self.peers.iter() {
            for task in other.transfer.iter().flatten() {
                if let Some(State::Flight { want, .. }) = self.tasks.get_mut(task).map(|entry| &mut entry.state) {
                    want.lose(peer);
                }
            }
        }
        let mut lacking = Vec::new();
        for (_, task) in self.peers.take_queue(peer) {
            let Some(entry) = self.tasks.get_mut(&task) else { continue };
            let State::Fetch(want) = &mut entry.state else { continue };
            if want.lose(peer) {
                entry.state = State::Missing(std::mem::take(want));
                lacking.push(task);
            }
        }
        if !lacking.is_empty() {
            effects.report(Report::Missing { holder: peer, tasks: lacking });
        }
    }
}
