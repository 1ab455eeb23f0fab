//! Choices: numbers of things, with and without putting them back, weighted, in groups, and permutations.

use super::drawn::{By, drawn, refused};
use super::generator::{Generator, shared};
use super::philox::{Sequence, Streams, unit};
use crate::array::chunk::{Chunk, Dims};
use crate::array::chunks::{Chunks, IntoShape};
use crate::array::grid::Grid;
use crate::array::layers::{Built, blockwise_with};
use crate::array::select::Selection;
use crate::array::{Array, ArrayError};
use crate::identity::Identity;
use rand::Rng;
use rand_distr::{Binomial, Distribution};
use std::sync::Arc;

/// Which thing a number in [0, 1) falls on, by the running sums of their weights.
fn at(sums: &[f64], u: f64) -> i64 {
    let total = sums.last().copied().unwrap_or(1.0);
    sums.partition_point(|&sum| sum <= u * total).min(sums.len() - 1) as i64
}

/// Running sums of weights, or why they are none.
fn running(operation: &'static str, weights: &[f64]) -> Result<Arc<Vec<f64>>, ArrayError> {
    let sums: Vec<f64> = weights
        .iter()
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let fine =
        weights.iter().all(|weight| *weight >= 0.0) && sums.last().is_some_and(|sum| *sum > 0.0 && sum.is_finite());
    match fine {
        true => Ok(Arc::new(sums)),
        false => Err(ArrayError::Argument {
            operation,
            argument: "weights",
            value: format!("{weights:?}"),
            allowed: "they must not be negative, and one must be positive",
        }),
    }
}

impl Generator {
    /// Numbers from 0 up to `n`, without it, each drawn from all of them; NumPy's `choice`. `take` makes choices of
    /// other things of them.
    #[track_caller]
    pub fn choice(&self, n: i64, shape: impl IntoShape, chunks: impl Into<Chunks>) -> Array<i64> {
        if n < 1 {
            let (argument, value) = ("n", n.to_string());
            let allowed = "there must be something to choose from, so it must be at least 1";
            return refused(ArrayError::Argument { operation: "choice", argument, value, allowed });
        }
        self.integers(0, n, shape, chunks)
    }

    /// Numbers from 0 up to the number of weights, each as likely as its weight says; NumPy's `choice` with `p`.
    #[track_caller]
    pub fn choice_weighted(&self, weights: &[f64], shape: impl IntoShape, chunks: impl Into<Chunks>) -> Array<i64> {
        let sums = match running("choice_weighted", weights) {
            Ok(sums) => sums,
            Err(error) => return refused(error),
        };
        let identity = Identity::of("random").data(&weights);
        let draw = By(sums, |sums: &Arc<Vec<f64>>, sequence: &mut Sequence<'_>| at(sums, unit(sequence.next_u64())));
        drawn("choice_weighted", identity, self.source(), &shape.into_shape(), &chunks.into(), draw)
    }

    /// `count` different numbers from 0 up to `n`, without it, in random order; NumPy's `choice` without replacement.
    /// They are drawn by one task.
    #[track_caller]
    pub fn choice_distinct(&self, n: usize, count: usize, chunks: impl Into<Chunks>) -> Array<i64> {
        Array::built(self.try_distinct("choice_distinct", n, count, &chunks.into()))
    }

    /// The numbers from 0 up to `n`, without it, in random order; NumPy's `permutation`. They are shuffled by one task.
    #[track_caller]
    pub fn permutation(&self, n: usize, chunks: impl Into<Chunks>) -> Array<i64> {
        Array::built(self.try_distinct("permutation", n, n, &chunks.into()))
    }

    #[track_caller]
    fn try_distinct(&self, name: &'static str, n: usize, count: usize, chunks: &Chunks) -> Built<Array<i64>> {
        if count > n {
            let (argument, value) = ("count", format!("{count} of {n}"));
            let allowed = "there are no more different ones";
            return Err(ArrayError::Argument { operation: name, argument, value, allowed }.into());
        }
        let grid = chunks.grid(&[count], size_of::<i64>())?;
        let source = self.source();
        let identity = Identity::of(name).data(&(source.seed, source.stream, n, count));
        let streams = Streams::new(source.seed, source.stream);
        let env = (streams, n, count);
        let all = Array::generated_with(name, identity, Grid::single(&[count]), env, |&(streams, n, count), _, _| {
            Chunk::new(&[count], shuffled(&streams, n, count)).into()
        });
        let selection = Selection::rechunked(&[count], grid.axis(0));
        Ok(all.select("rechunk", Identity::of("rechunk"), vec![selection], 0)?)
    }

    /// How often each of several things comes in `n` trials, as likely as the weights say; NumPy's `multinomial`. The
    /// result has one more axis, of one chunk, for the things.
    #[track_caller]
    pub fn multinomial(&self, n: i64, weights: &[f64], shape: impl IntoShape, chunks: impl Into<Chunks>) -> Array<i64> {
        Array::built(self.try_multinomial(n, weights, &shape.into_shape(), &chunks.into()))
    }

    #[track_caller]
    fn try_multinomial(&self, n: i64, weights: &[f64], shape: &[usize], chunks: &Chunks) -> Built<Array<i64>> {
        let sums = running("multinomial", weights)?;
        let Ok(trials) = u64::try_from(n) else {
            let (argument, allowed) = ("n", "a number of trials must not be negative");
            return Err(
                ArrayError::Argument { operation: "multinomial", argument, value: n.to_string(), allowed }.into()
            );
        };
        let source = self.source();
        let numbers = By((), |(): &(), sequence: &mut Sequence<'_>| sequence.next_u64() as i64);
        let seeds = drawn("multinomial-seeds", Identity::of("random"), source, shape, chunks, numbers);
        seeds.sound()?;
        let mut grid = seeds.grid.chunks().to_vec();
        grid.push(vec![weights.len()]);
        let identity = seeds.identity("multinomial").data(&(n, weights));
        let block = blockwise_with((weights.to_vec(), sums, trials), |env, _, flows| {
            let (weights, sums, trials) = &**env;
            let [flow] = crate::layer::inputs(flows)?;
            let seeds = crate::array::lazy::Lazy::<i64>::of(flow, 0)?;
            let mut shape: Dims = seeds.shape().into();
            shape.push(weights.len());
            let mut all = Vec::with_capacity(shape.iter().product());
            seeds
                .for_each_tile(|_, tile| tile.iter().for_each(|&seed| group(seed, *trials, weights, sums, &mut all)))?;
            Ok(Chunk::new(&shape, all).into())
        });
        Ok(Array::blocks("multinomial", identity, Grid::new(grid)?, vec![seeds.node().clone().into()], block))
    }
}

/// The counts of one group of trials: each is binomial, given those before it.
fn group(seed: i64, trials: u64, weights: &[f64], sums: &[f64], all: &mut Vec<i64>) {
    let streams = Streams::new(seed as u64, 0);
    let mut sequence = streams.element(0, seed as u64);
    let total = sums.last().copied().unwrap_or(1.0);
    let mut left = trials;
    for (thing, weight) in weights.iter().enumerate() {
        let before = if thing == 0 { 0.0 } else { sums[thing - 1] };
        let last = thing + 1 == weights.len();
        let share = if last { 1.0 } else { (weight / (total - before)).clamp(0.0, 1.0) };
        let count = Binomial::new(left, share).map_or(0, |binomial| binomial.sample(&mut sequence));
        left -= count;
        all.push(count as i64);
    }
}

/// `count` of the numbers below `n`, by the first steps of a shuffle (Fisher and Yates).
fn shuffled(streams: &Streams, n: usize, count: usize) -> Vec<i64> {
    let mut numbers: Vec<i64> = (0..n as i64).collect();
    let mut scratch = Vec::new();
    for at in 0..count {
        if at % 1024 == 0 {
            streams.firsts(at as u64, 1024.min(count - at), &mut scratch);
        }
        // The product's upper half is as good as even for any number of things that fits into memory.
        let bits = u128::from(scratch.as_flattened()[at % 1024]);
        let other = at + ((bits * (n - at) as u128) >> 64) as usize;
        numbers.swap(at, other);
    }
    numbers.truncate(count);
    numbers
}

macro_rules! shared_functions {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $type:ty),*);)*) => {
        $($(#[$doc])*
        #[track_caller]
        pub fn $name($($argument: $type),*) -> Array<i64> {
            shared().$name($($argument),*)
        })*
    };
}

shared_functions! {
    /// Numbers from 0 up to `n`, without it, each drawn from all of them; see [`Generator::choice`].
    choice(n: i64, shape: impl IntoShape, chunks: impl Into<Chunks>);
    /// Numbers from 0 up to the number of weights, as likely as they say; see [`Generator::choice_weighted`].
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let x = on_reference(&random::choice_weighted(&[1.0, 0.0, 3.0], 1000, 100))?;
    /// assert!(x.iter().all(|&x| x != 1));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    choice_weighted(weights: &[f64], shape: impl IntoShape, chunks: impl Into<Chunks>);
    /// `count` different numbers below `n`; see [`Generator::choice_distinct`].
    choice_distinct(n: usize, count: usize, chunks: impl Into<Chunks>);
    /// The numbers below `n` in random order; see [`Generator::permutation`].
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let mut x = on_reference(&random::permutation(1000, 300))?.into_raw_vec_and_offset().0;
    /// assert!(!x.is_sorted());
    /// x.sort_unstable();
    /// assert_eq!(x, (0..1000).collect::<Vec<i64>>());
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    permutation(n: usize, chunks: impl Into<Chunks>);
    /// How often each of several things comes in `n` trials; see [`Generator::multinomial`].
    ///
    /// ```
    /// use partita_collections::{array::random, bag::on_reference};
    ///
    /// let x = random::multinomial(20, &[0.2, 0.8], 50, 8);
    /// assert_eq!(x.shape(), [50, 2]);
    /// assert!(on_reference(&x.sum_axis(1))?.iter().all(|&sum| sum == 20));
    /// # Ok::<(), partita_graph::RunError>(())
    /// ```
    multinomial(n: i64, weights: &[f64], shape: impl IntoShape, chunks: impl Into<Chunks>);
}
