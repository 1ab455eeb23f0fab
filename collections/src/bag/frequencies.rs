//! Counting equal elements.

use super::identity::Identity;
use super::keyed::{Map, entry};
use super::layer::Names;
use super::stream::Stream;
use super::{Bag, Element};
use indexmap::map::raw_entry_v1::{RawEntryApiV1, RawEntryMut};
use partita_graph::Fault;
use std::borrow::Borrow;
use std::hash::Hash;

const NAMES: Names =
    Names { partial: "frequencies", combine: "frequencies-combine", aggregate: "frequencies-aggregate" };

/// How often each key was counted; what [`Bag::frequencies_of`] hands to its function.
///
/// ```
/// use partita_collections::bag::Counts;
///
/// let mut counts = Counts::<String>::default();
/// "to be or not to be".split(' ').for_each(|word| counts.add(word));
/// assert_eq!(counts.get("be"), 2);
/// assert_eq!(counts.get("bee"), 0);
/// ```
pub struct Counts<K>(Map<K, u64>);

impl<K> Default for Counts<K> {
    fn default() -> Self {
        Counts(Map::default())
    }
}

impl<K: Hash + Eq> Counts<K> {
    /// Counts a key once more. It is only looked at: a `str` is copied into a `String` the first time it comes.
    #[inline]
    pub fn add<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        match self.0.raw_entry_mut_v1().from_key(key) {
            RawEntryMut::Occupied(mut there) => *there.get_mut() += 1,
            RawEntryMut::Vacant(free) => {
                free.insert(key.to_owned(), 1);
            }
        }
    }

    /// Counts a key once more, and keeps it if it is new.
    #[inline]
    pub fn add_owned(&mut self, key: K) {
        *self.0.entry(key).or_insert(0) += 1;
    }

    /// How often a key was counted.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> u64
    where
        K: Borrow<Q>,
    {
        self.0.raw_entry_v1().from_key(key).map_or(0, |(_, count)| *count)
    }

    fn into_pairs(self) -> Vec<(K, u64)> {
        self.0.into_iter().collect()
    }
}

/// The sums of several counts, in order of first appearance.
fn merge<K: Element + Hash + Eq>(partials: &[&Vec<(K, u64)>]) -> Vec<(K, u64)> {
    let Some((first, rest)) = partials.split_first() else { return Vec::new() };
    if rest.is_empty() {
        return (*first).clone();
    }
    let mut sums: Map<K, u64> = first.iter().cloned().collect();
    for (key, count) in rest.iter().copied().flatten() {
        *entry(&mut sums, key, || 0).0 += count;
    }
    sums.into_iter().collect()
}

impl<T: Element> Bag<T> {
    /// How often each element occurs, in order of first appearance: a bag of one partition; Dask's `frequencies`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["b", "a", "b"], 2);
    /// assert_eq!(on_reference(&bag.frequencies())?, [("b".to_string(), 2), ("a".to_string(), 1)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn frequencies(&self) -> Bag<(T, u64)>
    where
        T: Hash + Eq,
    {
        self.counted(self.identity("frequencies"), false, count)
    }

    /// As [`Bag::frequencies`], the most frequent first and equally frequent ones in order of first appearance; Dask's
    /// `frequencies(sort=True)`.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([3, 1, 2, 2], 2);
    /// assert_eq!(on_reference(&bag.frequencies_sorted())?, [(2, 2), (3, 1), (1, 1)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn frequencies_sorted(&self) -> Bag<(T, u64)>
    where
        T: Hash + Eq,
    {
        self.counted(self.identity("frequencies"), true, count)
    }

    /// How often each key occurs that a function finds in the elements: it is given each element and
    /// [adds](Counts::add) what it finds to the counts. The element is only looked at, and what is found may be borrowed
    /// from it: counting the words of a text this way allocates memory for each *distinct* word, and not a list of words
    /// or a copy of each line. No counterpart in Dask; the same as `flat_map(keys).frequencies()`, and faster.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let lines = Bag::<String>::from_sequence(["to be or", "not to be"], 2);
    /// let words = lines.frequencies_of(|line, counts| line.split(' ').for_each(|word| counts.add(word)));
    /// assert_eq!(on_reference(&words.topk_by(1, |(_, count)| *count))?, [("to".to_string(), 2)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn frequencies_of<K, F>(&self, f: F) -> Bag<(K, u64)>
    where
        K: Element + Hash + Eq,
        F: Fn(&T, &mut Counts<K>) + Send + Sync + 'static,
    {
        let identity = self.identity("frequencies_of").function(&f);
        self.counted(identity, false, move |stream| {
            let mut counts = Counts::default();
            stream.for_each_ref(|element| f(element, &mut counts))?;
            Ok(counts)
        })
    }

    /// As [`Bag::frequencies_of`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence([1, 11, 2], 2);
    /// let digits = bag.frequencies_of_with(10, |base, n, counts| counts.add(&(n % base)));
    /// assert_eq!(on_reference(&digits)?, [(1, 2), (2, 1)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn frequencies_of_with<V: Element, K, F>(&self, env: V, f: F) -> Bag<(K, u64)>
    where
        K: Element + Hash + Eq,
        F: Fn(&V, &T, &mut Counts<K>) + Send + Sync + 'static,
    {
        let identity = self.identity("frequencies_of").data(&env).function(&f);
        self.counted(identity, false, move |stream| {
            let mut counts = Counts::default();
            stream.for_each_ref(|element| f(&env, element, &mut counts))?;
            Ok(counts)
        })
    }

    #[track_caller]
    fn counted<K: Element + Hash + Eq>(
        &self,
        identity: Identity,
        sorted: bool,
        count: impl Fn(Stream<T>) -> Result<Counts<K>, Fault> + Send + Sync + 'static,
    ) -> Bag<(K, u64)> {
        let aggregate = if sorted { "frequencies-sorted" } else { NAMES.aggregate };
        let names = Names { aggregate, ..NAMES };
        let reduce = move |_, stream| Ok(count(stream)?.into_pairs());
        let combine = |partials: &[&Vec<(K, u64)>]| Ok(merge(partials));
        let finish = move |partials: &[&Vec<(K, u64)>]| {
            let mut pairs = merge(partials);
            if sorted {
                pairs.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            }
            Ok(pairs)
        };
        self.reduced(names, identity, reduce, combine, finish).bag(self.split_every)
    }
}

/// Counts the elements of a stream.
fn count<T: Element + Hash + Eq>(stream: Stream<T>) -> Result<Counts<T>, Fault> {
    let mut counts = Counts::default();
    match stream.lends() {
        true => stream.for_each_ref(|element| counts.add(element))?,
        false => stream.for_each(|element| counts.add_owned(element))?,
    }
    Ok(counts)
}
