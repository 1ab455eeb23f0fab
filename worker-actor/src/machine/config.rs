//! What a worker's machine is set up with.

use partita_protocol::{Resources, limits};
use serde::{Deserialize, Serialize};

/// What a worker's machine is set up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Tasks that run at a time.
    pub threads: u32,
    /// What tasks may take from it while they run.
    pub resources: Resources,
    /// Work that a thread is handed ahead, in nanoseconds, when its tasks are known to be shorter than this.
    pub quantum_nanos: u64,
    /// Tasks that a thread is handed ahead at the most.
    pub ahead_tasks: usize,
    /// Transfers under way at the most.
    pub transfers: usize,
    /// Keys of one transfer at the most.
    pub gather_tasks: usize,
    /// Bytes after which a transfer takes no further key (one key is always taken).
    pub gather_bytes: u64,
    /// Whether executions are recorded for the profiler.
    pub record: bool,
}

impl Config {
    /// The usual limits for so many threads, without resources and records.
    ///
    /// ```
    /// use partita_worker::machine::Config;
    ///
    /// assert_eq!(Config::new(4).threads, 4);
    /// assert_eq!(Config { record: true, ..Config::new(4) }.quantum_nanos, 200_000);
    /// ```
    pub fn new(threads: u32) -> Self {
        Config {
            threads,
            resources: Resources::default(),
            quantum_nanos: limits::QUANTUM.as_nanos() as u64,
            ahead_tasks: limits::AHEAD_TASKS,
            transfers: limits::TRANSFERS,
            gather_tasks: limits::GATHER_TASKS,
            gather_bytes: limits::GATHER_BYTES,
            record: false,
        }
    }
}
