//! Worker processes that die: how long it takes until their work goes on, and until it is told that it cannot.

use crate::Args;
use crate::measure::{Measured, percentile, round};
use crate::processes::children;
use partita::RunError;
use partita::prelude::*;
use rustix::process::{Pid, Signal, getppid, kill_process};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Futures of `intensity` that run or wait to run; as many wait for those.
const FUTURES: u64 = 20;

/// Writes who it is, so that it can be killed; the first run never ends, the second one tells when it began.
fn victim(file: PathBuf) -> u64 {
    let began = now();
    if std::fs::exists(&file).unwrap_or(true) {
        return began;
    }
    let written = file.with_extension("part");
    std::fs::write(&written, std::process::id().to_string()).and_then(|()| std::fs::rename(&written, &file)).ok();
    loop {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64)
}

/// n times: a task runs, its process is killed or stopped, and the task begins on another worker.
pub(crate) fn run(args: &Args) -> partita::Result<Measured> {
    let folder = tempfile::tempdir().map_err(|error| partita::ConfigError::Threads { cause: error.to_string() })?;
    let cluster = args.cluster()?;
    let client = cluster.client().impure();
    let (n, signal) = (args.n, if args.held { Signal::STOP } else { Signal::KILL });
    let mut waits = Vec::new();
    let mut measured = Measured::of(args, json!({ "n": n, "stopped": args.held }), n, n, || {
        for round in 0..n {
            // Others are there to take the work over.
            client.wait_for_workers(args.workers).wait()?;
            let file = folder.path().join(format!("{}-{round}", waits.len()));
            let task = client.submit(victim, (file.clone(),));
            let pid = pid_in(&file);
            let killed = now();
            kill_process(pid, signal).ok();
            waits.push(task.result()?.saturating_sub(killed) as f64 / 1e6);
        }
        Ok(n)
    })?;
    for (name, percent) in [("p50_ms", 50.0), ("p99_ms", 99.0), ("max_ms", 100.0)] {
        measured.extra.insert(name.into(), json!(round(percentile(&waits, percent))));
    }
    drop(client);
    cluster.close()?;
    Ok(measured)
}

fn pid_in(file: &Path) -> Pid {
    loop {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some(pid) = text.parse().ok().and_then(Pid::from_raw) {
            return pid;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// n times: a task that ends its process wherever it runs, until it is told that it will not be run again.
pub(crate) fn abort(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let client = cluster.client().impure();
    let n = args.n;
    let mut waits = Vec::new();
    let mut measured = Measured::of(args, json!({ "n": n }), n, n, || {
        let mut told = 0;
        for _ in 0..n {
            let began = Instant::now();
            let task: Future<u64> = client.submit(|| std::process::abort(), ());
            told += u64::from(task.result().is_err_and(|error| error.to_string().contains("SIGABRT")));
            waits.push(began.elapsed().as_secs_f64() * 1e3);
        }
        Ok(told)
    })?;
    for (name, percent) in [("p50_ms", 50.0), ("max_ms", 100.0)] {
        measured.extra.insert(name.into(), json!(round(percentile(&waits, percent))));
    }
    drop(client);
    cluster.close()?;
    Ok(measured)
}

/// The file whose being there dooms all worker processes of a process: those that are started end at once.
fn doom(of: u32) -> PathBuf {
    std::env::temp_dir().join(format!("harness-doom-{of}"))
}

/// To be called at the top of `main`: ends a worker's process that is doomed.
pub(crate) fn end_if_doomed() {
    let parent = getppid().map_or(0, |parent| parent.as_raw_nonzero().get().cast_unsigned());
    if std::env::var_os("PARTITA_WORKER_PROCESS").is_some() && doom(parent).exists() {
        std::process::exit(3);
    }
}

fn forever(_: u64) -> u64 {
    loop {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// n times: a cluster starts well and has futures that are running, queued, and waiting for others; then all its processes are
/// killed, and each further one ends as soon as it is started. Until every future has the error that no worker is left.
pub(crate) fn intensity(args: &Args) -> partita::Result<Measured> {
    let (n, file) = (args.n, doom(std::process::id()));
    let mut waits = Vec::new();
    let mut measured = Measured::of(args, json!({ "n": n, "futures": 2 * FUTURES }), n, 2 * FUTURES * n, || {
        let mut told = 0;
        for _ in 0..n {
            let cluster = args.cluster()?;
            let client = cluster.client().impure();
            client.wait_for_workers(args.workers).wait()?;
            let pending: Vec<Future<u64>> = (0..FUTURES).map(|n| client.submit(forever, (n,))).collect();
            let above: Vec<Future<u64>> = pending.iter().map(|below| client.submit(|x: u64| x, (below,))).collect();
            while client.processing()?.values().sum::<usize>() == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            std::fs::write(&file, []).ok();
            let began = Instant::now();
            for pid in children().into_iter().filter_map(Pid::from_raw) {
                kill_process(pid, Signal::KILL).ok();
            }
            let errors = pending.iter().chain(&above).map(Future::result);
            told += errors.filter(|error| matches!(error, Err(RunError::WorkersExhausted { .. }))).count() as u64;
            waits.push(began.elapsed().as_secs_f64());
            std::fs::remove_file(&file).ok();
            drop((pending, above, client));
            cluster.close()?;
        }
        Ok(told)
    })?;
    for (name, percent) in [("min_s", 0.0), ("p50_s", 50.0), ("max_s", 100.0)] {
        measured.extra.insert(name.into(), json!(round(percentile(&waits, percent))));
    }
    Ok(measured)
}
