//! The executor: operating system threads that run jobs, best first.
//!
//! Waking a parked thread costs microseconds, more than many a job. So one thread that finds nothing to do looks on for
//! a moment before it parks, a batch of jobs wakes at most one thread, and a thread that takes a job wakes the next one
//! if more jobs are there than the threads that are on their way can take.
//!
//! A job that waits for others says so by [`enter_blocking`]: its slot goes to another thread meanwhile. When it goes
//! on, there may be a thread too many; the next one that ends its job steps back. The slot of a job that is given up
//! goes to another thread for good, [`Executor::abandon`].
//!
//! ```
//! use partita_protocol::Priority;
//! use partita_worker::executor::{Executor, Job, Settings, ThreadContext};
//! use std::sync::mpsc::{Sender, channel};
//! use std::time::Duration;
//!
//! struct Say(Sender<u32>, u32);
//! impl Job for Say {
//!     fn priority(&self) -> Priority {
//!         Priority { rank: self.1, ..Priority::default() }
//!     }
//!     fn run(self, _: &ThreadContext) {
//!         self.0.send(self.1).ok();
//!     }
//! }
//!
//! let executor = Executor::new(Settings::new("example", 1))?;
//! let (said, hear) = channel();
//! executor.submit([Say(said.clone(), 2), Say(said, 1)]).ok();
//! assert_eq!(hear.iter().collect::<Vec<_>>(), [1, 2]);
//! assert_eq!(executor.close(Duration::from_secs(5)).abandoned, 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod blocking;
mod job;
mod pool;
mod queue;
mod settings;
mod slots;
mod thread;

#[cfg(test)]
mod given_up;
#[cfg(test)]
mod tests;

pub use blocking::{BlockingGuard, enter_blocking};
pub use job::{Job, ThreadContext};
pub use settings::Settings;

use pool::Pool;
use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Threads that run jobs. Dropping it lets running jobs end and drops all others, without waiting; see
/// [`close`](Self::close).
#[derive(Debug)]
pub struct Executor<J: Job> {
    pool: Arc<Pool<J>>,
}

/// What is left of an executor after it was closed.
#[derive(Debug)]
#[must_use = "the jobs that did not run"]
pub struct Leftovers<J> {
    /// Jobs that did not run, best first.
    pub jobs: Vec<J>,
    /// Threads that were still in a job when the grace was over. They end when their job does.
    pub abandoned: usize,
}

impl<J: Job> Executor<J> {
    /// Starts the threads.
    ///
    /// # Errors
    /// If the operating system refuses a thread; those that were started end.
    pub fn new(settings: Settings) -> io::Result<Self> {
        Executor::with_shared(settings, Arc::new(()))
    }

    /// Starts the threads; every job finds `shared` in its [`ThreadContext`], without a handle of its own on it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_shared(settings: Settings, shared: Arc<dyn Any + Send + Sync>) -> io::Result<Self> {
        let executor = Executor { pool: Pool::new(settings, shared) };
        executor.pool.start()?;
        Ok(executor)
    }

    /// Hands jobs over, all at once: `batch` is read while the queue is locked. Wakes at most one thread.
    ///
    /// # Errors
    /// Gives the jobs back if the executor is closed.
    pub fn submit(&self, batch: impl IntoIterator<Item = J>) -> Result<(), Vec<J>> {
        self.pool.submit(batch)
    }

    /// Gives up the job that this thread runs: another thread has its slot, until the job ends all the same. The caller
    /// knows that the thread is in a job, and sees to it that it does not leave it meanwhile.
    pub fn abandon(&self, thread: u32) {
        self.pool.abandon(thread);
    }

    /// How many jobs no thread has taken yet.
    pub fn queued(&self) -> usize {
        self.pool.queued()
    }

    /// How many threads there are: running, blocked or parked.
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Takes no more jobs and ends the threads; waits for those that are in a job, but not beyond the grace. Closing
    /// again finds nothing more to do.
    pub fn close(&self, grace: Duration) -> Leftovers<J> {
        let jobs = self.pool.shut();
        Leftovers { jobs, abandoned: self.pool.join(grace) }
    }
}

impl<J: Job> Drop for Executor<J> {
    fn drop(&mut self) {
        drop(self.pool.shut());
    }
}
