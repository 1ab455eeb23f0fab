//! What a place for a worker's process is like: its limits of time, memory and deaths.

use partita_protocol::limits;
use std::sync::Arc;
use std::time::Duration;

/// How long a worker lives, and what comes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// How long after it said hello it leaves, once nothing is lost with it.
    pub time: Duration,
    /// Whether another one takes its place.
    pub restart: bool,
}

/// What a place for a worker's process is like.
///
/// ```
/// use partita_worker::nanny::process::Config;
///
/// let config = Config { memory_limit: Some(1 << 30), ..Config::new("worker-1") };
/// assert_eq!(config.memory_most(), Some(1_020_054_732));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The worker's name.
    pub name: Arc<str>,
    /// Bytes that its process may have in memory; it is ended over 95 % of them.
    pub memory_limit: Option<u64>,
    /// How long it lives, if not for ever.
    pub lifetime: Option<Lifetime>,
    /// Starts that may fail one after the other.
    pub failed_starts: u32,
    /// The same for starts that fail for want of something that others may give back.
    pub starved_starts: u32,
    /// Deaths after a good start that are allowed in `window`.
    pub deaths: usize,
    /// The window in which deaths are counted.
    pub window: Duration,
    /// From start to hello at the most.
    pub hello_timeout: Duration,
    /// How long it may say nothing.
    pub heartbeat_ttl: Duration,
    /// How often it is looked at.
    pub look_every: Duration,
    /// How long it may be stopped, as by SIGSTOP.
    pub stopped_grace: Duration,
    /// How late the nanny may be before she takes the machine to have slept.
    pub stall: Duration,
}

impl Config {
    /// A place with the limits of [`partita_protocol::limits`], no limit of memory and no end.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Config {
            name: name.into(),
            memory_limit: None,
            lifetime: None,
            failed_starts: limits::FAILED_STARTS,
            starved_starts: limits::STARVED_STARTS,
            deaths: limits::PROCESS_DEATHS,
            window: limits::PROCESS_DEATH_WINDOW,
            hello_timeout: limits::HELLO_TIMEOUT,
            heartbeat_ttl: limits::HEARTBEAT_TTL,
            look_every: limits::LOOK_EVERY,
            stopped_grace: limits::STOPPED_GRACE,
            stall: limits::STALL,
        }
    }

    /// Bytes in memory over which the process is ended.
    pub fn memory_most(&self) -> Option<u64> {
        self.memory_limit.map(|limit| (limit as f64 * limits::TERMINATE_FRACTION) as u64)
    }
}
