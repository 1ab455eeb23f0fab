//! A simulated worker: the production machine, with threads, a store and memory that are models.

use super::LostRequest;
use super::executor::{Executor, RunId};
use super::link::Link;
use super::memory::Memory;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::worker::{Effects, Report};
use partita_protocol::{Attempt, IdMap, TaskId, Time, WorkerId};
use partita_worker::machine::Worker;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// A value in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The value, to be compared with a plain evaluation.
    pub value: u64,
    /// Its size in bytes.
    pub nbytes: u64,
}

/// A worker in the simulation.
#[derive(Clone, Debug)]
pub struct Host {
    /// The production machine.
    pub(crate) machine: Worker,
    /// What it is like.
    pub(crate) info: WorkerInfo,
    pub(crate) executor: Executor,
    pub(crate) store: IdMap<TaskId, Stored>,
    /// What it was asked to send: transfers that it asked for, by peer, with the number of the request.
    pub(crate) asked: FxHashMap<WorkerId, (u64, Vec<TaskId>)>,
    pub(crate) memory: Memory,
    /// Values that vanished from the store and did not come again.
    pub(crate) vanished: BTreeSet<TaskId>,
    /// The result that the machine is deciding on.
    pub(crate) result: Option<(RunId, Stored)>,
    /// From the scheduler.
    pub(crate) orders: Link,
    /// To the scheduler.
    pub(crate) reports: Link,
    /// Reports of this turn.
    pub(crate) outbox: Vec<Report>,
    /// The moment for which a timer is set.
    pub(crate) timer: Option<Time>,
    /// Runs take so many times as long.
    pub(crate) slowness: u32,
    /// Whether it does nothing at all, as a stopped process.
    pub(crate) frozen: bool,
    /// When it last went on after it had stood still.
    pub(crate) thawed: Time,
    /// Whether what it says reaches the scheduler.
    pub(crate) is_heard: bool,
    /// Whether it hears what the scheduler says.
    pub(crate) hears: bool,
    pub(crate) effects: Effects,
    /// When what it receives, and what it sends, will be done.
    pub(crate) port_in: Time,
    pub(crate) port_out: Time,
    /// How its next request to another worker is lost, if it is.
    pub(crate) lose_next: Option<LostRequest>,
}

impl Host {
    /// The production machine.
    pub fn machine(&self) -> &Worker {
        &self.machine
    }

    /// What it is like.
    pub fn info(&self) -> &WorkerInfo {
        &self.info
    }

    /// What its store holds, in no order.
    pub fn store(&self) -> impl Iterator<Item = (TaskId, Stored)> {
        self.store.iter().map(|(task, stored)| (*task, *stored))
    }

    /// The value in its store.
    pub fn stored(&self, task: TaskId) -> Option<Stored> {
        self.store.get(&task).copied()
    }

    /// Whether the value of a task vanished from its store.
    pub fn has_lost(&self, task: TaskId) -> bool {
        self.vanished.contains(&task)
    }

    /// The bytes that it holds, in memory and on disk.
    pub fn nbytes(&self) -> u64 {
        self.memory.held
    }

    /// How many bytes are on disk and not in memory, as far as the machine knows.
    pub fn spilled(&self) -> u64 {
        self.memory.spilled()
    }

    /// How many runs have a thread.
    pub fn running(&self) -> usize {
        self.executor.running()
    }

    /// How many runs its threads were handed that have neither ended nor given their thread back.
    pub fn handed(&self) -> usize {
        self.executor.handed()
    }

    /// What its threads were handed and has not ended, in no order.
    pub fn runs(&self) -> impl Iterator<Item = (TaskId, Attempt)> {
        self.executor.jobs.keys().copied()
    }

    /// Whether scheduler and worker hear each other.
    pub fn is_linked(&self) -> bool {
        self.is_heard && self.hears && !self.frozen
    }

    /// Whether it does nothing at all, as a stopped process.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }
}
