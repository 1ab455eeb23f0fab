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
    /// How much memory values may take, and what is done about it.
    pub memory: MemoryLimits,
    /// Whether executions are recorded for the profiler.
    pub record: bool,
}

/// How much memory values may take, in bytes, and what is done about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryLimits {
    /// What a worker may hold; 0 for no limit, and then nothing of this is done.
    pub limit: u64,
    /// Over so much, values that were not used for longest go to disk.
    pub target: u64,
    /// If the process has more than so much in memory, values go to disk until it is down to the target.
    pub spill: u64,
    /// Over so much, of values or of the process, nothing new starts.
    pub pause: u64,
    /// Once no more than so much is held, tasks start again.
    pub resume: u64,
    /// Values of fewer bytes stay in memory.
    pub least: u64,
    /// Bytes of values after which a file on disk takes no further one (one value is always taken).
    pub file: u64,
}

impl MemoryLimits {
    /// The shares of Dask's workers: to disk over 60 %, or if the process has over 70 %, a pause over 80 % until there are 70 %
    /// again.
    ///
    /// ```
    /// use partita_worker::machine::MemoryLimits;
    ///
    /// let MemoryLimits { target, spill, pause, resume, .. } = MemoryLimits::of(1000);
    /// assert_eq!((target, spill, pause, resume), (600, 700, 800, 700));
    /// ```
    pub fn of(limit: u64) -> Self {
        MemoryLimits::shares(limit, 0.6, 0.7, 0.8)
    }

    /// A limit with other shares of it for the target, for what the process has, and for the pause, each up to 1. They are put
    /// in order if they are not.
    pub fn shares(limit: u64, target: f64, spill: f64, pause: f64) -> Self {
        let limit = if limit == u64::MAX { 0 } else { limit };
        let part = |share: f64| (limit as f64 * share) as u64;
        let pause = part(pause);
        let target = part(target).min(pause);
        let spill = part(spill).clamp(target, pause);
        let resume = target.midpoint(pause);
        MemoryLimits { limit, target, spill, pause, resume, least: limits::SPILL_LEAST, file: limits::SPILL_FILE }
    }

    /// If the process has more than so much, it comes near its end: halfway from the pause to where it is ended.
    pub(super) fn brink(&self) -> u64 {
        let end = (self.limit as f64 * limits::TERMINATE_FRACTION) as u64;
        // A pause that comes as late as the end is none.
        self.pause.min(end - self.limit / 10).midpoint(end)
    }

    /// What is freed beyond what is over the target, so that not each new value has another one written.
    pub(super) fn slack(&self) -> u64 {
        (self.limit / 16).min(self.target / 2)
    }
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
            memory: MemoryLimits::default(),
            record: false,
        }
    }
}
