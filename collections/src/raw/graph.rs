//! The graph: keys and what stands for them.

use super::arg::{RawArgs, RawBinder};
use super::check::build;
use crate::call::Callable;
use indexmap::IndexMap;
use partita_graph::{
    Data, Fault, Function, GraphError, Input, Name, NotPortable, NotRead, Packer, Place, Portable, TaskFn, Travels,
    Unpacker, Value,
};
use std::any::type_name;
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What stands for a key.
#[derive(Clone)]
pub(super) enum Entry {
    Value(Value),
    Alias(Name),
    Task { function: Function, inputs: Vec<Source> },
}

/// An input of a task: a key, or a task without a key, written inside another one.
#[derive(Clone)]
pub(super) enum Source {
    Key(Name),
    Nested(Arc<Nested>),
}

/// A task without a key.
pub(super) struct Nested {
    pub(super) function: Function,
    pub(super) inputs: Vec<Source>,
    pub(super) place: Place,
}

impl Drop for Nested {
    /// Drops the tasks within in a loop: they may be written as deep in each other as a program likes.
    fn drop(&mut self) {
        let mut doomed = std::mem::take(&mut self.inputs);
        while let Some(source) = doomed.pop() {
            if let Source::Nested(nested) = source
                && let Some(mut nested) = Arc::into_inner(nested)
            {
                doomed.append(&mut nested.inputs);
            }
        }
    }
}

/// A graph written by hand: `x = 1`, `z = add(x, y)`.
///
/// Nothing is checked until a key is asked for; then missing keys and cycles are errors that name them. A key given
/// twice stands for what it was given last, as in a dictionary.
#[derive(Clone, Default)]
pub struct Graph {
    pub(super) entries: IndexMap<Name, (Entry, Place), foldhash::fast::FixedState>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value.
    #[must_use]
    #[track_caller]
    pub fn value<T: Data>(self, key: &str, value: T) -> Self {
        self.with(key, Entry::Value(Value::new(value)), Place::here())
    }

    /// Adds another name for a key.
    #[must_use]
    #[track_caller]
    pub fn alias(self, key: &str, of: &str) -> Self {
        self.with(key, Entry::Alias(Name::from(of)), Place::here())
    }

    /// Adds a call. Its arguments are keys as text, lists of keys, tasks written inside it ([`super::task`]) and values
    /// ([`super::value`]).
    #[must_use]
    #[track_caller]
    pub fn task<F, P, A>(self, key: &str, function: F, arguments: A) -> Self
    where
        F: Callable<P>,
        F::Output: Data,
        A: RawArgs<P>,
        P: 'static,
    {
        let (function, inputs) = call(function, arguments, Place::here());
        self.with(key, Entry::Task { function, inputs }, Place::here())
    }

    /// Adds a call of a function that returns a `Result`.
    #[must_use]
    #[track_caller]
    pub fn try_task<F, P, A, T, E>(self, key: &str, function: F, arguments: A) -> Self
    where
        F: Callable<P, Output = Result<T, E>>,
        T: Data,
        E: Into<Box<dyn Error + Send + Sync>>,
        A: RawArgs<P>,
        P: 'static,
    {
        let (function, inputs) = try_call(function, arguments, Place::here());
        self.with(key, Entry::Task { function, inputs }, Place::here())
    }

    fn with(mut self, key: &str, entry: Entry, place: Place) -> Self {
        self.entries.insert(Name::from(key), (entry, place));
        self
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The keys, in the order in which they were first given.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(Name::as_str)
    }

    /// The graph of some keys, ready to be checked and run or drawn.
    ///
    /// # Errors
    /// [`GraphError::MissingKey`] and [`GraphError::Cycle`], for what the keys need.
    pub fn nodes<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Result<Vec<Input>, GraphError> {
        build(self, keys.into_iter().map(Name::from).collect())
    }
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Graph({} keys)", self.len())
    }
}

struct RawCall<F, P, A: RawArgs<P>> {
    function: F,
    slots: A::Slots,
    types: PhantomData<fn(P) -> A>,
}

impl<F: Send + Sync + 'static, P: 'static, A: RawArgs<P>> Travels for RawCall<F, P, A> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.function)?;
        self.slots.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Ok(RawCall { function: from.function_type()?, slots: Travels::unpack(from)?, types: PhantomData })
    }
}

impl<F: Callable<P>, P: 'static, A: RawArgs<P>> TaskFn for RawCall<F, P, A>
where
    F::Output: Data,
{
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        Ok(Value::new(self.function.invoke(A::fill(&self.slots, inputs)?)))
    }

    fn returns(&self) -> &'static str {
        type_name::<F::Output>()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

struct RawTryCall<F, P, A: RawArgs<P>>(RawCall<F, P, A>);

impl<F: Send + Sync + 'static, P: 'static, A: RawArgs<P>> Travels for RawTryCall<F, P, A> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        self.0.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        RawCall::unpack(from).map(RawTryCall)
    }
}

impl<F, P: 'static, A, T, E> TaskFn for RawTryCall<F, P, A>
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    A: RawArgs<P>,
{
    fn call(&self, inputs: &[Value]) -> Result<Value, Fault> {
        self.0.function.invoke(A::fill(&self.0.slots, inputs)?).map(Value::new).map_err(Fault::failed)
    }

    fn returns(&self) -> &'static str {
        type_name::<T>()
    }

    fn write(&self, into: &mut Packer) -> Result<Portable, NotPortable> {
        into.task(self)
    }
}

/// A call and its inputs.
pub(super) fn call<F, P, A>(function: F, arguments: A, place: Place) -> (Function, Vec<Source>)
where
    F: Callable<P>,
    F::Output: Data,
    A: RawArgs<P>,
    P: 'static,
{
    let mut binder = RawBinder::new(place);
    let slots = arguments.bind(&mut binder);
    (Arc::new(RawCall::<F, P, A> { function, slots, types: PhantomData }), binder.sources)
}

/// As [`call`], of a function that may fail.
pub(super) fn try_call<F, P, A, T, E>(function: F, arguments: A, place: Place) -> (Function, Vec<Source>)
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    A: RawArgs<P>,
    P: 'static,
{
    let mut binder = RawBinder::new(place);
    let slots = arguments.bind(&mut binder);
    (Arc::new(RawTryCall(RawCall::<F, P, A> { function, slots, types: PhantomData })), binder.sources)
}
