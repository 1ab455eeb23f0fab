//! What is folded from a cluster's records on the profiler's thread, until it is ended.

use crate::client::Client;
use crate::error::Result;
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that records are folded into, and whether that has ended.
pub(super) struct Tapped<T> {
    folded: T,
    ended: AtomicBool,
}

impl<T: Send + Sync + 'static> Tapped<T> {
    /// Folds all records of this client's cluster from now on.
    ///
    /// # Errors
    /// As [`Client::watch`].
    pub(super) fn new(client: &Client, folded: T, add: impl Fn(&T, &Batch) + Send + 'static) -> Result<Arc<Tapped<T>>> {
        let tapped = Arc::new(Tapped { folded, ended: AtomicBool::new(false) });
        let taker = tapped.clone();
        client.tap(Box::new(move |batch| {
            let wanted = !taker.ended.load(Ordering::Relaxed);
            if wanted {
                add(&taker.folded, batch);
            }
            wanted
        }))?;
        Ok(tapped)
    }

    /// What they were folded into so far.
    pub(super) fn folded(&self) -> &T {
        &self.folded
    }

    /// Takes no more records.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}
