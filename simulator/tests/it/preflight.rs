//! The look at memory before a run: what fits runs, what does not is said, and advice helps.

use partita_simulator::{Advice, Cost, Durations, Simulation, Universe, families};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn drawn() -> Durations {
    Durations::new().otherwise(Cost::new(50 * MS, "64 MiB").log_normal(0.4))
}

fn all_families() -> [(&'static str, Universe); 6] {
    [
        ("fan", families::fan(300)),
        ("tree", families::tree(512, 4)),
        ("chains", families::chains(40, 10)),
        ("stencil", families::stencil(30, 20)),
        ("shuffle", families::shuffle(16)),
        ("random", families::random_dag(5, 500, 3, 60)),
    ]
}

#[test]
fn it_is_what_a_simulation_shows() {
    for (name, universe) in all_families() {
        let simulation = Simulation::of(universe).workers(8).threads(2).durations(drawn());
        let (preflight, report) = (simulation.preflight().unwrap(), simulation.run().unwrap());
        assert_eq!(preflight.peak(), report.fullest().unwrap().peak.nbytes, "{name}");
        let held: u64 = preflight.guilty.iter().map(|held| held.nbytes).sum();
        assert_eq!(held, preflight.peak(), "{name}: {preflight}");
        assert_eq!(preflight.peaks.len(), 8);
    }
}

/// With the memory that it advises, and no disk to help, the run ends and nobody holds more than can be filled, however
/// much the limit changes what the scheduler does.
#[test]
fn with_the_memory_that_is_advised_it_fits() {
    for (name, universe) in all_families() {
        for (workers, threads) in [(1, 1), (2, 1), (2, 4), (4, 1), (8, 1), (8, 2)] {
            let tight = Simulation::of(universe.clone()).workers(workers).threads(threads).durations(drawn());
            let tight = tight.memory("1MiB").disk(0u64);
            let preflight = tight.preflight().unwrap();
            let what = format!("{name} on {workers} × {threads}: {preflight}");
            let Some(Advice::MoreMemory { nbytes }) = preflight.advice.last() else { panic!("{what}") };
            let enough = tight.memory(*nbytes);
            assert!(enough.preflight().unwrap().fits(), "{what}");
            let report = enough.run().unwrap_or_else(|error| panic!("{what}{error}"));
            let ratio = report.fullest().unwrap().peak.nbytes as f64 / preflight.peak() as f64;
            assert!(ratio <= 1.25, "{ratio}, {what}");
        }
    }
}

/// Workers that are full for good are told as such, at once and in all sizes, and do not keep the simulation going.
#[test]
fn a_cluster_that_is_too_small_ends() {
    let sums = Simulation::of(families::tree(100, 8)).durations(Durations::same(100 * MS, 1_000_000u64)).disk(0u64);
    let mut stuck = 0;
    for workers in [1, 4, 8, 16, 17, 40] {
        for memory in [2_000_000u64, 8_000_000, 9_000_000, 10_000_000, 11_000_000, 20_000_000] {
            match sums.clone().workers(workers).memory(memory).run() {
                // What waited for memory in vain is given up.
                Ok(report) => stuck += u32::from(!report.failed.is_empty()),
                Err(error) => panic!("{workers} × {memory}: {error}"),
            }
        }
    }
    assert!(stuck >= 3, "{stuck} of 36");
}

#[test]
fn what_fits_needs_no_advice() {
    let preflight = Simulation::of(families::tree(64, 2)).memory("16GiB").durations(drawn()).preflight().unwrap();
    assert!(preflight.fits() && preflight.advice == [Advice::Run], "{preflight}");
    assert!(preflight.to_string().contains("it fits into 16.00 GiB"), "{preflight}");
}

#[test]
fn more_workers_are_advised_where_they_help() {
    let shuffle = Simulation::of(families::chains(64, 3)).workers(2).memory("1GiB").durations(drawn());
    let preflight = shuffle.preflight().unwrap();
    let Some(Advice::MoreWorkers { workers }) = preflight.advice.first() else { panic!("{preflight}") };
    assert!(shuffle.workers(*workers).preflight().unwrap().fits());
}

#[test]
fn more_partitions_are_advised_where_one_task_is_too_large() {
    let fan = Simulation::of(families::fan(100)).workers(4).memory("1GiB").durations(drawn());
    let preflight = fan.preflight().unwrap();
    assert_eq!(preflight.largest, "join-100");
    let most = 101 * (64u64 << 20);
    assert_eq!(preflight.largest_nbytes, most);
    assert_eq!(preflight.advice[0], Advice::MorePartitions { times: most.div_ceil(preflight.usable) }, "{preflight}");
    assert!(preflight.to_string().contains("advice: cut the data into 8 times as many partitions"), "{preflight}");
}
