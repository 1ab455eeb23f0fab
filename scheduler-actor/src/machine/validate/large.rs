//! The invariants of what tells that a task takes too much.

use super::{Invariant, Violation, ensure};
use crate::machine::Scheduler;
use crate::machine::large::Large;
use crate::machine::task::State;

impl Scheduler {
    /// S10: what is looked at first misses no task: no result is larger, and no worker can hold less.
    pub(super) fn validate_large(&self) -> Result<(), Violation> {
        let mut fresh = Large::default();
        fresh.look_around(self.workers.iter().map(|(_, worker)| &worker.info));
        ensure(fresh.least == self.large.least, || {
            let message = format!("a worker can hold no more than {}, not {}", fresh.least, self.large.least);
            Violation::general(Invariant::Sums, message)
        })?;
        let sizes = self.tasks.iter().filter_map(|(id, task)| match task.state {
            State::Memory { nbytes, .. } => Some((id, nbytes)),
            _ => None,
        });
        match sizes.max_by_key(|(_, nbytes)| *nbytes).filter(|(_, nbytes)| *nbytes > self.large.largest) {
            Some((id, nbytes)) => {
                let message = format!("{id} has {nbytes} bytes, and none is known of more than {}", self.large.largest);
                Err(Violation::general(Invariant::Sums, message))
            }
            None => Ok(()),
        }
    }
}
