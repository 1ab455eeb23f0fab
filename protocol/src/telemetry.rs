//! What machines, executors and stores tell the profiler: typed records in bounded batches.

use crate::ids::{Attempt, PrefixId, TaskId, WorkerId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A task's state in the scheduler, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Known, and not asked to be computed.
    Released,
    /// Waits for dependencies.
    Waiting,
    /// Could run, and waits on the scheduler for a free thread.
    Queued,
    /// Could run, and no worker may run it.
    NoWorker,
    /// Handed to a worker.
    Processing,
    /// Its result is in some worker's memory.
    Memory,
    /// It failed, or something that it needs did.
    Erred,
    /// It is no longer known.
    Forgotten,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// A prefix got its id.
    Prefix {
        /// The id.
        prefix: PrefixId,
        /// The name.
        name: Arc<str>,
    },
    /// A task changed its state in the scheduler.
    Transition {
        /// When.
        time: Time,
        /// Which task.
        task: TaskId,
        /// Of which group.
        prefix: PrefixId,
        /// The state that it left.
        from: State,
        /// The state that it entered.
        to: State,
    },
    /// A task ran.
    Compute {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// On which worker.
        worker: WorkerId,
        /// On which of its threads.
        thread: u32,
        /// When it began.
        started: Time,
        /// When it ended.
        stopped: Time,
        /// The size of its result in bytes.
        nbytes: u64,
        /// Whether it ended well.
        ok: bool,
    },
    /// Results went from worker to worker.
    Transfer {
        /// From whom.
        from: WorkerId,
        /// To whom.
        to: WorkerId,
        /// How many results.
        count: u32,
        /// How many bytes.
        nbytes: u64,
        /// When it was asked for.
        started: Time,
        /// When it was there.
        stopped: Time,
    },
    /// What a store holds.
    Store {
        /// When.
        time: Time,
        /// Which worker's.
        worker: WorkerId,
        /// How many results.
        count: u64,
        /// How many bytes.
        nbytes: u64,
    },
    /// A worker came.
    WorkerJoined {
        /// When.
        time: Time,
        /// Which.
        worker: WorkerId,
        /// Its name.
        name: Arc<str>,
        /// Tasks that it runs at a time.
        threads: u32,
    },
    /// A worker went.
    WorkerLost {
        /// When.
        time: Time,
        /// Which.
        worker: WorkerId,
    },
}

/// Records that travel together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// Records that were dropped since the last batch because the profiler was slow.
    pub dropped: u64,
}
