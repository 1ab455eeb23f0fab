//! The cluster's process, as a worker's process sees it.

use super::message::{Asked, ToParent};
use super::parcel::{SMALL, broken, pack};
use partita_graph::Value;
use partita_protocol::message::{Delivery, ToScheduler};
use partita_protocol::telemetry::Batch;
use partita_protocol::worker::Report;
use partita_protocol::{Closed, Link, TaskId};
use partita_wire::Sender;
use partita_worker::store::Store;
use std::sync::{Arc, OnceLock};

/// Results of so many reports at a time are sent along, if each has no more bytes than this: somebody may wait for a single one,
/// and nobody does for each of many.
const FEW: usize = 2;
const TINY: u64 = 1 << 10;

/// The way to the cluster's process.
#[derive(Clone)]
pub(super) struct Uplink(pub(super) Sender<ToParent>, Arc<OnceLock<Arc<Store<Value>>>>);

impl Uplink {
    pub(super) fn new(sender: Sender<ToParent>) -> Self {
        Uplink(sender, Arc::default())
    }

    /// The results that are reported are in this store.
    pub(super) fn results_are_in(&self, store: Arc<Store<Value>>) {
        self.1.set(store).ok();
    }

    /// The results of a few reports, if they are small.
    fn tiny(&self, reports: &[Report]) -> Vec<(TaskId, Value)> {
        let Some(store) = self.1.get().filter(|_| reports.len() <= FEW) else { return Vec::new() };
        let tiny = reports.iter().filter_map(|report| match report {
            Report::Finished { task, nbytes, .. } if *nbytes <= TINY => Some(*task),
            _ => None,
        });
        tiny.filter_map(|task| Some((task, store.get(task)?))).collect()
    }

    pub(super) fn say(&self, message: &ToParent) {
        // If nobody hears it, this process is about to end.
        self.0.send(message, Vec::new()).ok();
    }
}

impl Link<ToScheduler> for Uplink {
    fn send(&self, message: ToScheduler) -> Result<(), Closed<ToScheduler>> {
        match message {
            ToScheduler::Reported { reports, failures, .. } => {
                let failures = failures.into_iter().map(|(fault, failure)| (fault, broken(failure))).collect();
                let (results, segments) = pack(&self.tiny(&reports));
                // If nobody hears it, this process is about to end.
                self.0.send(&ToParent::Reported { reports, failures, results }, segments).ok();
                Ok(())
            }
            // A worker says nothing else to the scheduler.
            other => Err(Closed(other)),
        }
    }
}

impl Link<Batch> for Uplink {
    fn send(&self, batch: Batch) -> Result<(), Closed<Batch>> {
        self.say(&ToParent::Records(batch));
        Ok(())
    }
}

/// Somebody in another process who waits for values.
pub(super) struct Reply<F>(pub(super) Asked, pub(super) F);

impl<F> Link<Delivery> for Reply<F>
where
    F: Fn(u64, Vec<(TaskId, Value)>, Vec<TaskId>) + Clone + Send + Sync + 'static,
{
    fn send(&self, delivery: Delivery) -> Result<(), Closed<Delivery>> {
        let Delivery { found, missing, .. } = delivery;
        let (request, answer) = (self.0.request, self.1.clone());
        let nbytes: usize = found.iter().map(|(_, value)| value.nbytes()).sum();
        let answer = move || answer(request, found, missing);
        // Large values are written where nobody waits for it; the thread that reads from disk is such a one already.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if nbytes > SMALL => drop(runtime.spawn_blocking(answer)),
            _ => answer(),
        }
        Ok(())
    }
}

/// Answers the cluster's process.
pub(super) fn deliver(uplink: &Uplink) -> impl Fn(u64, Vec<(TaskId, Value)>, Vec<TaskId>) + Clone + use<> {
    let uplink = uplink.0.clone();
    move |request, found, missing| {
        let (found, segments) = pack(&found);
        uplink.send(&ToParent::Delivery { request, found, missing }, segments).ok();
    }
}
