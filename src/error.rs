//! The error of everything that Partita does.

use crate::coordination::{ActorError, CoordinationError};
use partita_collections::bag::{BagError, ReadError};
use partita_graph::draw::DrawError;
use partita_graph::{GraphError, Misbuilt, RunError, TaskError};
use partita_profiler::RunFileError;
use partita_profiler::export::ExportError;
use partita_simulator::{DurationsError, SimulateError};

/// What a Partita call returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A graph could not be run, or a task failed, was cancelled, or did not end in time.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A cluster cannot be started as it was asked to.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A picture could not be drawn.
    #[error(transparent)]
    Draw(std::sync::Arc<DrawError>),
    /// A cluster does not do what was asked of it.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A queue, a lock or the like refused a call.
    #[error(transparent)]
    Coordination(#[from] CoordinationError),
    /// A call of an actor gave no result.
    #[error(transparent)]
    Actor(#[from] ActorError),
    /// Input files cannot be read as asked.
    #[error(transparent)]
    Read(std::sync::Arc<ReadError>),
    /// A graph could not be simulated.
    #[error(transparent)]
    Simulate(#[from] SimulateError),
    /// Durations could not be kept in a file or read from one.
    #[error(transparent)]
    Durations(#[from] DurationsError),
    /// A run could not be written into a file for other programs.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A run could not be read from a file.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    /// Results cannot be kept in files, or taken from them.
    #[error(transparent)]
    Checkpoint(#[from] crate::checkpoint::CheckpointError),
    /// A report cannot be written where it was asked for.
    #[error(transparent)]
    Report(#[from] crate::diagnostics::ReportError),
    /// Bags do not fit together, or were asked for what they cannot do.
    #[error(transparent)]
    Bag(std::sync::Arc<BagError>),
    /// An expression makes no sense: what is wrong with it, and the line that wrote it. Nothing was computed.
    #[error(transparent)]
    Misbuilt(#[from] Misbuilt),
    /// An array cannot be read from files or written into them as asked.
    #[cfg(feature = "array")]
    #[error(transparent)]
    Store(std::sync::Arc<partita_collections::array::StoreError>),
    /// Files of text cannot be read as a dataframe.
    #[cfg(feature = "dataframe")]
    #[error(transparent)]
    FrameText(std::sync::Arc<partita_collections::dataframe::ReadError>),
    /// Files of frames cannot be read, or a dataframe cannot be written as asked.
    #[cfg(feature = "dataframe")]
    #[error(transparent)]
    FrameFile(std::sync::Arc<partita_collections::dataframe::FileError>),
}

#[cfg(feature = "dataframe")]
impl From<partita_collections::dataframe::ReadError> for Error {
    fn from(error: partita_collections::dataframe::ReadError) -> Self {
        Error::FrameText(error.into())
    }
}

#[cfg(feature = "dataframe")]
impl From<partita_collections::dataframe::FileError> for Error {
    fn from(error: partita_collections::dataframe::FileError) -> Self {
        Error::FrameFile(error.into())
    }
}

#[cfg(feature = "array")]
impl From<partita_collections::array::StoreError> for Error {
    fn from(error: partita_collections::array::StoreError) -> Self {
        Error::Store(error.into())
    }
}

impl From<GraphError> for Error {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::Misbuilt(misbuilt) => Error::Misbuilt(misbuilt),
            error => Error::Run(error.into()),
        }
    }
}

impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        Error::Run(error.into())
    }
}

impl From<DrawError> for Error {
    fn from(error: DrawError) -> Self {
        Error::Draw(error.into())
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Error::Read(error.into())
    }
}

impl From<BagError> for Error {
    fn from(error: BagError) -> Self {
        Error::Bag(error.into())
    }
}

impl Error {
    /// The task that failed, if one did.
    pub fn task(&self) -> Option<&TaskError> {
        match self {
            Error::Run(RunError::Task(error)) => Some(error),
            _ => None,
        }
    }

    /// What is wrong with an expression of a dataframe, if that is the error.
    #[cfg(feature = "dataframe")]
    pub fn frame(&self) -> Option<&partita_collections::dataframe::FrameError> {
        match self {
            Error::Misbuilt(misbuilt) => misbuilt.error.downcast_ref(),
            _ => None,
        }
    }

    /// What is wrong with an array expression, if that is the error.
    #[cfg(feature = "array")]
    pub fn array(&self) -> Option<&partita_collections::array::ArrayError> {
        match self {
            Error::Misbuilt(misbuilt) => misbuilt.error.downcast_ref(),
            _ => None,
        }
    }
}

/// A setting that makes no sense, or a system that refuses it; found before anything starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A value out of range.
    #[error("`{field}` cannot be {value}: {allowed}")]
    Value {
        /// The setting.
        field: &'static str,
        /// Its value, as it was given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Two workers of one name.
    #[error("two workers are called `{name}`: names must differ")]
    SameName {
        /// The name.
        name: String,
    },
    /// The file for the journal is there already.
    #[error("`{}` is there already: name another file for the journal, or ask for `journal_replace(true)`", path.display())]
    JournalExists {
        /// The file.
        path: std::path::PathBuf,
    },
    /// The journal's file cannot be made.
    #[error("the journal `{}` cannot be written: {cause}", path.display())]
    Journal {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Values cannot go to disk where they are to.
    #[error(
        "values that do not fit into memory cannot be written in `{}`: {cause}. Name another folder by `spill_folder`, or \
         ask for `spill(false)`", path.display()
    )]
    SpillFolder {
        /// The folder.
        path: std::path::PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Workers cannot be processes.
    #[error("workers cannot be processes here: {cause}")]
    Processes {
        /// Why not.
        cause: String,
    },
    /// Workers that are threads cannot catch what tasks panic with.
    #[error(
        "this program was built with `panic = \"abort\"`: a task that panics would end it. Make workers processes \
         (`processes(true)`), or remove `panic = \"abort\"` from the profile in `Cargo.toml`"
    )]
    PanicAborts,
    /// The system does not let the program hear signals.
    #[error("signals cannot be heard here: {cause}. Start the cluster without `close_on_signals(true)`")]
    Signals {
        /// What the system said.
        cause: String,
    },
    /// The system gives no thread to a profiler.
    #[error("no thread could be started for the profiler: {cause}. End some threads, or profile without it")]
    NoThread {
        /// What the system said.
        cause: String,
    },
    /// There cannot be a dashboard as it was asked for.
    #[cfg(feature = "dashboard")]
    #[error(transparent)]
    Dashboard(#[from] partita_profiler::dashboard::DashboardError),
    /// The system gives no more threads.
    #[error("the cluster's threads could not be started: {cause}. Ask for fewer workers or threads")]
    Threads {
        /// What the system said.
        cause: String,
    },
}

/// What a cluster does not do, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClusterError {
    /// A worker that is not there.
    #[error("no worker is called `{name}`; there are: {known}")]
    NoSuchWorker {
        /// The name that was given.
        name: String,
        /// The names of the workers that there are.
        known: String,
    },
    /// A worker that holds what cannot be computed again, and nobody can take it.
    #[error(
        "worker `{name}` cannot retire: it holds {nbytes} bytes of data put in by hand, or of what came of such data, and \
         no other worker can take them. Start another worker first, or gather or release the data"
    )]
    CannotRetire {
        /// The worker.
        name: String,
        /// The bytes that nobody can take.
        nbytes: u64,
    },
    /// A result that the cluster does not hold.
    #[error(
        "this cluster does not know `{key}`: it belongs to another cluster, or was cancelled or released here. Submit it \
         again, or scatter it"
    )]
    Unknown {
        /// Its key.
        key: partita_graph::Key,
    },
}
