//! The last lines of the log and the last failures, kept also while nobody watches: 50 MB at the most.

use partita_protocol::telemetry::{Failed, Level, Log};
use partita_protocol::{Time, WorkerId};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Lines of the log that are kept.
pub const LINES: usize = 10_000;

/// Failures that are kept.
pub const FAILURES: usize = 1_000;

/// Names of workers that are kept, for lines about those that are gone.
const NAMES: usize = 10_000;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// When, since the cluster began.
    pub time: Time,
    /// How much it matters.
    pub level: Level,
    /// The name of the worker whose line it is; none if it is the scheduler's.
    pub worker: Option<Arc<str>>,
    /// The line.
    pub text: Arc<str>,
}

/// The last lines of the log and the last failures. The oldest go first, and are counted.
#[derive(Clone, Debug, Default)]
pub struct Said {
    names: BTreeMap<WorkerId, Arc<str>>,
    lines: VecDeque<Log>,
    failures: VecDeque<Failed>,
    /// Lines that there were.
    pub line_count: u64,
    /// Failures that there were, also of tasks that were tried again.
    pub failure_count: u64,
}

impl Said {
    pub(super) fn named(&mut self, worker: WorkerId, name: Arc<str>) {
        if self.names.len() >= NAMES {
            self.names.pop_first();
        }
        self.names.insert(worker, name);
    }

    pub(super) fn line(&mut self, log: &Log) {
        self.line_count += 1;
        if self.lines.len() >= LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(log.clone());
    }

    pub(super) fn failed(&mut self, failed: &Failed) {
        self.failure_count += 1;
        if self.failures.len() >= FAILURES {
            self.failures.pop_front();
        }
        self.failures.push_back(failed.clone());
    }

    /// The name of a worker, also of one that is gone.
    pub fn name(&self, worker: WorkerId) -> Arc<str> {
        self.names.get(&worker).cloned().unwrap_or_else(|| worker.to_string().into())
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = LogLine> + DoubleEndedIterator {
        // A nanny's line may come before the scheduler has told the name of her worker.
        self.lines.iter().cloned().map(|Log { time, level, worker, text }| {
            let worker = worker.map(|worker| self.name(worker));
            LogLine { time, level, worker, text }
        })
    }

    /// The failures that are kept, oldest first.
    pub fn failures(&self) -> impl ExactSizeIterator<Item = &Failed> + DoubleEndedIterator {
        self.failures.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_with_the_names_of_workers() {
        let mut said = Said::default();
        said.named(WorkerId(1), "anna".into());
        for number in 0..LINES as u64 + 5 {
            let worker = [None, Some(WorkerId(1)), Some(WorkerId(2))][(number % 3) as usize];
            let text = number.to_string().into();
            said.line(&Log { time: Time(number), level: Level::Info, worker, text });
        }
        assert_eq!((said.lines().len(), said.line_count), (LINES, LINES as u64 + 5));
        let last =
            said.lines().rev().take(3).map(|line| (line.text.to_string(), line.worker.map(|name| name.to_string())));
        let last: Vec<_> = last.collect();
        let name = |name: &str| Some(name.to_string());
        let expected = [("10004", name("w2")), ("10003", name("anna")), ("10002", None)];
        assert_eq!(last, expected.map(|(text, worker)| (text.to_string(), worker)));
    }
}
