//! Canaries: bugs that are planted into the machines are found by a few seeds, and nothing is found without them.

use partita_protocol::planted::{Bug, planted};
use partita_simulator::planted::{hunt, table};
use partita_simulator::swarm::{Size, sail};
use std::collections::BTreeSet;

/// Bugs that few seeds find, and how many are enough.
const QUICK: &[(Bug, u64)] = &[(Bug::SecondClient, 20)];

#[test]
fn planted_bugs_are_found() {
    let hunts: Vec<_> = QUICK.iter().map(|(bug, seeds)| hunt(*bug, 0..*seeds)).collect();
    assert!(hunts.iter().all(|hunt| hunt.found.is_some()), "{}", table(&hunts));
}

#[test]
fn without_a_planted_bug_the_same_seeds_find_nothing() {
    assert!(Bug::ALL.iter().all(|bug| !planted(*bug)));
    let most = QUICK.iter().map(|(_, seeds)| *seeds).max().unwrap_or_default();
    for seed in 0..most {
        let found = sail(seed, Size::Any).found;
        assert!(found.is_none(), "seed {seed}: {}", found.map_or_else(String::new, |found| found.to_string()));
    }
}

#[test]
fn every_bug_has_a_name_and_a_number() {
    let texts: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.text()).collect();
    let numbers: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.regression()).filter(|name| name.starts_with('R')).collect();
    assert_eq!(texts.len(), Bug::ALL.len());
    assert!(numbers.len() >= 24, "{numbers:?}");
}
