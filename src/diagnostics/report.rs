//! `performance_report`: what a cluster does while a guard lives, as one file that a browser opens.

use super::report_file::{ReportError, Target};
use super::watching::Watching;
use crate::client::Client;
use crate::current;
use crate::error::Result;
use partita_profiler::report::Report;
use partita_profiler::view::CodeLine;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Files of user code that are read for the lines in a report, and the bytes of the longest that is.
const FILES: usize = 100;
const FILE_BYTES: u64 = 4 << 20;
/// Characters of a line that are shown.
const LINE: usize = 200;

/// Reports on what the cluster does until the guard is dropped or finished: one HTML file without any network, with the
/// task stream, progress, workers, memory, bandwidth, a profile by line of user code, the slowest tasks, the critical
/// path, errors and logs.
///
/// The path is checked now, before any work starts. The cluster is that of [`compute`](crate::compute()).
///
/// ```
/// use partita::prelude::*;
/// use partita::performance_report;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let file = folder.path().join("report.html");
/// let report = performance_report(&file)?;
/// Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x).sum().compute()?;
/// let written = report.finish()?;
/// assert!(std::fs::read_to_string(written).unwrap().contains("Task stream"));
/// # Ok::<(), partita::Error>(())
/// ```
///
/// # Errors
/// [`ReportError`] if no file can be written there: its folder is not there, or may not be written, or the path is a
/// folder. No folder is ever made. As [`Client::watch`] otherwise.
pub fn performance_report(path: impl AsRef<Path>) -> Result<PerformanceReport> {
    let target = Target::check(path.as_ref())?;
    PerformanceReport::start(&current::client()?, target)
}

/// As [`performance_report`], of the cluster of a client.
///
/// # Errors
/// As [`performance_report`].
pub fn performance_report_on(client: &Client, path: impl AsRef<Path>) -> Result<PerformanceReport> {
    PerformanceReport::start(client, Target::check(path.as_ref())?)
}

/// Writes a report when it is dropped; [`PerformanceReport::finish`] does so too and says where.
///
/// It never panics and never takes the result of the work with it: if its file can no longer be written, the report goes
/// into the system's folder for temporary files, and a warning of [`tracing`] tells of both.
#[must_use = "the report is of what is done while this lives: bind it, as in `let _report = performance_report(..)?;`"]
pub struct PerformanceReport {
    target: Target,
    title: String,
    watching: Option<Watching>,
}

impl PerformanceReport {
    fn start(client: &Client, target: Target) -> Result<Self> {
        let watching = Some(client.watch()?);
        Ok(PerformanceReport { target, title: "Performance report".into(), watching })
    }

    /// The report under another title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Writes the report: the file that it is in. That is the file that was asked for, unless it can no longer be written.
    ///
    /// # Errors
    /// [`ReportError::Lost`] if neither the file nor one in the system's folder for temporary files can be written.
    pub fn finish(mut self) -> Result<PathBuf> {
        Ok(self.write()?)
    }

    /// Writes the report, once.
    fn write(&mut self) -> Result<PathBuf, ReportError> {
        let Some(watching) = self.watching.take() else { return Ok(self.target.path().to_path_buf()) };
        // A cluster that is closed has no more to tell: its run is as it is.
        let mut report = match watching.settle() {
            Ok(()) => watching.end(|run| Report::of(&run, &*self.title)),
            Err(_) => watching.look(|run| Report::of(run, &*self.title)),
        };
        let made = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        report.made = made.and_then(|since| u64::try_from(since.as_millis()).ok());
        read_code(&mut report.code);
        self.target.write_somewhere(|file| report.write_html(file))
    }
}

impl Drop for PerformanceReport {
    fn drop(&mut self) {
        if self.watching.is_none() {
            return;
        }
        let path = self.target.path().display().to_string();
        match catch_unwind(AssertUnwindSafe(|| self.write())) {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(%error, "there is no report"),
            Err(_) => tracing::warn!("the report `{path}` could not be made: please report this as a bug of partita"),
        }
    }
}

/// Adds what the lines of user code say, where their files are at hand.
fn read_code(lines: &mut [CodeLine]) {
    let mut files: HashMap<String, Option<String>> = HashMap::new();
    for line in lines {
        let Some(file) = line.file.as_deref() else { continue };
        if files.len() >= FILES && !files.contains_key(file) {
            continue;
        }
        let text = files.entry(file.to_string()).or_insert_with(|| read_file(Path::new(file)));
        let said = text.as_deref().and_then(|text| text.lines().nth(line.line.checked_sub(1)? as usize));
        line.text = said.map(|said| said.trim().chars().take(LINE).collect());
    }
}

fn read_file(file: &Path) -> Option<String> {
    let facts = std::fs::metadata(file).ok()?;
    (facts.is_file() && facts.len() <= FILE_BYTES).then(|| std::fs::read_to_string(file).ok())?
}
