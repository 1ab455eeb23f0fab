//! What the scheduler is asked to see to, with the ways to answer.

use crate::adapt::AdaptConfig;
use crate::ids::WorkerId;
use partita_graph::Key;
use std::sync::Arc;
use std::time::Duration;

/// The way to answer, once. If it is dropped, the scheduler is gone.
pub type Answer<R> = Box<dyn FnOnce(R) + Send>;

/// Something that the scheduler sees to; it answers when it is done.
pub enum Request {
    /// Let a worker leave once nothing is lost with it.
    Retire {
        /// Which worker.
        worker: WorkerId,
        /// How long its running tasks may take to end, before they are run elsewhere; `None` for ever.
        patience: Option<Duration>,
        /// What became of it.
        answer: Answer<Retired>,
    },
    /// Have results held by so many workers.
    Replicate {
        /// Which results.
        keys: Vec<Key>,
        /// By how many workers.
        copies: u32,
        /// The results that are not known.
        answer: Answer<Vec<Key>>,
    },
    /// Move results from full workers to empty ones.
    Rebalance {
        /// Told when the moves have ended.
        answer: Answer<()>,
    },
    /// Tell how many workers there should be.
    Adapt {
        /// How the cluster adapts.
        config: AdaptConfig,
        /// How many workers there should be.
        answer: Answer<Adaptation>,
    },
    /// Tell the profiler how many tasks are in each state: it lost records, and has caught up.
    Census,
}

/// What became of the wish that a worker leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// Nothing is lost when it goes.
    Ready {
        /// Results that were moved to other workers.
        moved: u64,
    },
    /// It holds what cannot be computed again, and nobody can take it.
    Refused {
        /// Bytes that nobody can take.
        nbytes: u64,
    },
    /// It is gone already.
    Gone,
}

/// How many workers there should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adaptation {
    /// How many.
    pub target: usize,
    /// The names of workers that can leave, those that should leave first at the front.
    pub leave: Vec<Arc<str>>,
}
