//! Executions as rows: what all tables of them share.

use super::range::{group_name, line_text, nanos, since_start};
use crate::run::{Execution, Run};
use serde::Serialize;
use std::sync::Arc;

/// One run of a task on a thread. Times are nanoseconds, moments are counted from the run's start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ran {
    /// The task's key.
    pub key: String,
    /// Its group.
    pub group: Arc<str>,
    /// The line of user code that made it.
    pub line: Option<String>,
    /// The worker that it ran on.
    pub worker: Arc<str>,
    /// The worker's thread.
    pub thread: u32,
    /// When it began, since the run's start.
    pub started: u64,
    /// How long it took.
    pub time: u64,
    /// Bytes of its result.
    pub nbytes: u64,
    /// Whether it ended well.
    pub ok: bool,
}

impl Ran {
    pub(super) fn of(run: &Run, execution: &Execution) -> Self {
        Ran {
            key: run.names().key_text(execution.task),
            group: group_name(run, execution.prefix),
            line: line_text(run, execution.task),
            worker: run.workers().name(execution.worker),
            thread: execution.thread,
            started: since_start(run, execution.started),
            time: nanos(execution.duration()),
            nbytes: execution.nbytes,
            ok: execution.ok,
        }
    }
}
