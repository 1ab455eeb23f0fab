//! Bags end to end, and all pairs of two bags.

use super::{Bag, Element, SPLIT_EVERY};
use crate::identity::Identity;
use crate::layer::{same, task};
use partita_graph::{Fault, Kind, Node, Place, Value};
use smallvec::smallvec;
use std::sync::Arc;

impl<T: Element> Bag<T> {
    /// Several bags end to end: their partitions, in order; Dask's `db.concat`. No bags make one empty partition.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(2, 1), Bag::<i64>::range(3, 2));
    /// let both = Bag::concat([&a, &b]);
    /// assert_eq!(both.npartitions(), 3);
    /// assert_eq!(on_reference(&both)?, [0, 1, 0, 1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn concat<'a>(bags: impl IntoIterator<Item = &'a Bag<T>>) -> Bag<T>
    where
        T: 'a,
    {
        let mut identity = Identity::of("concat");
        let mut tasks = Vec::new();
        let mut split_every = None;
        for bag in bags {
            identity = identity.node(&bag.node);
            tasks.extend(bag.inputs().into_iter().map(|input| (same::<Vec<T>>(), smallvec![input])));
            split_every.get_or_insert(bag.split_every);
        }
        let kind = match tasks.is_empty() {
            true => Kind::Data(vec![Value::new(Vec::<T>::new())]),
            false => Kind::Tasks(tasks),
        };
        let node = Node::new(identity.key::<Vec<T>>("concat"), kind, Place::here());
        Bag::new(Arc::new(node), split_every.unwrap_or(SPLIT_EVERY))
    }

    /// All pairs of an element of this bag and one of another; Dask's `product`. The result has as many partitions as
    /// both have multiplied: each of ours with each of theirs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(2, 1), Bag::<String>::from_sequence(["x", "y"], 1));
    /// let text = a.product(&b).map(|(n, text)| format!("{n}{text}"));
    /// assert_eq!(on_reference(&text)?, ["0x", "0y", "1x", "1y"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn product<U: Element>(&self, other: &Bag<U>) -> Bag<(T, U)> {
        let function = task((), |(), values| {
            let [ours, theirs] = values else { return Err(Fault::failed("a task was not given two inputs")) };
            let ours = ours.get::<Vec<T>>().map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
            let theirs = theirs.get::<Vec<U>>().map_err(|mismatch| Fault::Type { input: 1, mismatch })?;
            let mut pairs = Vec::with_capacity(ours.len().saturating_mul(theirs.len()));
            for our in ours {
                pairs.extend(theirs.iter().map(|their| (our.clone(), their.clone())));
            }
            Ok(pairs)
        });
        let mut tasks = Vec::with_capacity(self.npartitions() * other.npartitions());
        for ours in self.inputs() {
            tasks.extend(other.inputs().into_iter().map(|theirs| (function.clone(), smallvec![ours.clone(), theirs])));
        }
        let key = self.identity("product").node(&other.node).key::<Vec<(T, U)>>("product");
        Bag::new(Arc::new(Node::new(key, Kind::Tasks(tasks), Place::here())), self.split_every)
    }
}
