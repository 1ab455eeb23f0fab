//! Placement: the worker on which a ready task would start first, counting the wait for a thread and the inputs to be
//! moved.
//!
//! Every running worker that may run the task is weighed, not only those that hold an input: there is no stealing, so a
//! worker without the data takes over as soon as moving is cheaper than waiting.

use super::Scheduler;
use super::needs::Class;
use super::task::State;
use super::worker::Seat;
use partita_protocol::{TaskId, WorkerId};

/// What asking another worker for data costs beside its bytes, in nanoseconds: a few wakes of actors.
const MOVE_NANOS: u64 = 50_000;

/// What placing a task on a worker costs, most important first; the smallest is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cost {
    /// The wait for a thread and for the inputs, in nanoseconds.
    pub(crate) nanos: u64,
    /// Tasks per thread.
    pub(crate) load: u64,
    /// What the worker holds.
    pub(crate) bytes: u128,
    /// To be the same every time.
    pub(crate) worker: WorkerId,
}

impl Scheduler {
    /// The best worker for a task whose inputs are in memory, over the resources that are free now; `avoid` is taken only
    /// if there is no other. `None` if no running worker may run it or none has the resources free.
    pub(crate) fn choose(&mut self, id: TaskId, avoid: Option<Seat>) -> Option<Seat> {
        let class = &self.classes[self.tasks[id].class];
        if let ([only], None) = (&class.seats[..], &class.needs.resources) {
            return Some(*only);
        }
        if !class.seats.iter().any(|seat| self.is_free(class, *seat)) {
            return None;
        }
        let (total, count) = self.weigh_inputs(id);
        let class = &self.classes[self.tasks[id].class];
        let mut best: Option<(bool, Cost, Seat)> = None;
        for seat in &class.seats {
            if !self.is_free(class, *seat) {
                continue;
            }
            let (bytes, there) = self.local[seat.index()];
            let cost = self.cost(*seat, total.saturating_sub(bytes), count - there);
            let key = (avoid == Some(*seat), cost, *seat);
            if best.is_none_or(|known| key < known) {
                best = Some(key);
            }
        }
        self.local.clear();
        best.map(|(_, _, seat)| seat)
    }

    /// Whether the resources that tasks of this class take are free on the worker.
    pub(crate) fn is_free(&self, class: &Class, seat: Seat) -> bool {
        class.needs.resources.as_ref().is_none_or(|needs| self.workers[seat].free.covers(needs))
    }

    /// What starting a task on this worker would cost, if so many bytes of so many inputs are not there.
    pub(crate) fn cost(&self, seat: Seat, missing: u64, inputs: u32) -> Cost {
        let worker = &self.workers[seat];
        let transfer = match inputs {
            0 => 0,
            _ => MOVE_NANOS.saturating_add((missing as f64 * 1e9 / self.config.bandwidth.max(1) as f64) as u64),
        };
        Cost {
            nanos: worker.wait().saturating_add(transfer),
            load: worker.load(),
            bytes: worker.bytes,
            worker: worker.id,
        }
    }

    /// The bytes and the number of a task's inputs, and into `local` those that each worker holds.
    pub(crate) fn weigh_inputs(&mut self, id: TaskId) -> (u64, u32) {
        self.local.clear();
        self.local.resize(self.workers.seats(), (0, 0));
        let (mut total, mut count) = (0u64, 0);
        for dependency in &self.tasks[id].dependencies {
            let State::Memory { holders, nbytes } = &self.tasks[*dependency].state else { continue };
            total = total.saturating_add(*nbytes);
            count += 1;
            for seat in holders {
                let (bytes, there) = &mut self.local[seat.index()];
                *bytes = bytes.saturating_add(*nbytes);
                *there += 1;
            }
        }
        (total, count)
    }
}
