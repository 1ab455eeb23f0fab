//! Joins: each element with all elements of another, smaller collection that have the same key.

use super::error::{BagError, BoxError, Raise, Users};
use super::keyed::Map;
use super::layer::streaming_with;
use super::steps::{Caller, FlatMap};
use super::stream::Stream;
use super::{Bag, Element, Item};
use crate::identity::Identity;
use partita_graph::{Fault, Func, Plain, Shared, Travels};
use std::convert::Infallible;
use std::hash::Hash;
use std::rc::Rc;

impl<T: Element> Bag<T> {
    /// Each element with every item of a sequence that has the same key, as pairs of item and element; Dask's `join`.
    ///
    /// The pairs come in the order of the bag, and for one element in the order of the sequence.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let people = Bag::<String>::from_sequence(["Alice", "Bob", "Charlie"], 2);
    /// let fruit = ["Apple", "Apricot", "Banana"].map(String::from);
    /// let first = |name: &String| name.chars().next();
    /// let pairs = on_reference(&people.join(fruit, first, first))?;
    /// let pairs: Vec<_> = pairs.iter().map(|(fruit, name)| (&fruit[..], &name[..])).collect();
    /// assert_eq!(pairs, [("Apple", "Alice"), ("Apricot", "Alice"), ("Banana", "Bob")]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn join<O, K, F, G>(&self, other: impl IntoIterator<Item = O>, on_self: F, on_other: G) -> Bag<(O, T)>
    where
        O: Element,
        K: Hash + Eq + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
        G: Fn(&O) -> K + Send + Sync + 'static,
    {
        let other = Bag::<O>::from_sequence_sized(other, usize::MAX);
        let identity = self.identity("join").function(&on_self).function(&on_other);
        self.joined(
            "join",
            identity,
            &other,
            (),
            move |(), element| Ok::<_, Infallible>(on_self(element)),
            move |(), other| Ok(on_other(other)),
        )
    }

    /// As [`Bag::join`], with functions that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 1);
    /// let pairs = bag.try_join([1i64], |text| text.parse::<i64>(), |n| Ok(*n));
    /// assert!(on_reference(&pairs).unwrap_err().to_string().contains("element 1 of partition 0"));
    /// ```
    #[track_caller]
    pub fn try_join<O, K, E, F, G>(&self, other: impl IntoIterator<Item = O>, on_self: F, on_other: G) -> Bag<(O, T)>
    where
        O: Element,
        K: Hash + Eq + 'static,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
        G: Fn(&O) -> Result<K, E> + Send + Sync + 'static,
    {
        let other = Bag::<O>::from_sequence_sized(other, usize::MAX);
        let identity = self.identity("join").function(&on_self).function(&on_other);
        let on_self = move |(): &(), element: &T| on_self(element).map_err(Users::error);
        let on_other = move |(): &(), other: &O| on_other(other).map_err(Users::error);
        self.joined("try_join", identity, &other, (), on_self, on_other)
    }

    /// As [`Bag::join`], with data that the functions need.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let pairs = Bag::<i64>::from_sequence([1, 2], 1).join_with(10, [11i64, 21], |_, n| *n, |by, n| n % by);
    /// assert_eq!(on_reference(&pairs)?, [(11, 1), (21, 1)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn join_with<V, O, K, F, G>(
        &self,
        env: V,
        other: impl IntoIterator<Item = O>,
        on_self: F,
        on_other: G,
    ) -> Bag<(O, T)>
    where
        V: Element,
        O: Element,
        K: Hash + Eq + 'static,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
        G: Fn(&V, &O) -> K + Send + Sync + 'static,
    {
        let other = Bag::<O>::from_sequence_sized(other, usize::MAX);
        let identity = self.identity("join").data(&env).function(&on_self).function(&on_other);
        let on_self = move |env: &Plain<V>, element: &T| Ok::<_, Infallible>(on_self(env, element));
        self.joined("join", identity, &other, Plain(env), on_self, move |env, other| Ok(on_other(env, other)))
    }

    /// As [`Bag::join`], with the elements of a bag of one partition.
    ///
    /// # Errors
    /// [`BagError::NotOnePartition`] if that bag has another number of partitions.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let names = Bag::<(i64, String)>::from_sequence([(1, "one".to_string())], 1);
    /// let pairs = Bag::<i64>::range(3, 2).join_bag(&names, |n| *n, |(n, _)| *n)?;
    /// assert_eq!(on_reference(&pairs)?, [((1, "one".to_string()), 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn join_bag<O, K, F, G>(&self, other: &Bag<O>, on_self: F, on_other: G) -> Result<Bag<(O, T)>, BagError>
    where
        O: Element,
        K: Hash + Eq + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
        G: Fn(&O) -> K + Send + Sync + 'static,
    {
        one_partition("join_bag", other)?;
        let identity = self.identity("join").function(&on_self).function(&on_other);
        let on_self = move |(): &(), element: &T| Ok::<_, Infallible>(on_self(element));
        Ok(self.joined("join_bag", identity, other, (), on_self, move |(), other| Ok(on_other(other))))
    }

    /// As [`Bag::join_bag`], with functions that can fail.
    ///
    /// # Errors
    /// [`BagError::NotOnePartition`] if that bag has another number of partitions.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let other = Bag::<String>::from_sequence(["1", "x"], 1);
    /// let pairs = Bag::<i64>::range(3, 2).try_join_bag(&other, |n| Ok(*n), |text| text.parse::<i64>())?;
    /// assert!(on_reference(&pairs).is_err());
    /// # Ok::<(), partita_collections::bag::BagError>(())
    /// ```
    #[track_caller]
    pub fn try_join_bag<O, K, E, F, G>(&self, other: &Bag<O>, on_self: F, on_other: G) -> Result<Bag<(O, T)>, BagError>
    where
        O: Element,
        K: Hash + Eq + 'static,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
        G: Fn(&O) -> Result<K, E> + Send + Sync + 'static,
    {
        one_partition("try_join_bag", other)?;
        let identity = self.identity("join").function(&on_self).function(&on_other);
        let on_self = move |(): &(), element: &T| on_self(element).map_err(Users::error);
        let on_other = move |(): &(), other: &O| on_other(other).map_err(Users::error);
        Ok(self.joined("try_join_bag", identity, other, (), on_self, on_other))
    }

    /// As [`Bag::join_bag`], with data that the functions need.
    ///
    /// # Errors
    /// [`BagError::NotOnePartition`] if that bag has another number of partitions.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let other = Bag::<i64>::from_sequence([11, 21], 1);
    /// let pairs = Bag::<i64>::range(3, 2).join_bag_with(10, &other, |_, n| *n, |by, n| n % by)?;
    /// assert_eq!(on_reference(&pairs)?, [(11, 1), (21, 1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn join_bag_with<V, O, K, F, G>(
        &self,
        env: V,
        other: &Bag<O>,
        on_self: F,
        on_other: G,
    ) -> Result<Bag<(O, T)>, BagError>
    where
        V: Element,
        O: Element,
        K: Hash + Eq + 'static,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
        G: Fn(&V, &O) -> K + Send + Sync + 'static,
    {
        one_partition("join_bag_with", other)?;
        let identity = self.identity("join").data(&env).function(&on_self).function(&on_other);
        let on_self = move |env: &Plain<V>, element: &T| Ok::<_, Infallible>(on_self(env, element));
        Ok(self.joined("join_bag", identity, other, Plain(env), on_self, move |env, other| Ok(on_other(env, other))))
    }

    #[track_caller]
    fn joined<V: Travels, O: Element, K: Hash + Eq + 'static, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        other: &Bag<O>,
        env: V,
        on_self: impl Fn(&V, &T) -> Result<K, E> + Send + Sync + 'static,
        on_other: impl Fn(&V, &O) -> Result<K, E> + Send + Sync + 'static,
    ) -> Bag<(O, T)> {
        let identity = identity.node(&other.node);
        let env = (operation, env, Func(on_self), Func(on_other));
        let block = streaming_with(env, |env, partition, stream: Stream<T>, other: Shared<Vec<O>>| {
            let table = Rc::new(Table::new(other, env.0, partition, |other: &O| (env.3)(&env.1, other))?);
            let mut caller = Caller::new(env.0, partition, env.clone());
            let pairs = move |element: T| {
                let key = caller.call(|env| (env.2)(&env.1, &element))?;
                Ok(table.clone().matches(&key, element))
            };
            Ok(Stream::new(FlatMap::new(stream, pairs)))
        });
        let inputs = vec![self.node.clone(), self.beside_each(&Item::<Vec<O>>::from_node(other.node.clone()))];
        self.layer_of("join", identity, block, inputs)
    }
}

fn one_partition<O: Element>(operation: &'static str, other: &Bag<O>) -> Result<(), BagError> {
    match other.npartitions() {
        1 => Ok(()),
        found => Err(BagError::NotOnePartition { operation, found }),
    }
}

/// The other collection by key.
struct Table<O, K> {
    other: Shared<Vec<O>>,
    places: Map<K, Vec<usize>>,
}

impl<O: Element, K: Hash + Eq> Table<O, K> {
    fn new<E: Raise>(
        other: Shared<Vec<O>>,
        operation: &'static str,
        partition: u32,
        key: impl Fn(&O) -> Result<K, E>,
    ) -> Result<Self, Fault> {
        let mut caller = Caller::new(operation, partition, key);
        let mut places: Map<K, Vec<usize>> = Map::default();
        for (place, item) in other.iter().enumerate() {
            places.entry(caller.call(|key| key(item)).map_err(|fault| *fault)?).or_default().push(place);
        }
        Ok(Table { other, places })
    }

    /// The pairs of one element. Nothing is allocated for them.
    fn matches<T: Clone>(self: Rc<Self>, key: &K, element: T) -> impl Iterator<Item = (O, T)> + use<O, K, T> {
        let found = self.places.get_index_of(key);
        let count = found.map_or(0, |at| self.places[at].len());
        (0..count).map(move |nth| {
            let place = self.places[found.unwrap_or_default()][nth];
            (self.other[place].clone(), element.clone())
        })
    }
}
