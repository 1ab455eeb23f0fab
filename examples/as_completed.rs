//! Two hundred calls that sleep for random times, printed in the order in which they end.
//!
//! ```text
//! cargo run --example as_completed [MICROSECONDS]
//! ```
//!
//! Each call sleeps for 5 to 30 units of so many microseconds. Equal calls are one task, so at most 26 run; each future
//! comes back once for each time that it was asked for.

use partita::prelude::*;
use std::collections::BTreeSet;
use std::error::Error;
use std::io::Write;
use std::time::Duration;
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

fn complex_algorithm(e: u64, unit: u64) -> u64 {
    std::thread::sleep(Duration::from_micros(e * unit));
    e
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let unit: u64 = args.next().map_or(Ok(5_000), |unit| unit.parse())?;
    let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).start()?;
    let client = cluster.client();

    let collection = Bag::range(26, 1).map(|n| n as u64 + 5).choices(200, 2020).compute()?;
    let futures: Vec<_> = collection.iter().map(|e| client.submit(complex_algorithm, (*e, unit))).collect();
    let tasks: BTreeSet<_> = futures.iter().map(|future| future.key().to_string()).collect();
    writeln!(out, "{} futures of {} tasks", futures.len(), tasks.len())?;
    for done in as_completed(futures) {
        write!(out, "{} ", done.result()?)?;
        out.flush()?;
    }
    writeln!(out)?;
    cluster.close()?;
    Ok(())
}
