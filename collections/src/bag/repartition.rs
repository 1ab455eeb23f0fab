//! Other partitions for the same elements.

use super::layer::streaming;
use super::pieces::Pieces;
use super::stream::Stream;
use super::{Bag, Element};
use crate::identity::Identity;
use crate::layer::task;
use partita_graph::{Engine, Fault, Input, Kind, Node, Place, RunError, Value, size_of_value};
use std::ops::Range;
use std::sync::Arc;

/// A new partition: parts of old ones, each with the share of it that is taken, as the `n`-th of so many.
type Plan = Vec<(u32, Share)>;

#[derive(Clone, Copy)]
struct Share {
    nth: usize,
    of: usize,
}

const WHOLE: Share = Share { nth: 0, of: 1 };

partita_graph::travels!(Share { nth, of });

impl Share {
    fn range(self, length: usize) -> Range<usize> {
        let cut = |nth: usize| (nth as u128 * length as u128 / self.of as u128) as usize;
        cut(self.nth)..cut(self.nth + 1)
    }
}

impl<T: Element> Bag<T> {
    /// The same elements, in the same order, in this many partitions (0 counts as 1); Dask's `repartition`.
    ///
    /// Fewer: neighbours are put together. More: each partition is cut into parts of equal length, the last one into
    /// some more. No element is copied until it is used.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::<i64>::from_sequence(0..13, 5).repartition(2);
    /// assert_eq!(on_reference(&bag.map_partitions(|numbers| [numbers.len()]))?, [6, 7]);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn repartition(&self, npartitions: usize) -> Bag<T> {
        let (old, new) = (self.npartitions(), npartitions.clamp(1, u32::MAX as usize));
        if old == new {
            return self.clone();
        }
        let bound = |nth: usize| (nth * old / new) as u32;
        let plans: Vec<Plan> = match old > new {
            true => (0..new).map(|nth| (bound(nth)..bound(nth + 1)).map(|part| (part, WHOLE)).collect()).collect(),
            false if old == 0 => vec![Vec::new(); new],
            false => {
                let cuts = |part: usize| new / old + if part + 1 == old { new % old } else { 0 };
                (0..old).flat_map(|part| shares(part as u32, cuts(part))).map(|share| vec![share]).collect()
            }
        };
        self.replanned(plans)
    }

    /// The same elements, in partitions of about this many bytes at most; Dask's `repartition(partition_size=…)`.
    ///
    /// The sizes of the partitions must be known to plan this, so they are computed here, on `engine` (Dask computes
    /// them here as well). Partitions that are too large are cut into parts of equal length, then neighbours are put
    /// together as long as they are small enough.
    ///
    /// # Errors
    /// Whatever went wrong while the sizes were computed.
    ///
    /// ```
    /// use partita_collections::Bag;
    /// use partita_graph::Reference;
    ///
    /// let bag = Bag::<i64>::from_sequence(0..100, 10);
    /// assert_eq!(bag.repartition_bytes(250, &Reference)?.npartitions(), 5, "a partition has 24 + 10 · 8 bytes");
    /// assert_eq!(bag.repartition_bytes(60, &Reference)?.npartitions(), 20);
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn repartition_bytes(&self, bytes: usize, engine: &impl Engine) -> Result<Bag<T>, RunError> {
        let place = Place::here();
        let sizes = self.map_partitions(|partition| [size_of_value(&partition) as u64]);
        let graph = crate::Collection::graph(&sizes).check()?;
        let sizes = crate::Collection::assemble(&sizes, engine.run(graph)?)?;
        let bytes = bytes.max(1) as u64;
        let mut plans: Vec<Plan> = Vec::new();
        let mut filled = 0;
        for (part, size) in sizes.into_iter().enumerate() {
            let cuts = (1 + size / bytes) as usize;
            let each = size.div_ceil(cuts as u64);
            for share in shares(part as u32, cuts) {
                match plans.last_mut() {
                    Some(plan) if filled + each <= bytes => plan.push(share),
                    _ => {
                        plans.push(vec![share]);
                        filled = 0;
                    }
                }
                filled += each;
            }
        }
        if plans.is_empty() {
            plans.push(Vec::new());
        }
        let identity = self.identity("repartition").data(&bytes);
        Ok(self.replanned_as(plans, identity, place))
    }

    #[track_caller]
    fn replanned(&self, plans: Vec<Plan>) -> Bag<T> {
        let identity = self.identity("repartition").data(&(plans.len() as u64));
        self.replanned_as(plans, identity, Place::here())
    }

    /// A layer that brings pointers together, and one that reads what they point to in the same task as what follows.
    #[track_caller]
    fn replanned_as(&self, plans: Vec<Plan>, identity: Identity, place: Place) -> Bag<T> {
        let tasks = plans.into_iter().map(|plan| {
            let inputs = plan.iter().map(|&(part, _)| Input { node: self.node.clone(), part }).collect();
            let ranges: Vec<Share> = plan.into_iter().map(|(_, share)| share).collect();
            let function = task(ranges, |ranges, values| {
                let share = |(input, value): (usize, &Value)| {
                    let elements = value.share::<Vec<T>>().map_err(|mismatch| Fault::Type { input, mismatch })?;
                    let range = ranges.get(input).map_or(0..0, |share| share.range(elements.len()));
                    Ok((elements, range))
                };
                let shared: Result<Vec<_>, Fault> = values.iter().enumerate().map(share).collect();
                Ok(Pieces::slices(shared?.into_iter()))
            });
            (function, inputs)
        });
        let kind = Kind::Tasks(tasks.collect());
        let node = Node::new(identity.key::<Pieces<T>>("repartition-plan"), kind, place);
        let pieces = Bag::<T>::new(Arc::new(node), self.split_every);
        let identity = pieces.identity("repartition");
        pieces.layer("repartition", identity, streaming((), |_, _, stream: Stream<T>| Ok(stream)))
    }
}

/// A partition cut into so many.
fn shares(part: u32, cuts: usize) -> impl Iterator<Item = (u32, Share)> {
    (0..cuts).map(move |nth| (part, Share { nth, of: cuts }))
}
