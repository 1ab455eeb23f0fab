//! Other workers: what is to be fetched from them and what is under way.

use partita_protocol::IdMap;
use partita_protocol::{Priority, TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};

/// Other workers from which something is to be fetched or under way.
#[derive(Clone, Debug)]
pub(super) struct Peers {
    own: WorkerId,
    table: BTreeMap<WorkerId, Peer>,
    /// Those that send nothing and are to be asked for something, the one to ask next first.
    turns: BTreeSet<Turn>,
    transfers: usize,
    /// Keys under way that nobody waits for any more, with the peer that sends them.
    strays: IdMap<TaskId, WorkerId>,
}

/// When a peer is asked: by its best key; among equals the next one after this worker, so that not all workers ask the
/// same one first.
pub(super) type Turn = (Priority, u32, WorkerId);

/// Another worker.
#[derive(Clone, Debug, Default)]
pub(super) struct Peer {
    /// Keys in state fetch that it holds, best first.
    pub(super) queue: BTreeSet<(Priority, TaskId)>,
    /// The keys of the transfer that is under way from it.
    pub(super) transfer: Option<Vec<TaskId>>,
}

impl Peers {
    pub(super) fn new(own: WorkerId) -> Self {
        Peers { own, table: BTreeMap::new(), turns: BTreeSet::new(), transfers: 0, strays: IdMap::default() }
    }

    /// How many transfers are under way.
    pub(super) fn transfers(&self) -> usize {
        self.transfers
    }

    /// Whether nothing is to be fetched or under way.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty() && self.strays.is_empty()
    }

    /// Every peer from which something is to be fetched or under way, by its id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (WorkerId, &Peer)> {
        self.table.iter().map(|(id, peer)| (*id, peer))
    }

    /// Puts a key into the queue of each of its holders.
    pub(super) fn enqueue(&mut self, task: TaskId, priority: Priority, holders: &[WorkerId]) {
        for holder in holders {
            self.change(*holder, |peer| peer.queue.insert((priority, task)));
        }
    }

    /// Takes a key out of the queue of each of its holders.
    pub(super) fn dequeue(&mut self, task: TaskId, priority: Priority, holders: &[WorkerId]) {
        for holder in holders {
            if self.table.contains_key(holder) {
                self.change(*holder, |peer| peer.queue.remove(&(priority, task)));
            }
        }
    }

    /// The keys that a peer is to be asked for, taken out of its queue.
    pub(super) fn take_queue(&mut self, peer: WorkerId) -> BTreeSet<(Priority, TaskId)> {
        self.change(peer, |peer| std::mem::take(&mut peer.queue))
    }

    /// The peer to ask next.
    pub(super) fn next(&self) -> Option<WorkerId> {
        self.turns.first().map(|(_, _, id)| *id)
    }

    /// Those that may be asked, the next one first.
    pub(super) fn turns(&self) -> &BTreeSet<Turn> {
        &self.turns
    }

    /// Who may be asked when, recounted from the queues.
    pub(super) fn recounted(&self) -> BTreeSet<Turn> {
        self.table.iter().filter_map(|(id, peer)| peer.turn(*id, self.own)).collect()
    }

    /// The best key that a peer is to be asked for.
    pub(super) fn first(&self, peer: WorkerId) -> Option<TaskId> {
        self.table.get(&peer)?.queue.first().map(|(_, task)| *task)
    }

    /// A transfer begins.
    pub(super) fn begin(&mut self, peer: WorkerId, tasks: Vec<TaskId>) {
        self.change(peer, |peer| peer.transfer = Some(tasks));
        self.transfers += 1;
    }

    /// The transfer from a peer ended: what was asked for. `None` if nothing was.
    pub(super) fn end(&mut self, peer: WorkerId) -> Option<Vec<TaskId>> {
        self.table.get(&peer)?.transfer.as_ref()?;
        self.transfers -= 1;
        self.change(peer, |peer| peer.transfer.take())
    }

    /// Nobody waits any longer for a key that is under way.
    pub(super) fn stray(&mut self, task: TaskId, peer: WorkerId) {
        self.strays.insert(task, peer);
    }

    /// Somebody waits again for a key that is under way: who sends it, if anybody does.
    pub(super) fn adopt(&mut self, task: TaskId) -> Option<WorkerId> {
        if self.strays.is_empty() { None } else { self.strays.remove(&task) }
    }

    /// A key came, or did not: true if nobody waited for it.
    pub(super) fn end_stray(&mut self, task: TaskId, peer: WorkerId) -> bool {
        self.strays.get(&task) == Some(&peer) && self.strays.remove(&task).is_some()
    }

    /// How many keys are under way for nobody.
    pub(super) fn stray_count(&self) -> usize {
        self.strays.len()
    }

    /// Who sends a key that nobody waits for.
    pub(super) fn stray_from(&self, task: TaskId) -> Option<WorkerId> {
        self.strays.get(&task).copied()
    }

    /// Changes what is known of a peer, and with it its turn.
    fn change<R>(&mut self, id: WorkerId, change: impl FnOnce(&mut Peer) -> R) -> R {
        let peer = self.table.entry(id).or_default();
        let before = peer.turn(id, self.own);
        let result = change(peer);
        let after = peer.turn(id, self.own);
        if peer.queue.is_empty() && peer.transfer.is_none() {
            self.table.remove(&id);
        }
        if before != after {
            before.map(|turn| self.turns.remove(&turn));
            after.map(|turn| self.turns.insert(turn));
        }
        result
    }
}

impl Peer {
    /// When it is asked, if there is reason to.
    fn turn(&self, id: WorkerId, own: WorkerId) -> Option<Turn> {
        let (priority, _) = self.queue.first().filter(|_| self.transfer.is_none())?;
        Some((*priority, id.0.wrapping_sub(own.0), id))
    }
}
