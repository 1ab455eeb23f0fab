//! Computes on worker processes and kills them meanwhile: all results have to be right, and nothing may be left behind.
//!
//! ```text
//! cargo run --release --example chaos -- [--workers 4] [--threads 1] [--rate 240] [--stop-rate 6] [--phase any]
//!     [--memory-limit MIB] [--seconds 60] [--seed 1]
//! ```
//!
//! `--phase` says what a process is in when it is killed or stopped: `start`, `compute`, `transfer`, `spill`, `idle` or `end`, each
//! with graphs that bring processes there. The exit code is 1 if a result is wrong, if one does not come, if anything is left
//! behind, or if nobody was hit in the phase.

mod killer;
mod phases;
mod shapes;
mod traces;

use clap::Parser;
use killer::{Killer, Orders, Tally, Time};
use partita::prelude::*;
use partita::{RunError, TaskErrorKind};
use phases::{Phase, Stage};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use shapes::{Ground, Wrong, burning};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};
use traces::Traces;

/// The memory of each worker for the phase `spill`, in MiB, unless it is given.
const SPILLING: u64 = 128;

/// Computes on worker processes and kills them meanwhile.
#[derive(Clone, Parser)]
pub(crate) struct Args {
    /// Worker processes
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// Threads of each worker
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Processes that are killed a minute: 240, and in the phase `spill` 30, since it takes a while until one holds so much again
    #[arg(long)]
    rate: Option<f64>,
    /// Processes that are stopped a minute, and go on a moment later
    #[arg(long, default_value_t = 6.0)]
    stop_rate: f64,
    /// What a process is in when it is killed or stopped
    #[arg(long, value_enum, default_value_t = Phase::Any)]
    phase: Phase,
    /// The memory limit of each worker, in MiB, with graphs that need more; 128 for the phase `spill`, else none if not given
    #[arg(long)]
    memory_limit: Option<u64>,
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
    if chaos(args) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Computes and kills, and tells what came of it; whether all is right.
pub(crate) fn chaos(mut args: Args) -> bool {
    if args.phase == Phase::Spill {
        args.memory_limit.get_or_insert(SPILLING);
    }
    args.rate.get_or_insert(if args.phase == Phase::Spill { 30.0 } else { 240.0 });
    // Where it is looked for what is left behind.
    let folder = std::env::temp_dir();
    // A first cluster, for whatever is made once and stays.
    if let Err(error) = run(&Args { seconds: 0, rate: None, stop_rate: 0.0, ..args.clone() }, &folder) {
        eprintln!("chaos cannot begin: {error}");
        return false;
    }
    let before = Traces::look();
    match run(&args, &folder) {
        Ok((score, tally)) => report(&args, &score, &tally, &before),
        Err(error) => {
            eprintln!("chaos: {error}");
            false
        }
    }
}

/// A cluster whose processes can be killed.
fn start(args: &Args, spill: &Path) -> Result<LocalCluster, partita::Error> {
    let builder = LocalCluster::builder().workers(args.workers).threads_per_worker(args.threads).processes(true);
    let builder = builder.without_default().spill_folder(spill);
    match args.memory_limit {
        Some(mebibytes) => builder.memory_limit(mebibytes << 20).start(),
        None => builder.start(),
    }
}

/// Computes until the time is over.
fn run(args: &Args, spill: &Path) -> Result<(Score, Tally), partita::Error> {
    let (mut cluster, stage) = (start(args, spill)?, Arc::<Stage>::default());
    let mut ground = Ground::new(&cluster.client(), stage.clone(), args.workers, args.memory_limit);
    let &Args { stop_rate: stops, seed, phase, .. } = args;
    let kills = args.rate.unwrap_or_default();
    let time = Time::new(Duration::from_secs(args.seconds), phase != Phase::Any && kills > 0.0);
    let (told, spill_folder) = (stage.clone(), spill.to_path_buf());
    let killer =
        Killer::start(Orders { kills, stops, seed, time: time.clone(), phase, stage: told, spill: spill_folder });
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let (mut score, mut last) = (Score::default(), Instant::now());
    let shapes = phase.shapes(args.memory_limit.is_some());
    while !time.is_over() && score.wrong.len() < 5 {
        let (name, shape) = shapes[random.random_range(0..shapes.len())];
        match shape(&cluster.client(), &mut ground, random.random_range(0..1 << 40)) {
            Ok(()) => *score.right.entry(name).or_default() += 1,
            Err(Wrong::Run(error)) => match excuse(&error) {
                Some(excuse) => *score.again.entry(excuse).or_default() += 1,
                None => score.wrong.push(format!("{name}: {error}")),
            },
            Err(Wrong::Value(what)) => score.wrong.push(format!("{name}: {what}")),
        }
        score.longest = score.longest.max(last.elapsed());
        if phase == Phase::Idle || (phase == Phase::Any && random.random_bool(0.05)) {
            let _idle = stage.enter(Phase::Idle);
            std::thread::sleep(Duration::from_millis(random.random_range(10..100)));
        }
        if phase == Phase::End {
            cluster = end_and_start(args, spill, cluster, &stage)?;
            ground.put_in(&cluster.client());
        }
        last = Instant::now();
    }
    if let Ok(Err(violation)) = cluster.client().validate() {
        score.wrong.push(format!("an invariant of the scheduler is broken: {violation}"));
    }
    let done = killer.stop();
    drop(ground);
    cluster.close()?;
    Ok((score, done))
}

/// Closes a cluster that has something to do, and starts another one.
fn end_and_start(
    args: &Args,
    spill: &Path,
    cluster: LocalCluster,
    stage: &Stage,
) -> Result<LocalCluster, partita::Error> {
    let running = burning(&cluster.client(), 8);
    let end = stage.enter(Phase::End);
    cluster.close()?;
    drop((end, running));
    start(args, spill)
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

/// Tells what came of it; whether all is right.
fn report(args: &Args, score: &Score, tally: &Tally, before: &Traces) -> bool {
    let graphs: u64 = score.right.values().sum();
    let of = |hits: &BTreeMap<Phase, u64>| hits.values().sum::<u64>();
    let (kills, stops) = (of(&tally.kills), of(&tally.stops));
    println!("{} s, {} workers, seed {}: {kills} kills, {stops} stops", args.seconds, args.workers, args.seed);
    println!("killed in {:?}, stopped in {:?}", tally.kills, tally.stops);
    if args.phase != Phase::Any {
        let Tally { before, missed, .. } = tally;
        println!("{before} killed so that others are born, {missed} times nobody came into the phase");
    }
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
    let in_vain = args.phase != Phase::Any && args.rate != Some(0.0) && kills == 0;
    if in_vain {
        println!("IN VAIN: nobody was killed in the phase");
    }
    let right = score.wrong.is_empty() && left.is_empty() && !in_vain && (graphs > 0 || args.seconds == 0);
    if right {
        println!("all right, nothing left behind");
    }
    right
}
