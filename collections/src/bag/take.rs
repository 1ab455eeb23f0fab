//! The first elements.

use super::layer::streaming;
use super::steps::Take;
use super::stream::Stream;
use super::{Bag, Element, Item};
use crate::layer::{parts, read, task};
use partita_graph::{Kind, Node, Place};
use std::sync::Arc;

impl<T: Element> Bag<T> {
    /// The first `n` elements of the first `npartitions` partitions; Dask's `take`, as a lazy value.
    ///
    /// Only those partitions are computed, and of each only as much as is needed; with text files, only the beginning
    /// is read. There are fewer than `n` elements if those partitions have no more. `npartitions` is 1 in Dask if not
    /// given, and `usize::MAX` means all (Dask's -1).
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5);
    /// assert_eq!(on_reference(&bag.take(2, 1))?, [0, 1]);
    /// assert_eq!(on_reference(&bag.take(5, 1))?, [0, 1, 2], "the first partition has no more");
    /// assert_eq!(on_reference(&bag.take(5, 2))?, [0, 1, 2, 3, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn take(&self, n: usize, npartitions: usize) -> Item<Vec<T>> {
        let identity = self.identity("take").data(&(n as u64));
        let first = streaming(n, |n, _, stream: Stream<T>| Ok(Stream::new(Take { stream, left: **n })));
        let partial: Bag<T> = self.layer("take-partial", identity, first);
        let identity = partial.identity("take").data(&(n as u64, npartitions as u64));
        let function = task(n, |n, values| {
            let partials = read::<Vec<T>>(values)?;
            Ok(partials.into_iter().flatten().take(*n).cloned().collect::<Vec<T>>())
        });
        let kind = Kind::Call { function, inputs: parts(&partial.node).take(npartitions).collect() };
        Item::from_node(Arc::new(Node::new(identity.key::<Vec<T>>("take"), kind, Place::here())))
    }
}
