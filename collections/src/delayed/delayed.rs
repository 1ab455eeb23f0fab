//! One delayed call, and the ways to make it.

use crate::call::{Callable, IntoArgs, Params, call_node, call_token, short_type, try_call_node};
use crate::collection::{Collection, Held, held_node, take};
use partita_graph::{Data, Input, Key, Kind, Node, Place, Reader, RunError, TaskOptions, Token, Value};
use std::error::Error;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A result to come: a call that runs when the result, or one that needs it, is computed.
///
/// Cloning it is a pointer copy, and both clones are the same task.
///
/// ```
/// use partita_collections::{Collection, delayed};
/// use partita_graph::{Engine, Reference};
///
/// let three = delayed(|a: i64, b: i64| a + b, (1, 2));
/// let six = delayed(|a: i64, b: i64| a * b, (&three, 2));
/// let values = Reference.run(six.graph().check()?)?;
/// assert_eq!(six.assemble(values)?, 6);
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[must_use = "delayed calls are lazy and do nothing until computed"]
pub struct Delayed<T> {
    node: Arc<Node>,
    part: u32,
    types: PhantomData<fn() -> T>,
}

/// Delays a call: `delayed(add, (1, &x))`.
///
/// Arguments are values, [`Delayed`]s, [`Future`](crate::Future)s, and lists of them. Each call has a key of its own,
/// as in Dask; [`Delayed::pure`] merges equal ones.
#[track_caller]
pub fn delayed<F, P, A>(function: F, arguments: A) -> Delayed<F::Output>
where
    F: Callable<P>,
    F::Output: Data,
    A: IntoArgs<P>,
    P: Params,
{
    Delayed::from_node(Arc::new(call_node(function, arguments, Place::here())), 0)
}

/// Delays a call of a function that returns a `Result`; an `Err` is the task's error.
///
/// ```
/// use partita_collections::{Collection, try_delayed};
/// use partita_graph::{Engine, Reference};
///
/// let bad = try_delayed(|text: String| text.parse::<i64>(), ("x",));
/// let error = Reference.run(bad.graph().check()?).unwrap_err();
/// assert!(error.to_string().contains("invalid digit"));
/// # Ok::<(), partita_graph::RunError>(())
/// ```
#[track_caller]
pub fn try_delayed<F, P, A, T, E>(function: F, arguments: A) -> Delayed<T>
where
    F: Callable<P, Output = Result<T, E>>,
    T: Data,
    E: Into<Box<dyn Error + Send + Sync>>,
    A: IntoArgs<P>,
    P: Params,
{
    Delayed::from_node(Arc::new(try_call_node(function, arguments, Place::here())), 0)
}

impl<T: Data> Delayed<T> {
    /// A value that is at hand, as a delayed one.
    #[track_caller]
    pub fn value(value: T) -> Self {
        let kind = Kind::Data(vec![Value::new(value)]);
        Delayed::from_node(Arc::new(Node::new(Key::unique(short_type::<T>()), kind, Place::here())), 0)
    }

    /// Calls a function with this result: Dask's attribute and item access, and everything else.
    #[track_caller]
    pub fn map<U: Data>(&self, function: impl Fn(T) -> U + Send + Sync + 'static) -> Delayed<U>
    where
        T: Clone,
    {
        delayed(function, (self.clone(),))
    }
}

impl<T> Delayed<T> {
    /// The delayed value of one part of a node; the caller answers for its type.
    pub fn from_node(node: Arc<Node>, part: u32) -> Self {
        Delayed { node, part, types: PhantomData }
    }

    /// Its node.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// It, as an input of another task.
    pub fn input(&self) -> Input {
        Input { node: self.node.clone(), part: self.part }
    }

    /// The key of its result.
    pub fn key(&self) -> Key {
        self.node.part_key(self.part)
    }

    /// Sets the name that its key begins with; the key stays one of its own.
    pub fn called(self, name: &str) -> Self {
        self.change(|node| node.key = Key::new(name, node.key.token()))
    }

    /// Gives it a name of its own instead of `function-token`. Two different calls of one name in one graph are an
    /// error.
    pub fn name(self, name: &str) -> Self {
        let definition = call_token(&self.node).unwrap_or_else(Token::unique);
        self.change(|node| {
            node.key = Key::named(name);
            node.extras.get_or_insert_default().definition = Some(definition);
        })
    }

    /// Says that the call has no effect but its result and depends on nothing but its arguments: equal calls become
    /// one task. A closure that captures something is left as it is: its captures cannot be compared.
    pub fn pure(self) -> Self {
        match call_token(&self.node) {
            Some(token) => self.change(|node| node.key = Key::new(node.key.name().clone(), token)),
            None => self,
        }
    }

    /// Sets what is asked for the task.
    pub fn options(self, options: TaskOptions) -> Self {
        self.change(|node| node.extras.get_or_insert_default().options = Some(Arc::new(options)))
    }

    /// Sets its priority: higher starts earlier.
    pub fn priority(self, priority: i32) -> Self {
        self.change_options(|options| options.priority(priority))
    }

    /// Sets how often it is run again after an error of its own.
    pub fn retries(self, retries: u32) -> Self {
        self.change_options(|options| options.retries(retries))
    }

    /// Names the workers that may run it.
    pub fn workers<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.change_options(|options| options.workers(names))
    }

    /// Names an amount of a resource that it takes while it runs.
    pub fn resource(self, name: &str, amount: f64) -> Self {
        self.change_options(|options| options.resource(name, amount))
    }

    fn change_options(self, f: impl FnOnce(TaskOptions) -> TaskOptions) -> Self {
        let options = self.node.options().map(|options| TaskOptions::clone(options)).unwrap_or_default();
        self.options(f(options))
    }

    /// Changes the node: in place if nobody else has it, else a copy of it (with a key of its own if keys are unique).
    fn change(self, f: impl FnOnce(&mut Node)) -> Self {
        let mut node = match Arc::try_unwrap(self.node) {
            Ok(node) => node,
            Err(shared) => {
                let Kind::Call { function, inputs } = &shared.kind else {
                    return Delayed::from_node(shared, self.part);
                };
                let kind = Kind::Call { function: function.clone(), inputs: inputs.clone() };
                let key = match shared.key.token().is_unique() {
                    true => Key::unique(shared.key.name().clone()),
                    false => shared.key.clone(),
                };
                let mut copy = Node::new(key, kind, shared.place);
                copy.extras = shared.extras.clone();
                copy
            }
        };
        f(&mut node);
        Delayed::from_node(Arc::new(node), self.part)
    }
}

impl<T: Data + Clone> Collection for Delayed<T> {
    type Output = T;

    fn outputs(&self) -> Vec<Input> {
        vec![self.input()]
    }

    fn readers(&self) -> Vec<Reader> {
        vec![Reader::of::<T>()]
    }

    fn assemble(&self, values: Vec<Value>) -> Result<T, RunError> {
        let value = values.into_iter().next().ok_or(RunError::Closed)?;
        take(value, &self.input())
    }

    fn rebuild(&self, held: Vec<Held>, place: Place) -> Self {
        held_node(held, place).map_or_else(|| self.clone(), |node| Delayed::from_node(node, 0))
    }
}

impl<T> Clone for Delayed<T> {
    fn clone(&self) -> Self {
        Delayed { node: self.node.clone(), part: self.part, types: PhantomData }
    }
}

impl<T> fmt::Debug for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delayed<{}>({})", short_type::<T>(), self.key())
    }
}

impl<T> fmt::Display for Delayed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
