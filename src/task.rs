//! The task that runs on this thread: whether it is to stop, and how long it may take.
//!
//! A function cannot be stopped from outside. One that takes long should ask now and then: when its result was cancelled or
//! is needed by nobody any longer, when it ran for longer than its `timeout`, or when its worker leaves, it may return at
//! once, with whatever it has. Its result is dropped; if the task is wanted again meanwhile, it runs anew. A task that waits
//! for the result of another is not woken.
//!
//! ```
//! use partita::prelude::*;
//! use std::sync::mpsc::channel;
//!
//! # fn main() -> partita::Result<()> {
//! let cluster = LocalCluster::builder().workers(1).start()?;
//! let client = cluster.client();
//! let (say, said) = channel();
//! let future = client.submit(
//!     move |_: i32| {
//!         say.send("begun").unwrap();
//!         while !partita::task::should_stop() {
//!             std::thread::yield_now(); // A piece of the work.
//!         }
//!         say.send("stopped").unwrap();
//!     },
//!     (0,),
//! );
//! assert_eq!(said.recv(), Ok("begun"));
//! future.cancel();
//! assert_eq!(said.recv(), Ok("stopped"));
//! # Ok(())
//! # }
//! ```

pub use partita_worker::actor::StopToken;
use partita_worker::actor::{Standing, standing};
use std::time::{Duration, Instant};

/// The task that runs on a thread of a worker.
#[derive(Clone, Debug)]
pub struct CurrentTask(Standing);

/// The task that runs on this thread; none on threads that are no worker's, and on the engines without a cluster.
///
/// Threads that a task starts, or has work for it, are not its own: give them a [`CurrentTask::token`].
pub fn current() -> Option<CurrentTask> {
    standing().map(CurrentTask)
}

/// Whether the task on this thread is to stop; no outside of tasks. In a tight loop, ask a [`CurrentTask::token`], which
/// takes a nanosecond.
pub fn should_stop() -> bool {
    current().is_some_and(|task| task.should_stop())
}

impl CurrentTask {
    /// Whether nobody waits any longer for what comes of it: it was cancelled or is needed by nobody, ran for too long, or
    /// its worker leaves. Once it is true it stays so. A task that was told so ends without a result, whatever its function
    /// returns.
    pub fn should_stop(&self) -> bool {
        self.0.token.is_stopped()
    }

    /// What tells threads that work for the task whether it is to stop.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// fn total(numbers: Vec<u64>) -> u64 {
    ///     let token = partita::task::current().map(|task| task.token());
    ///     let goes_on = || token.as_ref().is_none_or(|token| !token.is_stopped());
    ///     numbers.iter().take_while(|_| goes_on()).sum()
    /// }
    ///
    /// # fn main() -> partita::Result<()> {
    /// assert_eq!(delayed(total, (vec![1, 2, 3],)).compute()?, 6);
    /// # Ok(())
    /// # }
    /// ```
    pub fn token(&self) -> StopToken {
        self.0.token.clone()
    }

    /// When it is given up, if it was handed in with a [`timeout`](crate::TaskOptions::timeout).
    pub fn deadline(&self) -> Option<Instant> {
        self.0.due
    }

    /// How long it has until then; zero if that has passed.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline().map(|due| due.saturating_duration_since(Instant::now()))
    }
}
