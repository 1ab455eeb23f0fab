//! Computes on worker processes and kills them meanwhile: all results have to be right, and nothing may be left behind.
//!
//! ```text
//! cargo run --release --example chaos -- [--workers 4] [--threads 1] [--rate 240] [--stop-rate 6] [--seconds 60] [--seed 1]
//! ```
//!
//! The exit code is 1 if a result is wrong, if one does not come, or if anything is left behind.

mod killer;
mod shapes;
mod traces;

use clap::Parser;
use killer::Killer;
use partita::prelude::*;
use partita::{RunError, TaskErrorKind};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use shapes::{SHAPES, Scattered, Wrong};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use traces::Traces;

/// Computes on worker processes and kills them meanwhile.
#[derive(Clone, Parser)]
struct Args {
    /// Worker processes
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Threads of each worker
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Processes that are killed a minute
    #[arg(long, default_value_t = 240.0)]
    rate: f64,
    /// Processes that are stopped a minute, and go on a moment later
    #[arg(long, default_value_t = 6.0)]
    stop_rate: f64,
    /// How long it goes on
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// What decides which graphs are computed and which workers are killed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What happened.
#[derive(Default)]
struct Score {
    /// Graphs with the right result, by shape.
    right: BTreeMap<&'static str, u64>,
    /// Graphs that were computed once more, and why.
    again: BTreeMap<&'static str, u64>,
    /// Longest time without a finished graph.
    longest: Duration,
    wrong: Vec<String>,
}

fn main() -> ExitCode {
    partita::init();
    let args = Args::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    // A first cluster, for whatever is made once and stays.
    if let Err(error) = run(&Args { seconds: 0, rate: 0.0, stop_rate: 0.0, ..args.clone() }) {
        eprintln!("chaos cannot begin: {error}");
        return ExitCode::FAILURE;
    }
    let before = Traces::look();
    match run(&args) {
        Ok((score, killer)) => report(&args, &score, killer, &before),
        Err(error) => {
            eprintln!("chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Computes until the time is over.
fn run(args: &Args) -> Result<(Score, (u64, u64)), partita::Error> {
    let builder = LocalCluster::builder().workers(args.workers).threads_per_worker(args.threads).processes(true);
    let cluster = builder.without_default().start()?;
    let client = cluster.client();
    let killer = Killer::start(args.rate, args.stop_rate, args.seed);
    let mut random = Pcg64Mcg::seed_from_u64(args.seed);
    let (begin, mut score, mut last) = (Instant::now(), Score::default(), Instant::now());
    let mut scattered = Scattered::new(&client);
    while begin.elapsed() < Duration::from_secs(args.seconds) && score.wrong.len() < 5 {
        let (name, shape) = SHAPES[random.random_range(0..SHAPES.len())];
        match shape(&client, &mut scattered, random.random_range(0..1 << 40)) {
            Ok(()) => *score.right.entry(name).or_default() += 1,
            Err(Wrong::Run(error)) => match excuse(&error) {
                Some(excuse) => *score.again.entry(excuse).or_default() += 1,
                None => score.wrong.push(format!("{name}: {error}")),
            },
            Err(Wrong::Value(what)) => score.wrong.push(format!("{name}: {what}")),
        }
        score.longest = score.longest.max(last.elapsed());
        last = Instant::now();
    }
    if let Ok(Err(violation)) = client.validate() {
        score.wrong.push(format!("an invariant of the scheduler is broken: {violation}"));
    }
    let done = killer.stop();
    drop((scattered, client));
    cluster.close()?;
    Ok((score, done))
}

/// Errors that are as they should be when processes are killed so often; what was to be computed is computed once more.
fn excuse(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::Task(task) if matches!(task.kind(), TaskErrorKind::WorkersDied { .. }) => {
            Some("a task was given up after the deaths of its workers")
        }
        RunError::Task(task) if matches!(task.kind(), TaskErrorKind::DataLost) => {
            Some("data that was put in was lost with a worker, and put in again")
        }
        _ => None,
    }
}

fn report(args: &Args, score: &Score, (kills, stops): (u64, u64), before: &Traces) -> ExitCode {
    let graphs: u64 = score.right.values().sum();
    println!("{} s, {} workers, seed {}: {kills} kills, {stops} stops", args.seconds, args.workers, args.seed);
    println!("{graphs} graphs right: {:?}", score.right);
    println!("computed once more: {:?}", score.again);
    println!("longest time without a finished graph: {:.2} s", score.longest.as_secs_f64());
    let left = before.wait_for_less();
    for wrong in &score.wrong {
        println!("WRONG: {wrong}");
    }
    for left in &left {
        println!("LEFT BEHIND: {left}");
    }
    if score.wrong.is_empty() && left.is_empty() && (graphs > 0 || args.seconds == 0) {
        println!("all right, nothing left behind");
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}
