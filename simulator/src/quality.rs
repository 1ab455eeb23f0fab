//! How good policies are: by how many times the makespan of each family of graphs exceeds its lower bound.

use crate::durations::{Cost, Durations};
use crate::families;
use crate::report::Table;
use crate::simulate::Simulation;
use crate::universe::Universe;
use partita_scheduler::machine::Placement;
use std::time::Duration;

/// The cluster that is measured on.
const WORKERS: usize = 16;
const THREADS: usize = 2;

/// A family of graphs: its name, and the graph of a seed.
type Family = (&'static str, fn(u64) -> Universe);

const FAMILIES: [Family; 6] = [
    ("fan", |_| families::fan(2_000)),
    ("tree", |_| families::tree(1_024, 4)),
    ("chain bundle", |_| families::chains(80, 20)),
    ("stencil", |_| families::stencil(48, 24)),
    ("shuffle", |_| families::shuffle(28)),
    ("random DAG", |seed| families::random_dag(seed, 1_500, 3, 120)),
];

/// A policy: its name, and what it sets.
type Policy = (&'static str, fn(Simulation, u64) -> Simulation);

const POLICIES: [Policy; 3] = [
    ("default", |simulation, _| simulation),
    ("random placement", |simulation, seed| simulation.policy(Placement::Random { seed })),
    ("no stealing", |simulation, _| simulation.stealing(false)),
];

/// The makespan over the lower bound of each family under each policy, over so many seeds: the average, and the worst in
/// brackets. Tasks take 100 ms on average, spread log-normally, and give 4 MiB (leaves 64 kB), on 16 workers of two threads.
///
/// ```
/// let table = partita_simulator::quality::table(1);
/// assert!(table.starts_with("family"));
/// assert_eq!(table.lines().count(), 7);
/// ```
pub fn table(seeds: u64) -> String {
    let head = ["family", "tasks"].into_iter().chain(POLICIES.iter().map(|(name, _)| *name));
    let mut table = Table::new(head);
    for (name, family) in FAMILIES {
        let cells = POLICIES.iter().map(|(_, set)| cell(seeds, family, *set));
        let tasks = crate::report::thousands(family(0).len() as u64);
        table.row([name.to_string(), tasks].into_iter().chain(cells));
    }
    table.to_string()
}

/// The average and the worst ratio of a family under a policy.
fn cell(seeds: u64, family: fn(u64) -> Universe, set: fn(Simulation, u64) -> Simulation) -> String {
    let (mut sum, mut worst) = (0.0, 0f64);
    for seed in 0..seeds.max(1) {
        match set(simulation(family(seed), seed), seed).run() {
            Ok(report) if !report.is_complete() => return format!("failed by seed {seed}"),
            Ok(report) => (sum, worst) = (sum + report.ratio(), worst.max(report.ratio())),
            Err(error) => return error.to_string(),
        }
    }
    format!("{:.2} ({worst:.2})", sum / seeds.max(1) as f64)
}

/// The graph of a seed on the cluster that is measured on.
pub(crate) fn simulation(universe: Universe, seed: u64) -> Simulation {
    let cost = Cost::new(Duration::from_millis(100), "4 MiB").log_normal(0.5);
    // A fan whose leaves gave much would measure the network of the one worker that joins them.
    let leaf = Cost { nbytes: 64_000.into(), ..cost.clone() };
    let durations = Durations::new().group("leaf", leaf).otherwise(cost);
    Simulation::of(universe).workers(WORKERS).threads(THREADS).durations(durations).seed(seed)
}
