//! Graphs of several shapes. Each is computed on the cluster and compared with plain Rust.

use super::phases::{Phase, Stage};
#[cfg(feature = "array")]
use partita::Array;
use partita::prelude::*;
use partita::{Data, RunError};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

/// After which time a result is taken not to come.
const HANGS: Duration = Duration::from_secs(40);

/// A graph, by the numbers that it is made of.
type Shape = fn(&Client, &mut Ground, u64) -> Result<(), Wrong>;

/// Graphs that take no time to speak of, by name.
const LIGHT: &[(&str, Shape)] = &[
    ("tree", tree),
    ("fan", fan),
    ("chain", chain),
    #[cfg(feature = "array")]
    ("array", array),
    ("scattered", scattered),
];

/// Others.
const HEAVY: &[(&str, Shape)] = &[("large", large), ("busy", busy), ("moves", moves)];

impl Phase {
    /// The graphs that bring processes into it, by name.
    pub(crate) fn shapes(self, spills: bool) -> Vec<(&'static str, Shape)> {
        let more: &[(&str, Shape)] = if spills { &[("spills", spills_and_reads)] } else { &[] };
        match self {
            Phase::Any => [LIGHT, HEAVY, more].concat(),
            Phase::Start | Phase::Idle | Phase::End => LIGHT.to_vec(),
            Phase::Compute => vec![("busy", busy)],
            Phase::Transfer => vec![("moves", moves)],
            Phase::Spill => more.to_vec(),
        }
    }
}

/// Why a graph is not right.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// It gives an error.
    Run(RunError),
    /// It gives something else, or nothing.
    Value(String),
}

impl From<RunError> for Wrong {
    fn from(error: RunError) -> Self {
        Wrong::Run(error)
    }
}

impl From<partita::Error> for Wrong {
    fn from(error: partita::Error) -> Self {
        match error {
            partita::Error::Run(error) => Wrong::Run(error),
            other => Wrong::Value(other.to_string()),
        }
    }
}

fn check<T: Data + Clone + Debug + PartialEq>(client: &Client, future: &Future<T>, expected: &T) -> Result<(), Wrong> {
    match future.result_timeout(HANGS) {
        Ok(value) if value == *expected => Ok(()),
        Ok(value) => Err(Wrong::Value(format!("{value:?} instead of {expected:?}"))),
        Err(RunError::Timeout { what, .. }) => Err(Wrong::Value(format!(
            "`{what}` hangs, {}: {:?}; {:?}; {:?}",
            future.status(),
            client.why(future.key()),
            client.summary(),
            client.validate()
        ))),
        Err(error) => Err(error.into()),
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn fold4(parts: Vec<u64>) -> u64 {
    parts.into_iter().fold(1, mix)
}

fn tree(client: &Client, _: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let mut level: Vec<Future<u64>> = (0..256u64).map(|n| client.submit(mix, (seed, n))).collect();
    let mut plain: Vec<u64> = (0..256u64).map(|n| mix(seed, n)).collect();
    while level.len() > 1 {
        level = level.chunks(4).map(|four| client.submit(fold4, (four.to_vec(),))).collect();
        plain = plain.chunks(4).map(|four| fold4(four.to_vec())).collect();
    }
    check(client, &level[0], &plain[0])
}

fn numbers(seed: u64, count: u64) -> Vec<u64> {
    (0..count).map(|n| seed.wrapping_add(n)).collect()
}

fn sum_with(numbers: Vec<u64>, n: u64) -> u64 {
    numbers.iter().fold(n, |sum, x| sum.wrapping_add(*x))
}

fn fan(client: &Client, _: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let source = client.submit(numbers, (seed, 50_000));
    let sums: Vec<Future<u64>> = (0..32u64).map(|n| client.submit(sum_with, (&source, n))).collect();
    let plain = numbers(seed, 50_000);
    let expected = fold4((0..32u64).map(|n| sum_with(plain.clone(), n)).collect());
    check(client, &client.submit(fold4, (sums,)), &expected)
}

fn chain(client: &Client, _: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let mut last = client.submit(mix, (seed, 0));
    let mut plain = mix(seed, 0);
    for n in 1..60u64 {
        last = client.submit(mix, (&last, n));
        plain = mix(plain, n);
    }
    check(client, &last, &plain)
}

#[cfg(feature = "array")]
fn array(client: &Client, _: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let first = (seed % 1_000) as f64;
    let x = Array::<f64>::arange(first, first + 200_000.0, 1.0, 20_000);
    let sum: Vec<f64> = (&x * 2.0).sum().compute_on(client)?.into_iter().collect();
    // All partial sums are whole numbers that are exact, in whichever order.
    let expected = (0..200_000u64).map(|n| (first + n as f64) * 2.0).sum::<f64>();
    if sum == [expected] { Ok(()) } else { Err(Wrong::Value(format!("{sum:?} instead of {expected}"))) }
}

/// Large values that go from worker to worker.
fn large(client: &Client, _: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let parts: Vec<Future<Vec<u64>>> = (0..6u64).map(|n| client.submit(numbers, (seed + n, 250_000))).collect();
    let add = |a: Vec<u64>, b: Vec<u64>| a.iter().zip(&b).map(|(a, b)| a.wrapping_add(*b)).collect::<Vec<u64>>();
    let pairs: Vec<Future<Vec<u64>>> = (0..6).map(|n| client.submit(add, (&parts[n], &parts[(n + 1) % 6]))).collect();
    for (n, pair) in (0..).zip(&pairs) {
        check(client, pair, &add(numbers(seed + n, 250_000), numbers(seed + (n + 1) % 6, 250_000)))?;
    }
    Ok(())
}

/// What graphs are computed with.
pub(crate) struct Ground {
    /// Data that was put into the workers, and that is put in again when it is lost.
    plain: Vec<Vec<u64>>,
    futures: Vec<Future<Vec<u64>>>,
    /// What `burn` gives, by number.
    burned: Vec<u64>,
    pub(crate) stage: Arc<Stage>,
    workers: usize,
    /// Parts of 4 MiB: four fifths of the memory of the workers, who spill from three fifths on.
    parts: u64,
}

impl Ground {
    /// Puts data into the workers, each of which has so many MiB of memory.
    pub(crate) fn new(client: &Client, stage: Arc<Stage>, workers: usize, memory: Option<u64>) -> Self {
        let plain: Vec<Vec<u64>> = (0..8).map(|n| numbers(n * 1_000, 10_000)).collect();
        let (futures, burned) = (client.scatter(plain.clone()), (0..8).map(burn).collect());
        let parts = memory.unwrap_or_default() * workers as u64 / 5;
        Ground { plain, futures, burned, stage, workers, parts }
    }

    /// Puts the data in again, into another cluster or after it was lost.
    pub(crate) fn put_in(&mut self, client: &Client) {
        self.futures = client.scatter(self.plain.clone());
    }
}

fn scattered(client: &Client, data: &mut Ground, seed: u64) -> Result<(), Wrong> {
    let sums: Vec<Future<u64>> = data.futures.iter().map(|part| client.submit(sum_with, (part, seed))).collect();
    let plain: Vec<u64> = data.plain.iter().map(|part| sum_with(part.clone(), seed)).collect();
    let result = sums.iter().zip(&plain).try_for_each(|(sum, plain)| check(client, sum, plain));
    if matches!(result, Err(Wrong::Run(_))) {
        data.put_in(client);
    }
    result
}

/// Takes some milliseconds.
fn burn(n: u64) -> u64 {
    (0..3_000_000).fold(n, mix)
}

/// Tasks that take some time.
pub(crate) fn burning(client: &Client, count: u64) -> Vec<Future<u64>> {
    (0..count).map(|n| client.impure().submit(burn, (n % 8,))).collect()
}

fn busy(client: &Client, ground: &mut Ground, _: u64) -> Result<(), Wrong> {
    let tasks = burning(client, 24);
    tasks.iter().zip(ground.burned.iter().cycle()).try_for_each(|(task, right)| check(client, task, right))
}

/// The sum of `numbers` and `n`.
fn plain_sum(seed: u64, count: u64, n: u64) -> u64 {
    seed.wrapping_mul(count).wrapping_add(count * (count - 1) / 2).wrapping_add(n)
}

/// Values of 16 MiB that are made on one worker, and then read on another one.
fn moves(client: &Client, ground: &mut Ground, seed: u64) -> Result<(), Wrong> {
    const COUNT: u64 = 2 << 20;
    let on = |n: usize| TaskOptions::new().workers([format!("worker-{}", n % ground.workers)]);
    let made = |n: usize| client.with_options(on(n)).submit(numbers, (seed + n as u64, COUNT));
    let parts: Vec<Future<Vec<u64>>> = (0..8).map(made).collect();
    wait(&parts, Some(HANGS))?;
    let _transfer = ground.stage.enter(Phase::Transfer);
    let read = |(n, part): (usize, &Future<Vec<u64>>)| client.with_options(on(n + 1)).submit(sum_with, (part, 1u64));
    let sums: Vec<Future<u64>> = parts.iter().enumerate().map(read).collect();
    (0..).zip(&sums).try_for_each(|(n, sum)| check(client, sum, &plain_sum(seed + n, COUNT, 1)))
}

/// More than the workers' memory holds, read twice.
fn spills_and_reads(client: &Client, ground: &mut Ground, seed: u64) -> Result<(), Wrong> {
    const COUNT: u64 = 1 << 19;
    // What is in a row would be compressed.
    let noise = |seed: u64, count: u64| (0..count).map(|n| mix(seed, n)).collect::<Vec<u64>>();
    let parts: Vec<Future<Vec<u64>>> = (0..ground.parts).map(|n| client.submit(noise, (seed + n, COUNT))).collect();
    wait(&parts, Some(HANGS))?;
    for pass in 0..2u64 {
        let sums: Vec<Future<u64>> = parts.iter().map(|part| client.submit(sum_with, (part, pass))).collect();
        for (n, sum) in (0..).zip(&sums) {
            let right = (0..COUNT).fold(pass, |sum, x| sum.wrapping_add(mix(seed + n, x)));
            check(client, sum, &right)?;
        }
    }
    Ok(())
}
