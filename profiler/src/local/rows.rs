//! The rows that the local profilers give.

use crate::run::Line;
use partita_graph::Key;
use partita_protocol::telemetry::Usage;
use std::sync::Arc;
use std::time::Duration;

/// One execution of a task. Times are counted from one moment, the same for all local profilers of the process.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRow {
    /// The key of the task; only its name, if the task was known before anybody listened.
    pub key: Key,
    /// The line of user code that made it, if that is known.
    pub line: Option<Line>,
    /// When it began.
    pub start: Duration,
    /// When it ended.
    pub end: Duration,
    /// The name of the worker; of an engine without workers, the engine's.
    pub worker: Arc<str>,
    /// Which of the worker's threads; without workers, which of the threads that computed in this process.
    pub thread: u32,
    /// Whether it ended well.
    pub ok: bool,
}

impl TaskRow {
    /// How long it took.
    pub fn duration(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}

/// What the process and the machine used at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ResourceRow {
    /// When, counted as in [`TaskRow`].
    pub time: Duration,
    /// Bytes of the process that are in memory.
    pub memory: u64,
    /// Cores that the process kept busy since the row before; 1.5 is one and a half.
    pub cpu: f32,
    /// Bytes of the machine that are in use.
    pub machine_memory: u64,
    /// Bytes that the machine has.
    pub machine_total: u64,
    /// Cores of the machine that were busy since the row before.
    pub machine_cpu: f32,
}

impl From<Usage> for ResourceRow {
    fn from(usage: Usage) -> Self {
        ResourceRow {
            time: Duration::from_nanos(usage.time.0),
            memory: usage.memory,
            cpu: usage.cpu,
            machine_memory: usage.machine_memory,
            machine_total: usage.machine_total,
            machine_cpu: usage.machine_cpu,
        }
    }
}

/// The result of a task, while it was held. Times are counted as in [`TaskRow`].
#[derive(Clone, Debug, PartialEq)]
pub struct CacheRow {
    /// The key of the task.
    pub key: Key,
    /// What was measured of the result: its bytes, unless something else was asked for.
    pub metric: f64,
    /// Since when it was held.
    pub cache_time: Duration,
    /// When it was let go; `None` if it is still held.
    pub free_time: Option<Duration>,
}
