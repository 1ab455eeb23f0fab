//! The lines of the log, and showing more of them on the terminal.

use crate::client::Client;
use crate::error::Result;
use partita_profiler::aggregate::LogLine;
use partita_protocol::telemetry::Level;
use std::io::{self, Stderr, Write};
use tracing_subscriber::EnvFilter;

/// The variable of the environment that says what is shown on the terminal.
const VARIABLE: &str = "PARTITA_LOG";

impl Client {
    /// The last lines of the scheduler's log, oldest first: workers that came and went, tasks that failed for good. Of
    /// scheduler and workers together 10,000 lines are kept, whether or not anybody watches.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let lines = cluster.client().get_scheduler_logs()?;
    /// assert!(lines.iter().any(|line| line.text.contains("`worker-1` joined")));
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::Value`](crate::error::ConfigError) if the cluster was started without telemetry,
    /// [`RunError::Closed`](partita_graph::RunError::Closed).
    pub fn get_scheduler_logs(&self) -> Result<Vec<LogLine>> {
        self.lines("Client::get_scheduler_logs", |line| line.worker.is_none())
    }

    /// The last lines of the workers' logs, oldest first: tasks that failed, workers that died and were started again.
    ///
    /// # Errors
    /// As [`Client::get_scheduler_logs`].
    pub fn get_worker_logs(&self) -> Result<Vec<LogLine>> {
        self.lines("Client::get_worker_logs", |line| line.worker.is_some())
    }

    fn lines(&self, operation: &'static str, of: fn(&LogLine) -> bool) -> Result<Vec<LogLine>> {
        self.look(operation, move |known| known.said().lines().filter(of).collect())
    }
}

/// Something else takes the program's log already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "something takes the log of this program already: ask that for more lines, by targets that begin with `partita`"
)]
pub struct AlreadyLogged;

/// The terminal, to which names and errors of users can do nothing: control characters are written as escapes, but for ends of
/// lines and tabs, and so is what turns the direction of writing.
struct Plain(Stderr);

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let does_something = |letter: char| {
            letter.is_control() && !matches!(letter, '\n' | '\t')
                || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let text = String::from_utf8_lossy(bytes);
        let mut shown = String::with_capacity(text.len());
        for letter in text.chars() {
            match does_something(letter) {
                true => shown.extend(letter.escape_unicode()),
                false => shown.push(letter),
            }
        }
        self.0.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Shows the log on the terminal from this level on; without this, and without a subscriber of your own, nothing is shown.
/// The variable `PARTITA_LOG` of the environment, if it is set, counts instead: `debug`, or `partita_worker=info`, say.
///
/// ```no_run
/// use partita::diagnostics::{Level, log_to_terminal};
///
/// log_to_terminal(Level::Warn)?;
/// # Ok::<(), partita::diagnostics::AlreadyLogged>(())
/// ```
///
/// # Errors
/// [`AlreadyLogged`] if the program has a subscriber of `tracing` already.
pub fn log_to_terminal(level: Level) -> Result<(), AlreadyLogged> {
    let level = match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Plain(io::stderr())).finish();
    tracing::subscriber::set_global_default(subscriber).map_err(|_| AlreadyLogged)
}
