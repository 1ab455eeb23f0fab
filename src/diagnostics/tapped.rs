//! What is folded from a cluster's records on the profiler's thread, until it is ended.

use crate::client::Client;
use crate::error::Result;
use parking_lot::Mutex;
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Something that records are folded into, and whether that has ended.
pub(super) struct Tapped<T> {
    folded: Mutex<T>,
    ended: AtomicBool,
}

impl<T: Send + 'static> Tapped<T> {
    /// Folds all records of this client's cluster from now on.
    ///
    /// # Errors
    /// As [`Client::watch`].
    pub(super) fn new(
        client: &Client,
        folded: T,
        add: impl Fn(&mut T, &Batch) + Send + 'static,
    ) -> Result<Arc<Tapped<T>>> {
        let tapped = Arc::new(Tapped { folded: Mutex::new(folded), ended: AtomicBool::new(false) });
        let taker = tapped.clone();
        client.tap(Box::new(move |batch| {
            let wanted = !taker.ended.load(Ordering::Relaxed);
            if wanted {
                add(&mut taker.folded.lock(), batch);
            }
            wanted
        }))?;
        Ok(tapped)
    }

    /// Looks at what there is so far. The profiler waits meanwhile.
    pub(super) fn look<R>(&self, look: impl FnOnce(&mut T) -> R) -> R {
        look(&mut self.folded.lock())
    }

    /// Takes no more records.
    pub(super) fn end(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}
