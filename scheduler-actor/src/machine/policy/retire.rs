//! Retirement: what a worker that leaves must leave behind, and what can be let go.

use super::super::task::{Source, State};
use super::super::worker::Seat;
use super::super::{Scheduler, Turn, is_held};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::{TaskId, WorkerId};
use rustc_hash::FxHashMap;

impl Scheduler {
    /// A worker is to leave: it is given nothing new, and what only it holds goes to others. Asking again has it told
    /// again.
    pub(crate) fn retirement_asked(&mut self, turn: &mut Turn, worker: WorkerId) {
        let Some(seat) = self.workers.seat(worker) else { return };
        self.workers[seat].retiring = true;
        let leave = self.copies.leaves.entry(seat).or_default();
        leave.told = false;
        self.copies.check.push(seat);
        self.copies_diverted(seat);
        self.look_at_held(seat);
        self.slot_freed(seat);
        if !planted(Bug::LeavingWorker) {
            self.workers_changed(turn);
        }
    }

    /// What a worker holds is to be looked after.
    pub(crate) fn look_at_held(&mut self, seat: Seat) {
        let held = self.workers[seat].held.members(|id| is_held(&self.tasks, id, seat));
        self.copies.due.extend(held);
    }

    /// Whether a result that only workers that leave hold could be computed again when they are gone: it and what it
    /// depends on, down to what others hold.
    pub(crate) fn can_be_computed(&self, id: TaskId, known: &mut FxHashMap<TaskId, bool>) -> bool {
        let mut stack = vec![id];
        while let Some(id) = stack.last().copied() {
            if known.contains_key(&id) {
                stack.pop();
                continue;
            }
            let before = stack.len();
            let answer = match self.stands_alone(id) {
                Some(answer) => answer,
                None => {
                    let dependencies = &self.tasks[id].dependencies;
                    stack.extend(dependencies.iter().filter(|dependency| !known.contains_key(dependency)));
                    dependencies.iter().all(|dependency| known.get(dependency).copied().unwrap_or(true))
                }
            };
            if stack.len() == before {
                known.insert(id, answer);
                stack.pop();
            }
        }
        known.get(&id).copied().unwrap_or(false)
    }

    /// Whether a task's value will be there when the workers that leave are gone, if that does not depend on its inputs.
    fn stands_alone(&self, id: TaskId) -> Option<bool> {
        let Some(task) = self.tasks.find(id) else { return Some(false) };
        match (&task.state, task.source) {
            (State::Memory { .. }, _) if self.staying(id) + self.copies.coming(id).len() > 0 => Some(true),
            (State::Erred { .. }, _) => Some(false),
            (state, _) if state.waits() => Some(true),
            (_, Source::Computed) => None,
            (_, Source::Expected) => Some(true),
            (_, Source::Scattered | Source::Incomplete) => Some(false),
        }
    }
}
