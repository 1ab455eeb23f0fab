//! What the scheduler's machine is told and what it answers.

use crate::fault::{Begun, Cause, LossCause};
use crate::ids::{Attempt, ClientId, PrefixId, TaskId, WorkerId};
use crate::priority::Priority;
use crate::resources::Resources;
use crate::telemetry::Record;
use crate::worker;
use partita_graph::TaskOptions;
use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;
use std::ops::Range;
use std::sync::Arc;

/// Something that happened, as told to the scheduler's machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// A client came.
    ClientJoined {
        /// Which.
        client: ClientId,
    },
    /// A client left: what only it wanted is released.
    ClientLeft {
        /// Which.
        client: ClientId,
    },
    /// A client handed in a piece of a graph.
    GraphSubmitted {
        /// Which client.
        client: ClientId,
        /// The tasks, dependencies first.
        piece: Piece,
    },
    /// A client wants results that are known already.
    KeysWanted {
        /// Which client.
        client: ClientId,
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// A client no longer wants results.
    KeysReleased {
        /// Which client.
        client: ClientId,
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// A client cancelled results, for itself or for everyone.
    KeysCancelled {
        /// Which client.
        client: ClientId,
        /// Which results.
        tasks: Vec<TaskId>,
        /// Whether other clients lose them too.
        force: bool,
    },
    /// A client asks to run failed tasks again, with the failed tasks that they depend on.
    TasksRetried {
        /// Which client.
        client: ClientId,
        /// Which tasks.
        tasks: Vec<TaskId>,
    },
    /// A client put data on a worker; the tasks were handed in by a piece with `data` set.
    DataScattered {
        /// On which worker.
        worker: WorkerId,
        /// Tasks and the sizes of their values in bytes.
        tasks: Vec<(TaskId, u64)>,
    },
    /// A worker came.
    WorkerJoined {
        /// Which incarnation.
        worker: WorkerId,
        /// What it is like.
        info: WorkerInfo,
    },
    /// A worker is gone, with everything it held.
    WorkerLost {
        /// Which incarnation.
        worker: WorkerId,
        /// Why.
        cause: LossCause,
        /// Which executions had begun there: only their tasks can be to blame.
        begun: Begun,
    },
    /// A worker is asked to leave: it is given nothing new, what only it holds is moved to others, and then
    /// [`Effect::Retirement`] tells that it may go.
    RetirementAsked {
        /// Which.
        worker: WorkerId,
    },
    /// Results are to be kept by so many workers, as far as there are as many, while they are in memory.
    CopiesAsked {
        /// Which results.
        tasks: Vec<TaskId>,
        /// By how many workers; 1 lets surplus copies go.
        copies: u32,
    },
    /// Results are to be moved from full workers to empty ones.
    RebalanceAsked {
        /// Among these; among all if none is named.
        workers: Vec<WorkerId>,
    },
    /// A worker reported.
    WorkerReported {
        /// Which incarnation.
        worker: WorkerId,
        /// What.
        report: worker::Report,
    },
    /// Time passed: the moment that `next_timeout` named is here.
    TimePassed,
}

/// What a worker is like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerInfo {
    /// Its name, unique in the cluster.
    pub name: Arc<str>,
    /// The machine that it runs on.
    pub host: Arc<str>,
    /// Tasks that it runs at a time.
    pub threads: u32,
    /// Bytes that it may hold.
    pub memory_limit: u64,
    /// What tasks may take from it.
    pub resources: Resources,
}

/// A part of a graph: tasks whose dependencies are in the same piece, in an earlier one, or known from before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Piece {
    /// The submission's generation.
    pub generation: i64,
    /// The tasks in static order; a task may be known already.
    pub tasks: Vec<NewTask>,
    /// The dependencies of all tasks, one after the other.
    pub dependencies: Vec<TaskId>,
    /// Dependents that were announced by [`NewTask::dependents`] and will not come.
    pub withdrawn: Vec<(TaskId, u32)>,
}

/// A task as it is handed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NewTask {
    /// Its id. If the task is known already, the new dependents and wants are added to it.
    pub task: TaskId,
    /// The group that its statistics are kept for.
    pub prefix: PrefixId,
    /// Its place in the static order of the submission.
    pub rank: u32,
    /// How many of the submission's tasks depend on it. They count as waiting for it until they have come and ended,
    /// so that nothing is released while later pieces are under way.
    pub dependents: u32,
    /// Its dependencies, as a range of [`Piece::dependencies`].
    pub dependencies: Range<u32>,
    /// Whether the client wants the result.
    pub wanted: bool,
    /// Whether it is data put in by hand: it has no function, and comes with [`Event::DataScattered`].
    pub data: bool,
    /// What the user asked for: priority, retries, workers, resources.
    pub options: Option<Arc<TaskOptions>>,
}

/// Something to do, as told by the scheduler's machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Tell a worker something. Orders to one worker are carried out in order.
    Order {
        /// Which.
        worker: WorkerId,
        /// What.
        order: worker::Order,
    },
    /// Tell a client what became of a result that it wants.
    Notify {
        /// Which client.
        client: ClientId,
        /// Which result.
        task: TaskId,
        /// What became of it.
        notice: Notice,
    },
    /// The task is gone from the machine: its key, function and errors can go too, and its place be used again.
    Forget {
        /// Which task.
        task: TaskId,
    },
    /// The error that is kept under this id is not referred to any longer.
    ForgetFault {
        /// Which.
        fault: crate::ids::FaultId,
    },
    /// Tell whoever asked a worker to leave what became of it.
    Retirement {
        /// Which worker.
        worker: WorkerId,
        /// What became of it.
        outcome: Retirement,
    },
    /// A record for the profiler.
    Record(Record),
}

/// What became of the wish that a worker leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Retirement {
    /// Nothing is lost when it goes: stop it.
    Ready {
        /// Results that were moved to other workers.
        moved: u64,
    },
    /// It holds data that was put in by hand and cannot be computed again, and nobody can take it.
    Refused {
        /// Bytes that nobody can take.
        nbytes: u64,
    },
}

/// What became of a result that a client wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Notice {
    /// It is in the memory of a worker.
    InMemory {
        /// Which worker.
        holder: WorkerId,
        /// Its size in bytes.
        nbytes: u64,
    },
    /// It was in memory and was lost with its worker; it is being computed again.
    Lost,
    /// It will not come: the task that failed and why.
    Erred {
        /// The task that failed: this one, or one that it depends on.
        blame: TaskId,
        /// Why that one failed.
        cause: Cause,
    },
    /// It was cancelled.
    Cancelled,
}

/// The effects of an event, in order.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// The list; the actor drains it after each event.
    pub list: Vec<Effect>,
}

impl Effects {
    /// No effects yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// Adds an order to a worker.
    pub fn order(&mut self, worker: WorkerId, order: worker::Order) {
        self.list.push(Effect::Order { worker, order });
    }

    /// Takes all.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.list.drain(..)
    }
}

/// An assignment: what a worker must know to run a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// Which task.
    pub task: TaskId,
    /// The client whose share of the worker it counts for.
    pub client: ClientId,
    /// The number of this assignment.
    pub attempt: Attempt,
    /// When it starts among the worker's tasks.
    pub priority: Priority,
    /// How long tasks of its prefix took on average, in nanoseconds; `u64::MAX` if none has ended yet.
    pub expected_nanos: u64,
    /// How large results of its prefix were on average, in bytes; 0 if none has ended yet.
    pub expected_nbytes: u64,
    /// What it needs, and where that is.
    pub inputs: Vec<Input>,
    /// What it takes from the worker while it runs.
    pub resources: Option<Arc<Resources>>,
    /// How long it may run, in nanoseconds; `None` for ever.
    pub timeout_nanos: Option<NonZeroU64>,
}

/// A dependency of an assignment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Which result.
    pub task: TaskId,
    /// Its size in bytes.
    pub nbytes: u64,
    /// Who holds it.
    pub holders: smallvec::SmallVec<[WorkerId; 2]>,
}
