//! Submitting calls and graphs.

use super::actor::Mail;
use super::client::{Client, ClientInner};
use crate::error::Result;
use crate::fork::ensure_not_forked;
use partita_collections::call::{Callable, IntoArgs, Params, call_node, call_token, try_call_node};
use partita_collections::future::{Cell, FutureInner, Host};
use partita_collections::{Collection, Future, Held, IntoArg};
use partita_graph::{Data, Graph, Input, Key, Node, Place, RunError, TaskOptions, Token};
use std::any::Any;
use std::error::Error as StdError;
use std::sync::Arc;

impl Client {
    /// Runs a call on the cluster, now; as Dask's `submit`.
    ///
    /// Arguments are values, futures, delayed values, and lists of them. Equal calls of functions without captures
    /// share one task and one future, while one of them is held; [`Client::impure`] turns that off.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let client = cluster.client();
    /// let three = client.submit(|a: i64, b: i64| a + b, (1, 2));
    /// let nine = client.submit(|a: i64, b: i64| a * b, (&three, &three));
    /// assert_eq!(nine.result()?, 9);
    /// # Ok::<(), partita::Error>(())
    /// ```
    #[track_caller]
    pub fn submit<F, P, A>(&self, function: F, arguments: A) -> Future<F::Output>
    where
        F: Callable<P>,
        F::Output: Data,
        A: IntoArgs<P>,
        P: Params,
    {
        let place = Place::here();
        let node = call_node(function, arguments, place);
        self.start(vec![node], place).remove(0)
    }

    /// As [`Client::submit`], of a function that returns a `Result`; an `Err` is the task's error.
    #[track_caller]
    pub fn try_submit<F, P, A, T, E>(&self, function: F, arguments: A) -> Future<T>
    where
        F: Callable<P, Output = std::result::Result<T, E>>,
        T: Data,
        E: Into<Box<dyn StdError + Send + Sync>>,
        A: IntoArgs<P>,
        P: Params,
    {
        let place = Place::here();
        let node = try_call_node(function, arguments, place);
        self.start(vec![node], place).remove(0)
    }

    /// Runs one call for each item, now; as Dask's `map`. Equal calls share one task and one future.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let client = cluster.client();
    /// let squares = client.map(|x: i64| x * x, 0..4);
    /// assert_eq!(client.gather(&squares)?, [0, 1, 4, 9]);
    /// # Ok::<(), partita::Error>(())
    /// ```
    #[track_caller]
    pub fn map<F, P, I>(&self, function: F, items: I) -> Vec<Future<F::Output>>
    where
        F: Callable<(P,)> + Clone,
        F::Output: Data,
        P: Data + Clone,
        I: IntoIterator,
        I::Item: IntoArg<P>,
    {
        let place = Place::here();
        let nodes = items.into_iter().map(|item| call_node(function.clone(), (item,), place)).collect();
        self.start(nodes, place)
    }

    /// As [`Client::map`], of a function that returns a `Result`.
    #[track_caller]
    pub fn try_map<F, P, I, T, E>(&self, function: F, items: I) -> Vec<Future<T>>
    where
        F: Callable<(P,), Output = std::result::Result<T, E>> + Clone,
        T: Data,
        E: Into<Box<dyn StdError + Send + Sync>>,
        P: Data + Clone,
        I: IntoIterator,
        I::Item: IntoArg<P>,
    {
        let place = Place::here();
        let nodes = items.into_iter().map(|item| try_call_node(function.clone(), (item,), place)).collect();
        self.start(nodes, place)
    }

    /// Starts calls; equal ones that are held already are not started again.
    fn start<T: Data>(&self, nodes: Vec<Node>, place: Place) -> Vec<Future<T>> {
        let _submitting = self.inner.submitting.lock();
        let mut futures = Vec::with_capacity(nodes.len());
        let (mut outputs, mut cells) = (Vec::with_capacity(nodes.len()), Vec::with_capacity(nodes.len()));
        for mut node in nodes {
            if !self.submit.impure
                && let Some(token) = call_token(&node)
            {
                node.key = Key::new(node.key.name().clone(), token);
            }
            node = node.with_options(self.submit.options.clone());
            let (inner, new) = self.inner.future(&node.key, definition(&node));
            if let Some(cell) = new {
                outputs.push(Input { node: Arc::new(node), part: 0 });
                cells.push(cell);
            }
            futures.push(Future::from_inner(inner, place));
        }
        if !outputs.is_empty() {
            self.start_graph(&Graph::new(outputs), cells, &TaskOptions::default());
        }
        futures
    }

    /// Hands a graph in whose outputs fill these cells, with these wishes for the tasks that have none of their own. A graph
    /// that cannot be run ends them all.
    fn start_graph(&self, graph: &Graph, cells: Vec<Arc<Cell>>, options: &TaskOptions) {
        use partita_collections::future::State;
        let end = |error: RunError| {
            cells.iter().for_each(|cell| {
                cell.set(State::Ended(error.clone()));
            })
        };
        let mut graph = match graph.check() {
            Ok(graph) => graph,
            Err(error) => return end(error.into()),
        };
        if let Err(error) = ensure_not_forked(self.inner.pid).and_then(|()| self.may_travel(&graph)) {
            return end(error);
        }
        graph.ask(options);
        let mut wanted: Vec<(u32, Arc<Cell>)> = graph.outputs().iter().copied().zip(cells.iter().cloned()).collect();
        wanted.sort_by_key(|(rank, _)| *rank);
        let inside = inside(&self.inner);
        if let Err(error) = self.send(Mail::Submit { graph, wanted, inside }) {
            end(error);
        }
    }

    /// Whether the tasks of a graph can go where they are to run.
    fn may_travel(&self, graph: &partita_graph::CheckedGraph) -> Result<(), RunError> {
        let are_processes = self.cluster().upgrade().is_some_and(|cluster| cluster.has_processes());
        if are_processes { graph.ensure_portable().map_err(RunError::from) } else { Ok(()) }
    }

    /// Starts to compute a collection and gives one of the results, which stay on the workers; as Dask's `persist`.
    ///
    /// # Errors
    /// [`partita_graph::GraphError`], if the graph cannot be run.
    #[track_caller]
    pub fn persist<C: Collection>(&self, collection: &C) -> Result<C> {
        self.persist_from(collection, Place::here())
    }

    pub(crate) fn persist_from<C: Collection>(&self, collection: &C, place: Place) -> Result<C> {
        Ok(collection.rebuild(self.hold(&collection.graph(), place)?, place))
    }

    /// Starts to compute the outputs of a graph, which stay on the workers as long as what this gives.
    pub(crate) fn hold(&self, graph: &Graph, place: Place) -> Result<Vec<Held>> {
        let held = self.start_outputs(graph)?.into_iter().map(|inner| {
            let key = Future::<()>::from_inner(inner.clone(), place).key().clone();
            let guard: Arc<dyn Any + Send + Sync> = inner;
            Held { key, guard }
        });
        Ok(held.collect())
    }

    /// Starts to compute the outputs of a graph and gives their futures.
    fn start_outputs(&self, graph: &Graph) -> Result<Vec<Arc<FutureInner>>> {
        self.may_travel(&graph.check()?)?;
        let _submitting = self.inner.submitting.lock();
        let mut cells = Vec::new();
        let mut outputs = Vec::new();
        let mut inners = Vec::new();
        for output in graph.outputs() {
            let (inner, new) = self.inner.future(&output.node.part_key(output.part), definition(&output.node));
            if let Some(cell) = new {
                outputs.push(output.clone());
                cells.push(cell);
            }
            inners.push(inner);
        }
        if !outputs.is_empty() {
            self.start_graph(&Graph::new(outputs), cells, &self.submit.options);
        }
        Ok(inners)
    }

    /// Starts to compute a delayed value, or another collection of one result, and gives its future; as Dask's
    /// `Client.compute`.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let future = cluster.client().compute(&delayed(|a: i64, b: i64| a + b, (1, 2)))?;
    /// assert_eq!(future.result()?, 3);
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`partita_graph::GraphError`], if the graph cannot be run.
    #[track_caller]
    pub fn compute<C: Single>(&self, collection: &C) -> Result<Future<C::Output>> {
        let place = Place::here();
        let mut inners = self.start_outputs(&collection.graph())?;
        match inners.pop() {
            Some(inner) => Ok(Future::from_inner(inner, place)),
            None => Err(RunError::Closed.into()),
        }
    }
}

/// Collections of one result: [`partita_collections::Delayed`] and [`partita_collections::Item`].
pub trait Single: Collection {}

impl<T: Data + Clone> Single for partita_collections::Delayed<T> {}
impl<T: Data + Clone> Single for partita_collections::Item<T> {}

impl ClientInner {
    /// The future of a key, and its cell if it is new.
    ///
    /// Keys that users gave do not tell what is computed: a future is shared only if the definition is the same. If it
    /// is not, the scheduler refuses the second.
    pub(super) fn future(
        self: &Arc<Self>,
        key: &Key,
        definition: Option<Token>,
    ) -> (Arc<FutureInner>, Option<Arc<Cell>>) {
        let unique = key.token().is_unique();
        let mut conflict = false;
        // Looked up and let go before the table is locked again: the last handle of a future locks it when it goes.
        let known = self.futures.lock().get(key).and_then(|(inner, known)| Some((inner.upgrade()?, *known)));
        if let Some((inner, known)) = known
            && usable(&inner)
        {
            if known == definition {
                return (inner, None);
            }
            conflict = true;
        }
        // A future that the scheduler will refuse must not stand for the other task of its key when it is given on.
        let own = if conflict { Key::unique(key.name().clone()) } else { key.clone() };
        let cell = Arc::new(Cell::new(own));
        let host: Arc<dyn Host> = self.clone();
        let inner = Arc::new(FutureInner::new(cell.clone(), host));
        if !unique && !conflict {
            self.futures.lock().insert(key.clone(), (Arc::downgrade(&inner), definition));
        }
        (inner, Some(cell))
    }
}

/// What a node computes, if its key does not tell.
fn definition(node: &Node) -> Option<Token> {
    node.extras.as_ref()?.definition
}

/// Whether another caller may share the future: not if it was cancelled.
fn usable(inner: &FutureInner) -> bool {
    use partita_collections::future::State;
    !matches!(inner.cell().state(), State::Cancelled(_) | State::Ended(_))
}

/// The generation of the task that runs on this thread, if it runs on the same cluster.
pub(super) fn inside(client: &Arc<ClientInner>) -> Option<i64> {
    let (running, home) = partita_worker::actor::current()?;
    let home = home.downcast_ref::<crate::current::Home>()?.client()?;
    std::sync::Weak::ptr_eq(&home.inner.cluster, &client.cluster).then_some(running.generation)
}
