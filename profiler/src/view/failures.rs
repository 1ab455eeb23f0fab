//! Failures and lines of the log, the last ones.

use super::range::since_start;
use crate::run::{Last, Run};
use partita_protocol::Time;
use partita_protocol::telemetry::{Failed, Level};
use serde::Serialize;
use std::sync::Arc;

/// What is left of a text that is longer.
const TEXT: usize = 2_000;

/// A failure of a task, for good or to be tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// When, since the run's start.
    pub time: u64,
    /// The task's key.
    pub key: Arc<str>,
    /// The line of user code that made it.
    pub line: Option<Arc<str>>,
    /// The worker, if it failed on one.
    pub worker: Option<Arc<str>>,
    /// What the error says, the beginning of it if it is long.
    pub error: String,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When, since the run's start.
    pub time: u64,
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// Whose it is: a worker's, or the scheduler's.
    pub of: Arc<str>,
    /// The line, the beginning of it if it is long.
    pub text: String,
}

/// The last of many lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lines<T> {
    /// The lines, the oldest first.
    pub lines: Vec<T>,
    /// How many there were, also those that are not shown.
    pub count: u64,
}

fn lines<T, L>(last: &Last<T>, most: usize, line: impl Fn(&T) -> L) -> Lines<L> {
    let left_off = last.kept().len().saturating_sub(most);
    Lines { lines: last.kept().skip(left_off).map(line).collect(), count: last.count }
}

/// The beginning of a text.
fn short(text: &str) -> String {
    match text.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_string(),
    }
}

fn failure(run: &Run, failed: &Failed) -> Failure {
    Failure {
        time: since_start(run, failed.time),
        key: failed.key.clone(),
        line: failed.place.clone(),
        worker: failed.worker.map(|worker| run.workers().name(worker)),
        error: short(&failed.error),
    }
}

/// The last failures, so many at the most.
pub fn failures(run: &Run, most: usize) -> Lines<Failure> {
    lines(run.failures(), most, |failed| failure(run, failed))
}

/// The failures of the task of a key before a moment, or all; so many at the most.
pub(super) fn failures_of(run: &Run, until: Option<Time>, key: &str, most: usize) -> Vec<Failure> {
    let own = |failed: &&Failed| *failed.key == *key && until.is_none_or(|until| failed.time < until);
    run.failures().kept().filter(own).take(most).map(|failed| failure(run, failed)).collect()
}

/// The last lines of the log, so many at the most.
pub fn logs(run: &Run, most: usize) -> Lines<LogLine> {
    lines(run.logs(), most, |log| LogLine {
        time: since_start(run, log.time),
        level: match log.level {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        },
        of: log.worker.map_or_else(|| "scheduler".into(), |worker| run.workers().name(worker)),
        text: short(&log.text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::testing::Script;

    #[test]
    fn the_last_ones_are_shown_and_all_are_counted() {
        let mut script = Script::new(1);
        for at in 0..5u64 {
            script.failed(at, 0, &"\u{e9}".repeat(TEXT + at as usize));
            script.log(at, Level::Warn, &format!("line {at}"));
        }
        let run = script.run();
        let (failures, logs) = (failures(&run, 2), logs(&run, 3));
        assert_eq!((failures.count, failures.lines.len(), logs.count, logs.lines.len()), (5, 2, 5, 3));
        assert_eq!(failures.lines[1].error.chars().count(), TEXT + 1, "and an ellipsis");
        assert_eq!(failures.lines[0].worker.as_deref(), Some("worker-0"));
        assert_eq!(
            (logs.lines[0].text.as_str(), logs.lines[0].level, &*logs.lines[0].of),
            ("line 2", "warn", "scheduler")
        );
    }
}
