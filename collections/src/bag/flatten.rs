//! One element into many: flat-map and flatten.

use super::error::{Raise, Users};
use super::layer::streaming;
use super::steps::{Caller, FlatMap};
use super::stream::Stream;
use super::{Bag, BoxError, Element};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;

impl<T: Element> Bag<T> {
    /// Each element made into any number of others, in order: `map(f)` and [`flatten`](Bag::flatten) in one, without
    /// keeping the lists in between.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([2, 0, 3], 2).flat_map(|n| 0..n);
    /// assert_eq!(on_reference(&bag)?, [0, 1, 0, 1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn flat_map<I, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static> + 'static,
        F: Fn(T) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("flat_map").function(&f);
        self.flat_mapped("flat_map", "flat_map", identity, (), move |(), element| Ok::<_, Infallible>(f(element)))
    }

    /// As [`Bag::flat_map`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["2", "x"], 2).try_flat_map(|text| text.parse().map(|n: i64| 0..n));
    /// assert!(on_reference(&bag).unwrap_err().to_string().contains("element 0 of partition 1"));
    /// ```
    #[track_caller]
    pub fn try_flat_map<I, E, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static> + 'static,
        E: Into<BoxError>,
        F: Fn(T) -> Result<I, E> + Send + Sync + 'static,
    {
        let identity = self.identity("flat_map").function(&f);
        self.flat_mapped("flat_map", "try_flat_map", identity, (), move |(), element| f(element).map_err(Users::error))
    }

    /// As [`Bag::flat_map`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([7, 8], 2).flat_map_with(2, |times, n| vec![n; *times]);
    /// assert_eq!(on_reference(&bag)?, [7, 7, 8, 8]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn flat_map_with<V: Element, I, F>(&self, env: V, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static> + 'static,
        F: Fn(&V, T) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("flat_map").data(&env).function(&f);
        self.flat_mapped("flat_map", "flat_map", identity, Plain(env), move |env, element| {
            Ok::<_, Infallible>(f(env, element))
        })
    }

    #[track_caller]
    fn flat_mapped<V: Travels, I, E: Raise>(
        &self,
        name: &str,
        operation: &'static str,
        identity: Identity,
        env: V,
        f: impl Fn(&V, T) -> Result<I, E> + Send + Sync + 'static,
    ) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static> + 'static,
    {
        let block = streaming((operation, env, Func(f)), |env, partition, stream: Stream<T>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            let f = move |element| caller.call(|env| (env.2)(&env.1, element));
            Ok(Stream::new(FlatMap::<T, _, I>::new(stream, f)))
        });
        self.layer(name, identity, block)
    }
}

impl<T: Element + IntoIterator<Item: Element, IntoIter: 'static>> Bag<T> {
    /// A bag of lists as one of their elements; Dask's `flatten`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<Vec<i64>>::from_sequence([vec![1, 2], vec![], vec![3]], 2).flatten();
    /// assert_eq!(on_reference(&bag)?, [1, 2, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn flatten(&self) -> Bag<T::Item> {
        self.flat_mapped("flatten", "flatten", self.identity("flatten"), (), |(), list| Ok::<_, Infallible>(list))
    }
}
