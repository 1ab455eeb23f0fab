//! Worker processes under fire: signals, tasks that harm their process, and clusters that come and go.

mod exits;
mod lives;
mod losses;
mod memory;
mod shortages;
mod signals;
mod sizes;
mod tasks;

use partita::cluster::Builder;
use partita::prelude::*;
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;

/// Processes that are nobody's default, each with one thread.
fn builder(workers: usize) -> Builder {
    LocalCluster::builder().workers(workers).threads_per_worker(1).processes(true).without_default()
}

fn cluster(workers: usize) -> LocalCluster {
    builder(workers).start().unwrap()
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

/// The process of one of the workers.
fn some_pid(client: &Client) -> u32 {
    client.impure().submit(std::process::id, ()).result().unwrap()
}

/// Sends a signal, if the process is still there.
fn signal(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.cast_signed()).unwrap();
    kill_process(pid, signal).ok();
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(String, u32)> {
    let line = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

/// Whether a process lives; one that nobody waited for does not.
fn lives(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != "Z" && state != "X")
}

/// The processes that this one started, with those that ended and were not waited for.
fn children() -> Vec<u32> {
    let own = std::process::id();
    let all = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    all.filter(|pid| stat(*pid).is_some_and(|(_, parent)| parent == own)).collect()
}

/// How many entries a folder has.
fn count(folder: impl AsRef<Path>) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
