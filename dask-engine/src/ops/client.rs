//! What a scheduler and a client say to each other in their stream.

use super::map::MapOf;
use crate::key::Key;
use crate::message::SetOf;
use rmpv::Value;
use serde::{Deserialize, Serialize};

/// A client tells its scheduler. There is no `cancel-keys` among it: schedulers drop a client that cancels a task which others
/// depend on. Keys that are released have the same effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum FromClient {
    /// Run these tasks.
    UpdateGraph(Box<UpdateGraph>),
    /// These values are wanted, which others have asked for.
    ClientDesiresKeys {
        /// Which.
        keys: Vec<Key>,
    },
    /// These are no longer wanted.
    ClientReleasesKeys {
        /// Which.
        keys: Vec<Key>,
        /// Who says so.
        client: String,
    },
    /// Tell the state of this again.
    ReportKey {
        /// Which.
        key: Key,
    },
    /// Tell what is said about this topic.
    SubscribeTopic {
        /// Which.
        topic: String,
        /// Who says so.
        client: String,
    },
    /// Tell no longer what is said about this topic.
    UnsubscribeTopic {
        /// Which.
        topic: String,
        /// Who says so.
        client: String,
    },
    /// Still there.
    HeartbeatClient,
    /// The client leaves.
    CloseClient,
    /// Nothing more will come.
    CloseStream,
}

/// Tasks to run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpdateGraph {
    /// The graph: a reference to a value of one frame, a pickle ([`crate::pickle::graph`]).
    pub expr_ser: Value,
    /// The results that are wanted.
    pub keys: SetOf<Key>,
    /// The order of all tasks of the graph; if one is missing, the whole graph fails.
    pub internal_priority: Option<MapOf<Key, u64>>,
    /// The task that submits them.
    pub submitting_task: Option<Key>,
    /// Seconds within which graphs count as submitted at the same time.
    pub fifo_timeout: f64,
    /// The tasks that stay where they begin.
    pub actors: Option<Vec<Key>>,
    /// The user's code; none is sent.
    pub code: Vec<Value>,
    /// What is said of all tasks.
    pub annotations: MapOf<String, Value>,
    /// Empty, always: a list in it would break the next graph of anybody.
    pub span_metadata: MapOf<String, Value>,
}

/// A scheduler tells a client. The same may be told more than once; what came last counts.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum ToClient {
    /// The client is known, and all that follows is for it.
    StreamStart {
        /// What it should be told.
        #[serde(default)]
        warning: String,
        /// Why it is not known, if it is not.
        #[serde(default)]
        error: String,
    },
    /// A value is there.
    KeyInMemory {
        /// Which.
        key: Key,
    },
    /// A task failed, or one that it needs.
    TaskErred {
        /// Which.
        key: Key,
        /// Why: a text, a pickle, or a reference to one.
        exception: Value,
    },
    /// These are no longer known.
    CancelledKeys {
        /// Which: a set, or a list.
        keys: Value,
        /// Why; `lost dependencies` if a graph named what nobody knows.
        #[serde(default)]
        reason: Option<String>,
        /// What was said about it.
        #[serde(default)]
        msg: Option<String>,
    },
    /// A value was there and is lost; it is being computed again.
    LostData {
        /// Which.
        key: Key,
    },
    /// A failed task is run again.
    TaskRetried {
        /// Which.
        key: Key,
    },
    /// All values are gone.
    Restart,
    /// Something about a topic.
    Event {
        /// Which.
        topic: String,
        /// When, in seconds since 1970, and what.
        event: (f64, Value),
    },
    /// How often the client is to tell that it is there.
    AdjustHeartbeatInterval {
        /// In seconds.
        interval: f64,
    },
    /// The stream ends.
    StreamClosed,
    /// The stream ends.
    Close,
    /// What is not known here. Newer schedulers may say more.
    #[serde(other)]
    Unknown,
}
