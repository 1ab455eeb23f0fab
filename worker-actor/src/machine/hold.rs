//! Copies that the scheduler asked for: fetched like inputs, and kept until they are freed.
//!
//! A wish is a key in state fetch, flight or missing that does not go when no task here uses it. It ends when the value
//! comes, when it is freed, or when nobody holds it. Each value that comes to be here is told once, so a wish for what is
//! here already is not answered: it was told when it came.

use super::Worker;
use super::entry::{Entry, State, Want};
use super::memory::Kept;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Input;
use partita_protocol::worker::{Effects, Report};
use partita_protocol::{Priority, TaskId};

/// Copies are fetched after everything that a task here waits for.
const LAST: Priority = Priority { user: i32::MAX, generation: i64::MAX, rank: u32::MAX };

impl Worker {
    /// Copies are wanted, for their own sake.
    pub(super) fn hold(&mut self, inputs: &[Input], effects: &mut Effects) {
        for input in inputs {
            match self.tasks.get_mut(&input.task) {
                None => self.hold_new(input, effects),
                Some(_) => self.hold_known(input, effects),
            }
        }
    }

    /// A copy of what is not known here.
    fn hold_new(&mut self, input: &Input, effects: &mut Effects) {
        let want = Want { held: true, ..Want::new(input, LAST, self.id) };
        let state = self.want(input.task, want, effects);
        self.tasks.insert(input.task, Entry::new(state));
    }

    /// A copy of what is here, on its way, or to be computed here.
    fn hold_known(&mut self, input: &Input, effects: &mut Effects) {
        let (task, own) = (input.task, self.id);
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        match &mut entry.state {
            State::Released { .. } if entry.kept == Kept::Unread => {
                effects.report(Report::Unreadable { tasks: vec![task] });
            }
            State::Released { nbytes } => {
                entry.state = State::Memory { nbytes: *nbytes };
                effects.report(Report::Added { tasks: vec![task] });
            }
            State::Fetch(want) => {
                want.held = true;
                want.learn(&input.holders, own);
                self.peers.enqueue(task, want.priority, &want.holders);
            }
            State::Flight { want, then: None, .. } => {
                want.held = true;
                want.learn(&input.holders, own);
            }
            State::Missing(want) => {
                want.held = true;
                want.learn(&input.holders, own);
                let want = std::mem::take(&mut **want);
                let state = self.want(task, want, effects);
                self.enter(task, state);
            }
            State::Flight { .. }
            | State::Memory { .. }
            | State::Waiting { .. }
            | State::Ready(_)
            | State::Executing(_)
            | State::LongRunning(_)
            | State::Leaving => {}
        }
    }

    /// Where a wanted key stands: on its way already, to be fetched, or, if nobody is known to hold it, missing; then
    /// the scheduler is asked.
    pub(super) fn want(&mut self, task: TaskId, want: Want, effects: &mut Effects) -> State {
        let want = Box::new(want);
        if !planted(Bug::TwiceFetched)
            && let Some(peer) = self.peers.adopt(task)
        {
            State::Flight { peer, want, then: None }
        } else if want.holders.is_empty() {
            effects.report(Report::Missing { holder: self.id, tasks: vec![task] });
            State::Missing(want)
        } else {
            self.peers.enqueue(task, want.priority, &want.holders);
            State::Fetch(want)
        }
    }

    /// A wish for a copy is given up; the key goes unless a task here uses it.
    pub(super) fn let_go(&mut self, task: TaskId, effects: &mut Effects) {
        let Some(entry) = self.tasks.get_mut(&task) else { return };
        if let State::Fetch(want) | State::Missing(want) | State::Flight { want, .. } = &mut entry.state
            && std::mem::take(&mut want.held)
            && entry.users == 0
        {
            self.unused(task, effects);
        }
    }
}
