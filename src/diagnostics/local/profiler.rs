//! The profiler of tasks: when and where each ran.

use super::source::Source;
use super::told::{Sink, Told};
use super::visualize::{Charted, visualize};
use crate::client::Client;
use crate::error::Result;
use parking_lot::Mutex;
use partita_profiler::local::TaskRow;
use partita_profiler::local::draw::Chart;
use std::path::Path;
use std::sync::Arc;

/// Rows that are kept at the most; more are counted.
const MOST: usize = 1 << 20;

/// Sees each task that runs while it lives, on every cluster of this process and on the engines without one; as Dask's
/// `Profiler`.
///
/// ```
/// use partita::Reference;
/// use partita::diagnostics::Profiler;
/// use partita::prelude::*;
///
/// let profiler = Profiler::start()?;
/// let twice = delayed(|x: i64| x * 2, (21,));
/// assert_eq!(twice.compute_on(&Reference)?, 42);
/// let rows = profiler.results();
/// assert_eq!(rows.len(), 1);
/// assert!(rows[0].ok && rows[0].end >= rows[0].start && &*rows[0].worker == "reference");
///
/// let path = std::env::temp_dir().join("partita-profiler-example.svg");
/// profiler.visualize(&path)?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is seen once this is dropped"]
pub struct Profiler {
    source: Source,
    rows: Arc<Rows>,
}

/// The rows so far, and how many had no place.
#[derive(Default)]
struct Rows(Mutex<(Vec<TaskRow>, u64)>);

impl Sink for Rows {
    fn tell(&self, told: &Told<'_>) {
        if let Told::After { row, .. } = told {
            let (rows, lost) = &mut *self.0.lock();
            match rows.len() < MOST {
                true => rows.push(TaskRow::clone(row)),
                false => *lost += 1,
            }
        }
    }
}

impl Profiler {
    /// Sees all tasks of this process from now on. Clusters that were started without telemetry are not seen, which is said
    /// as a warning.
    ///
    /// # Errors
    /// [`RunError::BlockingInAsync`](partita_graph::RunError::BlockingInAsync) on a thread of an async runtime that cannot
    /// wait.
    pub fn start() -> Result<Self> {
        let rows = Arc::new(Rows::default());
        Ok(Profiler { source: Source::of_all(rows.clone())?, rows })
    }

    /// Sees the tasks of one cluster only.
    ///
    /// # Errors
    /// As [`Profiler::start`]; [`ConfigError::Value`](crate::ConfigError) if the cluster was started without telemetry, and
    /// [`RunError::Closed`](partita_graph::RunError::Closed).
    pub fn start_on(client: &Client) -> Result<Self> {
        let rows = Arc::new(Rows::default());
        Ok(Profiler { source: Source::of(client, rows.clone())?, rows })
    }

    /// The tasks that ran, by the time at which they began. Those of computations that have returned are all there.
    pub fn results(&self) -> Vec<TaskRow> {
        self.source.settle();
        let mut rows = self.rows.0.lock().0.clone();
        rows.sort_by_key(|row| (row.start, row.end));
        rows
    }

    /// How much was not seen: rows beyond a million, and records of clusters that were dropped because their profiler was
    /// slow.
    pub fn lost(&self) -> u64 {
        self.rows.0.lock().1 + self.source.dropped()
    }

    /// Forgets what it has seen.
    pub fn clear(&self) {
        self.source.settle();
        *self.rows.0.lock() = Default::default();
    }

    /// Sees no more; what it has seen stays.
    pub fn stop(&self) {
        self.source.stop();
    }

    /// Draws the tasks on the threads that ran them into a file: `.svg`, `.png` or `.html`.
    ///
    /// # Errors
    /// As [`visualize`].
    pub fn visualize(&self, path: impl AsRef<Path>) -> Result<()> {
        visualize(self, path)
    }
}

impl Charted for Profiler {
    fn charts(&self) -> Vec<Chart> {
        vec![Chart::Tasks(self.results())]
    }
}
