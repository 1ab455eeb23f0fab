//! Simulating graphs on clusters that need not exist; see [`simulate()`].

pub use crate::client::Recording;
pub use partita_scheduler::machine::{Config, Placement};
pub use partita_simulator::{
    Advice, Again, Bounds, Comparison, Cost, Counts, Curves, Durations, DurationsError, Failed, Faults, GroupReport,
    Held, Peak, Piece, Plan, Preflight, Reason, Report, Setting, SimulateError, Simulation, Size, Spread, Stream,
    Table, Trace, Transfer, Transfers, WorkerReport, compare,
};

use crate::raw;
use partita_collections::Collection;
use partita_graph::Graph;

/// Simulates a collection, or several in a tuple or a list, on a cluster that need not exist: how long it would take, how
/// much memory each worker would need, what would wait for what. No function is run.
///
/// The graph is the one that would be submitted; the scheduler and the workers are the real ones, in virtual time. How long
/// tasks take is told by [`Durations`]: given, drawn, or recorded from a run with
/// [`Client::record`](crate::Client::record).
///
/// ```
/// use partita::prelude::*;
/// use partita::simulate::{Durations, compare, simulate};
/// use std::time::Duration;
///
/// let squares = Bag::<i64>::from_sequence(0..1000, 100).map(|x| x * x).sum();
/// let durations = Durations::same(Duration::from_millis(50), "1 MiB");
/// let simulation = simulate(&squares).threads(2).memory("4GiB").durations(durations).seed(7);
///
/// let (few, many) = (simulation.clone().workers(4).run()?, simulation.workers(40).run()?);
/// assert!(many.makespan < few.makespan);
/// println!("{}", compare(&[("4 workers", &few), ("40 workers", &many)]));
/// # Ok::<(), partita::Error>(())
/// ```
pub fn simulate<C: Collection + ?Sized>(collection: &C) -> Simulation {
    simulate_graph(&collection.graph())
}

/// Simulates a graph; see [`simulate()`].
///
/// ```
/// use partita::prelude::*;
/// use partita::simulate::{Durations, simulate_graph};
/// use std::time::Duration;
///
/// let squares = Bag::<i64>::from_sequence(0..1000, 100).map(|x| x * x).sum();
/// let durations = Durations::same(Duration::from_millis(10), 8);
/// let as_written = simulate_graph(&squares.graph().without_fusion()).durations(durations.clone()).run()?;
/// let fused = simulate_graph(&squares.graph()).durations(durations).run()?;
/// assert!(as_written.counts.runs > fused.counts.runs);
/// # Ok::<(), partita::Error>(())
/// ```
pub fn simulate_graph(graph: &Graph) -> Simulation {
    let plan = graph.check().map(|graph| Plan::from(&graph));
    Simulation::new(plan.map_err(SimulateError::from))
}

/// Simulates these keys of a graph written by hand; see [`simulate()`].
///
/// ```
/// use partita::raw::Graph;
/// use partita::simulate::{Durations, simulate_raw};
/// use std::time::Duration;
///
/// let graph = Graph::new().value("x", 1i64).task("y", |x: i64| x + 1, ("x",)).task("z", |y: i64| y * 2, ("y",));
/// let durations = Durations::same(Duration::from_millis(10), 8);
/// assert_eq!(simulate_raw(&graph, ["z"]).durations(durations).run()?.counts.runs, 3);
/// # Ok::<(), partita::Error>(())
/// ```
pub fn simulate_raw<'a>(graph: &raw::Graph, keys: impl IntoIterator<Item = &'a str>) -> Simulation {
    match graph.nodes(keys) {
        Ok(outputs) => simulate_graph(&Graph::new(outputs)),
        Err(error) => Simulation::new(Err(error.into())),
    }
}
