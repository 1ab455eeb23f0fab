//! Why a block cannot be written or read.

use partita_graph::{Key, NotPortable, NotRead, Place, Token};

/// Why what a task is to do is not done.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// It is no payload of Partita's.
    #[error("what the task is to do is no payload of Partita's, though it has {bytes} bytes")]
    None {
        /// Its length.
        bytes: usize,
    },
    /// It was sealed with another key, or changed, or made for another task.
    #[error(
        "what the task is to do was not sealed with this cluster's key: clients and workers must be given the same one \
         (`--cluster-key`, or PARTITA_CLUSTER_KEY)"
    )]
    Key,
    /// Another program wrote it.
    #[error(
        "what the task is to do was written by build {theirs} of the program, and this worker runs build {ours}: functions of one \
         are not those of the other; start all workers from the client's executable"
    )]
    Build {
        /// That of who wrote it.
        theirs: Token,
        /// That of this worker.
        ours: Token,
    },
    /// It makes no sense.
    #[error("what the task is to do makes no sense: {0}")]
    Form(#[from] rmp_serde::decode::Error),
    /// What one of its tasks does cannot be read.
    #[error("what the task `{task}` does cannot be read: {error}")]
    Work {
        /// Which.
        task: Key,
        /// Why.
        error: NotRead,
    },
    /// It refers to what is not there.
    #[error("the block refers to a result that it has not")]
    Refers,
}

/// Why a task cannot go to another process.
#[derive(Debug, thiserror::Error)]
#[error("the task `{task}` (made at {place}) cannot run on another machine: {error}")]
pub struct Unwritable {
    /// Which.
    pub task: Key,
    /// The line of user code that made it.
    pub place: Place,
    /// Why, and what to do instead.
    pub error: NotPortable,
}
