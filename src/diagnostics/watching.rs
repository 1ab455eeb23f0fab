//! Watching a cluster: its run is folded as records come, and may be looked at any time.

use crate::client::Client;
use crate::error::Result;
use partita_profiler::run::{Limits, Live, Run};
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The run of a cluster from [`Client::watch`] on, until this is dropped.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let watching = cluster.client().watch()?;
/// Bag::<i64>::from_sequence(0..100, 10).map(|x| x * x).sum().compute()?;
/// watching.settle()?;
/// assert!(watching.look(|run| run.executions().count) >= 10);
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "nothing is watched for nobody"]
pub struct Watching {
    client: Client,
    shared: Arc<Shared>,
}

struct Shared {
    run: Live,
    ended: AtomicBool,
}

impl Shared {
    /// Takes a batch; false when nobody watches any more.
    fn take(&self, batch: &Batch) -> bool {
        let watched = !self.ended.load(Ordering::Relaxed);
        if watched {
            self.run.add(batch);
        }
        watched
    }
}

impl Client {
    /// Watches what the cluster does from now on. It costs the profiler's thread a little, and memory up to the bounds of
    /// [`Limits`](crate::diagnostics::run::Limits).
    ///
    /// # Errors
    /// [`ConfigError::Value`](crate::error::ConfigError) if the cluster was started without telemetry,
    /// [`RunError::Closed`](partita_graph::RunError::Closed).
    pub fn watch(&self) -> Result<Watching> {
        self.watch_with(Limits::default())
    }

    /// As [`Client::watch`], with other bounds.
    ///
    /// # Errors
    /// As [`Client::watch`].
    pub fn watch_with(&self, limits: Limits) -> Result<Watching> {
        let shared = Arc::new(Shared { run: Live::new(limits), ended: AtomicBool::new(false) });
        let taker = shared.clone();
        self.tap(Box::new(move |batch| taker.take(batch)))?;
        Ok(Watching { client: self.clone(), shared })
    }
}

impl Watching {
    /// Waits until all that was done before this call is in the run.
    ///
    /// # Errors
    /// [`RunError::Closed`](partita_graph::RunError::Closed).
    pub fn settle(&self) -> Result<()> {
        self.client.settle_records("Watching::settle")
    }

    /// Looks at the run so far. Nothing waits meanwhile: what happens then is taken in afterwards. A look must not look
    /// again.
    pub fn look<R>(&self, look: impl FnOnce(&Run) -> R) -> R {
        self.shared.run.look(look)
    }

    /// Ends the watching: the run, with all that was done before this call.
    ///
    /// # Errors
    /// As [`Watching::settle`].
    pub fn finish(self) -> Result<Run> {
        self.settle()?;
        Ok(self.end(|run| run))
    }

    /// Ends the watching without waiting for records that are on their way.
    pub(super) fn end<R>(self, take: impl FnOnce(Run) -> R) -> R {
        self.shared.ended.store(true, Ordering::Relaxed);
        take(self.shared.run.take())
    }

    /// The client that it was made by.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}
