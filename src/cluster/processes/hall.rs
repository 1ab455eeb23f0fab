//! The hall: where worker processes come in.

use super::crib::Crib;
use crate::error::ConfigError;
use crate::process::{Begin, RemoteWorker, SCHEDULER, ToChild, ToParent};
use parking_lot::Mutex;
use partita_protocol::telemetry::{Batch, Listeners};
use partita_protocol::{Link, WorkerId};
use partita_wire::{Accepted, Gate, Identity, Listener, Place, PlaceError, Receiver, Role, Token256};
use partita_worker::nanny::process::{Entry, Event, Incarnation};
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How often it is looked whether somebody began to listen to records, or ceased to.
const LISTENERS: Duration = Duration::from_millis(100);

/// Where worker processes come in.
pub(in crate::cluster) struct Hall {
    pub(super) folder: Place,
    pub(super) token: Token256,
    pub(super) entry: Entry,
    /// Processes that were started and have not come in, by place and incarnation.
    pub(super) expected: Mutex<FxHashMap<(u32, u64), Arc<Crib>>>,
    /// Whose turn it is to leave, of those whose time has come.
    pub(super) leaving: Arc<Semaphore>,
}

impl Hall {
    /// A folder for sockets and a secret; processes find their way in at `entry`.
    ///
    /// # Errors
    /// [`ConfigError::Processes`] if there can be no such folder.
    pub(in crate::cluster) fn open(entry: Entry) -> Result<Self, ConfigError> {
        Place::reclaim();
        let folder = Place::fresh().map_err(refused)?;
        let token = Token256::random().map_err(refused)?;
        Ok(Hall { folder, token, entry, expected: Mutex::default(), leaving: Arc::new(Semaphore::new(1)) })
    }

    /// Lets processes in from now on, on this thread.
    pub(in crate::cluster) fn receive(self: &Arc<Self>) -> Result<(), PlaceError> {
        let us = Identity { role: Role::Scheduler, number: 0, incarnation: 0, lane: 0 };
        let expecting = self.clone();
        let expects =
            move |theirs: &Identity| expecting.expected.lock().contains_key(&(theirs.number, theirs.incarnation));
        let listener = Listener::bind(&self.folder, SCHEDULER, us, Gate::new(self.token.clone()))?.expecting(expects);
        actix::spawn(admit(self.clone(), listener));
        Ok(())
    }
}

/// Lets processes in, as long as the cluster lives.
async fn admit(hall: Arc<Hall>, mut listener: Listener) {
    loop {
        match listener.accept().await {
            Ok(Accepted { theirs, connection }) => {
                let Identity { number, incarnation, .. } = theirs.identity;
                let Some(crib) = hall.expected.lock().remove(&(number, incarnation)) else { continue };
                let (sender, receiver) = connection.split::<ToChild, ToParent>();
                let mut current = crib.current.lock();
                let Some(worker) = current.worker.filter(|_| current.is(incarnation)) else { continue };
                let profiler: Arc<dyn Link<Batch>> = Arc::new(crib.profiler.clone());
                let remote = RemoteWorker::new(worker, sender, crib.scheduler.clone(), profiler);
                let heard = crib.profiler.listeners().any();
                remote.say(&ToChild::Begin(Begin { elapsed: crib.start.elapsed(), heard }));
                current.remote = Some(remote.clone());
                drop(current);
                actix::spawn(listen(crib, Incarnation(incarnation as u32), worker, remote, receiver, heard));
            }
            Err(error) => return tracing::error!(%error, "no more worker processes can connect"),
        }
    }
}

/// Hears a worker's process until it ends.
async fn listen(
    crib: Arc<Crib>,
    incarnation: Incarnation,
    worker: WorkerId,
    remote: Arc<RemoteWorker>,
    mut receiver: Receiver<ToParent>,
    mut heard: bool,
) {
    let listeners: Listeners = crib.profiler.listeners();
    let mut look = tokio::time::interval(LISTENERS);
    loop {
        tokio::select! {
            message = receiver.next() => {
                let Ok(Some(message)) = message else { break };
                match remote.heard(message) {
                    None => {}
                    Some(ToParent::Ready) => crib.joined(incarnation, worker, &remote),
                    Some(ToParent::Heartbeat { doing }) => crib.tell(Event::Heartbeat { incarnation, doing }),
                    Some(ToParent::Runaway { task }) => crib.runaway(worker, task),
                    // It has said all; it exits when it sees that this is known.
                    Some(_) => break,
                }
            }
            _ = look.tick() => {
                let now = listeners.any();
                if std::mem::replace(&mut heard, now) != now {
                    remote.say(&ToChild::Heard(now));
                }
            }
        }
    }
    remote.close();
    crib.tell(Event::LinkBroken { incarnation });
}

pub(in crate::cluster) fn refused(error: impl std::error::Error) -> ConfigError {
    ConfigError::Processes { cause: error.to_string() }
}
