//! Counts the words of text files, and prints the most frequent ones.
//!
//! ```text
//! cargo run --release --example wordcount [FILES or GLOBS…] [--top N] [--workers N] [--threads N]
//! ```
//!
//! Files may be compressed. Without any, it reads the King James Bible in `examples/data`. A word is a run of the letters
//! a to z, with apostrophes inside, of the lower-cased text.

use clap::Parser;
use partita::bag::{for_each_word, read_text};
use partita::prelude::*;
use std::cmp::Reverse;
use std::error::Error;
use std::io::Write;
use std::time::Instant;
use tracing_subscriber::EnvFilter;

const BIBLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/kjv.txt.gz");

/// Counts the words of text files.
#[derive(Parser)]
struct Args {
    /// Files, also compressed ones, and patterns such as `texts/*.txt`
    #[arg(default_value = BIBLE, hide_default_value = true)]
    files: Vec<String>,
    /// How many of the most frequent words to print
    #[arg(long, default_value_t = 5)]
    top: usize,
    /// Workers
    #[arg(long, default_value_t = 1)]
    workers: usize,
    /// Threads of each worker; all cores together if not given
    #[arg(long)]
    threads: Option<usize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    run(std::env::args().skip(1), &mut std::io::stdout())
}

pub(crate) fn run(args: impl Iterator<Item = String>, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let args = Args::parse_from(std::iter::once("wordcount".to_string()).chain(args));
    let mut cluster = LocalCluster::builder().workers(args.workers);
    if let Some(threads) = args.threads {
        cluster = cluster.threads_per_worker(threads);
    }
    let cluster = cluster.start()?;

    let began = Instant::now();
    let lines = read_text(args.files).block_size(16 << 20).finish()?;
    let words = lines.frequencies_of(|line, counts| for_each_word(line, |word| counts.add(word)));
    // The three results share the counting, which runs once.
    let total = words.map_ref(|(_, count)| *count).sum();
    let distinct = words.count();
    let top = words.topk_by(args.top, |(word, count)| (*count, Reverse(word.clone())));
    let (total, distinct, top): (u64, u64, Vec<(String, u64)>) = compute((total, distinct, top))?;

    writeln!(out, "{total} words, {distinct} distinct, in {:.2?}", began.elapsed())?;
    for (word, count) in top {
        writeln!(out, "{count:>8} {word}")?;
    }
    cluster.close()?;
    Ok(())
}
