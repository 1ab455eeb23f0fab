//! Rebalance: moving results from full workers to empty ones, when a client asks for it.

use super::copies::Move;
use super::policy::rebalance;
use super::task::Processing;
use super::worker::Seat;
use super::{Scheduler, is_held};
use partita_protocol::{TaskId, WorkerId};
use std::collections::VecDeque;

/// Dependents that are looked through to learn whether a worker uses a result; one with more counts as used.
const DEPENDENTS: usize = 256;

impl Scheduler {
    /// Results are to be moved from full workers to empty ones, among these, or among all if none is named.
    pub(crate) fn rebalance_asked(&mut self, workers: &[WorkerId]) {
        let is_named = |id: WorkerId| workers.is_empty() || workers.contains(&id);
        let running = self.workers.iter().filter(|(_, worker)| worker.runs() && is_named(worker.id));
        let seats: Vec<Seat> = running.map(|(seat, _)| seat).collect();
        let coming = |seat: &Seat| self.copies.bytes.get(seat).copied().unwrap_or(0);
        let loads: Vec<u128> = seats.iter().map(|seat| self.workers[*seat].bytes + coming(seat)).collect();
        let mut moves = VecDeque::new();
        rebalance::plan(
            &loads,
            |worker| self.movable(seats[worker]),
            |id, from, to| moves.push_back((id, Move { from: seats[from], to: seats[to] })),
        );
        self.copies.moves = moves;
    }

    /// The results that could go from a worker to another, with their sizes, those first that it has had longest.
    fn movable(&self, seat: Seat) -> Vec<(TaskId, u64)> {
        let held = self.workers[seat].held.members(|id| is_held(&self.tasks, id, seat));
        let movable = held.into_iter().filter(|id| self.may_move(*id, seat));
        movable.filter_map(|id| Some((id, self.nbytes(id)?))).collect()
    }

    /// Whether a worker's copy can go to another: it has one, and no task uses it there.
    pub(crate) fn may_move(&self, id: TaskId, seat: Seat) -> bool {
        let Some(task) = self.tasks.find(id) else { return false };
        task.holders().contains(&seat) && (task.waiters == 0 || !self.may_be_used(id, seat))
    }

    /// Whether a worker processes something that depends on a result, or might, for all that is found out soon.
    fn may_be_used(&self, id: TaskId, seat: Seat) -> bool {
        let is_there = |processing: &Processing| processing.seat == seat;
        let mut dependents = self.tasks.dependents(id);
        self.tasks[id].dependents.len() > DEPENDENTS
            || dependents.any(|(_, dependent)| dependent.processing().is_some_and(is_there))
    }
}
