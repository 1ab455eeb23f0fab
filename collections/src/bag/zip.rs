//! Two bags side by side, and a bag beside a single value: zip and maps with a second input.

use super::error::{BagError, BagFault, BoxError, Raise, Users};
use super::layer::{streaming_with, streaming2};
use super::steps::{Caller, Map};
use super::stream::{Fail, Source, Step, Stream};
use super::{Bag, Element, Item};
use crate::identity::Identity;
use crate::layer::same;
use partita_graph::{Data, Fault, Func, Kind, Node, Place, Plain, Shared, Travels};
use smallvec::smallvec;
use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Two streams walked side by side; one that ends before the other is a fault.
struct Zip<A, B> {
    first: Stream<A>,
    second: Stream<B>,
    operation: &'static str,
    partition: u32,
    pairs: u64,
}

impl<A: 'static, B: 'static> Zip<A, B> {
    #[cold]
    fn uneven(&self, shorter: &'static str) -> Fail {
        let Zip { operation, partition, pairs: length, .. } = *self;
        Box::new(Fault::failed(BagFault::Uneven { operation, partition, shorter, length }))
    }
}

impl<A: 'static, B: 'static> Source<(A, B)> for Zip<A, B> {
    fn next(&mut self) -> Result<Option<(A, B)>, Fail> {
        match (self.first.next()?, self.second.next()?) {
            (Some(a), Some(b)) => {
                self.pairs += 1;
                Ok(Some((a, b)))
            }
            (None, None) => Ok(None),
            (None, Some(_)) => Err(self.uneven("first")),
            (Some(_), None) => Err(self.uneven("second")),
        }
    }

    fn drive(&mut self, sink: &mut dyn FnMut((A, B)) -> Step) -> Step {
        let (second, pairs) = (&mut self.second, &mut self.pairs);
        let mut short = false;
        let step = self.first.drive(&mut |a| match second.next() {
            Ok(Some(b)) => {
                *pairs += 1;
                sink((a, b))
            }
            Ok(None) => {
                short = true;
                ControlFlow::Break(None)
            }
            Err(fault) => ControlFlow::Break(Some(fault)),
        });
        if short {
            return ControlFlow::Break(Some(self.uneven("second")));
        }
        step?;
        match self.second.next() {
            Ok(None) => ControlFlow::Continue(()),
            Ok(Some(_)) => ControlFlow::Break(Some(self.uneven("first"))),
            Err(fault) => ControlFlow::Break(Some(fault)),
        }
    }

    fn at_least(&self) -> usize {
        self.first.at_least().min(self.second.at_least())
    }
}

impl<T: Element> Bag<T> {
    /// Pairs of the elements that stand at the same place in two bags; Dask's `db.zip`.
    ///
    /// The bags must be partitioned alike: a partition with more elements than its partner fails the task (where Dask
    /// drops the rest).
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2).map(|n| n * n));
    /// assert_eq!(on_reference(&a.zip(&b)?)?, [(0, 0), (1, 1), (2, 4)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn zip<U: Element>(&self, other: &Bag<U>) -> Result<Bag<(T, U)>, BagError> {
        let identity = self.identity("zip").node(&other.node);
        let block = streaming2((), |_, partition, first: Stream<T>, second: Stream<U>| {
            Ok(Stream::new(Zip { first, second, operation: "zip", partition, pairs: 0 }))
        });
        self.beside("zip", other)?;
        Ok(self.layer_of("zip", identity, block, vec![self.node.clone(), other.node.clone()]))
    }

    /// The elements that stand at the same place in two bags made into one; Dask's `map` with a second bag. (With a
    /// third one, `zip` two of them first.)
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2).map(|n| n * n));
    /// assert_eq!(on_reference(&a.map2(&b, |a, b| b - a)?)?, [0, 0, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map2<U: Element, V: Element, F>(&self, other: &Bag<U>, f: F) -> Result<Bag<V>, BagError>
    where
        F: Fn(T, U) -> V + Send + Sync + 'static,
    {
        let identity = self.identity("map2").node(&other.node).function(&f);
        self.zipped("map2", identity, other, (), move |(), a, b| Ok::<_, Infallible>(f(a, b)))
    }

    /// As [`Bag::map2`], with a function that can fail.
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let (a, b) = (Bag::<i64>::range(3, 2), Bag::<i64>::range(3, 2));
    /// let quotients = a.try_map2(&b, |a, b| a.checked_div(b).ok_or("division by zero"))?;
    /// assert!(on_reference(&quotients).unwrap_err().to_string().contains("element 0 of partition 0"));
    /// # Ok::<(), partita_collections::bag::BagError>(())
    /// ```
    #[track_caller]
    pub fn try_map2<U: Element, V: Element, E, F>(&self, other: &Bag<U>, f: F) -> Result<Bag<V>, BagError>
    where
        E: Into<BoxError>,
        F: Fn(T, U) -> Result<V, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map2").node(&other.node).function(&f);
        self.zipped("try_map2", identity, other, (), move |(), a, b| f(a, b).map_err(Users::error))
    }

    /// As [`Bag::map2`], with data that the function needs.
    ///
    /// # Errors
    /// [`BagError::PartitionCounts`] if the numbers of partitions differ.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::range(3, 2);
    /// assert_eq!(on_reference(&bag.map2_with(10, &bag, |ten, a, b| ten * a + b)?)?, [0, 11, 22]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn map2_with<W, U, V, F>(&self, env: W, other: &Bag<U>, f: F) -> Result<Bag<V>, BagError>
    where
        W: Element,
        U: Element,
        V: Element,
        F: Fn(&W, T, U) -> V + Send + Sync + 'static,
    {
        let identity = self.identity("map2").node(&other.node).data(&env).function(&f);
        self.zipped("map2", identity, other, Plain(env), move |env, a, b| Ok::<_, Infallible>(f(env, a, b)))
    }

    /// Each element, and one value for all of them, made into another element; Dask's `map` with an `Item`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 2, 4], 2);
    /// let shares = bag.map_item(&bag.max(), |n, max| n * 100 / max.unwrap_or(1));
    /// assert_eq!(on_reference(&shares)?, [25, 50, 100]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_item<V: Data + Clone, U: Element, F>(&self, item: &Item<V>, f: F) -> Bag<U>
    where
        F: Fn(T, &V) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map_item").node(item.node()).function(&f);
        self.mapped_beside("map_item", identity, item, (), move |(), element, value| {
            Ok::<_, Infallible>(f(element, value))
        })
    }

    /// As [`Bag::map_item`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::range(3, 2);
    /// let small = bag.try_map_item(&bag.sum(), |n, sum| if n < *sum { Ok(n) } else { Err("too large") });
    /// assert_eq!(on_reference(&small)?, [0, 1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_map_item<V: Data + Clone, U: Element, E, F>(&self, item: &Item<V>, f: F) -> Bag<U>
    where
        E: Into<BoxError>,
        F: Fn(T, &V) -> Result<U, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map_item").node(item.node()).function(&f);
        self.mapped_beside("try_map_item", identity, item, (), move |(), element, value| {
            f(element, value).map_err(Users::error)
        })
    }

    /// As [`Bag::map_item`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::range(3, 2);
    /// assert_eq!(on_reference(&bag.map_item_with(10, &bag.sum(), |ten, n, sum| n * ten + sum))?, [3, 13, 23]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_item_with<W: Element, V: Data + Clone, U: Element, F>(&self, env: W, item: &Item<V>, f: F) -> Bag<U>
    where
        F: Fn(&W, T, &V) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map_item").node(item.node()).data(&env).function(&f);
        self.mapped_beside("map_item", identity, item, Plain(env), move |env, element, value| {
            Ok::<_, Infallible>(f(env, element, value))
        })
    }

    #[track_caller]
    fn mapped_beside<W: Travels, V: Data + Clone, U: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        item: &Item<V>,
        env: W,
        f: impl Fn(&W, T, &V) -> Result<U, E> + Send + Sync + 'static,
    ) -> Bag<U> {
        let block = streaming_with((operation, env, Func(f)), |env, partition, stream: Stream<T>, value: Shared<V>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            Ok(Stream::new(Map { stream, f: move |element| caller.call(|env| (env.2)(&env.1, element, &value)) }))
        });
        self.layer_of("map", identity, block, vec![self.node.clone(), self.beside_each(item)])
    }

    /// A node with as many parts as this bag, each the value of an item.
    #[track_caller]
    pub(super) fn beside_each<V: Data + Clone>(&self, item: &Item<V>) -> Arc<Node> {
        let tasks = (0..self.npartitions()).map(|_| (same::<V>(), smallvec![item.input()]));
        let key = Identity::of("share").node(item.node()).data(&self.node.parts()).key::<V>("share");
        Arc::new(Node::new(key, Kind::Tasks(tasks.collect()), Place::here()))
    }

    fn beside<U: Element>(&self, operation: &'static str, other: &Bag<U>) -> Result<(), BagError> {
        let (left, right) = (self.npartitions(), other.npartitions());
        match left == right {
            true => Ok(()),
            false => Err(BagError::PartitionCounts { operation, left, right }),
        }
    }

    #[track_caller]
    fn zipped<W: Travels, U: Element, V: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        other: &Bag<U>,
        env: W,
        f: impl Fn(&W, T, U) -> Result<V, E> + Send + Sync + 'static,
    ) -> Result<Bag<V>, BagError> {
        self.beside(operation, other)?;
        let block = streaming2((operation, env, Func(f)), |env, partition, first: Stream<T>, second: Stream<U>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            let stream = Stream::new(Zip { first, second, operation: env.0, partition, pairs: 0 });
            Ok(Stream::new(Map { stream, f: move |(a, b)| caller.call(|env| (env.2)(&env.1, a, b)) }))
        });
        Ok(self.layer_of("map", identity, block, vec![self.node.clone(), other.node.clone()]))
    }
}
