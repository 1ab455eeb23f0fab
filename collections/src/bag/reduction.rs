//! Reductions of any kind, and the simplest one: count.

use super::error::{At, BoxError, Raise, Users};
use super::layer::Names;
use super::stream::{Elements, Stream};
use super::{Bag, Element, Item};
use crate::identity::Identity;
use partita_graph::{Data, Fault, Func, Plain, Travels};
use std::convert::Infallible;

/// Hands a stream's elements to a function as an iterator.
pub(super) fn with_elements<T: Element, R>(stream: Stream<T>, f: impl FnOnce(Elements<T>) -> R) -> Result<R, Fault> {
    let (elements, slot) = Elements::new(stream);
    let made = f(elements);
    let fault = slot.borrow_mut().take();
    fault.map_or(Ok(made), |fault| Err(*fault))
}

impl<T: Element> Bag<T> {
    /// A reduction: `per_partition` makes a value of each partition's elements, `aggregate` one of several neighbours'
    /// values; Dask's `reduction`.
    ///
    /// `aggregate` is called once more on its own results if there are more partitions than
    /// [`split_every`](Bag::split_every); without partitions it is called with nothing.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5);
    /// let largest = bag.reduction(|numbers| numbers.max(), |some| some.into_iter().flatten().max());
    /// assert_eq!(on_reference(&largest)?, Some(12));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reduction<R, F, A>(&self, per_partition: F, aggregate: A) -> Item<R>
    where
        R: Data + Clone,
        F: Fn(Elements<T>) -> R + Send + Sync + 'static,
        A: Fn(Vec<R>) -> R + Send + Sync + 'static,
    {
        let identity = self.identity("reduction").function(&per_partition).function(&aggregate);
        let per_partition = move |(): &(), elements: Elements<T>| Ok::<_, Infallible>(per_partition(elements));
        self.reduced_by("reduction", identity, (), per_partition, move |(), some| Ok(aggregate(some)))
    }

    /// As [`Bag::reduction`], with functions that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::range(3, 4);
    /// let first = bag.try_reduction(|mut numbers| numbers.next().ok_or("no numbers"), |some| Ok(some[0]));
    /// assert!(on_reference(&first).unwrap_err().to_string().ends_with("of partition 3: no numbers"));
    /// ```
    #[track_caller]
    pub fn try_reduction<R, E, F, A>(&self, per_partition: F, aggregate: A) -> Item<R>
    where
        R: Data + Clone,
        E: Into<BoxError>,
        F: Fn(Elements<T>) -> Result<R, E> + Send + Sync + 'static,
        A: Fn(Vec<R>) -> Result<R, E> + Send + Sync + 'static,
    {
        let identity = self.identity("reduction").function(&per_partition).function(&aggregate);
        let per_partition = move |(): &(), elements: Elements<T>| per_partition(elements).map_err(Users::error);
        let aggregate = move |(): &(), some: Vec<R>| aggregate(some).map_err(Users::error);
        self.reduced_by("try_reduction", identity, (), per_partition, aggregate)
    }

    /// As [`Bag::reduction`], with data that the functions need.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5);
    /// let large = bag.reduction_with(
    ///     10,
    ///     |limit, numbers| numbers.filter(|n| n > limit).count(),
    ///     |_, some| some.into_iter().sum(),
    /// );
    /// assert_eq!(on_reference(&large)?, 2);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reduction_with<V: Element, R, F, A>(&self, env: V, per_partition: F, aggregate: A) -> Item<R>
    where
        R: Data + Clone,
        F: Fn(&V, Elements<T>) -> R + Send + Sync + 'static,
        A: Fn(&V, Vec<R>) -> R + Send + Sync + 'static,
    {
        let identity = self.identity("reduction").data(&env).function(&per_partition).function(&aggregate);
        let per_partition =
            move |env: &Plain<V>, elements: Elements<T>| Ok::<_, Infallible>(per_partition(env, elements));
        self.reduced_by("reduction", identity, Plain(env), per_partition, move |env, some| Ok(aggregate(env, some)))
    }

    #[track_caller]
    fn reduced_by<V: Travels, R: Data + Clone, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        per_partition: impl Fn(&V, Elements<T>) -> Result<R, E> + Send + Sync + 'static,
        aggregate: impl Fn(&V, Vec<R>) -> Result<R, E> + Send + Sync + 'static,
    ) -> Item<R> {
        let names = Names { partial: "reduction", combine: "reduction-combine", aggregate: "reduction-aggregate" };
        // What goes wrong before the function comes before what the function says.
        let reduce = move |env: &V, operation, partition, stream: Stream<T>| {
            let made = with_elements(stream, |elements| per_partition(env, elements))?;
            made.map_err(|error: E| error.raise(operation, At::Partition(partition)))
        };
        let reduced = self.merged(
            names,
            identity,
            (operation, env, Func(aggregate)),
            move |(operation, env, _), partition, stream| reduce(env, operation, partition, stream),
            |(operation, env, aggregate), some: &[&R]| {
                let made = aggregate(env, some.iter().copied().cloned().collect());
                made.map_err(|error| error.raise(operation, At::Combining))
            },
        );
        reduced.item()
    }

    /// How many elements there are; Dask's `count`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence(0..13, 5).count())?, 13);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn count(&self) -> Item<u64> {
        let names = Names { partial: "count", combine: "count-combine", aggregate: "count-aggregate" };
        let reduce = |(): &(), _, stream: Stream<T>| {
            let mut count = 0u64;
            stream.for_each_ref(|_| count += 1)?;
            Ok(count)
        };
        let sum = |(): &(), some: &[&u64]| Ok(some.iter().copied().sum::<u64>());
        self.reduced(names, self.identity("count"), (), reduce, sum, sum).item()
    }
}
