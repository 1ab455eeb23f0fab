//! Handing out what is queued: batches to workers that have run low, and free resources to those that wait for them.

use super::needs::ClassId;
use super::prefix::UNKNOWN_NANOS;
use super::task::{Processing, State};
use super::worker::Seat;
use super::{Scheduler, Turn, Untidy, is_queued};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::Order;
use partita_protocol::{Attempt, TaskId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What happened in a turn that may let queued tasks start.
#[derive(Debug, Default)]
pub(crate) struct Refill {
    /// Workers that a task left.
    freed: Vec<Seat>,
    /// Whether every worker is to be looked at: root tasks were queued, or workers came.
    all: bool,
    /// Whether resources became free, or tasks that want some were queued.
    supply: bool,
    /// Workers that are being filled, least busy first; empty between turns.
    hungry: BinaryHeap<Reverse<(u64, Seat)>>,
}

impl Refill {
    /// A class has a new queued task.
    pub(crate) fn grew(&mut self, class: ClassId) {
        match class {
            ClassId::ANY => self.all = true,
            _ => self.supply = true,
        }
    }

    /// Whether nothing is left to be looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.freed.is_empty() && self.hungry.is_empty() && !self.all && !self.supply
    }

    /// Workers came, went, paused or resumed.
    pub(crate) fn everything(&mut self) {
        self.all = true;
        self.supply = true;
    }
}

impl Scheduler {
    /// Ends a turn: hands out what is queued to whoever can take it.
    pub(crate) fn fill(&mut self, turn: &mut Turn) {
        if self.refill.supply && self.classes.waiting > 0 {
            self.fill_needs(turn);
        }
        if !self.classes[ClassId::ANY].queue.is_empty() && (self.refill.all || !self.refill.freed.is_empty()) {
            self.fill_roots(turn);
        }
        self.refill.supply = false;
        self.refill.all = false;
        while let Some(seat) = self.refill.freed.pop() {
            if self.workers.is_seated(seat) {
                self.workers[seat].freed = false;
            }
        }
    }

    /// Fills hungry workers with root tasks in the order of priority, always the least busy worker first.
    fn fill_roots(&mut self, turn: &mut Turn) {
        let mut hungry = std::mem::take(&mut self.refill.hungry);
        let Some(first) = self.first_queued(ClassId::ANY) else { return };
        let average = self.prefixes.average(self.tasks[first].prefix);
        let seats = if self.refill.all { &self.classes[ClassId::ANY].seats } else { &self.refill.freed };
        for seat in seats {
            if !self.workers.is_seated(*seat) {
                continue;
            }
            let worker = &self.workers[*seat];
            if worker.runs() && worker.is_hungry(average, &self.config) {
                hungry.push(Reverse((worker.load(), *seat)));
            }
        }
        while let Some(Reverse((_, seat))) = hungry.pop() {
            loop {
                let Some(id) = self.first_queued(ClassId::ANY) else {
                    hungry.clear();
                    break;
                };
                let average = self.prefixes.average(self.tasks[id].prefix);
                if !self.workers[seat].has_room(average, &self.config) {
                    break;
                }
                self.classes[ClassId::ANY].queue.drop_top();
                self.assign(turn, id, seat);
                if !hungry.is_empty() {
                    hungry.push(Reverse((self.workers[seat].load(), seat)));
                    break;
                }
            }
        }
        self.refill.hungry = hungry;
    }

    /// Gives free resources to the tasks that wait for them, in the order of priority over all classes. A task whose
    /// resources are taken holds up only those that ask the same.
    fn fill_needs(&mut self, turn: &mut Turn) {
        let is_open = |class: &super::needs::Class| !class.queue.is_empty() && !class.seats.is_empty();
        let mut open: Vec<ClassId> =
            self.classes.iter().filter(|(id, class)| *id != ClassId::ANY && is_open(class)).map(|(id, _)| id).collect();
        loop {
            let mut best = None;
            for (place, class) in open.iter().enumerate() {
                let Some(id) = self.first_queued(*class) else { continue };
                let key = (self.tasks[id].priority, id);
                if best.is_none_or(|(known, _)| key < known) {
                    best = Some((key, place));
                }
            }
            let Some(((_, id), place)) = best else { return };
            match self.choose(id, None) {
                Some(seat) => self.assign(turn, id, seat),
                None => drop(open.swap_remove(place)),
            }
        }
    }

    /// The first task of a class's queue.
    fn first_queued(&mut self, class: ClassId) -> Option<TaskId> {
        let tasks = &self.tasks;
        self.classes[class].queue.first(|_, id| is_queued(tasks, id)).map(|(_, id)| id)
    }

    /// Hands a task whose inputs are all in memory to a worker.
    pub(crate) fn assign(&mut self, turn: &mut Turn, id: TaskId, seat: Seat) {
        self.attempts += 1;
        let attempt = Attempt(self.attempts);
        let average = self.prefixes.average(self.tasks[id].prefix);
        let expected = average.unwrap_or(UNKNOWN_NANOS);
        self.enter(turn, id, State::Processing(Processing { seat, attempt, expected, seceded: false, stray: false }));
        let task = &self.tasks[id];
        let resources = self.classes[task.class].needs.resources.clone();
        let worker = &mut self.workers[seat];
        worker.slots += 1;
        worker.occupancy += expected;
        worker.busy.join(id);
        if let Some(resources) = &resources {
            worker.free.take(resources);
        }
        let worker = worker.id;
        let inputs = task.dependencies.iter().filter_map(|dependency| self.input(*dependency)).collect();
        let (priority, expected_nanos) = (task.priority, average.unwrap_or(u64::MAX));
        let assignment =
            Assignment { task: id, attempt, priority, expected_nanos, inputs, resources, timeout_nanos: None };
        turn.order(worker, Order::Compute(assignment));
    }

    fn input(&self, id: TaskId) -> Option<Input> {
        let State::Memory { holders, nbytes } = &self.tasks[id].state else { return None };
        let holders = holders.iter().map(|seat| self.workers[*seat].id).collect();
        Some(Input { task: id, nbytes: *nbytes, holders })
    }

    /// Takes a task off its worker's account.
    pub(crate) fn leave_worker(&mut self, class: ClassId, processing: &Processing) {
        let seat = processing.seat;
        let worker = &mut self.workers[seat];
        match processing.seceded {
            true => worker.seceded -= 1,
            false => {
                worker.slots -= 1;
                worker.occupancy -= processing.expected;
            }
        }
        if worker.busy.leave() {
            self.untidy.push(Untidy::Busy(seat));
        }
        if let Some(resources) = &self.classes[class].needs.resources {
            worker.free.give(resources);
            self.refill.supply = true;
        }
        self.slot_freed(seat);
    }

    /// Notes that a worker has a free slot, for the end of the turn.
    pub(crate) fn slot_freed(&mut self, seat: Seat) {
        let worker = &mut self.workers[seat];
        if !worker.freed {
            worker.freed = true;
            self.refill.freed.push(seat);
        }
    }
}
