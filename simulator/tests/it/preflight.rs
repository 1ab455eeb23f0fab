//! The quick look before a run: near to what a simulation shows, and advice that helps.

use partita_simulator::{Advice, Cost, Durations, Simulation, Universe, families};
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

fn drawn() -> Durations {
    Durations::new().otherwise(Cost::new(50 * MS, "64 MiB").log_normal(0.4))
}

#[test]
fn it_is_near_to_what_a_simulation_shows() {
    let families: [(&str, Universe); 6] = [
        ("fan", families::fan(300)),
        ("tree", families::tree(512, 4)),
        ("chains", families::chains(40, 10)),
        ("stencil", families::stencil(30, 20)),
        ("shuffle", families::shuffle(16)),
        ("random", families::random_dag(5, 500, 3, 60)),
    ];
    for (name, universe) in families {
        let simulation = Simulation::of(universe).workers(8).threads(2).durations(drawn());
        let (preflight, report) = (simulation.preflight().unwrap(), simulation.run().unwrap());
        let ratio = preflight.peak() as f64 / report.fullest().unwrap().peak.nbytes as f64;
        assert!((0.4..2.5).contains(&ratio), "{name}: {ratio:.2}\n{preflight}\n{report}");
        let held: u64 = preflight.guilty.iter().map(|held| held.nbytes).sum();
        assert_eq!(held, preflight.peak(), "{name}: {preflight}");
        assert_eq!(preflight.peaks.len(), 8);
    }
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
    assert_eq!(preflight.advice[0], Advice::MorePartitions { times: most.div_ceil(1 << 30) }, "{preflight}");
    assert!(preflight.to_string().contains("advice: cut the data into 7 times as many partitions"), "{preflight}");
}
