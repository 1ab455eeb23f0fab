//! Canaries: bugs that are planted into the machines are found by a few seeds, and nothing is found without them.

use partita_protocol::planted::{Bug, planted};
use partita_simulator::planted::{hunt_all, table};
use partita_simulator::swarm::{Size, sail};
use std::collections::BTreeSet;

/// Bugs that few seeds find, with some of each kind of fault and of both machines.
const QUICK: &[Bug] = &[
    Bug::HalfRemoved,
    Bug::GracefulDeath,
    Bug::ErredInput,
    Bug::UnansweredMissing,
    Bug::UnansweredKeys,
    Bug::CancelledGather,
    Bug::CancelledStart,
    Bug::OrphanInputs,
    Bug::LateResult,
    Bug::LostTaker,
    Bug::OldResult,
    Bug::LeavingWorker,
    Bug::DeathUntold,
    Bug::RunningStolen,
    Bug::PhantomCopy,
    Bug::KeptResources,
    Bug::PausedStart,
    Bug::SecondClient,
    Bug::NotRevived,
    Bug::HungTransfer,
    Bug::BlameTheWaiting,
];

/// Seeds that must be enough for each.
const SEEDS: u64 = 50;

/// Seeds that are run without a bug.
const CLEAN: u64 = 20;

#[test]
fn planted_bugs_are_found() {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let hunts = hunt_all(QUICK, 0..SEEDS, jobs, |_| ());
    assert_eq!(hunts.len(), QUICK.len());
    assert!(hunts.iter().all(|hunt| hunt.found.is_some()), "{}", table(&hunts));
    let most = hunts.iter().map(|hunt| hunt.seeds).max().unwrap_or_default();
    for seed in 0..most.max(CLEAN) {
        let found = sail(seed, Size::Any, false).found;
        assert!(
            found.is_none(),
            "seed {seed}, with nothing planted: {}",
            found.map_or_else(String::new, |f| f.to_string())
        );
    }
}

#[test]
fn every_bug_has_words_and_a_number_of_its_own_or_of_a_policy() {
    assert!(Bug::ALL.iter().all(|bug| !planted(*bug)), "none is planted unasked");
    let texts: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.text()).collect();
    assert_eq!(texts.len(), Bug::ALL.len());
    let is_number =
        |name: &str| name.strip_prefix('R').is_some_and(|number| (1..=40).contains(&number.parse().unwrap_or(0)));
    let numbers: BTreeSet<_> = Bug::ALL.iter().map(|bug| bug.regression()).filter(|name| is_number(name)).collect();
    assert!(numbers.len() >= 24, "{numbers:?}");
    assert!(Bug::ALL.iter().all(|bug| is_number(bug.regression()) || bug.regression() == "policy"));
}
