//! Why a call of an actor gave no result.

use partita_graph::{RunError, TaskError};
use std::sync::Arc;

/// Why a call of an actor gave no result.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActorError {
    /// The call panicked. The actor goes on, with its state as the panic left it.
    #[error("a call of actor `{actor}` panicked{}: {message}", location.as_ref().map(|at| format!(" at {at}")).unwrap_or_default())]
    Panicked {
        /// The type of the actor's state.
        actor: Arc<str>,
        /// The panic's message.
        message: String,
        /// Where it panicked, as `file:line:column`, if that is known.
        location: Option<String>,
    },
    /// The worker that held the state is gone.
    #[error("actor `{actor}` is gone with worker `{worker}`, which held its state: make the actor again")]
    WorkerLost {
        /// The type of the actor's state.
        actor: Arc<str>,
        /// The worker's name.
        worker: Arc<str>,
    },
    /// The state could not be made.
    #[error("actor `{actor}` could not be made: {cause}")]
    NotMade {
        /// The type of the actor's state.
        actor: Arc<str>,
        /// Why.
        cause: TaskError,
    },
    /// The actor ended with its client or its cluster.
    #[error("actor `{actor}` ended: {cause}")]
    Ended {
        /// The type of the actor's state.
        actor: Arc<str>,
        /// Why.
        cause: RunError,
    },
    /// A call waits for another call of the same actor, which comes after it.
    #[error(
        "a call of actor `{actor}` waits for another call of the same actor, which cannot run before it ends: do it on \
         the state at once, or do not wait for it"
    )]
    WaitsForItself {
        /// The type of the actor's state.
        actor: Arc<str>,
    },
}
