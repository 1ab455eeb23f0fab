//! What a scheduler and a worker say to each other in their stream.

use super::map::MapOf;
use crate::key::Key;
use rmpv::Value;
use serde::{Deserialize, Serialize};

/// A scheduler tells a worker.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum ToWorker {
    /// Run this.
    ComputeTask(ComputeTask),
    /// Forget these: values, and tasks that have not begun.
    FreeKeys {
        /// Which.
        keys: Vec<Key>,
        /// Why.
        stimulus_id: String,
    },
    /// Drop these values, if no task here needs them.
    RemoveReplicas {
        /// Which.
        keys: Vec<Key>,
        /// Why.
        stimulus_id: String,
    },
    /// Fetch copies of these.
    AcquireReplicas {
        /// Which, and who holds them.
        who_has: MapOf<Key, Vec<String>>,
        /// Their bytes.
        nbytes: MapOf<Key, u64>,
        /// Why.
        stimulus_id: String,
    },
    /// Give up this task, if it has not begun.
    StealRequest {
        /// Which.
        key: Key,
        /// Why; to be repeated in the answer.
        stimulus_id: String,
    },
    /// The answer to [`FromWorker::RequestRefreshWhoHas`].
    RefreshWhoHas {
        /// Who holds which values; perhaps nobody.
        who_has: MapOf<Key, Vec<String>>,
        /// Why.
        stimulus_id: String,
    },
    /// Another worker is gone.
    RemoveWorker {
        /// Its address.
        worker: String,
        /// Why.
        stimulus_id: String,
    },
    /// Be in this state, and say so.
    WorkerStatusChange {
        /// Which.
        status: String,
        /// Why.
        stimulus_id: String,
    },
    /// End.
    Close {
        /// Why.
        #[serde(default)]
        reason: Option<String>,
    },
    /// Nothing more will come.
    CloseStream,
    /// As [`ToWorker::FreeKeys`], of a task that has not begun.
    CancelCompute {
        /// Which.
        key: Key,
    },
    /// What is not known here. Newer schedulers may say more.
    #[serde(other)]
    Unknown,
}

/// A task to run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ComputeTask {
    /// Which.
    pub key: Key,
    /// The number of this assignment; the newest one counts.
    pub run_id: i64,
    /// What comes first, the least before.
    pub priority: Vec<f64>,
    /// Why.
    pub stimulus_id: String,
    /// Who holds the values that it needs.
    pub who_has: MapOf<Key, Vec<String>>,
    /// Their bytes.
    pub nbytes: MapOf<Key, u64>,
    /// What a worker in Python would do: a reference to a pickle.
    pub run_spec: Value,
    /// What it takes while it runs.
    #[serde(default)]
    pub resource_restrictions: Option<MapOf<String, f64>>,
    /// Whether it is to stay where it began.
    #[serde(default)]
    pub actor: bool,
    /// What is said of it: in `partita`, what it does.
    #[serde(default)]
    pub annotations: MapOf<Value, Value>,
}

/// A worker tells its scheduler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum FromWorker {
    /// A task gave a value, which is held here.
    TaskFinished(TaskFinished),
    /// A task failed.
    TaskErred(TaskErred),
    /// Copies of these values are held here, too.
    AddKeys {
        /// Which.
        keys: Vec<Key>,
        /// Why.
        stimulus_id: String,
    },
    /// This value is no longer held here. To be said of every value that goes, whoever asked for it: what the scheduler has asked
    /// may have crossed what was told, and it would wait for ever for a value of which nobody knows that it is gone.
    ReleaseWorkerData {
        /// Which.
        key: Key,
        /// Why.
        stimulus_id: String,
    },
    /// A task goes on, and no longer counts: it waits for others.
    LongRunning {
        /// Which.
        key: Key,
        /// The number of its assignment.
        run_id: i64,
        /// Seconds for which it ran.
        compute_duration: Option<f64>,
        /// Why.
        stimulus_id: String,
    },
    /// A task is to be run again, somewhere.
    Reschedule {
        /// Which.
        key: Key,
        /// Why.
        stimulus_id: String,
    },
    /// The answer to [`ToWorker::StealRequest`].
    StealResponse {
        /// Which task.
        key: Key,
        /// The state that it was in.
        state: Option<String>,
        /// As in the request.
        stimulus_id: String,
    },
    /// Who holds these?
    RequestRefreshWhoHas {
        /// Which.
        keys: Vec<Key>,
        /// Why.
        stimulus_id: String,
    },
    /// This worker is in this state.
    WorkerStatusChange {
        /// Which: `running`, `paused`, `closing`, `closing_gracefully`.
        status: String,
        /// Why.
        stimulus_id: String,
    },
    /// Something for clients that listen to a topic.
    LogEvent {
        /// Which topic.
        topic: String,
        /// What.
        msg: Value,
    },
    /// The connection is in use.
    KeepAlive,
    /// Nothing more will come.
    CloseStream,
}

/// A task gave a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskFinished {
    /// Which.
    pub key: Key,
    /// The newest number of its assignment.
    pub run_id: i64,
    /// `OK`.
    pub status: String,
    /// Bytes of the value.
    pub nbytes: u64,
    /// The pickle of a class, for clients in Python.
    #[serde(with = "serde_bytes")]
    pub r#type: Vec<u8>,
    /// What the value is called in statistics.
    pub typename: String,
    /// Nothing.
    pub metadata: MapOf<String, Value>,
    /// The thread that ran it.
    pub thread: u64,
    /// When it ran.
    pub startstops: Vec<StartStop>,
    /// Why.
    pub stimulus_id: String,
}

/// A task failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskErred {
    /// Which.
    pub key: Key,
    /// The newest number of its assignment.
    pub run_id: i64,
    /// `error`.
    pub status: String,
    /// Why it failed: the pickle of an exception.
    pub exception: Value,
    /// Where; nothing.
    pub traceback: Value,
    /// Why it failed, in words.
    pub exception_text: String,
    /// Where, in words.
    pub traceback_text: String,
    /// The thread that ran it.
    pub thread: u64,
    /// When it ran.
    pub startstops: Vec<StartStop>,
    /// Why.
    pub stimulus_id: String,
}

/// Something that took time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StartStop {
    /// What: `compute`, `transfer`, `disk-read`, `disk-write`.
    pub action: String,
    /// When it began, on the scheduler's clock, in seconds since 1970.
    pub start: f64,
    /// When it ended.
    pub stop: f64,
}
