//! What can be wrong with a call on a queue, a variable, a lock, an event, a semaphore, a dataset or metadata.

use super::machine::Object;
use std::sync::Arc;
use std::time::Duration;

/// Why the cluster refused a call on a named thing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoordinationError {
    /// It holds values of another type.
    #[error("{object} holds `{found}`, and was asked for `{asked}`: use the type that it was first used with")]
    WrongType {
        /// The thing.
        object: Object,
        /// The type that it holds.
        found: &'static str,
        /// The type that was asked for.
        asked: &'static str,
    },
    /// It was made with another limit.
    #[error("{object} was made with a limit of {has}, and was asked for with {asked}: all must name the same limit")]
    OtherLimit {
        /// The thing.
        object: Object,
        /// The limit that it has.
        has: usize,
        /// The limit that was asked for.
        asked: usize,
    },
    /// More was asked for at a time than there can ever be.
    #[error("{object} can never give {asked} at a time: its limit is {limit}. Ask for less, or make it larger")]
    TooMany {
        /// The thing.
        object: Object,
        /// How many were asked for.
        asked: usize,
        /// How many there can be.
        limit: usize,
    },
    /// It was closed while the call waited.
    #[error("{object} was closed")]
    Closed {
        /// The thing.
        object: Object,
    },
    /// It did not come in time; the call was withdrawn.
    #[error(
        "{object}: `{call}` did not come through within {limit:?}, and was withdrawn; make it again to wait longer"
    )]
    Timeout {
        /// The thing.
        object: Object,
        /// The call.
        call: &'static str,
        /// How long it waited.
        limit: Duration,
    },
    /// There is none of this name.
    #[error("there is no {object}{}", hint(near))]
    Missing {
        /// The thing.
        object: Object,
        /// Names like it.
        near: Vec<Arc<str>>,
    },
    /// There is one of this name already.
    #[error("there is a {object} already: take it away first by `unpublish_dataset`, or choose another name")]
    Taken {
        /// The thing.
        object: Object,
    },
    /// The task that asks runs on a worker that is gone; the task is run again elsewhere.
    #[error("{object}: the worker that this task runs on is gone, so nothing is given to it")]
    WorkerGone {
        /// The thing.
        object: Object,
    },
    /// The cluster's own client was to be closed.
    #[error("this is the cluster's own client, which tasks use too: close the cluster, or a client of `new_client()`")]
    OwnClient,
}

fn hint(near: &[Arc<str>]) -> String {
    if near.is_empty() {
        return String::from(", nor one with a name like it");
    }
    let names: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}
