//! The search as a command.

use super::scope::Scope;
use super::search::search;
use std::time::Instant;

/// Tries all orders of events of so many keys in a chain on two workers, up to so many moves, and tells what was found.
pub fn command(keys: u32, depth: usize) -> String {
    let start = Instant::now();
    let outcome = search(&Scope::chain(keys, 2, depth));
    format!("{keys} keys, 2 workers: {outcome}; {:.1} s\n", start.elapsed().as_secs_f64())
}
