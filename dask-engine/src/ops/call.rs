//! Questions, each with one answer.

use super::map::MapOf;
use super::metrics::Metrics;
use crate::key::Key;
use rmpv::Value;
use serde::{Deserialize, Serialize};

/// A question, as it is asked: with `reply` set, so that there is an answer even if it fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Call {
    /// What do you run? Of a scheduler.
    Versions,
    /// Who are you?
    Identity,
    /// A worker is alive, and this is how it does. Of a scheduler.
    HeartbeatWorker {
        /// Which.
        address: String,
        /// Its clock, in seconds since 1970.
        now: f64,
        /// What it says of itself.
        metrics: Box<Metrics>,
        /// The tasks that it runs, and for how many seconds.
        executing: MapOf<Key, f64>,
        /// Nothing.
        extensions: MapOf<String, Value>,
    },
    /// Give me these values. Of a worker; what comes is to be acknowledged by `OK`.
    GetData {
        /// Which.
        keys: Vec<Key>,
        /// The worker that asks, if it is one.
        who: Option<String>,
    },
    /// Give me these values, wherever they are. Of a scheduler.
    Gather {
        /// Which.
        keys: Vec<Key>,
    },
    /// Who holds these values? Of a scheduler.
    WhoHas {
        /// Which.
        keys: Vec<Key>,
    },
    /// Put these values on workers. Of a scheduler.
    Scatter {
        /// The values: references.
        data: MapOf<Key, Value>,
        /// On which workers; on all, if none are named.
        workers: Option<Vec<String>>,
        /// Who wants them.
        client: String,
        /// Whether each worker gets all of them.
        broadcast: bool,
        /// Seconds to wait for a worker.
        timeout: u32,
    },
    /// Which workers are there, and how many tasks do they run at a time? Of a scheduler.
    NcoresRunning,
    /// Run failed tasks again. Of a scheduler.
    Retry {
        /// Which.
        keys: Vec<Key>,
        /// Who asks.
        client: String,
    },
    /// Keep so many copies. Of a scheduler.
    Replicate {
        /// Of which values.
        keys: Vec<Key>,
        /// How many.
        n: u32,
    },
    /// Let workers leave, with nothing lost. Of a scheduler.
    RetireWorkers {
        /// Which, by address.
        workers: Vec<String>,
        /// Whether they are to end.
        close_workers: bool,
        /// Whether the scheduler is to forget them.
        remove: bool,
        /// Why.
        stimulus_id: String,
    },
    /// End all workers, and begin anew. Of a scheduler.
    Restart {
        /// Who asks.
        client: String,
        /// Seconds to wait for them.
        timeout: u32,
        /// Whether to wait for them.
        wait_for_workers: bool,
        /// Why.
        stimulus_id: String,
    },
}

/// A question together with the wish for an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked<'a> {
    #[serde(flatten)]
    call: &'a Call,
    reply: bool,
}

impl Call {
    /// How it is asked, so that there is an answer.
    pub fn asked(&self) -> Asked<'_> {
        Asked { call: self, reply: true }
    }
}
