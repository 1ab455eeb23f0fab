//! X2: whatever comes into a store is the value that a plain evaluation gives.

use super::{Broken, ensure};
use crate::world::{Trace, World};
use partita_protocol::WorkerId;
use partita_protocol::scheduler::Notice;

/// The values that tasks must have.
#[derive(Debug)]
pub(super) struct Values {
    expected: Vec<u64>,
}

impl Values {
    pub(super) fn new(expected: Vec<u64>) -> Self {
        Values { expected }
    }

    pub(super) fn hear(&self, world: &World, trace: &Trace) -> Result<(), Broken> {
        match trace {
            Trace::Holds { worker, task, change, .. } if *change > 0 => self.check(world, *worker, *task),
            // What a client is told is there is there, or was when it was told.
            Trace::Learned { number, notice: Notice::InMemory { holder, .. }, .. } => {
                self.check(world, *holder, world.id_of(*number))
            }
            _ => Ok(()),
        }
    }

    fn check(&self, world: &World, worker: WorkerId, task: partita_protocol::TaskId) -> Result<(), Broken> {
        let Some(stored) = world.host(worker).and_then(|host| host.stored(task)) else { return Ok(()) };
        let expected = self.expected[task.index()];
        ensure!(stored.value == expected, "X2", task, "{worker} has {} for {task}, not {expected}", stored.value);
        Ok(())
    }
}
