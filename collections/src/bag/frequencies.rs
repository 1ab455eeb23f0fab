//! Counting equal elements.

use super::counts::Counts;
use super::error::{BoxError, Raise, Users};
use super::keyed::{Map, entry};
use super::layer::Names;
use super::steps::Caller;
use super::stream::{MORE, Stream, outcome};
use super::{Bag, Element};
use crate::identity::Identity;
use partita_graph::{Data, Fault, Plain, Travels};
use std::any::Any;
use std::cmp::Reverse;
use std::convert::Infallible;
use std::hash::Hash;
use std::ops::ControlFlow;

const NAMES: Names =
    Names { partial: "frequencies", combine: "frequencies-combine", aggregate: "frequencies-aggregate" };

const SORTED: Names = Names { aggregate: "frequencies-sorted", ..NAMES };

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
        self.counted_whole(NAMES)
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
        self.counted_whole(SORTED)
    }

    /// How often each text occurs that a function finds in the elements: it is given each element and
    /// [adds](Counts::add) what it finds to the counts. The same as `flat_map(texts).frequencies()`, and faster: what
    /// is found may be borrowed from the element, which is itself only looked at, so that memory is allocated for each
    /// *distinct* text and not for a list, or for a copy of each line of a file. No counterpart in Dask.
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
    pub fn frequencies_of<F>(&self, f: F) -> Bag<(String, u64)>
    where
        F: Fn(&T, &mut Counts) + Send + Sync + 'static,
    {
        let identity = self.identity("frequencies_of").function(&f);
        self.counted_texts("frequencies_of", NAMES, identity, (), move |(), element, counts| {
            f(element, counts);
            Ok::<_, Infallible>(())
        })
    }

    /// As [`Bag::frequencies_of`], with a function that can fail.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let lines = Bag::<String>::from_sequence(["a=1", "b"], 1);
    /// let keys = lines.try_frequencies_of(|line, counts| {
    ///     let (key, _) = line.split_once('=').ok_or("no `=` in the line")?;
    ///     counts.add(key);
    ///     Ok::<_, &str>(())
    /// });
    /// assert!(on_reference(&keys).unwrap_err().to_string().contains("element 1 of partition 0"));
    /// ```
    #[track_caller]
    pub fn try_frequencies_of<E, F>(&self, f: F) -> Bag<(String, u64)>
    where
        E: Into<BoxError>,
        F: Fn(&T, &mut Counts) -> Result<(), E> + Send + Sync + 'static,
    {
        let identity = self.identity("frequencies_of").function(&f);
        self.counted_texts("try_frequencies_of", NAMES, identity, (), move |(), element, counts| {
            f(element, counts).map_err(Users::error)
        })
    }

    /// As [`Bag::frequencies_of`], with data that the function needs.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let lines = Bag::<String>::from_sequence(["a,b", "a"], 2);
    /// let fields = lines.frequencies_of_with(',', |mark, line, counts| line.split(*mark).for_each(|f| counts.add(f)));
    /// assert_eq!(on_reference(&fields)?, [("a".to_string(), 2), ("b".to_string(), 1)]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn frequencies_of_with<V: Element, F>(&self, env: V, f: F) -> Bag<(String, u64)>
    where
        F: Fn(&V, &T, &mut Counts) + Send + Sync + 'static,
    {
        let identity = self.identity("frequencies_of").data(&env).function(&f);
        self.counted_texts("frequencies_of", NAMES, identity, Plain(env), move |env, element, counts| {
            f(env, element, counts);
            Ok::<_, Infallible>(())
        })
    }

    /// Counts whole elements; strings as texts.
    #[track_caller]
    fn counted_whole(&self, names: Names) -> Bag<(T, u64)>
    where
        T: Hash + Eq,
    {
        let identity = self.identity("frequencies");
        let strings: Option<&Bag<String>> = (self as &dyn Any).downcast_ref();
        if let Some(strings) = strings {
            let counted = strings.counted_texts("frequencies", names, identity, (), |(), text, counts| {
                counts.add(text);
                Ok::<_, Infallible>(())
            });
            return Bag::new(counted.node().clone(), self.split_every);
        }
        let reduce = |(): &(), _, stream| Ok(pairs(count(stream)?));
        self.counted(names, identity, (), reduce, merge, |pairs| pairs)
    }

    #[track_caller]
    fn counted_texts<V: Travels, E: Raise>(
        &self,
        operation: &'static str,
        names: Names,
        identity: Identity,
        env: V,
        f: impl Fn(&V, &T, &mut Counts) -> Result<(), E> + Send + Sync + 'static,
    ) -> Bag<(String, u64)> {
        let reduce = move |(operation, env): &(&'static str, V), partition, mut stream: Stream<T>| {
            let mut counts = Counts::default();
            let mut caller = Caller::new(operation, partition, &f);
            outcome(stream.drive_ref(&mut |element| match caller.call(|f| f(env, element, &mut counts)) {
                Ok(()) => MORE,
                Err(fault) => ControlFlow::Break(Some(fault)),
            }))?;
            Ok(counts)
        };
        let merge = |partials: &[&Counts]| {
            let mut all = Counts::default();
            partials.iter().for_each(|partial| all.merge(partial));
            all
        };
        let owned = |counts: Counts| counts.iter().map(|(text, count)| (text.to_string(), count)).collect();
        self.counted(names, identity, (operation, env), reduce, merge, owned)
    }

    #[track_caller]
    fn counted<V: Travels, C: Data, K: Element>(
        &self,
        names: Names,
        identity: Identity,
        env: V,
        reduce: impl Fn(&V, u32, Stream<T>) -> Result<C, Fault> + Send + Sync + 'static,
        merge: impl Fn(&[&C]) -> C + Copy + Send + Sync + 'static,
        pairs: impl Fn(C) -> Vec<(K, u64)> + Send + Sync + 'static,
    ) -> Bag<(K, u64)> {
        let sorted = names.aggregate == SORTED.aggregate;
        let finish = move |(_, sorted): &(V, bool), partials: &[&C]| {
            let mut pairs = pairs(merge(partials));
            if *sorted {
                pairs.sort_by_key(|(_, count)| Reverse(*count));
            }
            Ok(pairs)
        };
        let reduce = move |(env, _): &(V, bool), partition, stream: Stream<T>| reduce(env, partition, stream);
        let combine = move |_: &(V, bool), partials: &[&C]| Ok(merge(partials));
        self.reduced(names, identity, (env, sorted), reduce, combine, finish).bag(self.split_every)
    }
}

/// Counts the elements of a stream.
fn count<T: Element + Hash + Eq>(stream: Stream<T>) -> Result<Map<T, u64>, Fault> {
    let mut counts = Map::default();
    match stream.lends() {
        true => stream.for_each_ref(|element| *entry(&mut counts, element, || 0).0 += 1)?,
        false => stream.for_each(|element| *counts.entry(element).or_insert(0) += 1)?,
    }
    Ok(counts)
}

fn pairs<K>(counts: Map<K, u64>) -> Vec<(K, u64)> {
    counts.into_iter().collect()
}

/// The sums of several counts, in order of first appearance.
fn merge<K: Element + Hash + Eq>(partials: &[&Vec<(K, u64)>]) -> Vec<(K, u64)> {
    let mut sums = Map::default();
    for (key, count) in partials.iter().copied().flatten() {
        *entry(&mut sums, key, || 0).0 += count;
    }
    pairs(sums)
}
