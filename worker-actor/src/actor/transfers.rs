//! Values that are asked for of other workers.

use super::actor::WorkerActor;
use partita_graph::Lost;
use partita_protocol::message::{Delivery, ToWorker};
use partita_protocol::worker::Event;
use partita_protocol::{TaskId, WorkerId};

impl WorkerActor {
    /// A peer is gone, and so is the answer that it owed.
    pub(super) fn peer_lost(&mut self, peer: WorkerId) {
        self.peers.remove(&peer);
        if let Some((tasks, _)) = self.transfers.remove(&peer) {
            self.tell(Event::GatherFailed { peer, tasks });
        }
    }

    pub(super) fn delivered(&mut self, delivery: Delivery) {
        let Delivery { holder, found, mut missing } = delivery;
        let Some((_, started)) = self.transfers.remove(&holder) else {
            // The transfer was given up with the peer's death.
            return self.waste.extend(found.into_iter().map(|(_, value)| value));
        };
        let sizes: Vec<(TaskId, u64)> = found.iter().map(|(task, value)| (*task, value.nbytes() as u64)).collect();
        self.record_transfer(holder, &sizes, started);
        for (task, value) in found {
            let unread = value.is::<Lost>();
            missing.extend(unread.then_some(task));
            if unread && self.holdings().find(task).is_some() {
                self.waste.push(value);
            } else {
                self.store(task, value);
            }
        }
        self.tell(Event::Gathered { peer: holder, found: sizes, missing });
    }

    /// Asks a peer for values; if it is gone, that is the end of the transfer.
    pub(super) fn gather(&mut self, peer: WorkerId, tasks: Vec<TaskId>) -> Option<Event> {
        let Some(reply) = self.deliveries.clone() else { return Some(Event::GatherFailed { peer, tasks }) };
        self.transfers.insert(peer, (tasks.clone(), self.now));
        let get = ToWorker::Get { tasks, reply };
        let unsent = match self.peers.get(&peer) {
            Some(link) => link.send(get).err().map(|closed| closed.0),
            None => Some(get),
        };
        match unsent {
            Some(ToWorker::Get { tasks, .. }) => {
                self.transfers.remove(&peer);
                Some(Event::GatherFailed { peer, tasks })
            }
            _ => None,
        }
    }
}
