//! Copies of results: how many are asked for, and which are on their way to whom.
//!
//! A result in memory is to be held by as many workers that stay as were asked for, by one if nothing was asked. So what
//! only a worker that leaves holds wants for a copy just like what was asked to be held twice. Whatever may change the
//! number of copies makes the result due; what is due is looked after at the end of the turn, in [`super::tend`].

use super::Scheduler;
use super::task::State;
use super::worker::Seat;
use partita_protocol::{TaskId, WorkerId};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Moves of a rebalance that are under way at a time, at the most.
pub(crate) const MOVES: usize = 64;

/// What is asked for the copies of a task's result, and what is under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// How many workers are to hold it; 0 if nothing was asked.
    pub(crate) asked: u32,
    /// Who was told to get a copy and has not reported.
    pub(crate) coming: SmallVec<[Seat; 4]>,
}

/// A copy that one worker gets for another, which drops its own then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) from: Seat,
    pub(crate) to: Seat,
}

/// A worker that leaves.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leave {
    /// Results that only workers that leave hold, and that are on their way to others.
    pub(crate) left: BTreeSet<TaskId>,
    /// How many results came to others.
    pub(crate) moved: u64,
    /// Whether it was told that it may go.
    pub(crate) told: bool,
}

/// Copies of results.
#[derive(Clone, Debug, Default)]
pub(crate) struct Copies {
    /// By task. Asked and never walked, but by `validate`.
    pub(crate) plans: FxHashMap<TaskId, Plan>,
    /// The copies that are coming, by worker.
    pub(crate) coming: BTreeSet<(Seat, TaskId)>,
    /// Their bytes, by worker.
    pub(crate) bytes: BTreeMap<Seat, u128>,
    /// Results that others cannot read: they are where they are, or lost.
    pub(crate) unreadable: BTreeSet<TaskId>,
    /// Results with fewer copies than they are to have, because nobody can take one.
    pub(crate) short: BTreeSet<TaskId>,
    /// Workers that leave.
    pub(crate) leaves: BTreeMap<Seat, Leave>,
    /// Moves of a rebalance that have not begun.
    pub(crate) moves: VecDeque<(TaskId, Move)>,
    /// Moves that have begun and not ended.
    pub(crate) moving: BTreeMap<TaskId, Move>,
    /// Results to be looked after at the end of the turn.
    pub(crate) due: Vec<TaskId>,
    /// Moves whose copy came in this turn.
    pub(crate) moved: Vec<(TaskId, Seat)>,
    /// Workers that leave, and may have become free to go in this turn.
    pub(crate) check: Vec<Seat>,
}

impl Copies {
    /// Whether nothing is asked, under way or leaving.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.plans.is_empty() && self.leaves.is_empty()
    }

    /// Whether something is to be done at the end of the turn.
    #[inline]
    pub(crate) fn is_due(&self) -> bool {
        !self.due.is_empty()
            || !self.check.is_empty()
            || !self.moved.is_empty()
            || (!self.moves.is_empty() && self.moving.len() < MOVES)
    }

    /// How many workers are to hold a result; 0 if nothing was asked.
    pub(crate) fn asked(&self, id: TaskId) -> usize {
        self.plans.get(&id).map_or(0, |plan| plan.asked as usize)
    }

    /// Who is getting a copy.
    pub(crate) fn coming(&self, id: TaskId) -> &[Seat] {
        self.plans.get(&id).map_or(&[], |plan| &plan.coming)
    }

    /// A copy is on its way to a worker.
    pub(crate) fn begin(&mut self, id: TaskId, seat: Seat, nbytes: u64) {
        self.plans.entry(id).or_default().coming.push(seat);
        self.coming.insert((seat, id));
        *self.bytes.entry(seat).or_default() += u128::from(nbytes);
    }

    /// A copy came, or will not come; the move that it belonged to, if there was one.
    pub(crate) fn end(&mut self, id: TaskId, seat: Seat, nbytes: u64) -> Option<Move> {
        if !self.coming.remove(&(seat, id)) {
            return None;
        }
        if let Some(bytes) = self.bytes.get_mut(&seat) {
            *bytes -= u128::from(nbytes);
        }
        if self.coming_to(seat).next().is_none() {
            self.bytes.remove(&seat);
        }
        if let Some(plan) = self.plans.get_mut(&id) {
            plan.coming.retain(|other| *other != seat);
            self.forget_idle(id);
        }
        match self.moving.get(&id) {
            Some(moving) if moving.to == seat => self.moving.remove(&id),
            _ => None,
        }
    }

    /// The results that a worker gets copies of.
    pub(crate) fn coming_to(&self, seat: Seat) -> impl Iterator<Item = TaskId> {
        let from = (seat, TaskId::new(0, 0));
        self.coming.range(from..).take_while(move |(other, _)| *other == seat).map(|(_, task)| *task)
    }

    /// Sets how many workers are to hold a result.
    pub(crate) fn ask(&mut self, id: TaskId, asked: u32) {
        self.plans.entry(id).or_default().asked = asked;
        self.forget_idle(id);
    }

    fn forget_idle(&mut self, id: TaskId) {
        if self.plans.get(&id).is_some_and(|plan| plan.asked == 0 && plan.coming.is_empty()) {
            self.plans.remove(&id);
        }
    }
}

impl Scheduler {
    /// A client asks that so many workers hold results.
    pub(crate) fn copies_asked(&mut self, tasks: &[TaskId], copies: u32) {
        for id in tasks {
            if self.tasks.find(*id).is_some() {
                self.copies.ask(*id, copies.max(1));
                self.copies.due.push(*id);
            }
        }
    }

    /// A result came into a worker's memory, or a copy of it came or went.
    #[inline]
    pub(crate) fn copies_changed(&mut self, id: TaskId) {
        if !self.copies.is_idle() {
            self.copies.due.push(id);
        }
    }

    /// Only clients want a result any longer: some of its copies may go.
    #[inline]
    pub(crate) fn copies_idle(&mut self, id: TaskId) {
        let task = &self.tasks[id];
        let is_idle = task.waiters == 0 && task.to_come == 0 && task.holders().len() > 1;
        if is_idle && (self.config.reduce_copies || !self.copies.is_idle()) {
            self.copies.due.push(id);
        }
    }

    /// A worker holds a result of so many bytes beside others.
    pub(crate) fn copy_came(&mut self, id: TaskId, seat: Seat, nbytes: u64) {
        if let Some(moved) = self.copies.end(id, seat, nbytes) {
            self.copies.moved.push((id, moved.from));
        }
        self.copies_changed(id);
        self.copies_idle(id);
    }

    /// A worker no longer holds a result that others hold.
    pub(crate) fn copy_went(&mut self, id: TaskId, seat: Seat) {
        if let Some(leave) = self.copies.leaves.get_mut(&seat)
            && leave.left.remove(&id)
        {
            self.copies.check.push(seat);
        }
        self.copies_changed(id);
    }

    /// A worker will not get the copy that it was told to get.
    pub(crate) fn copy_given_up(&mut self, id: TaskId, seat: Seat) {
        if self.copies.is_idle() {
            return;
        }
        let nbytes = self.nbytes(id).unwrap_or(0);
        self.copies.end(id, seat, nbytes);
        self.copies.due.push(id);
    }

    /// A worker cannot read the copy that it was told to get; nor can others, which run the same program.
    pub(crate) fn unreadable(&mut self, id: TaskId, seat: Seat) {
        if self.tasks.find(id).is_some_and(|task| matches!(task.state, State::Memory { .. })) {
            self.copies.unreadable.insert(id);
        }
        self.copy_given_up(id, seat);
    }

    /// A worker is given no copies any longer; others are to get those that were on their way. It is not told: a copy
    /// that comes nevertheless is one more.
    pub(crate) fn copies_diverted(&mut self, seat: Seat) {
        for id in self.copies.coming_to(seat).collect::<Vec<_>>() {
            self.copy_given_up(id, seat);
        }
    }

    /// A result of so many bytes is in nobody's memory any longer; these had it.
    pub(crate) fn copies_gone(&mut self, id: TaskId, holders: &[Seat], nbytes: u64) {
        self.copies.unreadable.remove(&id);
        if self.copies.is_idle() {
            return;
        }
        while let Some(seat) = self.copies.coming(id).last().copied() {
            self.copies.end(id, seat, nbytes);
        }
        self.copies.short.remove(&id);
        for seat in holders {
            if let Some(leave) = self.copies.leaves.get_mut(seat)
                && leave.left.remove(&id)
            {
                self.copies.check.push(*seat);
            }
        }
    }

    /// A task is not known any longer.
    pub(crate) fn copies_forgotten(&mut self, id: TaskId) {
        self.copies.unreadable.remove(&id);
        if !self.copies.is_idle() {
            self.copies.plans.remove(&id);
        }
    }

    /// A worker is gone: nothing mentions it any longer.
    pub(crate) fn copies_unseated(&mut self, seat: Seat) {
        self.copies.leaves.remove(&seat);
        self.copies.moves.retain(|(_, moving)| moving.from != seat && moving.to != seat);
        self.copies.moving.retain(|_, moving| moving.from != seat);
        self.copies.moved.retain(|(_, from)| *from != seat);
    }

    /// Workers came, went, paused, resumed, or are to leave: what wants for copies is looked at again.
    pub(crate) fn copies_revived(&mut self) {
        self.copies.due.extend(&self.copies.short);
    }

    /// How many workers hold a result and stay.
    pub(crate) fn staying(&self, id: TaskId) -> usize {
        self.tasks[id].holders().iter().filter(|seat| !self.workers[**seat].retiring).count()
    }

    /// Whether the worker was asked to leave.
    pub fn is_retiring(&self, worker: WorkerId) -> bool {
        self.workers.seat(worker).is_some_and(|seat| self.workers[seat].retiring)
    }

    /// How many results that only workers that leave hold are on their way from this one to others.
    pub fn results_to_move(&self, worker: WorkerId) -> usize {
        self.leave_of(worker).map_or(0, |leave| leave.left.len())
    }

    /// How many results came from a worker that leaves to others.
    pub fn results_moved(&self, worker: WorkerId) -> u64 {
        self.leave_of(worker).map_or(0, |leave| leave.moved)
    }

    fn leave_of(&self, worker: WorkerId) -> Option<&Leave> {
        self.copies.leaves.get(&self.workers.seat(worker)?)
    }

    /// How many moves of a rebalance are under way, or wait to begin.
    pub fn moves_under_way(&self) -> usize {
        self.copies.moving.len() + self.copies.moves.len()
    }

    /// How many copies are under way, or wait to begin.
    pub fn copies_under_way(&self) -> usize {
        self.copies.coming.len() + self.copies.moves.len()
    }

    /// Whether no further copy of the result is to be waited for: it is in memory and none is under way, or it will not
    /// be in memory.
    pub fn copies_are_there(&self, id: TaskId) -> bool {
        match self.tasks.find(id).map(|task| &task.state) {
            Some(State::Memory { .. }) => self.copies.coming(id).is_empty(),
            None | Some(State::Released | State::Erred { .. }) => true,
            Some(_) => false,
        }
    }
}
