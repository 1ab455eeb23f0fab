//! Whole partitions at a time: `map_partitions`, with a list or an iterator.

use super::error::{At, Raise, Users};
use super::layer::streaming;
use super::stream::{Elements, Pulled, Slot, Stream};
use super::{Bag, BoxError, Element};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;

impl<T: Element> Bag<T> {
    /// Each partition, as a list, made into any number of elements; Dask's `map_partitions`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5);
    /// assert_eq!(on_reference(&bag.map_partitions(|numbers| [numbers.len()]))?, [3, 3, 3, 3, 1]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_partitions<I, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        F: Fn(Vec<T>) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions").function(&f);
        self.partitioned("map_partitions", identity, (), move |(), partition| Ok::<_, Infallible>(f(partition)))
    }

    /// As [`Bag::map_partitions`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2);
    /// let first = bag.try_map_partitions(|numbers| match numbers[..] {
    ///     [first, _, _] => Ok([first]),
    ///     _ => Err("three numbers were expected"),
    /// });
    /// let error = on_reference(&first).unwrap_err().to_string();
    /// assert!(error.ends_with("`try_map_partitions` of partition 1: three numbers were expected"));
    /// ```
    #[track_caller]
    pub fn try_map_partitions<I, E, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        E: Into<BoxError>,
        F: Fn(Vec<T>) -> Result<I, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions").function(&f);
        self.partitioned("try_map_partitions", identity, (), move |(), partition| f(partition).map_err(Users::error))
    }

    /// As [`Bag::map_partitions`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..5, 2).map_partitions_with(2, |n, mut numbers| {
    ///     numbers.truncate(*n);
    ///     numbers
    /// });
    /// assert_eq!(on_reference(&bag)?, [0, 1, 3, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_partitions_with<V: Element, I, F>(&self, env: V, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        F: Fn(&V, Vec<T>) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions").data(&env).function(&f);
        self.partitioned("map_partitions", identity, Plain(env), move |env, partition| {
            Ok::<_, Infallible>(f(env, partition))
        })
    }

    /// As [`Bag::map_partitions`], with an iterator in: no partition is kept as a whole, unless the function does so.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..6, 2);
    /// let steps = bag.map_partitions_iter(|numbers| numbers.step_by(2));
    /// assert_eq!(on_reference(&steps)?, [0, 2, 3, 5]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_partitions_iter<I, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        F: Fn(Elements<T>) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions_iter").function(&f);
        self.partitioned_lazily("map_partitions_iter", identity, (), move |(), elements| {
            Ok::<_, Infallible>(f(elements))
        })
    }

    /// As [`Bag::map_partitions_iter`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::range(2, 3);
    /// let first = bag.try_map_partitions_iter(|mut numbers| numbers.next().map(|n| [n]).ok_or("no numbers"));
    /// assert!(on_reference(&first).unwrap_err().to_string().ends_with("of partition 2: no numbers"));
    /// ```
    #[track_caller]
    pub fn try_map_partitions_iter<I, E, F>(&self, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        E: Into<BoxError>,
        F: Fn(Elements<T>) -> Result<I, E> + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions_iter").function(&f);
        self.partitioned_lazily("try_map_partitions_iter", identity, (), move |(), elements| {
            f(elements).map_err(Users::error)
        })
    }

    /// As [`Bag::map_partitions_iter`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..6, 2);
    /// let steps = bag.map_partitions_iter_with(2, |n, numbers| numbers.step_by(*n));
    /// assert_eq!(on_reference(&steps)?, [0, 2, 3, 5]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn map_partitions_iter_with<V: Element, I, F>(&self, env: V, f: F) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
        F: Fn(&V, Elements<T>) -> I + Send + Sync + 'static,
    {
        let identity = self.identity("map_partitions_iter").data(&env).function(&f);
        self.partitioned_lazily("map_partitions_iter", identity, Plain(env), move |env, elements| {
            Ok::<_, Infallible>(f(env, elements))
        })
    }

    #[track_caller]
    fn partitioned_lazily<V: Travels, I, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        f: impl Fn(&V, Elements<T>) -> Result<I, E> + Send + Sync + 'static,
    ) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
    {
        let block = streaming((operation, env, Func(f)), |env, partition, stream: Stream<T>| {
            let (elements, slot) = Elements::new(stream);
            let made = (env.2)(&env.1, elements);
            // What went wrong before the function comes before what the function says.
            if let Some(fault) = slot.borrow_mut().take() {
                return Err(*fault);
            }
            let made = made.map_err(|error| error.raise(env.0, At::Partition(partition)))?;
            Ok(Stream::new(Pulled { iterator: made.into_iter(), slot }))
        });
        self.layer("map_partitions", identity, block)
    }

    #[track_caller]
    fn partitioned<V: Travels, I, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        f: impl Fn(&V, Vec<T>) -> Result<I, E> + Send + Sync + 'static,
    ) -> Bag<I::Item>
    where
        I: IntoIterator<Item: Element, IntoIter: 'static>,
    {
        let block = streaming((operation, env, Func(f)), |env, partition, stream: Stream<T>| {
            let made = (env.2)(&env.1, stream.collect()?);
            let made = made.map_err(|error| error.raise(env.0, At::Partition(partition)))?;
            Ok(Stream::new(Pulled { iterator: made.into_iter(), slot: Slot::default() }))
        });
        self.layer("map_partitions", identity, block)
    }
}
