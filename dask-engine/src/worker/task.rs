//! A key that a worker knows.

use super::queue::Rank;
use crate::key::Key;
use bytes::Bytes;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The state of a key at a worker.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Some task here needs it, or did; nothing is done about it.
    Named,
    /// To run, as soon as so many values more are here.
    Waiting {
        /// How many.
        missing: usize,
    },
    /// To run.
    Ready {
        /// Its place in the queue.
        rank: Rank,
    },
    /// Running.
    Running {
        /// Whether it takes a slot.
        counts: bool,
        /// Whether it is wanted no longer.
        orphaned: bool,
    },
    /// Its value is here.
    Held,
    /// Its value is wanted, and others have it.
    Fetch,
    /// Its value is on its way.
    Flight {
        /// From where.
        peer: Arc<str>,
    },
    /// Its value is wanted, and nobody is known to have it.
    Missing,
}

/// A key that a worker knows.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) state: State,
    /// The newest number under which the scheduler has asked for it.
    pub(super) run_id: i64,
    pub(super) payload: Bytes,
    pub(super) priority: Vec<f64>,
    /// What it needs, each once.
    pub(super) needs: Vec<Key>,
    /// The tasks here that need it and have not ended.
    pub(super) needed_by: FxHashSet<Key>,
    /// Who else has it, as far as it is known.
    pub(super) holders: Vec<Arc<str>>,
    pub(super) nbytes: u64,
    /// Whether the scheduler wants a copy here, whoever needs it.
    pub(super) wanted: bool,
}

impl Default for Task {
    fn default() -> Self {
        Task {
            state: State::Named,
            run_id: -1,
            payload: Bytes::new(),
            priority: Vec::new(),
            needs: Vec::new(),
            needed_by: FxHashSet::default(),
            holders: Vec::new(),
            nbytes: 0,
            wanted: false,
        }
    }
}

impl Task {
    /// Whether it is a task that this worker is to run, and has not ended.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.state, State::Waiting { .. } | State::Ready { .. } | State::Running { .. })
    }

    /// The word by which a scheduler knows this state, when it asks whether it may take the task away.
    pub(super) fn word(&self) -> &'static str {
        match self.state {
            State::Waiting { .. } => "waiting",
            State::Ready { .. } => "ready",
            State::Running { orphaned: true, .. } => "cancelled",
            State::Running { counts: false, .. } => "long-running",
            State::Running { .. } => "executing",
            State::Held => "memory",
            // As copies of what others need they are no tasks of this worker.
            State::Named | State::Fetch | State::Flight { .. } | State::Missing => "released",
        }
    }
}
