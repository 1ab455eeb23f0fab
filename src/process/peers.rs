//! Workers that give values to each other: who asks connects, once for each peer, when it first needs something.

use super::briefing::{peer_identity, socket_of};
use super::message::{Answered, Asked};
use super::parcel::{SMALL, unpack};
use super::uplink::{Reply, answering};
use bytes::Bytes;
use parking_lot::Mutex;
use partita_protocol::message::{Delivery, ToWorker};
use partita_protocol::{Closed, Link, TaskId, WorkerId};
use partita_wire::{Accepted, Gate, Listener, Message, Receiver, Sender, connect};
use partita_worker::actor::WorkerLink;
use rustc_hash::FxHashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Connections that this process has begun: each has a number of its own.
static CONNECTIONS: AtomicU64 = AtomicU64::new(1);

/// The way to another worker's process.
pub(super) struct Peer {
    own: WorkerId,
    peer: WorkerId,
    socket: PathBuf,
    gate: Gate,
    state: Arc<Mutex<State>>,
}

/// Values that somebody waits for.
type Asking = (Vec<TaskId>, Arc<dyn Link<Delivery>>);

/// What was asked of a peer.
#[derive(Default)]
struct State {
    last: u64,
    /// Not answered yet.
    open: FxHashMap<u64, Asking>,
    connection: Connection,
}

#[derive(Default)]
enum Connection {
    #[default]
    None,
    /// It is being made; what is to be asked then.
    Begun(Vec<u64>),
    Made(Sender<Asked>),
}

impl Peer {
    pub(super) fn new(own: WorkerId, peer: WorkerId, folder: &Path, gate: Gate) -> Self {
        Peer { own, peer, socket: folder.join(socket_of(peer)), gate, state: Arc::default() }
    }

    fn get(&self, tasks: Vec<TaskId>, reply: Arc<dyn Link<Delivery>>) {
        let mut state = self.state.lock();
        state.last += 1;
        let request = state.last;
        state.open.insert(request, (tasks.clone(), reply));
        match &mut state.connection {
            Connection::Made(sender) if sender.send(&Asked { request, tasks }, Vec::new()).is_ok() => {}
            Connection::Begun(waiting) => waiting.push(request),
            // There is none, or the last one has ended.
            connection => {
                *connection = Connection::Begun(vec![request]);
                let identity = peer_identity(self.own, CONNECTIONS.fetch_add(1, Ordering::Relaxed));
                let (peer, socket, gate, state) =
                    (self.peer, self.socket.clone(), self.gate.clone(), self.state.clone());
                actix::spawn(async move {
                    match connect(&socket, identity, &gate).await {
                        Ok(connection) => {
                            let (sender, receiver) = connection.split::<Asked, Answered>();
                            begin(&state, sender);
                            listen(peer, receiver, &state).await;
                        }
                        Err(error) => tracing::warn!(%peer, %error, "a worker cannot be reached by another one"),
                    }
                    give_up(peer, &state);
                });
            }
        }
    }
}

/// Asks what waits for the connection.
fn begin(state: &Mutex<State>, sender: Sender<Asked>) {
    let mut state = state.lock();
    if let Connection::Begun(waiting) = std::mem::take(&mut state.connection) {
        for request in waiting {
            if let Some((tasks, _)) = state.open.get(&request) {
                // A connection that has ended is noticed by who listens to it.
                sender.send(&Asked { request, tasks: tasks.clone() }, Vec::new()).ok();
            }
        }
    }
    state.connection = Connection::Made(sender);
}

/// Hands over what the peer answers, until it ends.
async fn listen(peer: WorkerId, mut receiver: Receiver<Answered>, state: &Mutex<State>) {
    while let Ok(Some(Message { head, segments })) = receiver.next().await {
        let Answered { request, found, missing } = head;
        let Some((_, reply)) = state.lock().open.remove(&request) else { continue };
        let nbytes: usize = segments.iter().map(Bytes::len).sum();
        let deliver = move || {
            let found = unpack(&found, &segments);
            // Who asked and is gone needs no answer.
            reply.send(Delivery { holder: peer, found, missing }).ok();
        };
        // Large values are read where nobody waits for it.
        if nbytes > SMALL {
            tokio::task::spawn_blocking(deliver);
        } else {
            deliver();
        }
    }
}

/// What was asked and not answered is not there, as far as can be told: the scheduler finds out.
fn give_up(peer: WorkerId, state: &Mutex<State>) {
    let open = {
        let mut state = state.lock();
        state.connection = Connection::None;
        std::mem::take(&mut state.open)
    };
    for (_, (missing, reply)) in open {
        reply.send(Delivery { holder: peer, found: Vec::new(), missing }).ok();
    }
}

impl Link<ToWorker> for Peer {
    fn send(&self, message: ToWorker) -> Result<(), Closed<ToWorker>> {
        match message {
            ToWorker::Get { tasks, reply } => {
                self.get(tasks, reply);
                Ok(())
            }
            // Workers say nothing else to each other.
            other => Err(Closed(other)),
        }
    }
}

/// Answers peers, as long as this process lives.
pub(super) async fn serve(mut listener: Listener, actor: WorkerLink) {
    loop {
        match listener.accept().await {
            Ok(Accepted { connection, .. }) => {
                let (sender, receiver) = connection.split::<Answered, Asked>();
                actix::spawn(answer(sender, receiver, actor.clone()));
            }
            // Peers that cannot connect are told so, and the scheduler finds another way.
            Err(error) => return tracing::error!(%error, "a worker takes no connections of others any longer"),
        }
    }
}

async fn answer(sender: Sender<Answered>, mut receiver: Receiver<Asked>, actor: WorkerLink) {
    let answer = answering(sender, |request, found, missing| Answered { request, found, missing });
    while let Ok(Some(Message { head, .. })) = receiver.next().await {
        let tasks = head.tasks.clone();
        let reply: Arc<dyn Link<Delivery>> = Arc::new(Reply(head, answer.clone()));
        if actor.send(ToWorker::Get { tasks, reply }).is_err() {
            return;
        }
    }
}
