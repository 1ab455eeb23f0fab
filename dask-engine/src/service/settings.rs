//! What a worker is to be like.

use crate::address::Address;
use crate::key::Key;
use std::time::Duration;

/// What a worker is to be like.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where its scheduler is.
    pub scheduler: Address,
    /// What it is called, which nobody else may be.
    pub name: Key,
    /// How many tasks it runs at a time.
    pub threads: u32,
    /// Bytes of memory that it may use.
    pub memory_limit: Option<u64>,
    /// What tasks may take from it.
    pub resources: Vec<(String, f64)>,
    /// The address of this machine at which it listens, and at which others reach it.
    pub host: String,
    /// Where its nanny is reached.
    pub nanny: Option<String>,
    /// How long it waits for an answer of its scheduler, or of another worker that it connects to.
    pub patience: Duration,
    /// How often it asks again for values that nobody is known to have.
    pub search: Duration,
    /// Bytes that it fetches with one request.
    pub fetch_bytes: u64,
}

impl Settings {
    /// A worker of this name and so many threads, on this machine alone.
    pub fn new(scheduler: Address, name: impl Into<Key>, threads: u32) -> Settings {
        Settings {
            scheduler,
            name: name.into(),
            threads,
            memory_limit: None,
            resources: Vec::new(),
            host: "127.0.0.1".to_owned(),
            nanny: None,
            patience: Duration::from_secs(10),
            search: Duration::from_secs(1),
            fetch_bytes: 50_000_000,
        }
    }
}
