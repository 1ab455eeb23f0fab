//! Chance: samples of a bag, the same for the same seed whatever the workers do.
//!
//! Each partition has a generator of its own, PCG64 started from the seed and the partition's number, so a result
//! depends on seed and partitions alone.

use super::error::{BagError, BagFault};
use super::layer::{Names, streaming};
use super::steps::Filter;
use super::stream::Stream;
use super::{Bag, Element};
use partita_graph::Fault;
use rand::RngExt;
use rand_pcg::Pcg64;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Changes with the way numbers are drawn; part of the keys.
pub(crate) const VERSION: u32 = 1;

/// The generator of a partition, or of what combines some.
pub(crate) fn generator(seed: u64, what: What) -> Pcg64 {
    // Small and neighbouring numbers are spread over all bits: generators with similar states give similar numbers.
    let (kind, a, b) = match what {
        What::Partition(partition) => (1, partition.into(), 0),
        What::Combining { first, count } => (2, first.into(), count),
    };
    let words = [kind, a, b].map(mix);
    let state = words.iter().fold(mix(seed), |state, word| mix(state ^ word));
    let half = |n: u64| u128::from(mix(state.wrapping_add(n)));
    Pcg64::new(half(1) << 64 | half(2), half(3) << 64 | half(4))
}

/// What a generator is for.
#[derive(Clone, Copy)]
pub(crate) enum What {
    /// A partition.
    Partition(u32),
    /// Results of partitions from `first` on, of so many elements together.
    Combining { first: u32, count: u64 },
}

/// Spreads a number over 64 bits (the finaliser of splitmix64, Steele et al. 2014).
fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

impl<T: Element> Bag<T> {
    /// Each element with this probability; Dask's `random_sample`.
    ///
    /// # Errors
    /// [`BagError::Probability`] if it is not between 0 and 1.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let bag = Bag::range(1000, 4);
    /// let some = on_reference(&bag.random_sample(0.5, 42)?)?;
    /// assert!((400..600).contains(&some.len()));
    /// assert_eq!(on_reference(&bag.random_sample(0.5, 42)?)?, some, "the same seed gives the same sample");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn random_sample(&self, probability: f64, seed: u64) -> Result<Bag<T>, BagError> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(BagError::Probability { operation: "random_sample", found: probability });
        }
        let identity = self.identity("random_sample").data(&(VERSION, probability, seed));
        let block = streaming((probability, seed), |env, partition, stream: Stream<T>| {
            let (probability, seed) = **env;
            let mut random = generator(seed, What::Partition(partition));
            Ok(Stream::new(Filter { stream, keep: move |_: &T| Ok(random.random::<f64>() < probability) }))
        });
        Ok(self.layer("random_sample", identity, block))
    }

    /// `k` different elements, each choice of them as likely as any other, in the order of the bag: a bag of one
    /// partition; Dask's `db.random.sample`. The task fails with [`BagFault::SampleTooLarge`] if there are fewer.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let some = on_reference(&Bag::range(1000, 4).sample(10, 42))?;
    /// assert_eq!(some.len(), 10);
    /// assert!(some.is_sorted_by(|a, b| a < b));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn sample(&self, k: usize, seed: u64) -> Bag<T> {
        let names = Names { partial: "sample", combine: "sample-combine", aggregate: "sample-aggregate" };
        let identity = self.identity("sample").data(&(VERSION, k as u64, seed));
        type Env = (usize, u64);
        let reduce = |&(k, seed): &Env, partition, stream: Stream<T>| draw(stream, k, seed, partition);
        let combine = |&(k, _): &Env, some: &[&Drawn<T>]| Ok(smallest(some, k));
        let finish = |&(k, _): &Env, some: &[&Drawn<T>]| {
            let (count, drawn) = smallest(some, k);
            match drawn.len() == k {
                true => Ok(drawn.into_iter().map(|(_, element)| element).collect::<Vec<T>>()),
                false => Err(Fault::failed(BagFault::SampleTooLarge { wanted: k, found: count })),
            }
        };
        self.reduced(names, identity, (k, seed), reduce, combine, finish).bag(self.split_every)
    }

    /// `k` elements, each drawn from all of them independently: a bag of one partition; Dask's `db.random.choices`. The
    /// task fails with [`BagFault::Empty`] if there are none to draw from.
    ///
    /// ```
    /// use partita_collections::{Bag, bag::on_reference};
    ///
    /// let throws = on_reference(&Bag::<i64>::from_sequence(1..=6, 2).choices(100, 42))?;
    /// assert_eq!(throws.len(), 100);
    /// assert!(throws.contains(&1) && throws.contains(&6));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    #[track_caller]
    pub fn choices(&self, k: usize, seed: u64) -> Bag<T> {
        let names = Names { partial: "choices", combine: "choices-combine", aggregate: "choices-aggregate" };
        let identity = self.identity("choices").data(&(VERSION, k as u64, seed));
        type Env = (usize, u64);
        let reduce = |&(k, seed): &Env, partition, stream: Stream<T>| choose(stream, k, seed, partition);
        let combine = |&(_, seed): &Env, some: &[&Chosen<T>]| Ok(mixed(some, seed));
        let finish = |&(k, seed): &Env, some: &[&Chosen<T>]| {
            let (_, chosen, _) = mixed(some, seed);
            match chosen.len() == k {
                true => Ok(chosen),
                false => Err(Fault::failed(BagFault::Empty { wanted: k })),
            }
        };
        self.reduced(names, identity, (k, seed), reduce, combine, finish).bag(self.split_every)
    }
}

/// How many elements there were, and those with the smallest random numbers, in the order of the bag. The number comes
/// with the element's place: partition and index.
type Drawn<T> = (u64, Vec<((u64, u32, u64), T)>);

/// Gives each element a random number and keeps the `k` smallest.
fn draw<T: Element>(stream: Stream<T>, k: usize, seed: u64, partition: u32) -> Result<Drawn<T>, Fault> {
    let mut random = generator(seed, What::Partition(partition));
    let mut kept: BinaryHeap<(u64, u64)> = BinaryHeap::new();
    let mut elements: indexmap::IndexMap<u64, T, foldhash::fast::FixedState> = Default::default();
    let mut count = 0;
    stream.for_each_ref(|element| {
        let ticket = (random.random::<u64>(), count);
        count += 1;
        if kept.len() < k || kept.peek().is_some_and(|largest| ticket < *largest) {
            kept.push(ticket);
            elements.insert(ticket.1, element.clone());
            if kept.len() > k
                && let Some((_, index)) = kept.pop()
            {
                elements.swap_remove(&index);
            }
        }
    })?;
    let mut kept = kept.into_vec();
    kept.sort_unstable_by_key(|(_, index)| *index);
    let drawn = kept.into_iter().filter_map(|(ticket, index)| {
        let element = elements.swap_remove(&index)?;
        Some(((ticket, partition, index), element))
    });
    Ok((count, drawn.collect()))
}

/// The `k` smallest numbers of several partitions.
fn smallest<T: Element>(some: &[&Drawn<T>], k: usize) -> Drawn<T> {
    let count = some.iter().map(|drawn| drawn.0).sum();
    let mut all: Vec<_> = some.iter().flat_map(|drawn| &drawn.1).collect();
    all.sort_by_key(|(ticket, _)| *ticket);
    all.truncate(k);
    all.sort_by_key(|((_, partition, index), _)| (*partition, *index));
    (count, all.into_iter().cloned().collect())
}

/// How many elements there were, which were chosen, and the number of the first partition among them.
type Chosen<T> = (u64, Vec<T>, u32);

/// Draws `k` elements independently, in one walk: the choice number `j` is a reservoir of one element, which the `i`-th
/// element replaces with probability `1/i`. When it is replaced next is drawn at once (`P(not up to n) = i/n`), so that
/// elements in between cost nothing.
fn choose<T: Element>(stream: Stream<T>, k: usize, seed: u64, partition: u32) -> Result<Chosen<T>, Fault> {
    let mut random = generator(seed, What::Partition(partition));
    let mut chosen: Vec<T> = Vec::new();
    let mut next: BinaryHeap<Reverse<(u64, usize)>> = (0..k).map(|choice| Reverse((1, choice))).collect();
    let mut count = 0u64;
    stream.for_each_ref(|element| {
        count += 1;
        while let Some(&Reverse((at, choice))) = next.peek()
            && at == count
        {
            next.pop();
            match chosen.get_mut(choice) {
                Some(place) => *place = element.clone(),
                // The first element is everybody's first choice, in order.
                None => chosen.push(element.clone()),
            }
            // A number in (0, 1], so that the quotient is finite and at least the count.
            let u = 1.0 - random.random::<f64>();
            let unchanged = (count as f64 / u) as u64;
            next.push(Reverse((unchanged.max(count).saturating_add(1), choice)));
        }
    })?;
    Ok((count, chosen, partition))
}

/// Each choice is taken from one of the partitions, as likely as that has elements.
fn mixed<T: Element>(some: &[&Chosen<T>], seed: u64) -> Chosen<T> {
    let first = some.first().map_or(0, |chosen| chosen.2);
    let mut random = generator(seed, What::Combining { first, count: some.iter().map(|chosen| chosen.0).sum() });
    let mut so_far: (u64, Vec<T>) = (0, Vec::new());
    for (count, chosen, _) in some.iter().filter(|chosen| chosen.0 > 0).copied() {
        let all = so_far.0 + count;
        if so_far.0 == 0 {
            so_far.1.clone_from(chosen);
        } else {
            for (place, theirs) in so_far.1.iter_mut().zip(chosen) {
                if random.random_range(0..all) < *count {
                    *place = theirs.clone();
                }
            }
        }
        so_far.0 = all;
    }
    (so_far.0, so_far.1, first)
}
