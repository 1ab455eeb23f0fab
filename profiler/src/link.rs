//! The way to the profiler's actor: bounded, so that a slow profiler costs records and not memory.

use crate::actor::{Mail, ProfilerActor, Tap};
use crate::aggregate::Aggregates;
use actix::Addr;
use partita_protocol::telemetry::{Batch, Listeners};
use partita_protocol::{Closed, Link, limits};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The way to the profiler's actor.
#[derive(Clone)]
pub struct ProfilerLink {
    address: Addr<ProfilerActor>,
    backlog: Arc<AtomicU64>,
    dropped: Arc<AtomicU64>,
    listeners: Listeners,
}

impl ProfilerLink {
    /// The way to this actor, which counts `backlog` down, and `listeners` that leave.
    pub fn new(address: Addr<ProfilerActor>, backlog: Arc<AtomicU64>, listeners: Listeners) -> Self {
        ProfilerLink { address, backlog, dropped: Arc::default(), listeners }
    }

    /// How many see records one by one.
    pub fn listeners(&self) -> Listeners {
        self.listeners.clone()
    }

    /// Shows all records from now on, on the profiler's thread, until it is answered false.
    pub fn tap(&self, tap: Tap) {
        // From now on, and not only from when the profiler comes to it.
        self.listeners.join();
        self.address.do_send(Mail::Tap(tap));
    }

    /// Looks at the sums, on the profiler's thread.
    pub fn look(&self, look: impl FnOnce(&Aggregates) + Send + 'static) {
        self.address.do_send(Mail::Look(Box::new(look)));
    }
}

impl Link<Batch> for ProfilerLink {
    fn send(&self, mut batch: Batch) -> Result<(), Closed<Batch>> {
        let count = batch.records.len() as u64;
        if self.backlog.load(Ordering::Relaxed) + count > limits::TELEMETRY_BACKLOG as u64 {
            self.dropped.fetch_add(count + batch.dropped, Ordering::Relaxed);
            return Ok(());
        }
        if !self.address.connected() {
            return Err(Closed(batch));
        }
        self.backlog.fetch_add(count, Ordering::Relaxed);
        batch.dropped += self.dropped.swap(0, Ordering::Relaxed);
        self.address.do_send(Mail::Batch(batch));
        Ok(())
    }
}
