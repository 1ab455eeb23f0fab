//! What elements have under a key.

use super::error::{BagFault, Users};
use super::{Bag, Element};
use partita_graph::Plain;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

/// Something that has values under keys of type `Q`: lists under positions, maps under their keys.
pub trait Pluck<Q: ?Sized> {
    /// The type of the values.
    type Value;

    /// The value under a key.
    fn value(&self, key: &Q) -> Option<&Self::Value>;
}

impl<V> Pluck<usize> for Vec<V> {
    type Value = V;

    fn value(&self, key: &usize) -> Option<&V> {
        self.get(*key)
    }
}

impl<V, const N: usize> Pluck<usize> for [V; N] {
    type Value = V;

    fn value(&self, key: &usize) -> Option<&V> {
        self.get(*key)
    }
}

impl<Q: Hash + Eq + ?Sized, K: Borrow<Q> + Hash + Eq, V, S: BuildHasher> Pluck<Q> for HashMap<K, V, S> {
    type Value = V;

    fn value(&self, key: &Q) -> Option<&V> {
        self.get(key)
    }
}

impl<Q: Ord + ?Sized, K: Borrow<Q> + Ord, V> Pluck<Q> for BTreeMap<K, V> {
    type Value = V;

    fn value(&self, key: &Q) -> Option<&V> {
        self.get(key)
    }
}

impl<T: Element> Bag<T> {
    /// What each element has under a key: a position for lists, a key for maps; Dask's `pluck`. An element that has
    /// nothing there fails the task, with [`BagFault::Missing`] as the cause. (Of tuples take a part by `map`, or all
    /// by `unzip`.)
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    /// use std::collections::BTreeMap;
    ///
    /// let person = |name: &str| BTreeMap::from([("name".to_string(), name.to_string())]);
    /// let bag = Bag::<BTreeMap<String, String>>::from_sequence([person("Alice"), person("Bob")], 2);
    /// assert_eq!(on_reference(&bag.pluck("name"))?, ["Alice", "Bob"]);
    /// assert!(on_reference(&bag.pluck("age")).unwrap_err().to_string().contains("under the key \"age\""));
    /// assert_eq!(on_reference(&Bag::<Vec<i64>>::from_sequence([vec![1, 2], vec![3, 4]], 2).pluck(&1))?, [2, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn pluck<Q>(&self, key: &Q) -> Bag<T::Value>
    where
        Q: ToOwned<Owned: Element + Debug> + ?Sized + 'static,
        T: Pluck<Q, Value: Element>,
    {
        let key = key.to_owned();
        let identity = self.identity("pluck").data(&key);
        self.mapped_ref("pluck", identity, Plain(key), |key, element| match element.value((**key).borrow()) {
            Some(value) => Ok(value.clone()),
            None => Err(Users::error(BagFault::Missing { key: format!("{:?}", **key) })),
        })
    }

    /// As [`Bag::pluck`], with a value for elements that have nothing there; Dask's `pluck(key, default)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<Vec<i64>>::from_sequence([vec![1, 2], vec![3]], 2);
    /// assert_eq!(on_reference(&bag.pluck_or(&1, -1))?, [2, -1]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn pluck_or<Q>(&self, key: &Q, default: T::Value) -> Bag<T::Value>
    where
        Q: ToOwned<Owned: Element> + ?Sized + 'static,
        T: Pluck<Q, Value: Element>,
    {
        let key = key.to_owned();
        let identity = self.identity("pluck_or").data(&key).data(&default);
        self.mapped_ref("pluck_or", identity, Plain((key, default)), |env, element| {
            Ok::<_, Infallible>(element.value(env.0.0.borrow()).unwrap_or(&env.0.1).clone())
        })
    }
}
