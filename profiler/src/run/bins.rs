//! What is kept of a stretch of time: sums by group, by worker, and of what went between workers.

use super::entries::{Entries, Merge};
use super::transfers::Pair;
use partita_protocol::telemetry::Usage;
use partita_protocol::{PrefixId, WorkerId};
use serde::{Deserialize, Serialize};

/// The group that all stand for that are not told apart.
pub const OTHERS: PrefixId = PrefixId(u32::MAX);

/// Sender and receiver of all pairs of workers that are not told apart.
pub const OTHER_PAIRS: (WorkerId, WorkerId) = (WorkerId(u32::MAX), WorkerId(u32::MAX));

/// What the tasks of one group did in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupBin {
    /// Tasks that became known.
    pub known: u64,
    /// By how much the number of tasks changed that are in each state.
    pub steps: [i64; 8],
    /// Times that a task ended well.
    pub finished: u64,
    /// Times that a task failed for good.
    pub erred: u64,
    /// By how much the number of tasks changed that are done: they ended well, and are not being computed again.
    pub done: i64,
    /// By how much the number of tasks changed that failed for good, and are not being computed again.
    pub failed: i64,
    /// Executions that ended.
    pub executions: u64,
    /// Of those, the ones that failed.
    pub failures: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// Nanoseconds of the stretch that executions took, also those that ended later.
    pub busy: u64,
    /// Nanoseconds that the executions took that ended in it, from their beginning on.
    pub time: u64,
    /// The longest of those.
    pub longest: u64,
    /// Bytes of results of executions that ended.
    pub nbytes: u64,
    /// The largest of those results.
    pub largest: u64,
}

impl Merge for GroupBin {
    fn merge(&mut self, later: &Self) {
        let add = |own: &mut u64, later: u64| *own = own.saturating_add(later);
        let change = |own: &mut i64, later: i64| *own = own.saturating_add(later);
        self.steps.iter_mut().zip(later.steps).for_each(|(own, step)| change(own, step));
        change(&mut self.done, later.done);
        change(&mut self.failed, later.failed);
        add(&mut self.known, later.known);
        add(&mut self.finished, later.finished);
        add(&mut self.erred, later.erred);
        add(&mut self.executions, later.executions);
        add(&mut self.failures, later.failures);
        add(&mut self.stolen, later.stolen);
        add(&mut self.busy, later.busy);
        add(&mut self.time, later.time);
        add(&mut self.nbytes, later.nbytes);
        self.longest = self.longest.max(later.longest);
        self.largest = self.largest.max(later.largest);
    }
}

/// What one worker did in a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerBin {
    /// Nanoseconds of the stretch that its executions took, added up over threads.
    pub busy: u64,
    /// Executions that ended.
    pub executed: u64,
    /// Of those, the ones that failed.
    pub failures: u64,
    /// Bytes that it sent to others.
    pub sent: u64,
    /// Bytes that it got from others.
    pub received: u64,
    /// Tasks that were taken back from it.
    pub stolen: u64,
    /// The most bytes that it was told to hold in memory.
    pub peak: u64,
    /// Results, and bytes in memory and on disk, that it held at the end, if that changed.
    pub held: Option<(u64, u64, u64)>,
    /// Tasks that its threads ran at the end, if that was told.
    pub running: Option<u32>,
}

impl Merge for WorkerBin {
    fn merge(&mut self, later: &Self) {
        let add = |own: &mut u64, later: u64| *own = own.saturating_add(later);
        add(&mut self.busy, later.busy);
        add(&mut self.executed, later.executed);
        add(&mut self.failures, later.failures);
        add(&mut self.sent, later.sent);
        add(&mut self.received, later.received);
        add(&mut self.stolen, later.stolen);
        self.peak = self.peak.max(later.peak);
        self.held = later.held.or(self.held);
        self.running = later.running.or(self.running);
    }
}

/// What happened in a stretch of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bin {
    /// By group.
    pub groups: Entries<PrefixId, GroupBin>,
    /// By worker.
    pub workers: Entries<WorkerId, WorkerBin>,
    /// What was there at the receiver, by sender and receiver.
    pub pairs: Entries<(WorkerId, WorkerId), Pair>,
    /// The same by the group of the results.
    pub flows: Entries<PrefixId, Pair>,
    /// Bytes that went from worker to worker.
    pub sent: u64,
    /// Executions that ended.
    pub ended: u64,
    /// Of those, the ones that failed.
    pub failed: u64,
    /// Tasks that were taken back from a worker.
    pub stolen: u64,
    /// What the process and the machine used last.
    pub usage: Option<Usage>,
}

impl Bin {
    /// Takes in what happened after it.
    pub(super) fn merge(&mut self, later: &Bin) {
        self.groups.merge(&later.groups);
        self.workers.merge(&later.workers);
        self.pairs.merge(&later.pairs);
        self.flows.merge(&later.flows);
        self.sent = self.sent.saturating_add(later.sent);
        self.ended = self.ended.saturating_add(later.ended);
        self.failed = self.failed.saturating_add(later.failed);
        self.stolen = self.stolen.saturating_add(later.stolen);
        self.usage = later.usage.or(self.usage);
    }

    /// Nanoseconds that executions of a worker took.
    pub fn worked(&self, worker: WorkerId) -> u64 {
        self.workers.get(worker).map_or(0, |own| own.busy)
    }

    /// Nanoseconds that executions took.
    pub fn busy(&self) -> u64 {
        self.workers.values().map(|own| own.busy).fold(0, u64::saturating_add)
    }

    /// Results and bytes that workers held at its end, of those for which that changed.
    pub fn held(&self) -> impl Iterator<Item = (WorkerId, (u64, u64))> {
        self.workers.iter().filter_map(|(worker, own)| own.held.map(|(count, nbytes, _)| (worker, (count, nbytes))))
    }
}
