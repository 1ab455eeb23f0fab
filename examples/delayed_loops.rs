//! Two loops of delayed calls, drawn: one whose rounds are independent, and one whose rounds need each other.
//!
//! ```text
//! cargo run --example delayed_loops [DIRECTORY]
//! ```
//!
//! It draws `graph1` and `graph2` into the directory, each as `.svg` and `.png`.

use partita::prelude::*;
use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// Each round stands alone: ten tasks, and one that collects them.
fn independent() -> Delayed<Vec<i64>> {
    let mut result = Vec::new();
    for e in 0..10 {
        result.push(delayed(|e: i64| e * 10, (e,)));
    }
    delayed(|all: Vec<i64>| all, (result,))
}

/// Each round needs the one before: two of them, from a = b = 1, are six tasks.
fn dependent() -> Delayed<i64> {
    let (mut a, mut b) = (delayed(add, (1, 1)), delayed(add, (1, 1)));
    a = delayed(add, (&a, &b));
    for _ in 1..2 {
        a = delayed(add, (1, &a));
        b = delayed(add, (1, &b));
        a = delayed(add, (&a, &b));
    }
    a
}

fn draw(result: &impl Compute, name: &str, directory: &Path, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    for extension in ["svg", "png"] {
        let path = directory.join(name).with_extension(extension);
        result.visualize(&path)?;
        writeln!(out, "drawn: {}", path.display())?;
    }
    Ok(())
}

pub(crate) fn run(mut args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let directory = args.next().map_or_else(|| std::env::temp_dir().join("partita"), PathBuf::from);
    std::fs::create_dir_all(&directory)?;
    let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).start()?;

    let result = independent();
    draw(&result, "graph1", &directory, out)?;
    writeln!(out, "{:?}", result.compute()?)?;

    let result = dependent();
    draw(&result, "graph2", &directory, out)?;
    writeln!(out, "{}", result.compute()?)?;

    cluster.close()?;
    Ok(())
}
