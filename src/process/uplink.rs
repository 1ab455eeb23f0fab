//! The cluster's process, as a worker's process sees it.

use super::message::{Asked, ToParent};
use super::parcel::{SMALL, broken, pack};
use partita_graph::Value;
use partita_protocol::message::{Delivery, ToScheduler};
use partita_protocol::telemetry::Batch;
use partita_protocol::{Closed, Link, TaskId};
use partita_wire::Sender;

/// The way to the cluster's process.
#[derive(Clone)]
pub(super) struct Uplink(pub(super) Sender<ToParent>);

impl Uplink {
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
                self.say(&ToParent::Reported { reports, failures });
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
