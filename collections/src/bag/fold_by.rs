//! Folds by key: what `group_by` and a fold of each group would give, without bringing the groups together.

use super::error::{At, BoxError, Raise, Users};
use super::keyed::Map;
use super::layer::Names;
use super::steps::Caller;
use super::stream::{MORE, Stream};
use super::{Bag, Element};
use crate::identity::Identity;
use partita_graph::{Func, Plain, Travels};
use std::convert::Infallible;
use std::hash::Hash;
use std::ops::ControlFlow;

const NAMES: Names = Names { partial: "foldby-a", combine: "foldby-combine", aggregate: "foldby-b" };

impl<T: Element> Bag<T> {
    /// The elements of each key folded into one value: a bag of one partition, in order of first appearance; Dask's
    /// `foldby`.
    ///
    /// Within a partition, the elements of a key are folded from the left, starting from `initial`; `combine` puts the
    /// partitions' results for a key together, in order. So `initial` goes in once for each key and partition. Much
    /// faster than [`group_by`](Bag::group_by), which moves every element.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..6, 2);
    /// let sums = bag.fold_by(|n| n % 2 == 0, 0, |sum, n| sum + n, |a, b| a + b);
    /// assert_eq!(on_reference(&sums)?, [(true, 6), (false, 9)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold_by<K, A, KF, F, C>(&self, key: KF, initial: A, binop: F, combine: C) -> Bag<(K, A)>
    where
        K: Element + Hash + Eq,
        A: Element,
        KF: Fn(&T) -> K + Send + Sync + 'static,
        F: Fn(A, T) -> A + Send + Sync + 'static,
        C: Fn(A, A) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("foldby").data(&initial).function(&key).function(&binop).function(&combine);
        self.folded_by(
            "fold_by",
            identity,
            ((), initial),
            move |(), element| Ok::<_, Infallible>(key(element)),
            move |(), folded, element| Ok(binop(folded, element)),
            move |(), a, b| Ok(combine(a, b)),
        )
    }

    /// As [`Bag::fold_by`], with functions that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<u8>::from_sequence([200, 1, 100], 1);
    /// let sums = bag.try_fold_by(
    ///     |n| Ok(n % 2),
    ///     0,
    ///     |sum: u8, n| sum.checked_add(n).ok_or("the sum is too large"),
    ///     |a, b| a.checked_add(b).ok_or("the sum is too large"),
    /// );
    /// assert!(on_reference(&sums).unwrap_err().to_string().contains("element 2 of partition 0"));
    /// ```
    #[track_caller]
    pub fn try_fold_by<K, A, E, KF, F, C>(&self, key: KF, initial: A, binop: F, combine: C) -> Bag<(K, A)>
    where
        K: Element + Hash + Eq,
        A: Element,
        E: Into<BoxError>,
        KF: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
        F: Fn(A, T) -> Result<A, E> + Send + Sync + 'static,
        C: Fn(A, A) -> Result<A, E> + Send + Sync + 'static,
    {
        let identity = self.identity("foldby").data(&initial).function(&key).function(&binop).function(&combine);
        self.folded_by(
            "try_fold_by",
            identity,
            ((), initial),
            move |(), element| key(element).map_err(Users::error),
            move |(), folded, element| binop(folded, element).map_err(Users::error),
            move |(), a, b| combine(a, b).map_err(Users::error),
        )
    }

    /// As [`Bag::fold_by`], with data that the functions need.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..6, 2);
    /// let sums = bag.fold_by_with(3, |by, n| n % by, 0, |_, sum, n| sum + n, |_, a, b| a + b);
    /// assert_eq!(on_reference(&sums)?, [(0, 3), (1, 5), (2, 7)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn fold_by_with<V, K, A, KF, F, C>(&self, env: V, key: KF, initial: A, binop: F, combine: C) -> Bag<(K, A)>
    where
        V: Element,
        K: Element + Hash + Eq,
        A: Element,
        KF: Fn(&V, &T) -> K + Send + Sync + 'static,
        F: Fn(&V, A, T) -> A + Send + Sync + 'static,
        C: Fn(&V, A, A) -> A + Send + Sync + 'static,
    {
        let identity = self.identity("foldby").data(&env).data(&initial);
        let identity = identity.function(&key).function(&binop).function(&combine);
        self.folded_by(
            "fold_by",
            identity,
            (Plain(env), initial),
            move |env, element| Ok::<_, Infallible>(key(env, element)),
            move |env, folded, element| Ok(binop(env, folded, element)),
            move |env, a, b| Ok(combine(env, a, b)),
        )
    }

    #[track_caller]
    fn folded_by<V: Travels, K: Element + Hash + Eq, A: Element, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        (env, initial): (V, A),
        key: impl Fn(&V, &T) -> Result<K, E> + Send + Sync + 'static,
        binop: impl Fn(&V, A, T) -> Result<A, E> + Send + Sync + 'static,
        combine: impl Fn(&V, A, A) -> Result<A, E> + Send + Sync + 'static,
    ) -> Bag<(K, A)> {
        let calls = (Func(key), Func(binop), Func(combine));
        let reduced = self.merged(
            NAMES,
            identity,
            (operation, env, Plain(initial), calls),
            |(operation, env, initial, calls), partition, stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, calls);
                let mut folded: Map<K, Option<A>> = Map::default();
                stream.try_for_each(|element| {
                    let step = caller.call(|(key, binop, _)| {
                        // The value is out of its place only while `binop` has it; after an error nobody looks.
                        let place = folded.entry(key(env, &element)?).or_insert_with(|| Some(initial.0.clone()));
                        if let Some(before) = place.take() {
                            *place = Some(binop(env, before, element)?);
                        }
                        Ok::<_, E>(())
                    });
                    step.map_or_else(|fault| ControlFlow::Break(Some(fault)), |()| MORE)
                })?;
                Ok(pairs(folded))
            },
            |(operation, env, _, (_, _, combine)), partials: &[&Vec<(K, A)>]| {
                let mut merged: Map<K, Option<A>> = Map::default();
                for (key, value) in partials.iter().copied().flatten() {
                    let (place, new) = super::keyed::entry(&mut merged, key, || Some(value.clone()));
                    if new {
                        continue;
                    }
                    if let Some(before) = place.take() {
                        let after = combine(env, before, value.clone());
                        *place = Some(after.map_err(|error| error.raise(operation, At::Combining))?);
                    }
                }
                Ok(pairs(merged))
            },
        );
        reduced.bag(self.split_every)
    }
}

fn pairs<K, A>(map: Map<K, Option<A>>) -> Vec<(K, A)> {
    map.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
}
