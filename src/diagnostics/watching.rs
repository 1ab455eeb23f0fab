//! Watching a cluster: its run is folded as records come, and may be looked at any time.

use super::tapped::Tapped;
use crate::client::Client;
use crate::error::{Error, Result};
use partita_graph::RunError;
use partita_profiler::run::{Limits, Live, Run};
use std::sync::Arc;

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
    run: Arc<Tapped<Live>>,
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
        Ok(Watching { client: self.clone(), run: Tapped::new(self, Live::new(limits), Live::add)? })
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
        self.run.folded().look(look)
    }

    /// Ends the watching: the run, with all that was done before this call, or before the cluster was closed.
    ///
    /// # Errors
    /// [`RunError`] where nothing may wait, as on the thread of an async runtime.
    pub fn finish(self) -> Result<Run> {
        self.catch_up()?;
        Ok(self.end(|run| run))
    }

    /// Waits until all is in the run that was done before this call. Of a cluster that is closed, all is that ever will be.
    pub(super) fn catch_up(&self) -> Result<()> {
        match self.settle() {
            Err(Error::Run(RunError::Closed)) => Ok(()),
            settled => settled,
        }
    }

    /// Ends the watching without waiting for records that are on their way.
    pub(super) fn end<R>(self, take: impl FnOnce(Run) -> R) -> R {
        self.run.end();
        take(self.run.folded().take())
    }

    /// The client that it was made by.
    pub fn client(&self) -> &Client {
        &self.client
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.run.end();
    }
}
