//! Executions as rows of a table.

use crate::run::{Execution, Run};
use partita_protocol::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// One execution, with all names. Times are nanoseconds since the cluster began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The key of the task, as it is printed; the id of a task that is no longer known.
    pub key: String,
    /// The name of its group.
    pub group: Arc<str>,
    /// The name of the worker.
    pub worker: Arc<str>,
    /// The number of the worker's thread.
    pub thread: u32,
    /// When it began.
    pub started: u64,
    /// When it ended.
    pub stopped: u64,
    /// Bytes of its result.
    pub nbytes: u64,
    /// Whether it ended well.
    pub ok: bool,
    /// The file of user code that made the task, if it is known.
    pub file: Option<Arc<str>>,
    /// The line in it, from 1.
    pub line: Option<u32>,
}

impl Row {
    /// How long it took, in nanoseconds.
    pub fn duration(&self) -> u64 {
        self.stopped.saturating_sub(self.started)
    }

    fn of(run: &Run, execution: &Execution) -> Row {
        let place = run.names().line_of(execution.task);
        Row {
            key: run.names().key_text(execution.task),
            group: run.names().group(execution.prefix),
            worker: run.workers().name(execution.worker),
            thread: execution.thread,
            started: execution.started.0,
            stopped: execution.stopped.0,
            nbytes: execution.nbytes,
            ok: execution.ok,
            file: place.map(|place| place.file.clone()),
            line: place.map(|place| place.line),
        }
    }
}

/// The executions that the run keeps, as rows, in the order in which it was told of them.
pub fn rows(run: &Run) -> impl ExactSizeIterator<Item = Row> {
    run.executions().kept().map(|execution| Row::of(run, execution))
}

/// Those of [`rows`] that ran within a stretch of time.
pub fn rows_between(run: &Run, from: Time, to: Time) -> impl Iterator<Item = Row> {
    run.executions().within(from, to).map(|execution| Row::of(run, execution))
}
