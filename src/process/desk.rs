//! What translates the cluster's words for the actor of a worker's process.

use super::briefing::Briefing;
use super::message::{Asked, Parcel, ToChild, ToParent};
use super::parcel::{SMALL, unpack, unpack_one};
use super::peers::Peer;
use super::uplink::{Answers, Reply, Uplink};
use bytes::Bytes;
use parking_lot::Mutex;
use partita_graph::{Fault, FromValues, NotRead, Value, Work, WorkReader};
use partita_protocol::Link;
use partita_protocol::message::ToWorker;
use partita_protocol::telemetry::Listeners;
use partita_protocol::worker::Order;
use partita_wire::{Gate, Message};
use partita_worker::actor::WorkerLink;
use std::sync::Arc;
use tokio::task::JoinError;

/// What translates the cluster's words for the worker's actor.
pub(super) struct Desk {
    pub(super) briefing: Briefing,
    pub(super) gate: Gate,
    pub(super) uplink: Uplink,
    pub(super) answers: Answers,
    pub(super) actor: WorkerLink,
    pub(super) listeners: Listeners,
    pub(super) heard: bool,
    pub(super) reader: Arc<Mutex<WorkReader>>,
}

/// Its end is told.
struct Told(Uplink, u64);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.say(&ToParent::RecordsDone(self.1));
    }
}

impl Desk {
    /// Has done what the cluster says.
    ///
    /// # Errors
    /// What panicked in reading.
    pub(super) async fn told(&mut self, message: Message<ToChild>) -> Result<(), JoinError> {
        let Message { head, segments } = message;
        let nbytes: usize = segments.iter().map(Bytes::len).sum();
        let mail = match head {
            ToChild::Begin(_) => return Ok(()),
            ToChild::Orders(orders, apart) => {
                let (reader, uplink) = (self.reader.clone(), self.uplink.clone());
                read(nbytes, move || {
                    let works = works(&mut reader.lock(), &uplink, &orders, &segments, &apart);
                    ToWorker::Orders { orders, works }
                })
                .await?
            }
            ToChild::Get { request, tasks } => {
                let asked = Asked { request, tasks: tasks.clone() };
                ToWorker::Get { tasks, reply: Arc::new(Reply(asked, self.answers.clone())) }
            }
            ToChild::Put(parcels) => {
                read(nbytes, move || ToWorker::Put { values: unpack(&parcels, &segments) }).await?
            }
            ToChild::PeerJoined(peer) => {
                let link = Peer::new(self.briefing.worker, peer, &self.briefing.folder, self.gate.clone());
                ToWorker::PeerJoined { peer, link: Arc::new(link) }
            }
            ToChild::Records(number) => {
                let done: Arc<dyn Send + Sync> = Arc::new(Told(self.uplink.clone(), number));
                ToWorker::Records(done)
            }
            ToChild::Heard(heard) => {
                self.hear(heard);
                return Ok(());
            }
            ToChild::Leave => ToWorker::Leave,
            ToChild::Panic(message) => ToWorker::Panic(message),
        };
        // An actor that ended is about to be told of.
        self.actor.send(mail).ok();
        Ok(())
    }

    /// Whether anybody sees records one by one.
    pub(super) fn hear(&mut self, heard: bool) {
        match (self.heard, heard) {
            (false, true) => self.listeners.join(),
            (true, false) => self.listeners.leave(1),
            _ => {}
        }
        self.heard = heard;
    }
}

/// What a task does whose work could not be read.
fn failing(fault: Fault) -> Work {
    Work::Call(Arc::new(FromValues::new("()", move |_: &[Value]| Err(fault.clone()))))
}

/// Reads what came with so many bytes: here, or, if that takes long, on a thread of its own. What comes later waits.
async fn read<R: Send + 'static>(nbytes: usize, read: impl FnOnce() -> R + Send + 'static) -> Result<R, JoinError> {
    if nbytes <= SMALL { Ok(read()) } else { tokio::task::spawn_blocking(read).await }
}

/// Reads the works of compute orders. One that cannot be read is one that fails.
fn works(
    reader: &mut WorkReader,
    uplink: &Uplink,
    orders: &[Order],
    segments: &[Bytes],
    apart: &[Parcel],
) -> Vec<Work> {
    let (segments, lent) = segments.split_at(segments.len().saturating_sub(apart.len()));
    let (mut segments, mut lent) = (segments.iter(), apart.iter().zip(lent).peekable());
    let mut work = |order: &Order| {
        let Order::Compute(assignment) = order else { return None };
        if let Some((parcel, bytes)) = lent.next_if(|(parcel, _)| parcel.task == assignment.task) {
            return Some(unpack_one(parcel, bytes).map_or_else(|why| failing(Fault::failed(why)), Work::Value));
        }
        let read = Work::read(segments.next()?, reader);
        Some(read.unwrap_or_else(|error| {
            uplink.say(&ToParent::Unread);
            failing(match error {
                // It was written before this process could say that it lacks something.
                NotRead::Unknown { .. } => Fault::Reschedule,
                error => Fault::failed(error.to_string()),
            })
        }))
    };
    orders.iter().filter_map(&mut work).collect()
}
