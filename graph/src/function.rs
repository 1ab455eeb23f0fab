//! Task functions: what runs when a task runs.

use crate::key::{Key, Token};
use crate::portable::Portable;
use crate::value::{TypeMismatch, Value};
use crate::{CodecError, TaskErrorKind, UserError};
use std::sync::Arc;

/// What a task runs: a function of the values of its inputs.
pub trait TaskFn: Send + Sync {
    /// Runs it. `inputs` are the values of the task's inputs, in the order in which it names them.
    ///
    /// # Errors
    /// [`Fault`], if the user's function failed or an input is of the wrong type. A panic is caught by the caller.
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault>;

    /// The name of the type that it returns.
    fn returns(&self) -> &'static str;

    /// The token of the function and the constants that it is called with, if equal calls can be told by it.
    fn token(&self) -> Option<Token> {
        None
    }

    /// How another process started from the same executable finds it, if it can.
    fn portable(&self) -> Option<Portable> {
        None
    }
}

/// A shared task function.
pub type Function = Arc<dyn TaskFn>;

/// Why a task function gave no value; becomes a [`TaskError`](crate::TaskError) with the task's key and line.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The user's function returned an error.
    Failed(UserError),
    /// An input is of the wrong type.
    Type {
        /// Which input, from 0.
        input: usize,
        /// Both types.
        mismatch: TypeMismatch,
    },
    /// Something could not be written or read.
    Codec(CodecError),
    /// The task wants to be run somewhere else.
    Reschedule,
}

/// The error by which a task asks to be run on another worker; it is not a failure, and may be returned any number of
/// times. Dask's `Reschedule`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the task asks to be run on another worker")]
pub struct Reschedule;

impl Fault {
    /// What a user's function returned as an error: [`Reschedule`] is a wish, everything else a failure.
    pub fn returned<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> Self {
        let error = error.into();
        if error.is::<Reschedule>() { Fault::Reschedule } else { Fault::Failed(Arc::from(error)) }
    }

    /// An error of the user's.
    pub fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> Self {
        Fault::Failed(Arc::from(error.into()))
    }

    /// Why the task failed, in terms of the keys of its inputs.
    pub fn kind(self, input_key: impl Fn(usize) -> Option<Key>) -> TaskErrorKind {
        match self {
            Fault::Failed(error) => TaskErrorKind::Failed(error),
            Fault::Type { input, mismatch } => TaskErrorKind::TypeMismatch { argument: input_key(input), mismatch },
            Fault::Codec(error) => TaskErrorKind::Codec(error),
            Fault::Reschedule => TaskErrorKind::Failed(Arc::from(Box::from(
                "it asked to be run on another worker, and this engine has none",
            ))),
        }
    }
}

/// A task function made of a closure over values.
pub struct FromValues<F> {
    call: F,
    returns: &'static str,
}

impl<F: Fn(&[Value]) -> Result<Value, Fault> + Send + Sync> FromValues<F> {
    /// Wraps a closure that returns values of the type with this name.
    pub fn new(returns: &'static str, call: F) -> Self {
        FromValues { call, returns }
    }
}

impl<F: Fn(&[Value]) -> Result<Value, Fault> + Send + Sync> TaskFn for FromValues<F> {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        (self.call)(inputs)
    }

    fn returns(&self) -> &'static str {
        self.returns
    }
}
