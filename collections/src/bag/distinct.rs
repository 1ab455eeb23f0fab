//! Each element once.

use super::error::{At, BoxError, Raise, Users};
use super::keyed::{Map, entry};
use super::layer::Names;
use super::steps::Caller;
use super::stream::{MORE, Stream, outcome};
use super::{Bag, Element};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;
use std::hash::Hash;
use std::ops::ControlFlow;

const NAMES: Names = Names { partial: "distinct", combine: "distinct-combine", aggregate: "distinct-aggregate" };

impl<T: Element> Bag<T> {
    /// Each element once, in order of first appearance: a bag of one partition; Dask's `distinct`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([3, 1, 3, 2, 1], 2);
    /// assert_eq!(on_reference(&bag.distinct())?, [3, 1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn distinct(&self) -> Bag<T>
    where
        T: Hash + Eq,
    {
        let reduce = |(): &(), _, stream: Stream<T>| {
            let mut seen = Map::default();
            match stream.lends() {
                true => stream.for_each_ref(|element| {
                    entry(&mut seen, element, || ());
                })?,
                false => stream.for_each(|element| {
                    seen.insert(element, ());
                })?,
            }
            Ok(seen.into_keys().collect::<Vec<T>>())
        };
        let merge = |(): &(), partials: &[&Vec<T>]| {
            let mut seen = Map::default();
            partials.iter().copied().flatten().for_each(|element| {
                entry(&mut seen, element, || ());
            });
            Ok(seen.into_keys().collect::<Vec<T>>())
        };
        self.merged(NAMES, self.identity("distinct"), (), reduce, merge).bag(self.split_every)
    }

    /// The first element of each key, in order of first appearance: a bag of one partition; Dask's `distinct(key=…)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([3, 13, 4, 24], 2);
    /// assert_eq!(on_reference(&bag.distinct_by(|n| n % 10))?, [3, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn distinct_by<K, F>(&self, key: F) -> Bag<T>
    where
        K: Hash + Eq + Clone + 'static,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("distinct_by").function(&key);
        self.distinguished("distinct_by", identity, (), move |(), element| Ok::<_, Infallible>(key(element)))
    }

    /// As [`Bag::distinct_by`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "01", "x"], 1);
    /// let error = on_reference(&bag.try_distinct_by(|text| text.parse::<i64>())).unwrap_err();
    /// assert!(error.to_string().contains("element 2 of partition 0"));
    /// ```
    #[track_caller]
    pub fn try_distinct_by<K, E, F>(&self, key: F) -> Bag<T>
    where
        K: Hash + Eq + Clone + 'static,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
    {
        let identity = self.identity("distinct_by").function(&key);
        self.distinguished("try_distinct_by", identity, (), move |(), element| key(element).map_err(Users::error))
    }

    /// As [`Bag::distinct_by`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([3, 13, 4, 24], 2);
    /// assert_eq!(on_reference(&bag.distinct_by_with(10, |base, n| n % base))?, [3, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn distinct_by_with<V: Element, K, F>(&self, env: V, key: F) -> Bag<T>
    where
        K: Hash + Eq + Clone + 'static,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("distinct_by").data(&env).function(&key);
        self.distinguished("distinct_by", identity, Plain(env), move |env, element| {
            Ok::<_, Infallible>(key(env, element))
        })
    }

    #[track_caller]
    fn distinguished<V: Travels, K: Hash + Eq + Clone + 'static, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        key: impl Fn(&V, &T) -> Result<K, E> + Send + Sync + 'static,
    ) -> Bag<T> {
        let reduced = self.merged(
            NAMES,
            identity,
            (operation, env, Func(key)),
            |(operation, env, key), partition, mut stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, key);
                let mut first = Map::default();
                outcome(stream.drive_ref(&mut |element| match caller.call(|key| key(env, element)) {
                    Ok(key) => {
                        first.entry(key).or_insert_with(|| element.clone());
                        MORE
                    }
                    Err(fault) => ControlFlow::Break(Some(fault)),
                }))?;
                Ok(first.into_values().collect::<Vec<T>>())
            },
            |(operation, env, key), partials: &[&Vec<T>]| {
                let mut first = Map::default();
                for element in partials.iter().copied().flatten() {
                    let key = key(env, element).map_err(|error| error.raise(operation, At::Combining))?;
                    first.entry(key).or_insert(element);
                }
                Ok(first.into_values().cloned().collect())
            },
        );
        reduced.bag(self.split_every)
    }
}
