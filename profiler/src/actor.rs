//! The profiler's actor.

use crate::aggregate::Aggregates;
use actix::{Actor, Context, Handler, Message};
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A message to the profiler.
#[derive(Message)]
#[rtype(result = "()")]
pub enum Mail {
    /// Records.
    Batch(Batch),
    /// Somebody wants to see all records from now on, until it answers false; the names that are known come first.
    Tap(Tap),
    /// Somebody wants to see the sums.
    Look(Box<dyn FnOnce(&Aggregates) + Send>),
}

/// Sees each batch of records; false if it has seen enough.
pub type Tap = Box<dyn FnMut(&Batch) -> bool + Send>;

/// The profiler.
#[derive(Default)]
pub struct ProfilerActor {
    aggregates: Aggregates,
    taps: Vec<Tap>,
    /// Records that are on the way, counted down as they are taken in.
    backlog: Arc<AtomicU64>,
}

impl ProfilerActor {
    /// A profiler that counts down what it took in.
    pub fn new(backlog: Arc<AtomicU64>) -> Self {
        ProfilerActor { backlog, ..ProfilerActor::default() }
    }
}

impl Actor for ProfilerActor {
    type Context = Context<Self>;
}

impl Handler<Mail> for ProfilerActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, _: &mut Self::Context) {
        match mail {
            Mail::Batch(batch) => {
                self.backlog.fetch_sub(batch.records.len() as u64, Ordering::Relaxed);
                self.aggregates.add(&batch);
                self.taps.retain_mut(|tap| tap(&batch));
            }
            Mail::Tap(mut tap) => {
                if tap(&Batch { records: self.aggregates.names(), dropped: 0 }) {
                    self.taps.push(tap);
                }
            }
            Mail::Look(look) => look(&self.aggregates),
        }
    }
}
