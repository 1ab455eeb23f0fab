//! Groups by key: a shuffle that brings all elements of a key into one partition.

use super::error::{BoxError, Raise, Users};
use super::keyed::{Map, entry};
use super::layer::streaming;
use super::pieces::{Buckets, Pieces};
use super::steps::Caller;
use super::stream::{MORE, Pulled, Slot, Stream};
use super::{Bag, Element};
use crate::hash::{VERSION, partition_of};
use crate::identity::Identity;
use crate::layer::{parts, task};
use partita_graph::{Fault, Kind, Node, Place, Plain, Travels, Value};
use std::convert::Infallible;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::sync::Arc;

impl<T: Element> Bag<T> {
    /// The elements of each key together, in as many partitions as this bag has; Dask's `groupby`.
    ///
    /// Every element moves; where the groups are folded anyway, [`fold_by`](Bag::fold_by) is much faster. Elements of a
    /// group are in the order of the input, groups in the order in which they first appear in it, among those of their
    /// partition; which partition that is, a fixed hash says, the same in every process and every run.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..6, 2);
    /// let mut groups = on_reference(&bag.group_by(|n| n % 2))?;
    /// groups.sort();
    /// assert_eq!(groups, [(0, vec![0, 2, 4]), (1, vec![1, 3, 5])]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn group_by<K, F>(&self, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        self.group_by_into(self.npartitions(), key)
    }

    /// As [`Bag::group_by`], into this many partitions (0 counts as 1); Dask's `groupby(npartitions=…)`.
    ///
    /// ```
    /// use partita_collections::Bag;
    ///
    /// assert_eq!(Bag::<i64>::from_sequence(0..6, 2).group_by_into(7, |n| n % 3).npartitions(), 7);
    /// ```
    #[track_caller]
    pub fn group_by_into<K, F>(&self, npartitions: usize, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("groupby").function(&key);
        self.grouped("group_by", identity, npartitions, (), move |(), element| Ok::<_, Infallible>(key(element)))
    }

    /// As [`Bag::group_by`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 2).try_group_by(|text| text.parse::<i64>());
    /// assert!(on_reference(&bag).unwrap_err().to_string().contains("element 0 of partition 1"));
    /// ```
    #[track_caller]
    pub fn try_group_by<K, E, F>(&self, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
    {
        let identity = self.identity("groupby").function(&key);
        let key = move |(): &(), element: &T| key(element).map_err(Users::error);
        self.grouped("try_group_by", identity, self.npartitions(), (), key)
    }

    /// As [`Bag::group_by`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..3, 1).group_by_with(2, |by, n| n % by);
    /// assert_eq!(on_reference(&bag)?, [(0, vec![0, 2]), (1, vec![1])]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn group_by_with<V: Element, K, F>(&self, env: V, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("groupby").data(&env).function(&key);
        let key = move |env: &Plain<V>, element: &T| Ok::<_, Infallible>(key(env, element));
        self.grouped("group_by", identity, self.npartitions(), Plain(env), key)
    }

    /// As [`Bag::group_by_into`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "01"], 2).try_group_by_into(1, |text| text.parse::<i64>());
    /// assert_eq!(on_reference(&bag)?, [(1, vec!["1".to_string(), "01".to_string()])]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_group_by_into<K, E, F>(&self, npartitions: usize, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
    {
        let identity = self.identity("groupby").function(&key);
        let key = move |(): &(), element: &T| key(element).map_err(Users::error);
        self.grouped("try_group_by_into", identity, npartitions, (), key)
    }

    /// As [`Bag::group_by_into`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..3, 3).group_by_into_with(2, 1, |by, n| n % by);
    /// assert_eq!(on_reference(&bag)?, [(0, vec![0, 2]), (1, vec![1])]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn group_by_into_with<V: Element, K, F>(&self, env: V, npartitions: usize, key: F) -> Bag<(K, Vec<T>)>
    where
        K: Element + Hash + Eq,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("groupby").data(&env).function(&key);
        let key = move |env: &Plain<V>, element: &T| Ok::<_, Infallible>(key(env, element));
        self.grouped("group_by_into", identity, npartitions, Plain(env), key)
    }

    /// Three layers: each partition is sorted into buckets; pointers to one bucket of each are brought together; and
    /// what they point to is grouped, in the same task as what follows.
    #[track_caller]
    fn grouped<V: Travels, K: Element + Hash + Eq, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        npartitions: usize,
        env: V,
        key: impl Fn(&V, &T) -> Result<K, E> + Send + Sync + 'static,
    ) -> Bag<(K, Vec<T>)> {
        let into = npartitions.clamp(1, u32::MAX as usize);
        let identity = identity.data(&(VERSION, into as u64));
        let split = move |(operation, env, into): &(&'static str, V, usize), partition, stream: Stream<T>| {
            let into = *into;
            let mut caller = Caller::new(operation, partition, &key);
            let expected = stream.at_least().div_ceil(into);
            let mut buckets: Vec<Vec<(K, T)>> = (0..into).map(|_| Vec::with_capacity(expected)).collect();
            stream.try_for_each(|element| match caller.call(|key| key(env, &element)) {
                Ok(key) => {
                    buckets[partition_of(&key, into)].push((key, element));
                    MORE
                }
                Err(fault) => ControlFlow::Break(Some(fault)),
            })?;
            Ok(Buckets(buckets))
        };
        let split = self.partials("groupby-split", identity, (operation, env, into), split);
        let shuffled: Bag<(K, T)> = self.shuffled(&split, into);
        let identity = shuffled.identity("groupby");
        shuffled.layer("groupby", identity, streaming((), |_, _, stream: Stream<(K, T)>| groups(stream)))
    }

    /// Brings one bucket of each partition together.
    #[track_caller]
    fn shuffled<X: Element>(&self, split: &Arc<Node>, into: usize) -> Bag<X> {
        let gather = |which: usize| {
            let inputs = parts(split).collect();
            let function = task(which, |which, values| {
                let shared: Result<Vec<_>, _> = values.iter().map(Value::share::<Buckets<X>>).collect();
                let shared = shared.map_err(|mismatch| Fault::Type { input: 0, mismatch })?;
                Ok(Pieces::bucket(*which, shared.into_iter()))
            });
            (function, inputs)
        };
        let key = Identity::of("shuffle").node(split).key::<X>("shuffle");
        let node = Node::new(key, Kind::Tasks((0..into).map(gather).collect()), Place::here());
        Bag::new(Arc::new(node), self.split_every)
    }
}

/// The elements of each key of a partition.
fn groups<K: Element + Hash + Eq, T: Element>(stream: Stream<(K, T)>) -> Result<Stream<(K, Vec<T>)>, Fault> {
    let mut groups: Map<K, Vec<T>> = Map::default();
    stream.for_each_ref(|(key, element)| entry(&mut groups, key, Vec::new).0.push(element.clone()))?;
    Ok(Stream::new(Pulled { iterator: groups.into_iter(), slot: Slot::default() }))
}
