//! What the cluster's process and a worker's say to each other, and workers to their peers. Works and values are segments
//! behind the heads that these are.

use partita_graph::{Lost, Panic};
use partita_protocol::telemetry::{Batch, shortened};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{FaultId, TaskId, WorkerId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// To a worker's process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToChild {
    /// The first message: begin.
    Begin(Begin),
    /// Orders of the scheduler. The works of the compute orders among them are the segments; behind these come those of large data
    /// at hand, of which the parcels tell.
    Orders(Vec<Order>, Vec<Parcel>),
    /// Somebody wants values; answered by [`ToParent::Delivery`].
    Get { request: u64, tasks: Vec<TaskId> },
    /// Values for the store, which are the segments.
    Put(Vec<Parcel>),
    /// Another worker came.
    PeerJoined(WorkerId),
    /// Hand records over that were kept; answered by [`ToParent::RecordsDone`].
    Records(u64),
    /// Whether anybody sees records one by one.
    Heard(bool),
    /// Leave.
    Leave,
    /// Panic, as a fault put in by hand.
    Panic(String),
}

/// What a worker's process needs to begin.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Begin {
    /// How long ago the moment is that times of the cluster are counted from.
    pub(crate) elapsed: Duration,
    /// Whether anybody sees records one by one.
    pub(crate) heard: bool,
}

/// From a worker's process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToParent {
    /// It is a worker by now.
    Ready,
    /// What its machine reports, with the errors of failed tasks, and small results, which are the segments: who waits for one
    /// need not ask for it.
    Reported { reports: Vec<Report>, failures: Vec<(FaultId, Broken)>, results: Vec<Parcel> },
    /// Values that were asked for, which are the segments.
    Delivery { request: u64, found: Vec<Parcel>, missing: Vec<TaskId> },
    /// Records for the profiler.
    Records(Batch),
    /// Records were handed over.
    RecordsDone(u64),
    /// It is alive.
    Heartbeat { doing: Arc<str> },
    /// A task's work could not be read, and tables that later ones refer to may lack what stood in it.
    Unread,
    /// A task goes on although nobody waits for it, and cannot be ended but with the process.
    Runaway { task: TaskId },
    /// It has left, and exits; so many threads were still in a task.
    Left { abandoned: usize },
}

/// From a worker to another.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub(crate) request: u64,
    pub(crate) tasks: Vec<TaskId>,
}

/// The answer, with the values as segments.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answered {
    pub(crate) request: u64,
    pub(crate) found: Vec<Parcel>,
    pub(crate) missing: Vec<TaskId>,
}

/// A value that stands in a segment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Parcel {
    pub(crate) task: TaskId,
    /// The portable name of its type.
    pub(crate) offset: i64,
    /// Its size in memory.
    pub(crate) nbytes: u64,
}

/// Why a task failed, as far as it can be told to another process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Broken {
    /// It gave no value: what the error says, and those behind it.
    Failed(Vec<Arc<str>>),
    /// An input did not get from one process to another.
    Lost { input: u32, lost: Lost },
    /// It panicked.
    Panicked { message: String, location: Option<String> },
}

impl From<Panic> for Broken {
    fn from(panic: Panic) -> Self {
        Broken::Panicked { message: shortened(panic.message).to_string(), location: panic.location }
    }
}
