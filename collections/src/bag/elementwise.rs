//! Element by element: map, filter, remove.

use super::error::{Raise, Users};
use super::layer::streaming;
use super::steps::{Caller, Filter, Map, MapRef};
use super::stream::Stream;
use super::{Bag, BoxError, Element};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;

impl<T: Element> Bag<T> {
    /// Each element made into another; Dask's `map`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..4, 2).map(|n| n * 10);
    /// assert_eq!(on_reference(&bag)?, [0, 10, 20, 30]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map<U: Element, F>(&self, f: F) -> Bag<U>
    where
        F: Fn(T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map").function(&f);
        self.mapped("map", identity, (), move |(), element| Ok::<_, Infallible>(f(element)))
    }

    /// As [`Bag::map`], with a function that can fail; the first error ends the task.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 2).try_map(|text| text.parse::<i64>());
    /// let error = on_reference(&bag).unwrap_err().to_string();
    /// assert!(error.ends_with("`try_map` at element 0 of partition 1: invalid digit found in string"));
    /// ```
    #[track_caller]
    pub fn try_map<U: Element, E, F>(&self, f: F) -> Bag<U>
    where
        E: Into<BoxError>,
        F: Fn(T) -> Result<U, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map").function(&f);
        self.mapped("try_map", identity, (), move |(), element| f(element).map_err(Users::error))
    }

    /// As [`Bag::map`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let names = vec!["zero".to_string(), "one".to_string()];
    /// let bag = Bag::<i64>::from_sequence([1, 0], 2).map_with(names, |names, n| names[n as usize].clone());
    /// assert_eq!(on_reference(&bag)?, ["one", "zero"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_with<V: Element, U: Element, F>(&self, env: V, f: F) -> Bag<U>
    where
        F: Fn(&V, T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map").data(&env).function(&f);
        self.mapped("map", identity, Plain(env), move |env, element| Ok::<_, Infallible>(f(env, element)))
    }

    /// As [`Bag::map`], with a function that only looks at the element: nothing is cloned to be taken from a stored
    /// partition, and lines of text are not copied out of the file's buffer.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["one", "three"], 2).map_ref(|text| text.len());
    /// assert_eq!(on_reference(&bag)?, [3, 5]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_ref<U: Element, F>(&self, f: F) -> Bag<U>
    where
        F: Fn(&T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map").function(&f);
        self.mapped_ref("map", identity, (), move |(), element| Ok::<_, Infallible>(f(element)))
    }

    /// As [`Bag::map_ref`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "2"], 2).try_map_ref(|text| text.parse::<i64>());
    /// assert_eq!(on_reference(&bag)?, [1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_map_ref<U: Element, E, F>(&self, f: F) -> Bag<U>
    where
        E: Into<BoxError>,
        F: Fn(&T) -> Result<U, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map").function(&f);
        self.mapped_ref("try_map_ref", identity, (), move |(), element| f(element).map_err(Users::error))
    }

    /// As [`Bag::map_ref`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["a", "bcd"], 2).map_ref_with(2, |n, text| text.len() > *n);
    /// assert_eq!(on_reference(&bag)?, [false, true]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_ref_with<V: Element, U: Element, F>(&self, env: V, f: F) -> Bag<U>
    where
        F: Fn(&V, &T) -> U + Send + Sync + 'static,
    {
        let identity = self.identity("map").data(&env).function(&f);
        self.mapped_ref("map", identity, Plain(env), move |env, element| Ok::<_, Infallible>(f(env, element)))
    }

    /// The elements that a function says yes to; Dask's `filter`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2).filter(|n| n % 2 == 0);
    /// assert_eq!(on_reference(&bag)?, [0, 2, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn filter<F>(&self, keep: F) -> Bag<T>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("filter").function(&keep);
        self.filtered("filter", "filter", identity, (), move |(), element| Ok::<_, Infallible>(keep(element)))
    }

    /// As [`Bag::filter`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "2"], 1).try_filter(|text| text.parse().map(|n: i64| n > 1));
    /// assert_eq!(on_reference(&bag)?, ["2"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_filter<E, F>(&self, keep: F) -> Bag<T>
    where
        E: Into<BoxError>,
        F: Fn(&T) -> Result<bool, E> + Send + Sync + 'static,
    {
        let identity = self.identity("filter").function(&keep);
        self.filtered("filter", "try_filter", identity, (), move |(), element| keep(element).map_err(Users::error))
    }

    /// As [`Bag::filter`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2).filter_with(3, |limit, n| n >= limit);
    /// assert_eq!(on_reference(&bag)?, [3, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn filter_with<V: Element, F>(&self, env: V, keep: F) -> Bag<T>
    where
        F: Fn(&V, &T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("filter").data(&env).function(&keep);
        self.filtered("filter", "filter", identity, Plain(env), move |env, element| {
            Ok::<_, Infallible>(keep(env, element))
        })
    }

    /// The elements that a function says no to; Dask's `remove`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2).remove(|n| n % 2 == 0);
    /// assert_eq!(on_reference(&bag)?, [1, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn remove<F>(&self, drop: F) -> Bag<T>
    where
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("remove").function(&drop);
        self.filtered("remove", "remove", identity, (), move |(), element| Ok::<_, Infallible>(!drop(element)))
    }

    /// As [`Bag::remove`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "2"], 1).try_remove(|text| text.parse().map(|n: i64| n > 1));
    /// assert_eq!(on_reference(&bag)?, ["1"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_remove<E, F>(&self, drop: F) -> Bag<T>
    where
        E: Into<BoxError>,
        F: Fn(&T) -> Result<bool, E> + Send + Sync + 'static,
    {
        let identity = self.identity("remove").function(&drop);
        self.filtered("remove", "try_remove", identity, (), move |(), element| {
            drop(element).map(|gone| !gone).map_err(Users::error)
        })
    }

    /// As [`Bag::remove`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2).remove_with(3, |limit, n| n >= limit);
    /// assert_eq!(on_reference(&bag)?, [0, 1, 2]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn remove_with<V: Element, F>(&self, env: V, drop: F) -> Bag<T>
    where
        F: Fn(&V, &T) -> bool + Send + Sync + 'static,
    {
        let identity = self.identity("remove").data(&env).function(&drop);
        self.filtered("remove", "remove", identity, Plain(env), move |env, element| {
            Ok::<_, Infallible>(!drop(env, element))
        })
    }

    #[track_caller]
    pub(super) fn mapped<V: Travels, U: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        f: impl Fn(&V, T) -> Result<U, E> + Send + Sync + 'static,
    ) -> Bag<U> {
        let block = streaming((operation, env, Func(f)), |env, partition, stream: Stream<T>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            Ok(Stream::new(Map { stream, f: move |element| caller.call(|env| (env.2)(&env.1, element)) }))
        });
        self.layer("map", identity, block)
    }

    #[track_caller]
    pub(super) fn mapped_ref<V: Travels, U: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        f: impl Fn(&V, &T) -> Result<U, E> + Send + Sync + 'static,
    ) -> Bag<U> {
        let block = streaming((operation, env, Func(f)), |env, partition, stream: Stream<T>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            Ok(Stream::new(MapRef { stream, f: move |element: &T| caller.call(|env| (env.2)(&env.1, element)) }))
        });
        self.layer("map", identity, block)
    }

    #[track_caller]
    pub(super) fn filtered<V: Travels, E: Raise>(
        &self,
        name: &str,
        operation: &'static str,
        identity: Identity,
        env: V,
        keep: impl Fn(&V, &T) -> Result<bool, E> + Send + Sync + 'static,
    ) -> Bag<T> {
        let block = streaming((operation, env, Func(keep)), |env, partition, stream: Stream<T>| {
            let mut caller = Caller::new(env.0, partition, env.clone());
            Ok(Stream::new(Filter { stream, keep: move |element: &T| caller.call(|env| (env.2)(&env.1, element)) }))
        });
        self.layer(name, identity, block)
    }
}
