//! The Fibonacci numbers, the slow way: every call is a task that computes two others and waits for them.
//!
//! ```text
//! cargo run --release --example fib [N]
//! ```
//!
//! A task that waits gives its thread back, so the recursion needs no more threads than there are, however deep it is.

use partita::prelude::*;
use std::error::Error;
use std::io::Write;
use std::time::Instant;
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

#[delayed]
fn fib(n: u64) -> partita::Result<u64> {
    if n < 2 {
        return Ok(n);
    }
    let (a, b) = compute((fib(n - 1), fib(n - 2)))?;
    Ok(a + b)
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let n = args.next().map_or(Ok(12), |n| n.parse())?;
    let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).start()?;
    let began = Instant::now();
    let value = fib(n).compute()?;
    // fib(n) makes 2·fib(n + 1) − 1 calls.
    let (mut last, mut next) = (0u64, 1u64);
    for _ in 0..n {
        (last, next) = (next, last + next);
    }
    writeln!(out, "fib({n}) = {value}, {} tasks in {:.1?}", 2 * next - 1, began.elapsed())?;
    cluster.close()?;
    Ok(())
}
