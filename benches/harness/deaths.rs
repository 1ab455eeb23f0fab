//! Worker processes that die: how long it takes until their work goes on, and until it is told that it cannot.

use crate::Args;
use crate::measure::{Measured, percentile, round};
use partita::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
