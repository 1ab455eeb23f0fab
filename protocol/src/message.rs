//! What travels between the actors beside the machines' words: functions, values, errors, and the ways to answer.

use crate::fault::{Begun, LossCause};
use crate::ids::{Attempt, ClientId, FaultId, TaskId, WorkerId};
use crate::limits::ERROR_CHAIN;
use crate::link::Link;
use crate::request::Request;
use crate::scheduler::WorkerInfo;
use crate::telemetry::{State, shortened};
use crate::why::WhyReport;
use crate::worker::{Order, Report};
use partita_graph::{CheckedTask, Fault, Key, Panic, Place, TaskError, TaskOptions, Value, Work, catch};
use std::sync::Arc;

/// To the scheduler.
pub enum ToScheduler {
    /// A client came; notices go to its link.
    ClientJoined {
        /// Which.
        client: ClientId,
        /// The way to it.
        link: Arc<dyn Link<ToClient>>,
    },
    /// A client left.
    ClientLeft {
        /// Which.
        client: ClientId,
    },
    /// A client hands in a part of a graph.
    Submit(Submission),
    /// A client puts data into the cluster.
    Scatter(Scatter),
    /// A client no longer wants results.
    Release {
        /// Which client.
        client: ClientId,
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// A client cancels results.
    Cancel {
        /// Which client.
        client: ClientId,
        /// Which results.
        tasks: Vec<TaskId>,
        /// Whether other clients lose them too.
        force: bool,
    },
    /// A client asks to run failed tasks again.
    Retry {
        /// Which client.
        client: ClientId,
        /// Which tasks.
        tasks: Vec<TaskId>,
    },
    /// A client wants the values of results; the workers that hold them answer it.
    Fetch {
        /// Which results.
        tasks: Vec<TaskId>,
        /// Who gets them.
        reply: Arc<dyn Link<Delivery>>,
    },
    /// A client did not get values where they should have been.
    NotThere {
        /// Who should have had them.
        holder: WorkerId,
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// A worker came.
    WorkerJoined {
        /// Which incarnation.
        worker: WorkerId,
        /// What it is like.
        info: WorkerInfo,
        /// The way to it.
        link: Arc<dyn Link<ToWorker>>,
    },
    /// A worker is gone.
    WorkerLost {
        /// Which incarnation.
        worker: WorkerId,
        /// Why.
        cause: LossCause,
        /// Which executions had begun there: only their tasks can be to blame.
        begun: Begun,
    },
    /// A worker reports.
    Reported {
        /// Which incarnation.
        worker: WorkerId,
        /// What, oldest first.
        reports: Vec<Report>,
        /// The errors of failed tasks among them.
        failures: Vec<(FaultId, Failure)>,
    },
    /// Somebody asks about the cluster's state; the answer is made by a function of the scheduler's view.
    Ask(Question),
    /// Somebody asks the scheduler to see to something.
    Request(Request),
}

/// A question about the state of the cluster, and the way to answer it.
pub enum Question {
    /// What the cluster is like and does.
    Summary(Box<dyn FnOnce(Summary) + Send>),
    /// Why a task is where it is.
    Why(Key, Box<dyn FnOnce(Option<WhyReport>) + Send>),
    /// What is known of the tasks, of so many at the most.
    Tasks(usize, Box<dyn FnOnce(Vec<TaskSummary>) + Send>),
    /// Who holds results.
    WhoHas(Vec<Key>, Box<dyn FnOnce(Holders) + Send>),
    /// Whether every invariant holds; for tests.
    Validate(Box<dyn FnOnce(Result<(), String>) + Send>),
    /// That everyone hands over the records that they have kept; it is dropped when all have.
    Records(Arc<dyn Send + Sync>),
}

/// Results, each with the names of the workers that hold it.
pub type Holders = Vec<(Key, Vec<Arc<str>>)>;

/// What a cluster is like and does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Its workers, by name.
    pub workers: Vec<WorkerSummary>,
    /// How many tasks are known.
    pub tasks: usize,
}

/// What a worker is like and does.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkerSummary {
    /// Its id.
    pub worker: WorkerId,
    /// What it is like.
    pub info: WorkerInfo,
    /// Tasks that it was handed and that have not ended.
    pub processing: usize,
    /// Results that it holds.
    pub held: usize,
    /// Bytes that it holds.
    pub nbytes: u64,
}

/// What is known of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskSummary {
    /// Its key.
    pub key: Key,
    /// The state that it is in.
    pub state: State,
    /// The line of user code that made it, as it is printed.
    pub place: Option<Arc<str>>,
    /// The workers that hold its result, or the one that processes it.
    pub workers: Vec<Arc<str>>,
    /// The size of its result in bytes, while it is in memory.
    pub nbytes: Option<u64>,
    /// The tasks whose results it takes.
    pub dependencies: usize,
    /// How many clients want it.
    pub wanted_by: usize,
}

/// A part of a graph, as a client hands it in.
pub struct Submission {
    /// Which client.
    pub client: ClientId,
    /// The number of the submission, of the client's making.
    pub number: u64,
    /// The generation that its priorities are in, if it was made inside a task: that task's, less one.
    pub inside: Option<i64>,
    /// The tasks of this piece, in static order.
    pub tasks: Vec<CheckedTask>,
    /// The inputs of the tasks of this piece, as ranks, one task after the other.
    pub inputs: Vec<u32>,
    /// What the client wants of this piece: the place in `tasks`, and the client's number for the result.
    pub wanted: Vec<(u32, u32)>,
    /// Whether this is the last piece.
    pub last: bool,
}

/// Data that a client puts into the cluster.
pub struct Scatter {
    /// Which client.
    pub client: ClientId,
    /// Keys and values, and the client's number for each.
    pub items: Vec<(Key, Value, u32)>,
    /// The line of user code that put them in.
    pub place: Place,
    /// The names of the workers that get them; empty for all in turn.
    pub workers: Vec<String>,
    /// Whether each of the workers gets all of them.
    pub broadcast: bool,
    /// What is asked for them.
    pub options: Option<Arc<TaskOptions>>,
}

/// Why a task failed, as its worker reports it; the scheduler's actor adds the key and the line.
#[derive(Clone, Debug)]
pub enum Failure {
    /// The function gave no value.
    Fault {
        /// Why.
        fault: Fault,
        /// What the user's error says, if it returned one, and then what those behind it say, [`ERROR_CHAIN`] at the most.
        says: Vec<Arc<str>>,
    },
    /// The function panicked.
    Panic(Panic),
}

impl Failure {
    /// A failure, with what the user's error says. It is asked here, once, where the task ran: it is code of the user,
    /// that may take its time or panic, and nobody else is to wait for it.
    pub fn of(fault: Fault) -> Self {
        let mut says = Vec::new();
        if let Fault::Failed(error) = &fault {
            let mut next: Option<&dyn std::error::Error> = Some(&**error);
            while let Some(error) = next.filter(|_| says.len() < ERROR_CHAIN) {
                says.push(shortened(error));
                next = catch(|| error.source()).unwrap_or_default();
            }
        }
        Failure::Fault { fault, says }
    }
}

/// To a client.
pub enum ToClient {
    /// The ids of results that it wants, with its own number for each.
    Accepted(Vec<(u32, TaskId)>),
    /// What became of results.
    Notices(Vec<(TaskId, News)>),
    /// A worker is gone, and with it questions that it did not answer: what is wanted is to be asked for again.
    HolderLost,
    /// The scheduler is gone: nothing more will come.
    Ended(String),
}

/// What became of a result.
#[derive(Clone, Debug)]
pub enum News {
    /// It is in a worker's memory.
    InMemory {
        /// Whose.
        holder: WorkerId,
        /// Its size in bytes.
        nbytes: u64,
    },
    /// It was lost with its worker, and is being computed again.
    Lost,
    /// It will not come.
    Erred(TaskError),
    /// It was cancelled.
    Cancelled,
}

/// To a worker.
pub enum ToWorker {
    /// Orders of the scheduler, in order; for each [`Order::Compute`] among them, what the task does.
    Orders {
        /// The orders.
        orders: Vec<Order>,
        /// What the tasks do, in the order of the compute orders.
        works: Vec<Work>,
    },
    /// Somebody wants values.
    Get {
        /// Which.
        tasks: Vec<TaskId>,
        /// Who gets them.
        reply: Arc<dyn Link<Delivery>>,
    },
    /// Somebody puts values into the store.
    Put {
        /// The values.
        values: Vec<(TaskId, Value)>,
    },
    /// Another worker came.
    PeerJoined {
        /// Which.
        peer: WorkerId,
        /// The way to it.
        link: Arc<dyn Link<ToWorker>>,
    },
    /// Hand over the records that were kept, then drop this.
    Records(Arc<dyn Send + Sync>),
    /// Leave: start nothing new and end.
    Leave,
    /// Panic with this message: a fault put in by hand, to see the cluster recover.
    Panic(String),
}

/// Values that were asked for.
pub struct Delivery {
    /// Who sent them.
    pub holder: WorkerId,
    /// The values.
    pub found: Vec<(TaskId, Value)>,
    /// What is not there.
    pub missing: Vec<TaskId>,
}

/// A task under way on an executor thread, as nested calls see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    /// Which task.
    pub task: TaskId,
    /// Of which assignment.
    pub attempt: Attempt,
    /// The generation of its priority.
    pub generation: i64,
    /// The worker that runs it.
    pub worker: WorkerId,
}
