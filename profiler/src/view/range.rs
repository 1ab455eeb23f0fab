//! Ranges of time, and the words that all views share.

use crate::run::{Execution, OTHERS, Run};
use partita_protocol::{PrefixId, TaskId, Time};
use std::sync::Arc;
use std::time::Duration;

/// A stretch of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its first moment.
    pub from: Time,
    /// Its last moment.
    pub to: Time,
}

impl Range {
    /// The whole of a run.
    pub fn of(run: &Run) -> Self {
        let (from, to) = run.span();
        Range { from, to }
    }

    /// From and to so many nanoseconds after the run's start, as pages ask for it.
    pub fn after_start(run: &Run, from: u64, to: u64) -> Self {
        let start = run.span().0;
        let at = |nanos| start + Duration::from_nanos(nanos);
        Range { from: at(from.min(to)), to: at(to.max(from)) }
    }

    /// How long it is, in nanoseconds.
    pub fn nanos(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// How much of an execution lies within it, in nanoseconds.
    pub(super) fn share(&self, execution: &Execution) -> u64 {
        execution.stopped.min(self.to).0.saturating_sub(execution.started.max(self.from).0)
    }
}

/// A moment in nanoseconds since the run's start.
pub(super) fn since_start(run: &Run, time: Time) -> u64 {
    time.0.saturating_sub(run.span().0.0)
}

/// The name of a group.
pub(super) fn group_name(run: &Run, prefix: PrefixId) -> Arc<str> {
    if prefix == OTHERS { "(others)".into() } else { run.names().group(prefix) }
}

/// The line of user code that made a task, as it is printed.
pub(super) fn line_text(run: &Run, task: TaskId) -> Option<String> {
    run.names().line_of(task).map(ToString::to_string)
}

/// A duration in nanoseconds.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
