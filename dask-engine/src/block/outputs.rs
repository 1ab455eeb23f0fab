//! What a block gives: for each of its outputs a value, or why there is none.

use super::error::PayloadError;
use super::payload::Step;
use super::seal::Seal;
use crate::key::Key as Name;
use crate::message::Opaque;
use crate::value::{Seen, ValueError};
use bytes::Bytes;
use partita_graph::{CodecError, Key, NotRead, Value, WrittenValue};
use serde::{Deserialize, Serialize};

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("task `{task}` (made at {place}) failed: {text}")]
pub struct Failure {
    /// The task that failed: this one, or one that it needs.
    pub task: Key,
    /// The line of user code that made it.
    pub place: String,
    /// Why.
    pub text: String,
}

/// What a block gives, as it travels: one value for Dask, of which each part can be read alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outputs(Vec<Result<WrittenValue, Failure>>);

/// Why an output is not there.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// Its task failed, or one that it needs.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// What came is no value of Partita's.
    #[error("what the block gave cannot be read: {0}")]
    Value(#[from] ValueError),
    /// Somebody else made it: with another key, or another build.
    #[error("what the block gave is not from this cluster: {0}")]
    Seal(#[from] PayloadError),
    /// What came makes no sense.
    #[error("what the block gave makes no sense: {0}")]
    Form(#[from] rmp_serde::decode::Error),
    /// It is of a type that is not known here.
    #[error("what the block gave is of no known type: {0}")]
    Type(#[from] NotRead),
    /// The block has fewer outputs.
    #[error("the block gave {outputs} results, and number {wanted} is asked for")]
    Missing {
        /// Which was asked for.
        wanted: u32,
        /// How many there are.
        outputs: usize,
    },
}

impl Outputs {
    /// Of these outcomes; a value that cannot be written is a failure of its task.
    pub(super) fn of<'a>(outcomes: impl IntoIterator<Item = (&'a Step, Result<Value, Failure>)>) -> Outputs {
        let written = |(step, outcome): (&Step, Result<Value, Failure>)| {
            let unwritable = |error: CodecError| step.failure(error.to_string());
            outcome.and_then(|value| value.written().map_err(unwritable))
        };
        Outputs(outcomes.into_iter().map(written).collect())
    }

    /// How it travels, as what this task gave: to Python, it is bytes. It names types by where they stand in the executable, so it
    /// is sealed as the payload was.
    pub fn write(&self, task: &Name, seal: &Seal) -> Opaque {
        let body = rmp_serde::to_vec(self).unwrap_or_default();
        Seen::Bytes(Bytes::from(seal.close(task, &body))).write()
    }

    /// What this task gave.
    ///
    /// # Errors
    /// [`Unread`] if it is something else, or somebody else made it.
    pub fn read(task: &Name, opaque: &Opaque, seal: &Seal) -> Result<Outputs, Unread> {
        match Seen::read(opaque)? {
            Seen::Bytes(bytes) => Ok(rmp_serde::from_slice(seal.open(task, &bytes)?)?),
            _ => Err(ValueError::Foreign { what: "no result of a block, but a value".to_owned() }.into()),
        }
    }

    /// One of the values.
    ///
    /// # Errors
    /// [`Unread`] if it is not there.
    pub fn get(&self, output: u32) -> Result<Value, Unread> {
        let missing = Unread::Missing { wanted: output, outputs: self.0.len() };
        let written = self.0.get(output as usize).ok_or(missing)?.as_ref().map_err(Clone::clone)?;
        Ok(Value::read_written(written.offset, written.nbytes, &written.bytes)?)
    }
}
