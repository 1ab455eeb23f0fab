//! Pictures of a report: self-contained SVGs, to be read on light and on dark paper.

mod axis;
mod memory;
mod page;
mod stream;

use crate::report::Report;
use crate::simulate::{SimulateError, write_whole};
use std::path::Path;
use std::sync::Arc;

impl Report {
    /// The task stream as an SVG: a row for each thread, its tasks coloured by group, idle time left blank; below, the part
    /// of all threads that is busy and the bytes that travel. Of a large simulation, fields of a grid are shown, each with
    /// its main group, the paler the more of it is idle.
    ///
    /// ```
    /// use partita_simulator::{Durations, Simulation, families};
    /// use std::time::Duration;
    ///
    /// let durations = Durations::same(Duration::from_millis(5), "1 MiB");
    /// let report = Simulation::of(families::shuffle(6)).workers(3).durations(durations).run()?;
    /// assert!(report.task_stream().starts_with("<svg "));
    /// assert!(report.memory_curves().contains("worker-2"));
    /// # Ok::<(), partita_simulator::SimulateError>(())
    /// ```
    pub fn task_stream(&self) -> String {
        stream::draw(self)
    }

    /// The memory of the workers over time as an SVG: a curve for each of up to 50, else the least, the middle and the
    /// most of all; with the limit.
    pub fn memory_curves(&self) -> String {
        memory::draw(self)
    }

    /// Writes [`Report::task_stream`] to a file.
    ///
    /// # Errors
    /// [`SimulateError::Write`].
    pub fn save_task_stream(&self, path: impl AsRef<Path>) -> Result<(), SimulateError> {
        save(path.as_ref(), &self.task_stream())
    }

    /// Writes [`Report::memory_curves`] to a file.
    ///
    /// # Errors
    /// [`SimulateError::Write`].
    pub fn save_memory_curves(&self, path: impl AsRef<Path>) -> Result<(), SimulateError> {
        save(path.as_ref(), &self.memory_curves())
    }
}

fn save(path: &Path, text: &str) -> Result<(), SimulateError> {
    let error = |source| SimulateError::Write { path: path.into(), source: Arc::new(source) };
    write_whole(path, text.as_bytes()).map_err(error)
}
