//! The exhaustive small model: all orders of events of one and two keys on two workers.

use partita_simulator::explore::{Scope, search};

/// How deep the search goes: as told by the environment, or as deep as a test may.
fn depth(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn all_ends_well(scope: &Scope) {
    let start = std::time::Instant::now();
    let outcome = search(scope);
    println!("{outcome}; {:.1} s", start.elapsed().as_secs_f64());
    assert!(outcome.violation.is_none(), "{outcome}");
    assert_eq!(outcome.depth, scope.depth);
}

#[test]
fn one_key_on_two_workers() {
    all_ends_well(&Scope::chain(1, 2, depth("PARTITA_EXPLORE_ONE", 8)));
}

#[test]
fn two_dependent_keys_on_two_workers() {
    all_ends_well(&Scope::chain(2, 2, depth("PARTITA_EXPLORE_TWO", 6)));
}

#[test]
fn two_dependent_keys_with_a_transfer_under_way() {
    let scope = Scope::transfer(2, depth("PARTITA_EXPLORE_TRANSFER", 5));
    let board = scope.start();
    let transfers = board.sites().map(|(_, site)| site.transfers().count());
    assert_eq!(transfers.sum::<usize>(), 1, "the opening leads where it should");
    all_ends_well(&scope);
}

#[test]
fn one_key_for_two_clients_on_three_workers() {
    all_ends_well(&Scope { clients: 2, ..Scope::chain(1, 3, depth("PARTITA_EXPLORE_MANY", 5)) });
}
