//! Folds: all elements into one value, each partition on its own and then the partitions' results together.

use super::error::{At, Raise, Users};
use super::layer::Names;
use super::steps::Caller;
use super::stream::Stream;
use super::{Bag, BoxError, Element, Item};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;

const NAMES: Names = Names { partial: "fold", combine: "fold-combine", aggregate: "fold-aggregate" };

const REDUCE: Names = Names { partial: "reduce", combine: "reduce-combine", aggregate: "reduce-aggregate" };

impl<T: Element> Bag<T> {
    /// All elements folded into one value of their own type; Dask's `fold(binop, initial=…)`.
    ///
    /// Each partition is folded from the left, starting from `initial`; then the partitions' results are, without it.
    /// So `initial` goes in once a partition, and `binop` must be associative for the result not to depend on the
    /// partitions. With more than [`split_every`](Bag::split_every) partitions, groups of neighbours are combined
    /// first. An empty bag gives `initial`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5);
    /// assert_eq!(on_reference(&bag.fold(0, |sum, n| sum + n))?, 78);
    /// assert_eq!(on_reference(&bag.fold(100, |sum, n| sum + n))?, 5 * 100 + 78, "once for each partition");
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold<F>(&self, initial: T, binop: F) -> Item<T>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&initial).function(&binop);
        let call = |binop: &Func<F>, a, b| Ok::<_, Infallible>(binop(a, b));
        self.folded("fold", identity, initial, Func(binop), call, call)
    }

    /// As [`Bag::fold`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<u8>::from_sequence([100, 100, 100], 3);
    /// let sum = bag.try_fold(0, |sum, n| sum.checked_add(n).ok_or("the sum is too large"));
    /// assert!(on_reference(&sum).unwrap_err().to_string().ends_with("the sum is too large"));
    /// ```
    #[track_caller]
    pub fn try_fold<E, F>(&self, initial: T, binop: F) -> Item<T>
    where
        E: Into<BoxError>,
        F: Fn(T, T) -> Result<T, E> + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&initial).function(&binop);
        let call = |binop: &Func<F>, a, b| binop(a, b).map_err(Users::error);
        self.folded("try_fold", identity, initial, Func(binop), call, call)
    }

    /// As [`Bag::fold`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let sum = Bag::<i64>::from_sequence(0..13, 5).fold_with(10, 0, |modulus, sum, n| (sum + n) % modulus);
    /// assert_eq!(on_reference(&sum)?, 8);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold_with<V: Element, F>(&self, env: V, initial: T, binop: F) -> Item<T>
    where
        F: Fn(&V, T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&env).data(&initial).function(&binop);
        let call = |(env, binop): &(Plain<V>, Func<F>), a, b| Ok::<_, Infallible>(binop(env, a, b));
        self.folded("fold", identity, initial, (Plain(env), Func(binop)), call, call)
    }

    /// All elements folded into a value of another type, with a second function for the partitions' results; Dask's
    /// `fold(binop, combine, initial=…)`. As with [`Bag::fold`], `initial` goes in once a partition.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["a", "bc", "def"], 2);
    /// let length = bag.fold_combine(0, |length, text| length + text.len(), |a, b| a + b);
    /// assert_eq!(on_reference(&length)?, 6);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold_combine<A: Element, F, C>(&self, initial: A, binop: F, combine: C) -> Item<A>
    where
        F: Fn(A, T) -> A + Send + Sync + 'static,
        C: Fn(A, A) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&initial).function(&binop).function(&combine);
        self.folded(
            "fold_combine",
            identity,
            initial,
            (),
            move |(), a, b| Ok::<_, Infallible>(binop(a, b)),
            move |(), a, b| Ok(combine(a, b)),
        )
    }

    /// As [`Bag::fold_combine`], with functions that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["1", "x"], 1);
    /// let sum = bag.try_fold_combine(0, |sum, text| text.parse().map(|n: i64| sum + n), |a, b| Ok(a + b));
    /// assert!(on_reference(&sum).unwrap_err().to_string().contains("element 1 of partition 0"));
    /// ```
    #[track_caller]
    pub fn try_fold_combine<A: Element, E, F, C>(&self, initial: A, binop: F, combine: C) -> Item<A>
    where
        E: Into<BoxError>,
        F: Fn(A, T) -> Result<A, E> + Send + Sync + 'static,
        C: Fn(A, A) -> Result<A, E> + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&initial).function(&binop).function(&combine);
        let binop = move |(): &(), a, b| binop(a, b).map_err(Users::error);
        let combine = move |(): &(), a, b| combine(a, b).map_err(Users::error);
        self.folded("try_fold_combine", identity, initial, (), binop, combine)
    }

    /// As [`Bag::fold_combine`], with data that the functions need.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..4, 2);
    /// let text = bag.fold_combine_with(
    ///     ";".to_string(),
    ///     String::new(),
    ///     |mark, text, n| format!("{text}{n}{mark}"),
    ///     |_, a, b| a + &b,
    /// );
    /// assert_eq!(on_reference(&text)?, "0;1;2;3;");
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold_combine_with<V: Element, A: Element, F, C>(&self, env: V, initial: A, binop: F, combine: C) -> Item<A>
    where
        F: Fn(&V, A, T) -> A + Send + Sync + 'static,
        C: Fn(&V, A, A) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("fold").data(&env).data(&initial).function(&binop).function(&combine);
        let binop = move |env: &Plain<V>, a, b| Ok::<_, Infallible>(binop(env, a, b));
        self.folded("fold_combine", identity, initial, Plain(env), binop, move |env, a, b| Ok(combine(env, a, b)))
    }

    /// All elements folded from the left without an initial value, or `None` if there are none; Dask's `fold(binop)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(1..=4, 2);
    /// assert_eq!(on_reference(&bag.reduce(|a, b| a * b))?, Some(24));
    /// assert_eq!(on_reference(&bag.filter(|n| *n > 4).reduce(|a, b| a * b))?, None);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reduce<F>(&self, binop: F) -> Item<Option<T>>
    where
        F: Fn(T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("reduce").function(&binop);
        self.folded_alone("reduce", identity, (), move |(), a, b| Ok::<_, Infallible>(binop(a, b)))
    }

    /// As [`Bag::reduce`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<u8>::from_sequence([100, 200], 1);
    /// let sum = bag.try_reduce(|a, b| a.checked_add(b).ok_or("the sum is too large"));
    /// assert!(on_reference(&sum).is_err());
    /// ```
    #[track_caller]
    pub fn try_reduce<E, F>(&self, binop: F) -> Item<Option<T>>
    where
        E: Into<BoxError>,
        F: Fn(T, T) -> Result<T, E> + Send + Sync + 'static,
    {
        let identity = self.identity("reduce").function(&binop);
        self.folded_alone("try_reduce", identity, (), move |(), a, b| binop(a, b).map_err(Users::error))
    }

    /// As [`Bag::reduce`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(1..=4, 2);
    /// assert_eq!(on_reference(&bag.reduce_with(7, |modulus, a, b| a * b % modulus))?, Some(3));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn reduce_with<V: Element, F>(&self, env: V, binop: F) -> Item<Option<T>>
    where
        F: Fn(&V, T, T) -> T + Send + Sync + 'static,
    {
        let identity = self.identity("reduce").data(&env).function(&binop);
        self.folded_alone("reduce", identity, Plain(env), move |env, a, b| Ok::<_, Infallible>(binop(env, a, b)))
    }

    /// Each partition folded from `initial`, and the partitions' results combined.
    #[track_caller]
    fn folded<V: Travels, A: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        initial: A,
        env: V,
        binop: impl Fn(&V, A, T) -> Result<A, E> + Send + Sync + 'static,
        combine: impl Fn(&V, A, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> Item<A> {
        let reduced = self.merged(
            NAMES,
            identity,
            (operation, env, Plain(initial), Func(binop), Func(combine)),
            |(operation, env, initial, binop, _), partition, stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, binop);
                stream.fold(initial.0.clone(), |folded, element| caller.call(|binop| binop(env, folded, element)))
            },
            |(operation, env, initial, _, combine), partials: &[&A]| {
                let Some((first, rest)) = partials.split_first() else { return Ok(initial.0.clone()) };
                let mut rest = rest.iter().copied().cloned();
                let combined = rest.try_fold((*first).clone(), |a, b| combine(env, a, b));
                combined.map_err(|error: E| error.raise(operation, At::Combining))
            },
        );
        reduced.item()
    }

    /// Each partition folded from its first element, and the partitions' results by the same function.
    #[track_caller]
    fn folded_alone<V: Travels, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        env: V,
        binop: impl Fn(&V, T, T) -> Result<T, E> + Send + Sync + 'static,
    ) -> Item<Option<T>> {
        let reduced = self.merged(
            REDUCE,
            identity,
            (operation, env, Func(binop)),
            |(operation, env, binop), partition, stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, binop);
                stream.fold(None, |folded, element| match folded {
                    Some(folded) => caller.call(|binop| binop(env, folded, element)).map(Some),
                    None => caller.call(|_| Ok::<_, E>(Some(element))),
                })
            },
            |(operation, env, binop), partials: &[&Option<T>]| {
                let mut there = partials.iter().copied().flatten().cloned();
                let Some(first) = there.next() else { return Ok(None) };
                let combined = there.try_fold(first, |a, b| binop(env, a, b));
                combined.map(Some).map_err(|error| error.raise(operation, At::Combining))
            },
        );
        reduced.item()
    }
}
