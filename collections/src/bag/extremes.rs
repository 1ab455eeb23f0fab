//! The largest and the smallest: min, max, topk.
//!
//! Elements are compared by `PartialOrd`, made total: what cannot be compared even with itself (NaN) comes after
//! everything else, so it is the maximum and never the minimum, and no comparison panics.

use super::error::{BoxError, Raise, Users};
use super::layer::Names;
use super::steps::Caller;
use super::stream::{MORE, Stream, outcome};
use super::{Bag, Element, Item};
use crate::identity::Identity;
use partita_graph::{Plain, Travels};
use std::cmp::Ordering;
use std::convert::Infallible;
use std::ops::ControlFlow;

/// Which of two comes first; NaN last, and equal to itself.
pub(super) fn rank<T: PartialOrd>(a: &T, b: &T) -> Ordering {
    let incomparable = |x: &T| x.partial_cmp(x).is_none();
    a.partial_cmp(b).unwrap_or_else(|| incomparable(a).cmp(&incomparable(b)))
}

impl<T: Element> Bag<T> {
    /// The largest element, the first one of several; `None` if there are none (where Dask fails). NaN counts as larger
    /// than all numbers. Dask's `max`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence([2, 3, 1], 2).max())?, Some(3));
    /// assert_eq!(on_reference(&Bag::<i64>::range(0, 1).max())?, None);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn max(&self) -> Item<Option<T>>
    where
        T: PartialOrd,
    {
        self.extreme("max", "max-combine", "max-aggregate", |new, best| rank(new, best) == Ordering::Greater)
    }

    /// The smallest element, the first one of several; `None` if there are none (where Dask fails). NaN counts as
    /// larger than all numbers. Dask's `min`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<f64>::from_sequence([2.5, f64::NAN, 1.5], 2).min())?, Some(1.5));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn min(&self) -> Item<Option<T>>
    where
        T: PartialOrd,
    {
        self.extreme("min", "min-combine", "min-aggregate", |new, best| rank(new, best) == Ordering::Less)
    }

    #[track_caller]
    fn extreme(
        &self,
        partial: &'static str,
        combine: &'static str,
        aggregate: &'static str,
        better: impl Fn(&T, &T) -> bool + Copy + Send + Sync + 'static,
    ) -> Item<Option<T>> {
        let reduce = move |(): &(), _, stream: Stream<T>| {
            let mut best: Option<T> = None;
            stream.for_each_ref(|element| {
                if best.as_ref().is_none_or(|best| better(element, best)) {
                    best = Some(element.clone());
                }
            })?;
            Ok(best)
        };
        let merge = move |(): &(), some: &[&Option<T>]| {
            let mut there = some.iter().filter_map(|best| best.as_ref());
            let first = there.next();
            Ok(first.map(|first| there.fold(first, |best, new| if better(new, best) { new } else { best }).clone()))
        };
        self.merged(Names { partial, combine, aggregate }, self.identity(partial), (), reduce, merge).item()
    }

    /// The `k` largest elements, largest first and equal ones in the order of the bag: a bag of one partition; Dask's
    /// `topk`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// assert_eq!(on_reference(&Bag::<i64>::from_sequence([2, 5, 1, 4], 2).topk(2))?, [5, 4]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn topk(&self, k: usize) -> Bag<T>
    where
        T: PartialOrd,
    {
        let names = Names { partial: "topk", combine: "topk-combine", aggregate: "topk-aggregate" };
        let reduce = |k: &usize, _, stream: Stream<T>| {
            let mut top = Top::new(*k, |a: &T, b: &T| rank(b, a));
            stream.for_each_ref(|element| top.offer(element, T::clone))?;
            Ok(top.into_sorted())
        };
        let merge = |k: &usize, some: &[&Vec<T>]| {
            let mut top = Top::new(*k, |a: &T, b: &T| rank(b, a));
            some.iter().copied().flatten().for_each(|element| top.offer(element, T::clone));
            Ok(top.into_sorted())
        };
        let identity = self.identity("topk").data(&(k as u64));
        self.merged(names, identity, k, reduce, merge).bag(self.split_every)
    }

    /// The `k` elements with the largest keys, largest first; Dask's `topk(key=…)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["bb", "a", "ccc"], 2);
    /// assert_eq!(on_reference(&bag.topk_by(2, |text| text.len()))?, ["ccc", "bb"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn topk_by<K, F>(&self, k: usize, key: F) -> Bag<T>
    where
        K: Element + PartialOrd,
        F: Fn(&T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("topk_by").function(&key);
        self.top_by("topk_by", identity, k, (), move |(), element| Ok::<_, Infallible>(key(element)))
    }

    /// As [`Bag::topk_by`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["10", "9"], 2);
    /// assert_eq!(on_reference(&bag.try_topk_by(1, |text| text.parse::<i64>()))?, ["10"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn try_topk_by<K, E, F>(&self, k: usize, key: F) -> Bag<T>
    where
        K: Element + PartialOrd,
        E: Into<BoxError>,
        F: Fn(&T) -> Result<K, E> + Send + Sync + 'static,
    {
        let identity = self.identity("topk_by").function(&key);
        self.top_by("try_topk_by", identity, k, (), move |(), element| key(element).map_err(Users::error))
    }

    /// As [`Bag::topk_by`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 5, 9], 2);
    /// let nearest = bag.topk_by_with(6, 1, |target, n| -(n - target).abs());
    /// assert_eq!(on_reference(&nearest)?, [5]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn topk_by_with<V: Element, K, F>(&self, env: V, k: usize, key: F) -> Bag<T>
    where
        K: Element + PartialOrd,
        F: Fn(&V, &T) -> K + Send + Sync + 'static,
    {
        let identity = self.identity("topk_by").data(&env).function(&key);
        self.top_by("topk_by", identity, k, Plain(env), move |env, element| Ok::<_, Infallible>(key(env, element)))
    }

    #[track_caller]
    fn top_by<V: Travels, K: Element + PartialOrd, E: Raise>(
        &self,
        operation: &'static str,
        identity: Identity,
        k: usize,
        env: V,
        key: impl Fn(&V, &T) -> Result<K, E> + Send + Sync + 'static,
    ) -> Bag<T> {
        let names = Names { partial: "topk", combine: "topk-combine", aggregate: "topk-aggregate" };
        let merge = |k: usize, some: &[&Vec<(K, T)>]| {
            let mut top = Top::new(k, |a: &(K, T), b: &(K, T)| rank(&b.0, &a.0));
            some.iter().copied().flatten().for_each(|pair| top.offer(pair, Clone::clone));
            top.into_sorted()
        };
        let reduced = self.reduced(
            names,
            identity.data(&(k as u64)),
            (operation, env, k),
            move |(operation, env, k), partition, mut stream: Stream<T>| {
                let mut caller = Caller::new(operation, partition, &key);
                let mut top = Top::new(*k, |a: &(K, T), b: &(K, T)| rank(&b.0, &a.0));
                outcome(stream.drive_ref(&mut |element| match caller.call(|key| key(env, element)) {
                    Ok(key) => {
                        // The element is cloned only once its key is known to be large enough.
                        if top.wants(|last| rank(&last.0, &key)) {
                            top.take((key, element.clone()));
                        }
                        MORE
                    }
                    Err(fault) => ControlFlow::Break(Some(fault)),
                }))?;
                Ok(top.into_sorted())
            },
            move |(.., k), some| Ok(merge(*k, some)),
            move |(.., k), some| Ok(merge(*k, some).into_iter().map(|(_, element)| element).collect::<Vec<T>>()),
        );
        reduced.bag(self.split_every)
    }
}

/// The first `k` of what is offered, by an order; of equal ones those offered first.
struct Top<X, C> {
    k: usize,
    /// Up to twice `k`, in order of offer; the first `k` sorted if `full`.
    kept: Vec<X>,
    full: bool,
    order: C,
}

impl<X, C: Fn(&X, &X) -> Ordering> Top<X, C> {
    fn new(k: usize, order: C) -> Self {
        Top { k, kept: Vec::new(), full: false, order }
    }

    /// Whether something would be kept that stands so to the last that is.
    fn wants(&self, to_last: impl FnOnce(&X) -> Ordering) -> bool {
        match self.kept.get(self.k.wrapping_sub(1)) {
            Some(last) if self.full => to_last(last) == Ordering::Less,
            _ => self.k > 0,
        }
    }

    fn offer(&mut self, new: &X, clone: impl FnOnce(&X) -> X) {
        if self.wants(|last| (self.order)(new, last)) {
            self.take(clone(new));
        }
    }

    fn take(&mut self, new: X) {
        self.kept.push(new);
        if self.kept.len() >= self.k.saturating_mul(2) {
            self.prune();
        }
    }

    fn prune(&mut self) {
        self.kept.sort_by(&self.order);
        self.kept.truncate(self.k);
        self.full = self.kept.len() == self.k;
    }

    fn into_sorted(mut self) -> Vec<X> {
        self.prune();
        self.kept
    }
}
