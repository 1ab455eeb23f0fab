//! A cluster with a dashboard, and work of many kinds to look at.
//!
//! ```text
//! cargo run --release --example dashboard [ROUNDS] [--processes]
//! ```
//!
//! It prints the address to open in a browser on this machine, and works for so many rounds; for ever if it is not said. The
//! workers are threads of this program, or processes.

use partita::prelude::*;
use std::error::Error;
use std::io::Write;
use std::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    partita::init();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

/// Keeps a thread busy for so long.
fn work(milliseconds: u64) {
    let until = Instant::now() + Duration::from_millis(milliseconds);
    while Instant::now() < until {
        std::hint::spin_loop();
    }
}

pub(crate) fn run(args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let (processes, args): (Vec<String>, Vec<String>) = args.partition(|arg| arg == "--processes");
    let rounds = args.first().map_or(Ok(u64::MAX), |rounds| rounds.parse())?;
    let builder = LocalCluster::builder().workers(3).threads_per_worker(2).processes(!processes.is_empty());
    let cluster = builder.decisions(10_000).dashboard(true).start()?;
    let client = cluster.client();
    if let Some(link) = client.dashboard_link() {
        writeln!(out, "open {link}")?;
    }
    for round in 0..rounds {
        let numbers = Bag::<u64>::from_sequence(round * 1_000..(round + 1) * 1_000, 40);
        let squares = numbers.map(|x| {
            if x % 25 == 0 {
                work(x % 7 * 5);
            }
            vec![x * x; 2_000]
        });
        let sums = squares.map(|many| many.iter().fold(0u64, |sum, x| sum.wrapping_add(*x)));
        let sum = sums.fold(0u64, |a, b| a.wrapping_add(b)).compute_on(&client)?;
        let unlucky = delayed(
            |round: u64| {
                work(30);
                assert!(round % 3 != 2, "round {round} is unlucky");
                round
            },
            (round,),
        );
        let told = match unlucky.compute_on(&client) {
            Ok(_) => "and all was well",
            Err(_) => "and a task failed: see the page `events`",
        };
        writeln!(out, "round {round}: the sum is {sum}, {told}")?;
    }
    cluster.close()?;
    Ok(())
}
