//! Families of graphs that people compute, by their sizes: for tests, measurements and tables.

use crate::universe::{Number, Universe};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// So many independent tasks, and one that takes them all.
///
/// ```
/// let fan = partita_simulator::families::fan(10);
/// assert_eq!((fan.len(), fan.ends().len()), (11, 1));
/// ```
pub fn fan(leaves: usize) -> Universe {
    let mut universe = Universe::new();
    let leaves: Vec<Number> = (0..leaves).map(|_| universe.task("leaf", &[])).collect();
    universe.task("join", &leaves);
    universe
}

/// So many independent tasks, taken together `arity` by `arity` until one is left: a reduction.
///
/// ```
/// let tree = partita_simulator::families::tree(16, 4);
/// assert_eq!((tree.len(), tree.ends().len()), (16 + 4 + 1, 1));
/// ```
pub fn tree(leaves: usize, arity: usize) -> Universe {
    let mut universe = Universe::new();
    let mut level: Vec<Number> = (0..leaves.max(1)).map(|_| universe.task("leaf", &[])).collect();
    while level.len() > 1 {
        level = level.chunks(arity.max(2)).map(|several| universe.task("reduce", several)).collect();
    }
    universe
}

/// So many chains of so many tasks each, beside each other.
///
/// ```
/// let chains = partita_simulator::families::chains(3, 5);
/// assert_eq!((chains.len(), chains.ends().len()), (15, 3));
/// ```
pub fn chains(count: usize, length: usize) -> Universe {
    let mut universe = Universe::new();
    for _ in 0..count {
        let mut last = universe.task("start", &[]);
        for _ in 1..length.max(1) {
            last = universe.task("link", &[last]);
        }
    }
    universe
}

/// A row of so many cells, computed anew so many times, each from itself and its neighbours.
///
/// ```
/// let stencil = partita_simulator::families::stencil(4, 3);
/// assert_eq!((stencil.len(), stencil.ends().len()), (12, 4));
/// assert_eq!(stencil.definition(5).dependencies[..], [0, 1, 2]);
/// ```
pub fn stencil(width: usize, steps: usize) -> Universe {
    let mut universe = Universe::new();
    let mut row: Vec<Number> = (0..width).map(|_| universe.task("cell", &[])).collect();
    for _ in 1..steps.max(1) {
        row = (0..width).map(|at| universe.task("update", &row[at.saturating_sub(1)..(at + 2).min(width)])).collect();
    }
    universe
}

/// So many pieces, each split for each of as many receivers, which put theirs together: everyone gives to everyone.
///
/// ```
/// let shuffle = partita_simulator::families::shuffle(4);
/// assert_eq!((shuffle.len(), shuffle.ends().len()), (4 + 16 + 4, 4));
/// ```
pub fn shuffle(pieces: usize) -> Universe {
    let mut universe = Universe::new();
    let mut received = vec![Vec::with_capacity(pieces); pieces];
    for _ in 0..pieces {
        let piece = universe.task("load", &[]);
        for receiver in &mut received {
            receiver.push(universe.task("split", &[piece]));
        }
    }
    for splits in received {
        universe.task("merge", &splits);
    }
    universe
}

/// So many tasks, each with none to `most` dependencies drawn from the `reach` tasks before it.
///
/// ```
/// use partita_simulator::families::random_dag;
///
/// let (one, same) = (random_dag(7, 100, 3, 20), random_dag(7, 100, 3, 20));
/// assert_eq!(one.definition(99), same.definition(99));
/// assert_eq!(one.len(), 100);
/// ```
pub fn random_dag(seed: u64, tasks: usize, most: usize, reach: usize) -> Universe {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let mut universe = Universe::new();
    for number in 0..tasks as Number {
        let first = number.saturating_sub(reach.max(1) as Number);
        let count = if number == 0 { 0 } else { random.random_range(0..=most) };
        let dependencies: Vec<Number> = (0..count).map(|_| random.random_range(first..number)).collect();
        universe.task(if dependencies.is_empty() { "source" } else { "task" }, &dependencies);
    }
    universe
}
