//! Placement: the worker that a ready task is given to, by the policy that is set.
//!
//! Up to [`FEW`] workers are all weighed. Of more, only those that may well be the best: those that hold the most of the
//! inputs, and the least busy ones. So what it costs to place a task does not grow with the number of workers.

use super::policy::memory;
use super::policy::placement::Cost;
use super::table::Table;
use super::task::State;
use super::worker::Seat;
use super::{ClassId, Scheduler};
use partita_protocol::{TaskId, WorkerId};
use smallvec::SmallVec;

/// What asking another worker for data costs beside its bytes, in nanoseconds: a few wakes of actors.
const MOVE_NANOS: u64 = 50_000;

/// So many workers are all weighed; of more, so many holders of inputs at the most.
const FEW: usize = 16;

/// So many of the least busy are weighed where any worker would do: they come in order, by and large.
const NEAR: usize = 8;

/// Of more workers than a few, so many are looked at to find a few that may run a task that asks something.
const SEARCHED: usize = 2 * FEW;

/// Workers to be weighed.
type Seats = SmallVec<[Seat; 3 * FEW]>;

/// What each worker holds of a task's inputs, while the task is placed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares {
    /// Bytes and number of the inputs that a seat holds; zeros between two tasks.
    local: Vec<(u64, u32)>,
    /// The seats that hold some.
    holders: Vec<Seat>,
    /// Bytes and number of all inputs.
    total: (u64, u32),
}

impl Shares {
    /// Adds up the inputs of a task over so many seats.
    fn weigh(&mut self, tasks: &Table, seats: usize, id: TaskId) {
        if self.local.len() < seats {
            self.local.resize(seats, (0, 0));
        }
        for dependency in &tasks[id].dependencies {
            let State::Memory { holders, nbytes } = &tasks[*dependency].state else { continue };
            self.total = (self.total.0.saturating_add(*nbytes), self.total.1 + 1);
            for seat in holders {
                let (bytes, count) = &mut self.local[seat.index()];
                if *count == 0 {
                    self.holders.push(*seat);
                }
                *bytes = bytes.saturating_add(*nbytes);
                *count += 1;
            }
        }
    }

    /// Bytes and number of the inputs that a worker does not hold.
    fn missing(&self, seat: Seat) -> (u64, u32) {
        let (bytes, count) = self.local.get(seat.index()).copied().unwrap_or_default();
        (self.total.0.saturating_sub(bytes), self.total.1 - count)
    }

    /// The few workers that hold the most.
    fn main_holders(&mut self) -> &[Seat] {
        if self.holders.len() > FEW {
            let local = &self.local;
            let key = |seat: &Seat| std::cmp::Reverse((local[seat.index()], std::cmp::Reverse(*seat)));
            self.holders.select_nth_unstable_by_key(FEW, key);
        }
        &self.holders[..self.holders.len().min(FEW)]
    }

    /// Forgets the task.
    fn clear(&mut self) {
        for seat in self.holders.drain(..) {
            self.local[seat.index()] = (0, 0);
        }
        self.total = (0, 0);
    }
}

impl Scheduler {
    /// The best worker for a task whose inputs are in memory, over the resources that are free now; `avoid` is taken only
    /// if there is no other. `None` if no running worker may run it or none has the resources free.
    pub(crate) fn choose(&mut self, id: TaskId, avoid: Option<Seat>) -> Option<Seat> {
        let class = &self.classes[self.tasks[id].class];
        if let ([only], None) = (&class.seats[..], &class.needs.resources) {
            return Some(*only);
        }
        if let Some(start) = self.config.placement.blind(self.attempts + 1, class.seats.len()) {
            let (before, from) = class.seats.split_at(start);
            let mut free = from.iter().chain(before).filter(|seat| self.is_free(class, **seat));
            let first = *free.next()?;
            return if avoid == Some(first) { free.next().copied().or(avoid) } else { Some(first) };
        }
        let takes_nothing = class.needs.resources.is_none();
        if !takes_nothing && !class.seats.iter().any(|seat| self.is_free(class, *seat)) {
            return None;
        }
        let mut shares = std::mem::take(&mut self.shares);
        shares.weigh(&self.tasks, self.workers.seats(), id);
        let class = &self.classes[self.tasks[id].class];
        let is_free = |seat: &Seat| takes_nothing || self.is_free(class, *seat);
        let best = match class.seats.len() <= FEW {
            true => self.best(class.seats.iter().copied().filter(is_free), id, &shares, avoid),
            false => self.best(self.likely(id, &mut shares).into_iter(), id, &shares, avoid),
        };
        shares.clear();
        self.shares = shares;
        best
    }

    /// The worker of the smallest cost.
    #[inline]
    fn best(
        &self,
        seats: impl Iterator<Item = Seat>,
        id: TaskId,
        shares: &Shares,
        avoid: Option<Seat>,
    ) -> Option<Seat> {
        let result = self.prefixes.average_bytes(self.tasks[id].prefix);
        let mut best = None;
        for seat in seats {
            let cost = self.cost(seat, shares.missing(seat), result);
            let weight = (avoid == Some(seat), self.config.placement.weight(&cost, self.workers[seat].id));
            if best.is_none_or(|(known, _)| weight < known) {
                best = Some((weight, seat));
            }
        }
        best.map(|(_, seat)| seat)
    }

    /// Of many workers, those that may well be the best for a task and are free for it: holders of its inputs, and the
    /// least busy. If they are all taken, any that are free.
    fn likely(&self, id: TaskId, shares: &mut Shares) -> Seats {
        let class_id = self.tasks[id].class;
        let class = &self.classes[class_id];
        let least_busy = self.workers.levels.least_busy();
        if class_id == ClassId::ANY {
            let runs = |seat: &&Seat| self.workers[**seat].runs();
            return shares.main_holders().iter().filter(runs).copied().chain(least_busy.take(NEAR)).collect();
        }
        let may = |seat: &Seat| class.seats.binary_search(seat).is_ok() && self.is_free(class, *seat);
        let mut seats: Seats = shares.main_holders().iter().copied().filter(may).collect();
        seats.extend(least_busy.take(SEARCHED).filter(may).take(FEW));
        // The least busy of all may be others than those that may run it: some of those too, each time others.
        let (before, from) = class.seats.split_at(self.attempts as usize * FEW % class.seats.len());
        let turn = || from.iter().chain(before).copied();
        seats.extend(turn().take(FEW).filter(may));
        if seats.is_empty() {
            seats.extend(turn().filter(may).take(FEW));
        }
        seats
    }

    /// What starting a task on this worker would cost, if so many bytes of so many inputs are not there, and its result
    /// has so many.
    #[inline]
    fn cost(&self, seat: Seat, missing: (u64, u32), result: u64) -> Cost {
        let worker = &self.workers[seat];
        Cost {
            wait_nanos: worker.wait(),
            transfer_nanos: transfer_nanos(missing.0, missing.1, self.config.bandwidth),
            missing_bytes: missing.0,
            shortage: self.shortage(seat, missing.0.saturating_add(result)),
            load: worker.load(),
            held_bytes: u64::try_from(worker.bytes).unwrap_or(u64::MAX),
        }
    }

    /// How short of room the worker would be with so many bytes more.
    pub(crate) fn shortage(&self, seat: Seat, more: u64) -> u64 {
        let worker = &self.workers[seat];
        memory::shortage(worker.info.memory_limit, worker.bytes, more)
    }

    /// Every running worker that may run the task, with what placing it there would cost, best first. Looks at all workers.
    pub fn candidates(&self, task: TaskId) -> Vec<(WorkerId, Cost)> {
        let Some(known) = self.tasks.find(task) else { return Vec::new() };
        let class = &self.classes[known.class];
        let mut shares = Shares::default();
        shares.weigh(&self.tasks, self.workers.seats(), task);
        let seats = class.seats.iter().filter(|seat| self.is_free(class, **seat));
        let result = self.prefixes.average_bytes(known.prefix);
        let costs = seats.map(|seat| (self.workers[*seat].id, self.cost(*seat, shares.missing(*seat), result)));
        let mut list: Vec<_> = costs.collect();
        list.sort_by_key(|(worker, cost)| self.config.placement.weight(cost, *worker));
        list
    }
}

/// How long it takes to move so many bytes of so many inputs, in nanoseconds.
#[inline]
pub(crate) fn transfer_nanos(bytes: u64, inputs: u32, bandwidth: u64) -> u64 {
    match inputs {
        0 => 0,
        _ => MOVE_NANOS.saturating_add((bytes as f64 * 1e9 / bandwidth.max(1) as f64) as u64),
    }
}
