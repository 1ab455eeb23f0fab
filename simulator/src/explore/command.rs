//! The search as a command.

use super::scope::Scope;
use super::search::{Outcome, search};
use std::time::{Duration, Instant};

/// Tries all orders of events of so many keys in a chain on two workers, up to so many moves, on so many threads, and tells
/// what was found. False if an order does not end well.
pub fn command(keys: u32, depth: usize, jobs: usize) -> (String, bool) {
    let start = Instant::now();
    let outcome = search(&Scope { jobs, ..Scope::chain(keys, 2, depth) });
    told(keys, &outcome, start.elapsed())
}

fn told(keys: u32, outcome: &Outcome, took: Duration) -> (String, bool) {
    let text = format!("{keys} keys, 2 workers: {outcome}; {:.1} s\n", took.as_secs_f64());
    (text, outcome.violation.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_well_is_no_success() {
        let (text, is_well) = command(1, 2, 1);
        assert!(is_well && text.contains("all end well"), "{text}");
        let outcome = Outcome { violation: Some(("S1 is broken".into(), Vec::new())), ..Outcome::default() };
        let (text, is_well) = told(1, &outcome, Duration::ZERO);
        assert!(!is_well && text.contains("violation: S1 is broken"), "{text}");
    }
}
