//! Executions: which task ran when, where, and how long. The last ones are kept one by one.

use super::limits::make_room;
use partita_protocol::{PrefixId, TaskId, Time, WorkerId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// One run of a task on a thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Execution {
    /// Which task.
    pub task: TaskId,
    /// Of which group.
    pub prefix: PrefixId,
    /// On which worker.
    pub worker: WorkerId,
    /// On which of its threads.
    pub thread: u32,
    /// When it began.
    pub started: Time,
    /// When it ended.
    pub stopped: Time,
    /// Bytes of its result.
    pub nbytes: u64,
    /// Whether it ended well.
    pub ok: bool,
}

impl Execution {
    /// How long it took.
    pub fn duration(&self) -> Duration {
        self.stopped.since(self.started)
    }
}

/// The last executions, in the order in which they were told of, and sums over all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Executions {
    kept: VecDeque<Execution>,
    /// Executions, ever.
    pub count: u64,
    /// Executions that are no longer kept.
    pub forgotten: u64,
    /// Time that they took, added up over threads.
    pub busy: Duration,
}

impl Executions {
    /// Adds one; says which is no longer kept.
    pub(super) fn add(&mut self, execution: Execution, limit: usize) {
        self.count += 1;
        self.busy += execution.duration();
        if self.kept.len() >= limit {
            self.forgotten += 1;
            self.kept.pop_front();
        }
        if limit > 0 {
            make_room(&mut self.kept, limit);
            self.kept.push_back(execution);
        }
    }

    /// Those that are kept.
    pub fn kept(&self) -> impl ExactSizeIterator<Item = &Execution> + DoubleEndedIterator {
        self.kept.iter()
    }

    /// Those that are kept and ended before a moment, or all that are kept.
    pub fn ended_by(&self, until: Option<Time>) -> impl DoubleEndedIterator<Item = &Execution> {
        self.kept.iter().filter(move |execution| until.is_none_or(|until| execution.stopped < until))
    }

    /// Those that are kept and ran within a stretch of time.
    pub fn within(&self, from: Time, to: Time) -> impl Iterator<Item = &Execution> {
        self.kept.iter().filter(move |execution| execution.stopped >= from && execution.started <= to)
    }
}
