//! Handing out what is queued: batches to workers that have run low, and free resources to those that wait for them.

use super::needs::ClassId;
use super::prefix::UNKNOWN_NANOS;
use super::task::{Processing, State, Theft};
use super::worker::Seat;
use super::{Scheduler, Turn, Untidy, is_queued};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::Order;
use partita_protocol::{Attempt, TaskId};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What happened in a turn that may let queued tasks start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refill {
    /// Workers that a task left.
    pub(crate) freed: Vec<Seat>,
    /// Whether every worker is to be looked at: root tasks were queued, or workers came.
    all: bool,
    /// Whether workers without room are to be looked at: a client queued its first root task, or one of raised priority.
    turns: bool,
    /// Whether resources became free, or tasks that want some were queued.
    supply: bool,
    /// Workers that are being filled, least busy first; empty between turns.
    hungry: BinaryHeap<Reverse<Hunger>>,
}

/// Up to so many workers are all looked at for a queue of root tasks.
const MANY: usize = 16;

/// Workers without room that are looked at when a client queues its first root task, at the most; others are looked at when
/// a task leaves them.
const SEARCHED: usize = 256;

/// How soon a worker is to be given a root task: those with room first, then the least busy.
type Hunger = (bool, u64, Seat);

impl Refill {
    /// A class has a new queued task, the first one of all or one more, that may have its turn before others. While root
    /// tasks were queued before, no worker that nothing happened to has room.
    pub(crate) fn grew(&mut self, class: ClassId, is_first: bool, has_turn: bool) {
        match class {
            ClassId::ANY => {
                self.all |= is_first;
                self.turns |= has_turn;
            }
            _ => self.supply = true,
        }
    }

    /// Whether nothing is left to be looked at.
    pub(crate) fn is_empty(&self) -> bool {
        self.freed.is_empty() && self.hungry.is_empty() && !self.all && !self.turns && !self.supply
    }

    /// Resources became free.
    pub(crate) fn supply(&mut self) {
        self.supply = true;
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
        let is_open = self.refill.all || !self.refill.freed.is_empty();
        if is_open && !self.classes[ClassId::ANY].queue.is_empty() {
            self.fill_roots(turn);
        }
        if (is_open || self.refill.turns) && !self.classes[ClassId::ANY].queue.is_empty() {
            self.fill_turns(turn);
        }
        self.steal(turn);
        self.refill.supply = false;
        self.refill.all = false;
        self.refill.turns = false;
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
        let class = &self.classes[ClassId::ANY];
        let few = class.queue.len().max(MANY);
        match self.refill.all {
            false => hungry.extend(self.refill.freed.iter().filter_map(|seat| self.hunger(*seat, average))),
            true if few >= class.seats.len() => {
                hungry.extend(class.seats.iter().filter_map(|seat| self.hunger(*seat, average)));
            }
            true => {
                let spare = self.workers.levels.without_surplus();
                hungry.extend(spare.filter_map(|seat| self.hunger(seat, average)).take(few));
                if hungry.len() < few && self.workers.is_broad() {
                    hungry.clear();
                    hungry.extend(class.seats.iter().filter_map(|seat| self.hunger(*seat, average)));
                }
            }
        }
        while let Some(Reverse((is_full, _, seat))) = hungry.pop() {
            loop {
                let Some(id) = self.first_queued(ClassId::ANY) else {
                    hungry.clear();
                    break;
                };
                let average = self.prefixes.average(self.tasks[id].prefix);
                if !self.workers[seat].has_room(average, &self.config) {
                    break;
                }
                self.classes[ClassId::ANY].queue.drop_first();
                self.assign(turn, id, seat);
                if !hungry.is_empty() {
                    hungry.push(Reverse((is_full, self.workers[seat].load(), seat)));
                    break;
                }
            }
        }
        self.refill.hungry = hungry;
    }

    /// Hands root tasks to workers that are crowded with tasks that were placed at once, as long as fewer of these come
    /// before them than there are threads: clients, and higher priorities, need not wait until all of these have ended.
    fn fill_turns(&mut self, turn: &mut Turn) {
        let mut seats: SmallVec<[Seat; MANY]> = SmallVec::from_slice(&self.refill.freed);
        if self.refill.all || self.refill.turns {
            seats.extend(self.workers.levels.least_busy().take(SEARCHED));
        }
        for seat in seats {
            while let Some(id) = self.first_in_turn(seat) {
                self.classes[ClassId::ANY].queue.drop_first();
                self.assign(turn, id, seat);
            }
        }
    }

    /// The first queued root task that a worker would start among its next ones.
    fn first_in_turn(&mut self, seat: Seat) -> Option<TaskId> {
        let tasks = &self.tasks;
        let worker = self.workers.find(seat).filter(|worker| worker.is_crowded(&self.config))?;
        let has_turn = |client, priority| worker.has_turn(client, priority);
        let queue = &mut self.classes[ClassId::ANY].queue;
        queue.first_of(&self.accounts, |id| is_queued(tasks, id), has_turn).map(|(_, id)| id)
    }

    /// How soon a worker is to be given a root task, if it has run low.
    fn hunger(&self, seat: Seat, average: Option<u64>) -> Option<Reverse<Hunger>> {
        let worker = self.workers.find(seat)?;
        let is_hungry = worker.runs() && worker.is_hungry(average, &self.config);
        is_hungry.then(|| Reverse((worker.is_full(), worker.load(), seat)))
    }

    /// Gives free resources to the tasks that wait for them, in the order of shares and priority over all classes. A task
    /// whose resources are taken holds up only those that ask the same, unless they have waited for too long.
    fn fill_needs(&mut self, turn: &mut Turn) {
        while self.refill.supply {
            // It is set again when what was held back is free.
            self.refill.supply = false;
            self.give_resources(turn);
        }
    }

    fn give_resources(&mut self, turn: &mut Turn) {
        let is_open = |class: &super::needs::Class| !class.queue.is_empty() && !class.seats.is_empty();
        let mut open: Vec<ClassId> =
            self.classes.iter().filter(|(id, class)| *id != ClassId::ANY && is_open(class)).map(|(id, _)| id).collect();
        loop {
            let mut best = None;
            for (place, class) in open.iter().enumerate() {
                let Some(id) = self.first_queued(*class) else { continue };
                let task = &self.tasks[id];
                let key = (task.priority.user, self.accounts.given(task.client), task.priority, id);
                if best.is_none_or(|(known, _)| key < known) {
                    best = Some((key, place));
                }
            }
            let Some(((_, _, _, id), place)) = best else { return };
            let avoid = self.avoided(id);
            match self.choose(id, avoid) {
                Some(seat) => self.assign(turn, id, seat),
                None => {
                    let class = open.swap_remove(place);
                    self.hold_back(turn, class);
                }
            }
        }
    }

    /// The first task of a class's queue.
    fn first_queued(&mut self, class: ClassId) -> Option<TaskId> {
        let tasks = &self.tasks;
        self.classes[class].queue.first(&self.accounts, |id| is_queued(tasks, id)).map(|(_, id)| id)
    }

    /// Hands a task whose inputs are all in memory to a worker.
    pub(crate) fn assign(&mut self, turn: &mut Turn, id: TaskId, seat: Seat) {
        self.attempts += 1;
        self.look_again();
        let attempt = Attempt(self.attempts);
        self.note(id, |scheduler| scheduler.placed(id, seat, attempt));
        let average = self.prefixes.average(self.tasks[id].prefix);
        let expected = average.unwrap_or(UNKNOWN_NANOS);
        let (seceded, stray, steals, theft) = (false, false, 0, Theft::None);
        let charged = self.accounts.is_contested() && self.accounts.charge(self.tasks[id].client, expected);
        let processing = Processing { seat, attempt, expected, seceded, stray, steals, theft, charged };
        self.enter(turn, id, State::Processing(processing));
        let task = &self.tasks[id];
        let (class, client, priority) = (task.class, task.client, task.priority);
        let resources = self.classes[class].needs.resources.clone();
        if let Some(waits) = &mut self.classes[class].waits {
            *waits = turn.now;
        }
        if resources.is_some() {
            self.release_hold(class);
        }
        let worker = &mut self.workers[seat];
        if worker.slots == 0 {
            worker.progress = turn.now;
        }
        worker.slots += 1;
        worker.spent = false;
        worker.occupancy += expected;
        worker.busy.join(id);
        worker.crowd.join(client, priority.user);
        if let Some(resources) = &resources {
            worker.free.take(resources);
        }
        let worker = worker.id;
        self.workers.relevel(seat);
        let task = &self.tasks[id];
        let inputs = task.dependencies.iter().filter_map(|dependency| self.input(*dependency)).collect();
        let expected_nanos = average.unwrap_or(u64::MAX);
        let expected_nbytes = self.prefixes.average_bytes(task.prefix);
        let timeout_nanos = task.bounds.as_ref().and_then(|bounds| bounds.timeout_nanos());
        let task = id;
        let assignment = Assignment {
            task,
            client,
            attempt,
            priority,
            expected_nanos,
            expected_nbytes,
            inputs,
            resources,
            timeout_nanos,
        };
        turn.order(worker, Order::Compute(assignment));
    }

    pub(crate) fn input(&self, id: TaskId) -> Option<Input> {
        let State::Memory { holders, nbytes } = &self.tasks[id].state else { return None };
        let holders = holders.iter().map(|seat| self.workers[*seat].id).collect();
        Some(Input { task: id, nbytes: *nbytes, holders })
    }

    /// Takes a task off its worker's account.
    pub(crate) fn leave_worker(&mut self, id: TaskId, class: ClassId, processing: &Processing) {
        let seat = processing.seat;
        self.end_theft(id, processing);
        let (client, priority) = (self.tasks[id].client, self.tasks[id].priority);
        let worker = &mut self.workers[seat];
        worker.spent = false;
        worker.progress = self.now;
        match processing.seceded {
            true => worker.seceded -= 1,
            false => {
                worker.slots -= 1;
                worker.occupancy -= processing.expected;
                worker.crowd.leave(client, priority.user);
            }
        }
        if worker.busy.leave() {
            self.untidy.push(Untidy::Busy(seat));
        }
        if worker.retiring {
            self.copies.check.push(seat);
        }
        if let Some(resources) = &self.classes[class].needs.resources
            && !(planted(Bug::KeptResources) && matches!(self.tasks[id].state, State::Released))
        {
            worker.free.give(resources);
            self.refill.supply = true;
        }
        self.slot_freed(seat);
    }

    /// Notes that a worker has a free slot, for the end of the turn.
    pub(crate) fn slot_freed(&mut self, seat: Seat) {
        self.workers.relevel(seat);
        let worker = &mut self.workers[seat];
        if !worker.freed {
            worker.freed = true;
            self.refill.freed.push(seat);
        }
    }
}
