//! Random seeds of the swarm: no invariant is found broken, and the same seed does the same.

use partita_simulator::shrink::shrink;
use partita_simulator::swarm::{Fleet, Plan, Size, run};
use std::time::Duration;

/// Seeds of one test.
const SEEDS: u64 = 300;

/// The first seed: that of the environment, or always the same.
fn base() -> u64 {
    let base = std::env::var("PARTITA_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    eprintln!("PARTITA_SEED={base}");
    base
}

fn sail(seeds: std::ops::Range<u64>, size: Size) {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let sums = Fleet { seeds: seeds.clone(), size, jobs, stop_on_first: true, cells: false }.run(|_, _| {});
    for (seed, found) in &sums.failures {
        let shrunk = shrink(&Plan::draw(*seed, size), Duration::from_secs(20));
        let lines = shrunk.map(|shrunk| shrunk.lines().join("\n")).unwrap_or_default();
        panic!("seed {seed}, {size:?}: {found}\n{lines}");
    }
    assert_eq!(sums.seeds, seeds.end - seeds.start);
    assert!(sums.faults.len() > 10, "{:?}", sums.faults);
    if size == Size::Big {
        assert!(sums.counting * 10 >= sums.seeds * 9, "{} of {} are large enough", sums.counting, sums.seeds);
    }
}

#[test]
fn no_invariant_is_broken_under_random_faults() {
    sail(base()..base() + SEEDS - 50, Size::Any);
}

#[test]
fn no_invariant_is_broken_in_large_worlds() {
    sail(base()..base() + 50, Size::Big);
}

#[test]
fn the_same_seed_does_the_same() {
    for seed in base()..base() + 20 {
        let (one, other) = (run(&Plan::draw(seed, Size::Any), None), run(&Plan::draw(seed, Size::Any), None));
        assert_eq!(one, other);
    }
    assert_ne!(run(&Plan::draw(1, Size::Any), None).hash, run(&Plan::draw(2, Size::Any), None).hash);
}
