//! Sources at hand: a sequence of the program's, or a range of numbers.

use super::layer::generating;
use super::stream::{Pulled, Slot, Stream};
use super::{Bag, Element, SPLIT_EVERY};
use crate::identity::Identity;
use partita_graph::{Kind, Node, Place, Value};
use std::ops::Range;
use std::sync::Arc;

/// Up to so many items Dask cuts from small to large: sizes are rounded up, and one item a partition is the default.
const FEW: usize = 100;

impl<T: Element> Bag<T> {
    /// A bag of these items, in about this many partitions; Dask's `from_sequence`.
    ///
    /// The items are cut as Dask cuts them: up to 100 into partitions of `⌈items / npartitions⌉`, more into partitions
    /// of `⌊items / npartitions⌋` (at least 1), the last one smaller. So there can be fewer partitions than asked for,
    /// or some more. No items make one empty partition; `npartitions` of 0 counts as 1.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<String>::from_sequence(["a", "b", "c"], 2);
    /// assert_eq!(bag.npartitions(), 2);
    /// assert_eq!(on_reference(&bag)?, ["a", "b", "c"]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn from_sequence<S: Into<T>>(items: impl IntoIterator<Item = S>, npartitions: usize) -> Self {
        let items: Vec<T> = items.into_iter().map(Into::into).collect();
        let size = match items.len() <= FEW {
            true => items.len().div_ceil(npartitions.max(1)),
            false => items.len() / npartitions.max(1),
        };
        Bag::cut(items, size)
    }

    /// A bag of these items, in as many partitions as Dask makes when it is not told: up to 100 items one each, above
    /// that partitions of `⌈√items / 10⌉`.
    ///
    /// ```
    /// use partita_collections::Bag;
    ///
    /// assert_eq!(Bag::<i64>::from_sequence_auto(0..13).npartitions(), 13);
    /// assert_eq!(Bag::<i64>::from_sequence_auto(0..1000).npartitions(), 250);
    /// ```
    #[track_caller]
    pub fn from_sequence_auto<S: Into<T>>(items: impl IntoIterator<Item = S>) -> Self {
        let items: Vec<T> = items.into_iter().map(Into::into).collect();
        let size = match items.len() <= FEW {
            true => 1,
            false => ((items.len() as f64).sqrt() / 10.0).ceil() as usize,
        };
        Bag::cut(items, size)
    }

    /// A bag of these items, in partitions of this size (at least 1); Dask's `from_sequence(partition_size=…)`.
    ///
    /// ```
    /// use partita_collections::Bag;
    ///
    /// assert_eq!(Bag::<i64>::from_sequence_sized(0..13, 5).npartitions(), 3);
    /// ```
    #[track_caller]
    pub fn from_sequence_sized<S: Into<T>>(items: impl IntoIterator<Item = S>, partition_size: usize) -> Self {
        Bag::cut(items.into_iter().map(Into::into).collect(), partition_size)
    }

    #[track_caller]
    fn cut(items: Vec<T>, size: usize) -> Self {
        let size = size.max(1);
        let key = Identity::of("from_sequence").data(&size).data(&items).key::<Vec<T>>("from_sequence");
        let mut partitions = Vec::with_capacity(items.len().div_ceil(size).max(1));
        let mut items = items.into_iter();
        loop {
            let partition: Vec<T> = items.by_ref().take(size).collect();
            if partition.is_empty() && !partitions.is_empty() {
                break;
            }
            partitions.push(Value::new(partition));
        }
        Bag::new(Arc::new(Node::new(key, Kind::Data(partitions), Place::here())), SPLIT_EVERY)
    }
}

impl Bag<i64> {
    /// The numbers from 0 up to `n` (without it); Dask's `db.range`. They are made where they are used.
    ///
    /// Partitions have `⌊n / npartitions⌋` numbers and the last one the rest, as in Dask; where Dask fails, because
    /// there are fewer numbers than partitions, the first ones have one number each and the others none. `n` below 0
    /// counts as 0, `npartitions` of 0 as 1.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::range(5, 2);
    /// assert_eq!(on_reference(&bag)?, [0, 1, 2, 3, 4]);
    /// assert_eq!(on_reference(&bag.map_partitions(|numbers| [numbers.len()]))?, [2, 3]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn range(n: i64, npartitions: usize) -> Self {
        let parts = npartitions.clamp(1, u32::MAX as usize) as i64;
        let n = n.max(0);
        let numbers = |part: u32, n: i64, parts: i64| -> Range<i64> {
            let (part, size) = (i64::from(part), (n / parts).max(1));
            let end = if part + 1 == parts { n } else { (part + 1).saturating_mul(size).min(n) };
            part.saturating_mul(size).min(n)..end
        };
        let key = Identity::of("range").data(&(n, parts)).key::<Vec<i64>>("range");
        let block = generating((n, parts), move |env, part| {
            Ok(Stream::new(Pulled { iterator: numbers(part, env.0, env.1), slot: Slot::default() }))
        });
        let kind = Kind::Blocks { parts: parts as u32, block, inputs: Vec::new() };
        Bag::new(Arc::new(Node::new(key, kind, Place::here())), SPLIT_EVERY)
    }
}
