//! The executions of a stretch of work, one row each.

use super::watching::Watching;
use crate::client::Client;
use crate::error::Result;
use partita_profiler::export::{self, ExportError, Row};
use std::path::Path;

/// The executions from [`Client::get_task_stream`] on, until this is dropped; Dask's `get_task_stream`.
#[must_use = "nothing is collected for nobody"]
pub struct TaskStream {
    watching: Watching,
}

impl Client {
    /// Collects the executions from now on, one row each.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let stream = cluster.client().get_task_stream()?;
    /// Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x).sum().compute()?;
    /// let rows = stream.data()?;
    /// assert!(rows.iter().all(|row| row.ok && row.stopped >= row.started));
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Client::watch`].
    pub fn get_task_stream(&self) -> Result<TaskStream> {
        Ok(TaskStream { watching: self.watch()? })
    }
}

impl TaskStream {
    /// The executions of all that was done before this call, or before the cluster was closed, in the order in which the
    /// cluster told of them.
    ///
    /// # Errors
    /// As [`Watching::finish`].
    pub fn data(&self) -> Result<Vec<Row>> {
        self.watching.catch_up()?;
        Ok(self.watching.look(|run| export::rows(run).collect()))
    }

    /// Writes the executions into a file: a table as `.csv` or `.jsonl`, or as `.json` a trace for Perfetto.
    ///
    /// # Errors
    /// [`ExportError`](crate::diagnostics::export::ExportError); as [`Watching::finish`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let write = match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => |run: &_, path: &Path| export::csv(run, path),
            Some("jsonl") => |run: &_, path: &Path| export::json_lines(run, path),
            Some("json") => |run: &_, path: &Path| export::chrome_trace(run, path),
            _ => {
                let known = "`.csv`, `.jsonl`, or `.json` for a trace";
                return Err(ExportError::UnknownEnding { path: path.to_path_buf(), known }.into());
            }
        };
        self.watching.catch_up()?;
        // Not while the profiler waits: a disk may be slow.
        let run = self.watching.look(Clone::clone);
        Ok(write(&run, path)?)
    }
}
