//! How long a cluster waits for what may not come, and how often it tries.

use super::builder::Builder;
use std::time::Duration;

/// Longer than any program runs: times are added to each other.
pub(super) const EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Builder {
    /// How long a task may wait for a worker that could run it, before it fails; `None` for ever. A minute if it is not
    /// said.
    pub fn no_workers_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.no_workers_timeout = timeout.into().map(|timeout| timeout.min(EVER));
        self
    }

    /// How many workers may die while they run a task, before it is not tried again but fails with the causes of all these
    /// deaths; 3 if it is not said, as Dask's `allowed-failures`.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// // A task that ends its process is given up at once.
    /// let cluster = LocalCluster::builder().workers(1).allowed_failures(0).start()?;
    /// assert_eq!(cluster.client().submit(|x: i64| x + 1, (1,)).result()?, 2);
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn allowed_failures(mut self, deaths: u32) -> Self {
        self.allowed_failures = deaths;
        self
    }

    /// How long closing waits for tasks that are still running, before their threads are left behind; 3 seconds if it is
    /// not said.
    pub fn close_grace(mut self, grace: Duration) -> Self {
        self.close_grace = grace.min(EVER);
        self
    }
}
