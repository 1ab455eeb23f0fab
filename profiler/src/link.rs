//! The way to the profiler's actor: bounded, so that a slow profiler costs records and not memory.

use crate::actor::{Mail, ProfilerActor, Tap};
use crate::aggregate::Aggregates;
use crate::backlog::Backlog;
use actix::Addr;
use partita_protocol::telemetry::{Batch, Listeners};
use partita_protocol::{Closed, Link};
use std::sync::Arc;

/// The way to the profiler's actor.
#[derive(Clone)]
pub struct ProfilerLink {
    address: Addr<ProfilerActor>,
    backlog: Arc<Backlog>,
    listeners: Listeners,
}

impl ProfilerLink {
    /// The way to this actor, which counts `backlog` down, and `listeners` that leave.
    pub fn new(address: Addr<ProfilerActor>, backlog: Arc<Backlog>, listeners: Listeners) -> Self {
        ProfilerLink { address, backlog, listeners }
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
        let weight = batch.weight();
        if !self.backlog.has_room(weight) {
            self.backlog.lose(batch.count() + batch.dropped);
            return Ok(());
        }
        if !self.address.connected() {
            return Err(Closed(batch));
        }
        batch.dropped += self.backlog.sent(weight);
        self.address.do_send(Mail::Batch(batch));
        Ok(())
    }
}
