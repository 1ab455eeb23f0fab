//! What a local profiler is told, whatever it comes from.

use partita_graph::{Key, Value};
use partita_profiler::local::{Spot, TaskRow};
use partita_profiler::run::Line;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A task that is about to run. Times are counted as in [`TaskRow`].
#[derive(Clone, Debug, PartialEq)]
pub struct TaskStart {
    /// The key of the task.
    pub key: Key,
    /// The line of user code that made it, if that is known.
    pub line: Option<Line>,
    /// When it begins.
    pub start: Duration,
    /// The name of the worker; of an engine without workers, the engine's.
    pub worker: Arc<str>,
    /// Which of the worker's threads; without workers, which of the threads that computed in this process.
    pub thread: u32,
}

impl From<&TaskRow> for TaskStart {
    fn from(row: &TaskRow) -> Self {
        let TaskRow { key, line, start, worker, thread, .. } = row.clone();
        TaskStart { key, line, start, worker, thread }
    }
}

/// How many tasks of each group.
pub(super) type Groups = BTreeMap<Arc<str>, u64>;

/// What happened.
pub(super) enum Told<'a> {
    /// A graph is about to be computed.
    Begin { groups: &'a Groups, engine: &'a str, at: Duration },
    /// A task is about to run.
    Before(&'a TaskStart),
    /// A task ran. Its value is there if it is at hand.
    After { spot: Spot, row: &'a TaskRow, nbytes: u64, value: Option<&'a Value> },
    /// A result is held.
    Cached { spot: Spot, key: &'a Key, at: Duration },
    /// A result is no longer held.
    Freed { spot: Spot, at: Duration },
    /// A graph was computed, or a task of it failed.
    End { error: Option<String>, engine: &'a str, at: Duration },
}

/// Who is told.
pub(super) trait Sink: Send + Sync + 'static {
    /// Is told of something, on the thread of an engine or of a cluster's profiler.
    fn tell(&self, told: &Told<'_>);
}
