//! What the scheduler is set to.

use super::policy::placement::Placement;
use partita_protocol::limits;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The settings of a scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// How full a worker's threads are kept with root tasks: `ceil(saturation × threads)`, one at the least.
    pub saturation: f64,
    /// Workers that may die after one task had begun there, before it is given up: the next death errs it.
    pub allowed_failures: u32,
    /// Work that a thread is handed ahead, when its tasks are known to be shorter than this.
    pub quantum: Duration,
    /// Tasks that a thread is handed ahead at the most.
    pub ahead_tasks: usize,
    /// Bytes that go from worker to worker in a second, as placement reckons.
    pub bandwidth: u64,
    /// How a worker is chosen for a task.
    pub placement: Placement,
    /// Whether a worker with a free thread takes tasks over that another one has not started.
    pub stealing: bool,
    /// Whether copies of a result that tasks needed go once only clients want it.
    pub reduce_copies: bool,
    /// Whether clients that have queued tasks are given equal shares; else whoever came first is served first.
    pub fair: bool,
    /// How long tasks that ask for the same resources may wait while others are given some, before the resources of one
    /// worker are held back for them; `None` for ever.
    pub starvation: Option<Duration>,
    /// How long a task may wait for a worker that could run it; `None` for ever.
    pub no_workers_timeout: Option<Duration>,
    /// Whether no worker of a new name will ever come: a task that no worker seen so far could run errs at once.
    /// Without it such a task waits for `no_workers_timeout`.
    pub static_workers: bool,
    /// Whether transitions are told to the profiler.
    pub record: bool,
    /// Decisions that are kept, for [`Scheduler::decisions`](super::Scheduler::decisions); 0 for none.
    pub decisions: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            saturation: limits::SATURATION,
            allowed_failures: limits::ALLOWED_FAILURES,
            quantum: limits::QUANTUM,
            ahead_tasks: limits::AHEAD_TASKS,
            bandwidth: 100_000_000,
            placement: Placement::default(),
            stealing: true,
            reduce_copies: true,
            fair: true,
            starvation: Some(limits::STARVATION),
            no_workers_timeout: Some(limits::NO_WORKERS_TIMEOUT),
            static_workers: false,
            record: false,
            decisions: 0,
        }
    }
}
