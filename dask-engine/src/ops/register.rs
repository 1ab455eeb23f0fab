//! How a connection begins.

use super::map::MapOf;
use super::metrics::Metrics;
use crate::key::Key;
use serde::{Deserialize, Serialize};

/// The first version of `distributed` whose scheduler is spoken with.
const FIRST: &str = "2025.4.0";

/// What both sides say first on a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handshake {
    /// How frames may be compressed; `None` for not at all.
    pub compression: Option<String>,
    /// The version of Python; nobody looks at it.
    pub python: Vec<u32>,
    /// The highest protocol of pickles that is read.
    #[serde(rename = "pickle-protocol")]
    pub pickle_protocol: u32,
}

impl Handshake {
    /// What is said here: nothing is to be compressed.
    pub fn ours() -> Handshake {
        Handshake { compression: None, python: vec![3, 11, 7], pickle_protocol: 5 }
    }
}

/// What software somebody runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// Of the machine.
    #[serde(default)]
    pub host: MapOf<String, rmpv::Value>,
    /// Of packages of Python's.
    #[serde(default)]
    pub packages: MapOf<String, Option<String>>,
}

impl Versions {
    /// Whether the scheduler's version is spoken here: newer ones may be, older ones are not.
    ///
    /// # Errors
    /// The version that it is, and the first one that is spoken.
    pub fn check(&self) -> Result<(), (String, &'static str)> {
        let numbers = |version: &str| -> Vec<u32> { version.split('.').map_while(|part| part.parse().ok()).collect() };
        let found = self.distributed().unwrap_or("of an unknown version");
        if numbers(found) >= numbers(FIRST) { Ok(()) } else { Err((found.to_owned(), FIRST)) }
    }

    /// The version of Dask's scheduler.
    pub fn distributed(&self) -> Option<&str> {
        self.packages.get(&"distributed".to_owned())?.as_deref()
    }
}

/// A client comes; what is said on the connection from then on is a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename = "register-client")]
pub struct RegisterClient {
    /// What it is called, which nobody else may be.
    pub client: String,
    /// Whether an error is to be told.
    pub reply: bool,
    /// What it runs.
    pub versions: Versions,
}

/// A worker comes; what is said on the connection from then on is a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename = "register-worker")]
pub struct RegisterWorker {
    /// Whether an error is to be told.
    pub reply: bool,
    /// Where others reach it.
    pub address: String,
    /// `running` or `paused`.
    pub status: String,
    /// How many tasks it runs at a time.
    pub nthreads: u32,
    /// What it is called, which nobody else may be: a text or a number.
    pub name: Key,
    /// Its clock, in seconds since 1970.
    pub now: f64,
    /// What tasks may take from it.
    pub resources: MapOf<String, f64>,
    /// Bytes of memory that it may use.
    pub memory_limit: Option<u64>,
    /// Where it has its files.
    pub local_directory: String,
    /// Ports of what else it serves.
    pub services: MapOf<String, u16>,
    /// Where its nanny is reached.
    pub nanny: Option<String>,
    /// Its process.
    pub pid: u32,
    /// What it runs.
    pub versions: Versions,
    /// What it says of itself.
    pub metrics: Metrics,
    /// What else is to be known of it.
    pub extra: MapOf<String, rmpv::Value>,
    /// Why, for logs.
    pub stimulus_id: String,
    /// What nobody else is called, nor has ever been.
    pub server_id: String,
}
