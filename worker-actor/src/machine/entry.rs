//! What the machine knows of one task.
//!
//! ```text
//!               Compute, inputs missing                    thread free
//!   (unknown) ───────────────────────────▶ waiting ─▶ ready ──────────▶ executing ─▶ memory
//!       │  └─── Compute, inputs here ──────────────────▲                  │   ▲          │ Free while read
//!       │                                                        Seceded ▼   │          ▼
//!       │ an input of a waiting task, or Hold                      long-running      released
//!       ├─────────▶ fetch ⇄ flight ─────────────────────────────────────────────▶ memory
//!       └─────────▶ missing ─▶ fetch (Holders)
//! ```

use super::memory::Kept;
use super::name::StateName;
use super::waiters::Waiters;
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::{Attempt, ClientId, Priority, Resources, TaskId, Time, WorkerId};
use smallvec::SmallVec;
use std::num::NonZeroU64;
use std::sync::Arc;

/// What the machine knows of one task.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where it stands.
    pub(super) state: State,
    /// How often it stands among the inputs of tasks that are to run here or run, orphans included. Such tasks keep
    /// its value in the store.
    pub(super) users: u32,
    /// The waiting tasks among those users, as long as the value is not here. Some may be out of date: a waiter counts
    /// only while its task waits under the same ticket.
    pub(super) waiters: Waiters,
    /// Where its value is, if it is in the store.
    pub(super) kept: Kept,
    /// The mark of its place in the order of use, if it has one.
    pub(super) mark: u32,
}

/// A task that waits for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    /// Which task.
    pub(super) task: TaskId,
    /// Its [`Work::ticket`].
    pub(super) ticket: u64,
}

/// Where a task stands, with what is known only there. What is known only for a while is boxed: most entries are values
/// in memory, a million of them at a time.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// It waits for inputs.
    Waiting {
        work: Box<Work>,
        /// How many of its inputs are not here.
        missing: u32,
    },
    /// It stands in the ready queue.
    Ready(Box<Work>),
    /// It was handed to the threads.
    Executing(Box<Work>),
    /// It runs without a thread of its own.
    LongRunning(Box<Work>),
    /// It stands in the queue of each of its holders, of which there is at least one.
    Fetch(Box<Want>),
    /// The transfer from `peer` brings it.
    Flight {
        peer: WorkerId,
        /// Its holders here are those to ask if this one fails.
        want: Box<Want>,
        /// It was assigned while it was under way: what to run if it does not come.
        then: Option<Box<Assignment>>,
    },
    /// No holder is known.
    Missing(Box<Want>),
    /// Between two states, within one event.
    Leaving,
    /// Its value is in the store.
    Memory { nbytes: u64 },
    /// Its value is in the store for its users only.
    Released { nbytes: u64 },
}

/// An assignment, as far as it matters after it came.
#[derive(Clone, Debug)]
pub(super) struct Work {
    /// The number of the assignment.
    pub(super) attempt: Attempt,
    /// The number under which it waits, unique over the life of the machine: neither queue nor waiters need to be
    /// searched when it is given up.
    pub(super) ticket: u64,
    /// When it starts.
    pub(super) priority: Priority,
    /// The client whose share it counts for.
    pub(super) client: ClientId,
    /// What its client was charged for it, in nanoseconds.
    pub(super) charged: u64,
    /// How long it is expected to run; for ever if it has a limit, so that it is handed to a free thread only, and its
    /// time is not spent behind others.
    pub(super) expected_nanos: u64,
    /// How long it may run, in nanoseconds; `None` for ever.
    pub(super) limit: Option<NonZeroU64>,
    /// When it is to be given up, while it runs.
    pub(super) due: Option<Time>,
    /// What its result is expected to take, in bytes, until it ended.
    pub(super) expected_nbytes: u64,
    /// What it takes from the worker while it runs.
    pub(super) resources: Option<Arc<Resources>>,
    /// Its inputs in the order of its arguments.
    pub(super) inputs: SmallVec<[TaskId; 2]>,
}

/// A value that is wanted from another worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Want {
    /// Its size, as far as known.
    pub(super) nbytes: u64,
    /// The best priority of the tasks that came to wait for it.
    pub(super) priority: Priority,
    /// Who holds it, as far as known; never this worker.
    pub(super) holders: SmallVec<[WorkerId; 2]>,
    /// Whether the scheduler asked for a copy: it is wanted for its own sake too.
    pub(super) held: bool,
}

impl Entry {
    pub(super) fn new(state: State) -> Self {
        Entry { state, users: 0, waiters: Waiters::default(), kept: Kept::Memory, mark: 0 }
    }
}

impl State {
    /// Whether the value is in the store.
    pub(super) fn is_here(&self) -> bool {
        matches!(self, State::Memory { .. } | State::Released { .. })
    }

    /// The assignment, if there is one that has not ended.
    pub(super) fn work(&self) -> Option<&Work> {
        match self {
            State::Waiting { work, .. } | State::Ready(work) | State::Executing(work) | State::LongRunning(work) => {
                Some(work)
            }
            _ => None,
        }
    }

    pub(super) fn name(&self) -> StateName {
        match self {
            State::Waiting { .. } => StateName::Waiting,
            State::Ready(_) => StateName::Ready,
            State::Executing(_) => StateName::Executing,
            State::LongRunning(_) => StateName::LongRunning,
            State::Fetch(_) => StateName::Fetch,
            State::Flight { .. } => StateName::Flight,
            State::Missing(_) | State::Leaving => StateName::Missing,
            State::Memory { .. } => StateName::Memory,
            State::Released { .. } => StateName::Released,
        }
    }
}

impl Want {
    /// What an assignment tells of an input.
    pub(super) fn new(input: &Input, priority: Priority, own: WorkerId) -> Self {
        let mut want = Want { nbytes: input.nbytes, priority, ..Want::default() };
        want.learn(&input.holders, own);
        want
    }

    /// Adds holders that are not known yet.
    pub(super) fn learn(&mut self, holders: &[WorkerId], own: WorkerId) {
        for holder in holders {
            if *holder != own && !self.holders.contains(holder) {
                self.holders.push(*holder);
            }
        }
    }

    /// Takes a holder off the list; true if it stood there and no other is left.
    pub(super) fn lose(&mut self, holder: WorkerId) -> bool {
        let before = self.holders.len();
        self.holders.retain(|known| *known != holder);
        before > 0 && self.holders.is_empty()
    }
}
