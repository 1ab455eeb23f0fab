//! What can go wrong in a replay.

use crate::journal::{JournalError, Machine};

/// Why a replay does not go on, or cannot answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// The journal cannot be read, or no further.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A machine decided otherwise than it did when the journal was written.
    #[error(
        "{machine} decides otherwise than the journal says, in event {event} or one of the 256 of {machine} before it: \
         {found:016x} instead of {expected:016x}"
    )]
    Diverged {
        /// Which machine.
        machine: Machine,
        /// The number of the last event before this was found out.
        event: u64,
        /// What the journal says.
        expected: u64,
        /// What the replay came to.
        found: u64,
    },
    /// The journal tells something that cannot have happened.
    #[error("event {event} of the journal cannot have happened: {what}")]
    Impossible {
        /// The number of the event.
        event: u64,
        /// What is impossible about it.
        what: String,
    },
    /// No task that was known so far is called so.
    #[error("no task is called `{0}` up to here")]
    NoTask(String),
    /// More than one task is called so.
    #[error("{count} tasks are called `{name}`; name one in full, for example `{example}`")]
    Ambiguous {
        /// The name.
        name: String,
        /// How many.
        count: usize,
        /// The key of one of them.
        example: String,
    },
    /// The end of the journal came before what was to be reached.
    #[error("{what} is not reached: the journal ends with event {event}")]
    NotReached {
        /// What was to be reached.
        what: String,
        /// The number of the last event.
        event: u64,
    },
    /// The command line makes no sense.
    #[error("{0}")]
    Usage(String),
}
