//! A task: its links, what needs it, and its state with the data of that state.

use super::bounds::Bounds;
use super::failure::FailureRef;
use super::few::Few;
use super::needs::ClassId;
use super::worker::Seat;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Attempt, ClientId, PrefixId, Priority, TaskId, Time};
use smallvec::SmallVec;

/// A task as the scheduler knows it.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    /// How many tasks stood at this place before.
    pub(crate) generation: u32,
    /// The group that its statistics are kept for.
    pub(crate) prefix: PrefixId,
    /// When it starts among others. The first that it was given stays.
    pub(crate) priority: Priority,
    /// The client whose share it counts for: the first that handed it in.
    pub(crate) client: ClientId,
    /// What it asks of a worker.
    pub(crate) class: ClassId,
    /// Where its value comes from.
    pub(crate) source: Source,
    /// What it depends on, each once. All of these are in the table.
    pub(crate) dependencies: SmallVec<[TaskId; 2]>,
    /// What depends on it, with stale entries of tasks that were forgotten.
    pub(crate) dependents: SmallVec<[TaskId; 2]>,
    /// How many dependents are in the table.
    pub(crate) live: u32,
    /// How many dependents are waiting, queued, without worker or processing.
    pub(crate) waiters: u32,
    /// How many dependents were announced and have not come.
    pub(crate) to_come: u32,
    /// How often it was taken away from a worker since it was with one that was left to run it, while it is with none.
    pub(crate) steals: u8,
    /// The clients that want its result.
    pub(crate) wanted_by: Few<ClientId>,
    /// What bounds it in time, if anything does.
    pub(crate) bounds: Option<Box<Bounds>>,
    /// Its state.
    pub(crate) state: State,
}

/// Where a task's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// From its function.
    Computed,
    /// From a client, that has not put it into a worker yet.
    Expected,
    /// From a client, that did put it into a worker.
    Scattered,
    /// From nowhere: when it was handed in, something that it depends on was not known.
    Incomplete,
}

/// The state of a task, with the data that exists only in it.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Known, and not needed.
    Released,
    /// Needed, and waits for dependencies, or as data for its client.
    Waiting {
        /// Dependencies that are not in memory; for data that is expected 1, the data itself; and 1 for the wait after a
        /// failure.
        missing: u32,
    },
    /// Could run, and waits for a free thread or for free resources.
    Queued {
        /// Since when.
        since: Time,
    },
    /// Could run, and no running worker may run it.
    NoWorker {
        /// Since when.
        since: Time,
    },
    /// Handed to a worker.
    Processing(Processing),
    /// In the memory of workers.
    Memory {
        /// Which workers; never empty.
        holders: SmallVec<[Seat; 4]>,
        /// Its size in bytes.
        nbytes: u64,
    },
    /// It failed, or something that it depends on did.
    Erred {
        /// The failure.
        failure: FailureRef,
    },
}

/// A task's time with a worker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Processing {
    /// Which worker.
    pub(crate) seat: Seat,
    /// The number of the assignment.
    pub(crate) attempt: Attempt,
    /// How long it was expected to take when it was assigned, in nanoseconds.
    pub(crate) expected: u64,
    /// Whether it has given its thread back.
    pub(crate) seceded: bool,
    /// Whether the worker holds a copy of an earlier run, that is to be dropped unless this run ends well.
    pub(crate) stray: bool,
    /// How often it was taken away from a worker, from the one to the next.
    pub(crate) steals: u8,
    /// Whether the worker was asked to give it back.
    pub(crate) theft: Theft,
    /// Whether its client was charged for it.
    pub(crate) charged: bool,
}

/// Whether the worker of a task was asked to give it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theft {
    /// No.
    None,
    /// It was, for this worker, and has not answered.
    Asked(Seat),
    /// It was, for a worker that is gone, and has not answered.
    Orphaned,
    /// It was, and has started the task.
    Refused,
}

impl Task {
    /// Whether anyone waits for its value: a client, a dependent, or a dependent that is still to come.
    pub(crate) fn needed(&self) -> bool {
        self.waiters > 0 || self.to_come > 0 || !self.wanted_by.is_empty()
    }

    /// Its assignment, while it is processing.
    pub(crate) fn processing(&self) -> Option<&Processing> {
        match &self.state {
            State::Processing(processing) => Some(processing),
            _ => None,
        }
    }

    /// Who holds it, while it is in memory.
    pub(crate) fn holders(&self) -> &[Seat] {
        match &self.state {
            State::Memory { holders, .. } => holders,
            _ => &[],
        }
    }
}

impl State {
    /// The state as a word.
    pub(crate) fn word(&self) -> Word {
        match self {
            State::Released => Word::Released,
            State::Waiting { .. } => Word::Waiting,
            State::Queued { .. } => Word::Queued,
            State::NoWorker { .. } => Word::NoWorker,
            State::Processing(_) => Word::Processing,
            State::Memory { .. } => Word::Memory,
            State::Erred { .. } => Word::Erred,
        }
    }

    /// Whether a task in this state counts as a waiter of its dependencies.
    pub(crate) fn waits(&self) -> bool {
        use State::{NoWorker, Processing, Queued, Waiting};
        matches!(self, Waiting { .. } | Queued { .. } | NoWorker { .. } | Processing(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_small() {
        assert!(std::mem::size_of::<Option<Task>>() <= 168, "{}", std::mem::size_of::<Option<Task>>());
    }
}
