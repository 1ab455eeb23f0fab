//! A graph written by hand, what it gives, and what is said of one that cannot run.
//!
//! ```text
//! cargo run --example raw_graph
//! ```

use partita::prelude::*;
use partita::raw::{Graph, task, value};
use std::error::Error;
use std::io::Write;
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

fn sum(numbers: Vec<i64>) -> i64 {
    numbers.iter().sum()
}

pub(crate) fn run(_: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).start()?;

    // {'x': 1, 'y': 2, 'z': (add, 'x', 'y'), 'w': (sum, ['x', 'y', 'z']), 'v': [(sum, ['w', 'z']), 2]}
    let graph = Graph::new()
        .value("x", 1i64)
        .value("y", 2i64)
        .task("z", add, ("x", "y"))
        .task("w", sum, (["x", "y", "z"],))
        .task("v", |s: i64, two: i64| vec![s, two], (task(sum, (["w", "z"],)), value(2i64)));
    for key in ["x", "y", "z", "w"] {
        writeln!(out, "{key} = {}", threaded::get::<i64>(&graph, key)?)?;
    }
    writeln!(out, "v = {:?}", threaded::get::<Vec<i64>>(&graph, "v")?)?;

    // Keys may be asked for in any structure.
    let nested: (i64, (i64, i64), Vec<i64>) = threaded::get(&graph, ("x", ("z", "w"), "v"))?;
    writeln!(out, "(x, (z, w), v) = {nested:?}")?;

    // On the calling thread, without a cluster: the same.
    writeln!(out, "z = {}, without a cluster", synchronous::get::<i64>(&graph, "z")?)?;

    // What cannot run is found before anything runs.
    let missing = Graph::new().value("x", 1i64).task("z", add, ("x", "y"));
    let cycle = Graph::new().task("a", |b: i64| b, ("b",)).task("b", |a: i64| a, ("a",));
    for (graph, key) in [(&graph, "u"), (&missing, "z"), (&cycle, "a")] {
        if let Err(error) = threaded::get::<i64>(graph, key) {
            writeln!(out, "error: {error}")?;
        }
    }
    if let Err(error) = threaded::get::<String>(&graph, "z") {
        writeln!(out, "error: {error}")?;
    }
    cluster.close()?;
    Ok(())
}
