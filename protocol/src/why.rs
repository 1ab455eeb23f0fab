//! Why a task is where it is and how it came there: data, with a form to be read.

mod report;
mod show;

#[cfg(test)]
mod tests;

pub use report::{Names, WhyReport};

use crate::fault::{Cause, LossCause};
use crate::ids::{Attempt, ClientId, TaskId, WorkerId};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Why a task is where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Why {
    /// Nobody wants it and nothing that is to be computed depends on it.
    NotNeeded,
    /// It is data that a client announced and has not put into a worker yet.
    DataExpected,
    /// It waits for dependencies.
    Waiting {
        /// Those that are not in memory.
        missing: Vec<TaskId>,
    },
    /// It failed, and waits before it is run again.
    BackingOff {
        /// When it is run again.
        until: Time,
    },
    /// It waits for a free thread, or for free resources.
    Queued {
        /// Since when.
        since: Time,
        /// Queued tasks that ask the same and start earlier.
        ahead: usize,
        /// Each worker, and what keeps the task from it.
        workers: Vec<Candidate>,
    },
    /// No running worker may run it.
    NoWorker {
        /// Since when.
        since: Time,
        /// When it will be given up.
        until: Option<Time>,
        /// What it asks for, in words.
        needs: String,
        /// Each worker, and what keeps the task from it.
        workers: Vec<Candidate>,
    },
    /// A worker has it.
    Processing {
        /// Which.
        worker: WorkerId,
        /// The number of the assignment.
        attempt: Attempt,
        /// Whether it waits there for tasks of its own.
        seceded: bool,
    },
    /// It has run.
    InMemory {
        /// Who holds it.
        holders: Vec<WorkerId>,
    },
    /// It will not run.
    Erred {
        /// The task that failed.
        blame: TaskId,
        /// Why that one failed.
        cause: Cause,
    },
    /// It was known once, and nothing needs it any longer.
    Forgotten,
}

/// A worker, and what keeps a task from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub worker: WorkerId,
    /// What keeps the task from it.
    pub obstacle: Obstacle,
}

/// What keeps a task from a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// It starts nothing new.
    Paused,
    /// It is to leave.
    Retiring,
    /// The task names other workers, or the worker does not have the resources at all.
    Unsuited,
    /// Other tasks have taken its resources.
    ResourcesTaken,
    /// Its free resources are held back for others, that have waited for too long.
    HeldBack,
    /// It has as many tasks as it is given.
    Busy,
}

/// Something that the scheduler decided about a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When.
    pub time: Time,
    /// About which task.
    pub task: TaskId,
    /// What was decided.
    pub deed: Deed,
    /// What happened that it was decided.
    pub because: Because,
}

/// What was decided about a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Deed {
    /// It is needed: it waits for its inputs.
    Needed {
        /// How many are not in memory.
        missing: u32,
    },
    /// It could run, and waits for a free thread or for free resources.
    Queued,
    /// It could run, and no running worker may run it.
    NoWorker {
        /// What it asks for, in words.
        needs: String,
    },
    /// It was given to a worker.
    Placed {
        /// Which.
        worker: WorkerId,
        /// The number of the assignment.
        attempt: Attempt,
        /// What it would have cost there and on others, the best first. Empty for tasks from the queue, which go to whoever
        /// is free.
        bids: Box<[Bid]>,
    },
    /// The worker that has it is asked to give it back, so that another one can run it earlier.
    StealAsked {
        /// Which worker.
        from: WorkerId,
        /// For whom.
        to: WorkerId,
        /// How much earlier it starts there, in nanoseconds, with what asking and moving its inputs takes reckoned in.
        gain_nanos: u64,
        /// How long its inputs take to be moved there, in nanoseconds.
        transfer_nanos: u64,
    },
    /// It was taken back from its worker.
    TakenBack {
        /// Which.
        worker: WorkerId,
        /// The number of the assignment that ended so.
        attempt: Attempt,
    },
    /// It failed and is run again.
    Retried {
        /// How often it may still be run again.
        left: u32,
        /// How long it waits before.
        delay: Duration,
    },
    /// Its result is in the memory of a worker.
    InMemory {
        /// Which worker.
        worker: WorkerId,
        /// Its size in bytes.
        nbytes: u64,
    },
    /// The last copy of its result is gone.
    Lost,
    /// Its result was dropped: nothing needs it any longer.
    Freed,
    /// It is not run: nothing needs it any longer.
    Dropped,
    /// It failed, or something that it depends on did.
    Erred {
        /// Which task failed.
        blame: TaskId,
        /// Why that one failed.
        cause: Cause,
    },
    /// A client asked to run it again after it failed.
    Revived,
    /// Nothing depends on it any longer: it is no longer known.
    Forgotten,
}

/// What happened that something was decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Because {
    /// A client handed a piece of a graph in.
    Submitted(ClientId),
    /// A client wants results that are known.
    Wanted(ClientId),
    /// A client no longer wants results.
    Released(ClientId),
    /// A client cancelled results.
    Cancelled(ClientId),
    /// A client left.
    ClientLeft(ClientId),
    /// A client asked to run failed tasks again.
    RetryAsked(ClientId),
    /// A client put data on a worker.
    DataPut(WorkerId),
    /// A worker came.
    WorkerJoined(WorkerId),
    /// A worker is gone.
    WorkerLost {
        /// Which.
        worker: WorkerId,
        /// Why.
        cause: Arc<LossCause>,
    },
    /// A worker was asked to leave.
    RetirementAsked(WorkerId),
    /// Copies of results were asked for, or results are spread over the workers anew.
    CopiesAsked,
    /// A worker reported on a task.
    Reported {
        /// Which worker.
        worker: WorkerId,
        /// Which task.
        task: TaskId,
        /// What.
        tale: Tale,
    },
    /// A worker got copies of results.
    Copied(WorkerId),
    /// Results were not where they should be.
    Missing {
        /// Who should have had them.
        holder: WorkerId,
    },
    /// Threads of a worker were taken by executions that nobody waits for, or became free of them.
    Orphaned(WorkerId),
    /// A worker starts nothing new.
    Paused(WorkerId),
    /// A worker starts tasks again.
    Resumed(WorkerId),
    /// A time came that had been waited for.
    #[default]
    TimePassed,
}

/// What a worker reported on a task, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tale {
    /// It ended well.
    Finished,
    /// It failed.
    Failed,
    /// It asked to be run elsewhere.
    Rescheduled,
    /// It gave its thread back.
    Seceded,
    /// It ran for too long.
    TimedOut,
    /// It was given back, as the scheduler asked.
    GivenBack,
    /// It was not given back: it has started.
    Kept,
}

/// What giving a task to a worker would have cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bid {
    /// Which worker.
    pub worker: WorkerId,
    /// The wait for a thread, in nanoseconds.
    pub wait_nanos: u64,
    /// The wait for inputs to be moved, in nanoseconds.
    pub transfer_nanos: u64,
    /// The bytes of these inputs.
    pub missing_bytes: u64,
    /// Whether it has no room for them.
    pub short_of_memory: bool,
}
