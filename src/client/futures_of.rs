//! The futures that a collection is made of.

use partita_collections::future::FutureInner;
use partita_collections::{Collection, Future};
use partita_graph::{Input, Node, Place};
use rustc_hash::FxHashSet;
use std::any::Any;
use std::sync::Arc;

/// What keeps something alive.
type Guard = Arc<dyn Any + Send + Sync>;

/// The futures that a persisted collection is made of, or that a lazy one needs; as Dask's `futures_of`.
///
/// They are of no type: for waiting, for their status and keys, for cancelling and progress, not for their results.
///
/// ```
/// use partita::{futures_of, prelude::*};
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let squares = Bag::<i64>::from_sequence(0..10, 5).map(|x| x * x).persist_on(&cluster.client())?;
/// let futures = futures_of(&squares);
/// assert_eq!(wait(&futures, None)?.done.len(), 5);
/// assert!(futures_of(&Bag::<i64>::from_sequence(0..10, 5)).is_empty());
/// # Ok::<(), partita::Error>(())
/// ```
#[track_caller]
pub fn futures_of<C: Collection>(collection: &C) -> Vec<Future<()>> {
    let place = Place::here();
    let (mut seen, mut futures) = (FxHashSet::default(), Vec::new());
    let mut next: Vec<Arc<Node>> = collection.outputs().into_iter().rev().map(|output| output.node).collect();
    // A loop, not a recursion: graphs are deep.
    while let Some(node) = next.pop() {
        if !seen.insert(Arc::as_ptr(&node)) {
            continue;
        }
        let guard = node.extras.as_ref().and_then(|extras| extras.guard.as_ref());
        futures
            .extend(guard.into_iter().flat_map(held).filter_map(inner).map(|inner| Future::from_inner(inner, place)));
        node.for_each_input(|input| next.push(input.clone()));
    }
    futures
}

/// The futures of a persisted collection's outputs, in their order.
pub(crate) fn output_futures<C: Collection>(persisted: &C, place: Place) -> Vec<Future<()>> {
    let future = |output: Input| {
        let guard = output.node.extras.as_ref()?.guard.as_ref()?;
        Some(Future::from_inner(inner(held(guard).get(output.part as usize)?)?, place))
    };
    persisted.outputs().into_iter().filter_map(future).collect()
}

/// What keeps results that an engine holds, one guard a result.
fn held(guard: &Guard) -> &[Guard] {
    guard.downcast_ref::<Vec<Guard>>().map(Vec::as_slice).unwrap_or_default()
}

/// The future that a guard is.
fn inner(guard: &Guard) -> Option<Arc<FutureInner>> {
    guard.clone().downcast().ok()
}
