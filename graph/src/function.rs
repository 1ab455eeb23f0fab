//! Task functions: what runs when a task runs.

use crate::key::{Key, Token};
use crate::portable::Portable;
use crate::travel::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::value::{TypeMismatch, Value};
use crate::{CodecError, TaskErrorKind, UserError};
use std::any::type_name;
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

    /// Writes what it is made of, and gives the name of its type; another process makes the same function of both. For a type
    /// that [`Travels`], that is `into.task(self)`.
    ///
    /// # Errors
    /// [`NotPortable`], if it runs in this process only.
    fn write(&self, _into: &mut Packer) -> Result<Portable, NotPortable> {
        Err(NotPortable::Unwritten { type_name: type_name::<Self>() })
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

/// A task function made of a closure over values. It can run in another process if the closure captures nothing; a closure
/// that only captures such closures does not, either.
pub struct FromValues<F> {
    call: F,
    returns: &'static str,
}

impl<F: Fn(&[Value]) -> Result<Value, Fault> + Send + Sync + 'static> FromValues<F> {
    /// Wraps a closure that returns values of the type with this name.
    pub fn new(returns: &'static str, call: F) -> Self {
        FromValues { call, returns }
    }
}

impl<F: Fn(&[Value]) -> Result<Value, Fault> + Send + Sync + 'static> TaskFn for FromValues<F> {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        (self.call)(inputs)
    }

    fn returns(&self) -> &'static str {
        self.returns
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

impl<F: Send + Sync + 'static> Travels for FromValues<F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.call)?;
        self.returns.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(FromValues { call: from.function_type()?, returns: Travels::unpack(from)? })
    }
}

/// A task function made of a closure that captures nothing, and an environment that it is called with: what it would capture.
/// Both can run in another process.
///
/// ```
/// use partita_graph::{FromEnv, TaskFn, Value};
///
/// let scale = FromEnv::new("f64", 2.5, |factor: &f64, inputs: &[Value]| Ok(Value::new(factor * inputs.len() as f64)));
/// assert_eq!(scale.call(&[Value::new(())]).unwrap().get::<f64>(), Ok(&2.5));
/// ```
pub struct FromEnv<E, F> {
    env: Arc<E>,
    call: F,
    returns: &'static str,
}

impl<E: Travels, F: Fn(&E, &[Value]) -> Result<Value, Fault> + Send + Sync + 'static> FromEnv<E, F> {
    /// Wraps a closure that returns values of the type with this name, and what it needs.
    pub fn new(returns: &'static str, env: E, call: F) -> Self {
        FromEnv::shared(returns, Arc::new(env), call)
    }

    /// The same, of an environment that other functions share; it is written once for each process.
    pub fn shared(returns: &'static str, env: Arc<E>, call: F) -> Self {
        FromEnv { env, call, returns }
    }
}

impl<E: Travels, F: Fn(&E, &[Value]) -> Result<Value, Fault> + Send + Sync + 'static> TaskFn for FromEnv<E, F> {
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        (self.call)(&self.env, inputs)
    }

    fn returns(&self) -> &'static str {
        self.returns
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

impl<E: Travels, F: Send + Sync + 'static> Travels for FromEnv<E, F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.env.pack(into)?;
        into.function_type(&self.call)?;
        self.returns.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let call = from.function_type()?;
        Ok(FromEnv { call, env: Travels::unpack(from)?, returns: Travels::unpack(from)? })
    }
}
