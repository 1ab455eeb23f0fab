//! A worker on the board: the production machine, its store, what runs, and what is under way to and from it.

use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::worker::{Effects, Order, Report};
use partita_protocol::{Attempt, Begun, LossCause, TaskId, WorkerId};
use partita_worker::machine::Worker;
use std::collections::{BTreeMap, VecDeque};

/// A run, by its task and the number of its assignment.
pub(super) type RunId = (TaskId, Attempt);

/// Something that was sent to a worker and has not arrived.
#[derive(Clone, Debug)]
pub enum Sent {
    /// An order of the scheduler.
    Order(Order),
    /// Data that a client puts in, with its value.
    Put(TaskId, u64),
}

/// Something that a worker said and that has not arrived.
#[derive(Clone, Debug)]
pub enum Said {
    /// A report of its machine.
    Report(Report),
    /// That it is gone, and what had begun there, as its nanny says.
    Lost(LossCause, Begun),
}

/// Values that a worker asked another for.
#[derive(Clone, Debug)]
pub struct Transfer {
    /// What it asked for.
    pub tasks: Vec<TaskId>,
    /// What the other found, once it has looked into its store.
    pub answer: Option<Answer>,
}

/// What a worker found of what it was asked for.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Values.
    pub found: Vec<(TaskId, u64)>,
    /// What is not in its store.
    pub missing: Vec<TaskId>,
}

/// A worker on the board.
#[derive(Clone, Debug)]
pub struct Site {
    pub(super) machine: Worker,
    pub(super) info: WorkerInfo,
    /// The values that it holds.
    pub(super) store: BTreeMap<TaskId, u64>,
    /// What its threads run, with the values of the inputs.
    pub(super) runs: BTreeMap<RunId, Vec<u64>>,
    /// What it asked of others.
    pub(super) transfers: BTreeMap<WorkerId, Transfer>,
    /// What is on its way to it.
    pub(super) inbox: VecDeque<Sent>,
    /// Whether the scheduler writes to it.
    pub(super) hears: bool,
    /// The result that the machine is deciding on.
    pub(super) result: Option<(RunId, u64)>,
    pub(super) effects: Effects,
}

impl Site {
    /// The production machine.
    pub fn machine(&self) -> &Worker {
        &self.machine
    }

    /// What it is like.
    pub fn info(&self) -> &WorkerInfo {
        &self.info
    }

    /// The value that it holds of a task.
    pub fn stored(&self, task: TaskId) -> Option<u64> {
        self.store.get(&task).copied()
    }

    /// What its threads run, by task and assignment.
    pub fn runs(&self) -> impl Iterator<Item = (TaskId, Attempt)> {
        self.runs.keys().copied()
    }

    /// What runs, as its nanny sees it.
    pub(super) fn begun(&self) -> Begun {
        Begun::These(self.runs.keys().map(|(_, attempt)| *attempt).collect())
    }

    /// What it asked of others, by peer.
    pub fn transfers(&self) -> impl Iterator<Item = (WorkerId, &Transfer)> {
        self.transfers.iter().map(|(peer, transfer)| (*peer, transfer))
    }

    /// What is on its way to it, in order.
    pub fn inbox(&self) -> impl Iterator<Item = &Sent> {
        self.inbox.iter()
    }
}
