//! The hunt for planted bugs as a command.

use super::hunt::{Hunt, hunt_all};
use super::table::table;
use partita_protocol::planted::Bug;
use std::ops::Range;
use std::time::Instant;

/// Looks for every bug, or for those of these names or numbers, by these seeds at the most, and gives the table. False
/// if one was not found.
pub fn command(names: &[String], seeds: Range<u64>, jobs: usize) -> (String, bool) {
    let is_named = |bug: &Bug| {
        let is = |name: &String| *name == format!("{bug:?}") || *name == bug.regression();
        names.is_empty() || names.iter().any(is)
    };
    let bugs: Vec<Bug> = Bug::ALL.iter().copied().filter(is_named).collect();
    let start = Instant::now();
    let hook = std::panic::take_hook();
    // A panic is a failure of its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let hunts = hunt_all(&bugs, seeds, jobs, |hunt| eprintln!("{}, {:?}", line(hunt), start.elapsed()));
    std::panic::set_hook(hook);
    let are_found = hunts.iter().all(|hunt| hunt.found.is_some());
    (table(&hunts), are_found && !bugs.is_empty())
}

fn line(hunt: &Hunt) -> String {
    let how = hunt.found.as_ref().map_or("not found", |found| found.id);
    format!("{} {:?}: {} seeds, {how}", hunt.bug.regression(), hunt.bug, hunt.seeds)
}
