//! What can be wrong with a graph, a task or a run; each says what, where and what to do.

use crate::deaths::{died, unbegun};
use crate::key::Key;
use crate::place::Place;
use crate::value::{CodecError, TypeMismatch};
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A graph that cannot be run; found before any work starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// A task needs, or a caller asks for, a key that the graph does not have.
    #[error("key `{key}` is missing{}", needed_by.as_ref().map(|k| format!(": task `{k}` needs it")).unwrap_or_default())]
    MissingKey {
        /// The key that is not there.
        key: Key,
        /// The task that needs it, if it was not the caller who asked.
        needed_by: Option<Key>,
    },
    /// Tasks that wait for each other.
    #[error("the graph has a cycle: {}", path.iter().map(Key::to_string).collect::<Vec<_>>().join(" -> "))]
    Cycle {
        /// The keys along the cycle, the first one again at the end.
        path: Vec<Key>,
    },
    /// The same key stands for two different tasks.
    #[error("key `{key}` stands for two different tasks, made at {first} and {second}: give one of them another name")]
    KeyConflict {
        /// The key.
        key: Key,
        /// The line that made the first.
        first: Place,
        /// The line that made the second.
        second: Place,
    },
    /// More tasks than can be numbered.
    #[error("the graph has {tasks} tasks, more than the {limit} that can be run at a time: compute it in parts")]
    TooLarge {
        /// How many tasks.
        tasks: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A result that is asked for as one type is made as another.
    #[error("key `{key}` is of type `{found}`, and was asked for as `{expected}`")]
    WrongType {
        /// The key.
        key: Key,
        /// The type that was asked for.
        expected: &'static str,
        /// The type that the task returns.
        found: &'static str,
    },
    /// An expression that makes no sense.
    #[error(transparent)]
    Misbuilt(#[from] Misbuilt),
}

/// An expression that makes no sense, and the line of user code that wrote it; found when it was built.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error} (at {place})")]
pub struct Misbuilt {
    /// What is wrong with it.
    #[source]
    pub error: UserError,
    /// The line.
    pub place: Place,
}

impl PartialEq for Misbuilt {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && self.error.to_string() == other.error.to_string()
    }
}

impl Eq for Misbuilt {}

/// A graph names a result that the cluster does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this cluster does not hold `{key}`: it belongs to another cluster, or was cancelled here. Gather it where it is \
     and scatter it here, or compute it again"
)]
pub struct NotHeld {
    /// The result.
    pub key: Key,
}

/// An error of a user's function.
pub type UserError = Arc<dyn Error + Send + Sync + 'static>;

/// Why a task failed.
#[derive(Clone, Debug)]
pub enum TaskErrorKind {
    /// It panicked.
    Panicked {
        /// The panic's message.
        message: String,
        /// Where it panicked, as `file:line:column`, if that is known.
        location: Option<String>,
    },
    /// It returned an error.
    Failed(UserError),
    /// An argument was of another type than the function takes.
    TypeMismatch {
        /// The argument's key, if it came from another task.
        argument: Option<Key>,
        /// Both types.
        mismatch: TypeMismatch,
    },
    /// Its result could not be written, or an argument not be read.
    Codec(CodecError),
    /// More workers than allowed died while they ran it.
    WorkersDied {
        /// How many.
        deaths: u32,
        /// The name of the last of them.
        last: String,
        /// What killed it.
        cause: String,
        /// The names of those before it and what killed them, oldest first; of very many, the newest.
        before: Vec<(String, String)>,
    },
    /// It never began: again and again the worker that had it died while nothing ran there.
    NeverBegan {
        /// How many died.
        deaths: u32,
        /// The name of the last of them.
        last: String,
        /// What killed it.
        cause: String,
        /// Those before it, as for [`WorkersDied`](TaskErrorKind::WorkersDied).
        before: Vec<(String, String)>,
    },
    /// No worker of the cluster can ever run it.
    Unsatisfiable {
        /// What it asks for.
        needs: String,
        /// The best that there is.
        best: String,
    },
    /// No worker that could run it came in time.
    NoWorkers {
        /// How long it waited.
        waited: Duration,
        /// Workers that were there and started nothing, as their memory was full.
        full: u32,
    },
    /// It ran for longer than it may.
    TimedOut {
        /// How long one run may take.
        limit: Duration,
    },
    /// Its result was not there in time.
    DeadlinePassed {
        /// How long it could take from the moment that it was asked for.
        limit: Duration,
    },
    /// It was data put into the cluster by hand, and was lost with the worker that held it.
    DataLost,
    /// What it takes does not fit into the memory of any worker that may run it; it was not run.
    TooLarge {
        /// Bytes of all that it takes.
        needs: u64,
        /// Bytes that the largest worker that may run it can hold.
        limit: u64,
    },
}

/// A task that failed: its key, the line that made it, and why.
///
/// Cloning is a pointer copy; every task that depends on a failed one carries the same error.
#[derive(Clone)]
pub struct TaskError(Arc<TaskErrorInner>);

struct TaskErrorInner {
    key: Key,
    place: Option<Place>,
    kind: TaskErrorKind,
}

impl TaskError {
    /// The error of the task with this key, made at this line.
    pub fn new(key: Key, place: Option<Place>, kind: TaskErrorKind) -> Self {
        TaskError(Arc::new(TaskErrorInner { key, place, kind }))
    }

    /// The task that failed. A task that depends on it has the same error, and so the same key here.
    pub fn key(&self) -> &Key {
        &self.0.key
    }

    /// The line of user code that made the task.
    pub fn place(&self) -> Option<Place> {
        self.0.place
    }

    /// Why.
    pub fn kind(&self) -> &TaskErrorKind {
        &self.0.kind
    }

    /// The user's own error, if the task returned one of this type.
    ///
    /// ```
    /// use partita_graph::{Key, TaskError, TaskErrorKind};
    /// use std::{num::ParseIntError, sync::Arc};
    ///
    /// let cause = "x".parse::<i64>().unwrap_err();
    /// let error = TaskError::new(Key::named("parse"), None, TaskErrorKind::Failed(Arc::new(cause.clone())));
    /// assert_eq!(error.downcast_ref::<ParseIntError>(), Some(&cause));
    /// ```
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        match self.kind() {
            TaskErrorKind::Failed(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task `{}`", self.key())?;
        if let Some(place) = self.place() {
            write!(f, " (made at {place})")?;
        }
        match self.kind() {
            TaskErrorKind::Panicked { message, location: Some(location) } => {
                write!(f, " panicked at {location}: {message}")
            }
            TaskErrorKind::Panicked { message, location: None } => write!(f, " panicked: {message}"),
            TaskErrorKind::Failed(error) => write!(f, " failed: {error}"),
            TaskErrorKind::TypeMismatch { argument: Some(key), mismatch } => match &mismatch.lost {
                Some(lost) => write!(f, " could not be given `{key}`: {lost}"),
                None => write!(f, " was given the wrong type by `{key}`: {mismatch}"),
            },
            TaskErrorKind::TypeMismatch { argument: None, mismatch } => write!(f, ": {mismatch}"),
            TaskErrorKind::Codec(error) => write!(f, ": {error}"),
            TaskErrorKind::WorkersDied { deaths, last, cause, before } => died(f, *deaths, before, (last, cause)),
            TaskErrorKind::NeverBegan { deaths, last, cause, before } => unbegun(f, *deaths, before, (last, cause)),
            TaskErrorKind::Unsatisfiable { needs, best } => write!(
                f,
                " can never run: it needs {needs}, and the best that the cluster has is {best}. \
                 Start a worker with more, or ask for less"
            ),
            TaskErrorKind::NoWorkers { waited, full: full @ 1.. } => write!(
                f,
                " found no worker that could run it within {waited:?}: the memory of {full} of them is full, and what they \
                 hold does not go to disk. Let results go, raise `memory_limit` or `spill_limit`, or make room on the disk"
            ),
            TaskErrorKind::NoWorkers { waited, .. } => write!(
                f,
                " found no worker that could run it within {waited:?}. Scale the cluster up, or relax what it asks for"
            ),
            TaskErrorKind::TimedOut { limit } => write!(
                f,
                " ran for longer than its timeout of {limit:?} and was given up; its thread is busy until its function \
                 returns. Raise the timeout, or split the task"
            ),
            TaskErrorKind::DeadlinePassed { limit } => write!(
                f,
                " was not there within the deadline of {limit:?} and was given up, with what nobody else needs. \
                 Raise the deadline, or scale the cluster up"
            ),
            TaskErrorKind::DataLost => write!(
                f,
                " was data put into the cluster by hand, and was lost with the worker that held it, or could not be read \
                 back from disk. Scatter it again, or to several workers"
            ),
            TaskErrorKind::TooLarge { needs, limit } => write!(
                f,
                " takes {needs} bytes, and the largest worker that may run it can hold {limit} (its `memory_limit`). Cut its \
                 data into smaller parts, or raise `memory_limit`"
            ),
        }
    }
}

impl fmt::Debug for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskError({self})")
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self.kind() {
            TaskErrorKind::Failed(error) => Some(&**error),
            TaskErrorKind::Codec(error) => Some(error),
            TaskErrorKind::TypeMismatch { mismatch, .. } => Some(mismatch),
            _ => None,
        }
    }
}

/// Why a run gave no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RunError {
    /// The graph cannot be run.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A task failed.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The result is of another type than the one asked for.
    #[error("the result `{key}` is not what was asked for: {mismatch}")]
    Type {
        /// The result's key.
        key: Key,
        /// Both types.
        mismatch: TypeMismatch,
    },
    /// The result was cancelled.
    #[error("`{key}` was cancelled: {reason}")]
    Cancelled {
        /// Its key.
        key: Key,
        /// By whom or why.
        reason: String,
    },
    /// The result did not come in time; it may still come.
    #[error("`{what}` was not there within {limit:?}; it goes on, wait for it again or cancel it")]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how long.
        limit: Duration,
    },
    /// A task cannot go to the process that would run it.
    #[error(transparent)]
    Travel(#[from] crate::TravelError),
    /// A task in a worker's process asked for a cluster.
    #[error(
        "a task that runs in a worker's process cannot compute on its cluster, nor use locks, queues and the like of it: give \
         it what it needs as arguments, or run the workers as threads (`processes(false)`)"
    )]
    InsideProcess,
    /// The cluster was closed.
    #[error("the cluster was closed")]
    Closed,
    /// The cluster was closed because the program was told to end.
    #[error("the cluster was closed because the program was told to end by {signal}")]
    Signalled {
        /// The name of the signal.
        signal: String,
    },
    /// The cluster belongs to the process of which this one is a copy.
    #[error(
        "the cluster belongs to process {began}, and this is process {own}: a fork copies none of its threads. Use it before \
         the fork, or start a cluster after the fork"
    )]
    Forked {
        /// The process that started it.
        began: u32,
        /// This process.
        own: u32,
    },
    /// The cluster ended because one of its actors failed.
    #[error("the cluster failed: {cause}")]
    Failed {
        /// What failed.
        cause: String,
    },
    /// Every worker died too often: none is left, and none will be started again.
    #[error(
        "no worker is left: `{worker}`, the last one, died {deaths} times within {window:?}, and its place stays \
         empty; the last time because {cause}"
    )]
    WorkersExhausted {
        /// The last worker.
        worker: String,
        /// How often it died.
        deaths: usize,
        /// In which time.
        window: Duration,
        /// Why it died the last time.
        cause: String,
    },
    /// A blocking call was made on a thread that must not block.
    #[error("`{call}` would block a thread of an async runtime ({runtime}); await the future instead: `{instead}`")]
    BlockingInAsync {
        /// The blocking call.
        call: &'static str,
        /// The runtime that the thread belongs to.
        runtime: &'static str,
        /// What to write instead.
        instead: &'static str,
    },
    /// Tasks that wait for tasks that wait for tasks, too deep.
    #[error("blocking calls inside tasks are nested deeper than {limit}; the recursion may have no end")]
    NestedTooDeep {
        /// How deep they may be.
        limit: usize,
    },
}
