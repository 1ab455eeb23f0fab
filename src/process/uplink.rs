//! The cluster's process, as a worker's process sees it.

use super::message::{Asked, Parcel, ToParent};
use super::parcel::{SMALL, broken, pack};
use super::remote::is_over;
use parking_lot::Mutex;
use partita_graph::Value;
use partita_protocol::message::{Delivery, ToScheduler};
use partita_protocol::telemetry::Batch;
use partita_protocol::worker::Report;
use partita_protocol::{Closed, Link, TaskId};
use partita_wire::{SendError, Sender};
use partita_worker::store::Store;
use serde::Serialize;
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
        told(&self.0, self.0.send(message, Vec::new()));
    }
}

impl Link<ToScheduler> for Uplink {
    fn send(&self, message: ToScheduler) -> Result<(), Closed<ToScheduler>> {
        match message {
            ToScheduler::Reported { reports, failures, .. } => {
                let failures = failures.into_iter().map(|(fault, failure)| (fault, broken(failure))).collect();
                let (results, segments) = pack(&self.tiny(&reports));
                told(&self.0, self.0.send(&ToParent::Reported { reports, failures, results }, segments));
                Ok(())
            }
            // A worker says nothing else to the scheduler.
            other => Err(Closed(other)),
        }
    }
}

/// If nobody hears any longer, this process is about to end. What is refused alone somebody waits for: then it ends, too.
pub(super) fn told<M>(sender: &Sender<M>, said: Result<(), SendError>) {
    if let Err(error) = said
        && !is_over(&error)
    {
        eprintln!("partita: this worker cannot tell something, and ends: {error}");
        sender.close();
    }
}

impl Link<Batch> for Uplink {
    fn send(&self, batch: Batch) -> Result<(), Closed<Batch>> {
        self.say(&ToParent::Records(batch));
        Ok(())
    }
}

/// Somebody in another process who waits for values.
pub(super) struct Reply(pub(super) Asked, pub(super) Answers);

impl Link<Delivery> for Reply {
    fn send(&self, delivery: Delivery) -> Result<(), Closed<Delivery>> {
        let Delivery { found, missing, .. } = delivery;
        let (request, answer) = (self.0.request, self.1.clone());
        let nbytes: usize = found.iter().map(|(_, value)| value.nbytes()).sum();
        // Large values are written where nobody waits for it; the thread that reads from disk is such a one already.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if nbytes > SMALL => {
                drop(runtime.spawn_blocking(move || answer(Answer { request, found, missing, patient: true })));
            }
            _ => answer(Answer { request, found, missing, patient: false }),
        }
        Ok(())
    }
}

/// Values for somebody in another process.
pub(super) struct Answer {
    request: u64,
    found: Vec<(TaskId, Value)>,
    missing: Vec<TaskId>,
    /// Whether this thread may wait until there is room for them.
    patient: bool,
}

/// Sends answers.
pub(super) type Answers = Arc<dyn Fn(Answer) + Send + Sync>;

/// A way to send answers. Of large ones, one at a time is made and waits for room: else all of them would be in memory twice.
pub(super) fn answering<M: Serialize + 'static>(
    sender: Sender<M>,
    message: fn(u64, Vec<Parcel>, Vec<TaskId>) -> M,
) -> Answers {
    let turn = Mutex::new(());
    Arc::new(move |Answer { request, found, missing, patient }| {
        let _turn = patient.then(|| {
            let turn = turn.lock();
            sender.wait_for_room();
            turn
        });
        let (found, segments) = pack(&found);
        told(&sender, sender.send(&message(request, found, missing), segments));
    })
}
