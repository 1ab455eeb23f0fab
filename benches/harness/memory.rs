//! More than memory: numbers that a worker holds and that do not fit are summed, twice.

use crate::Args;
use crate::measure::{Measured, round};
use crate::processes::{children, memory};
use partita::{Client, Future, Shared};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it is looked how much memory and disk is used.
const SAMPLE: Duration = Duration::from_millis(5);

/// After how many of these looks it is looked anew which processes there are.
const ANEW: u64 = 20;

/// Numbers between 0 and 1 that cannot be compressed.
fn numbers(part: u64) -> impl Iterator<Item = f64> {
    let mut x = (part + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::from_fn(move || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        Some((x >> 11) as f64 / (1u64 << 53) as f64)
    })
}

fn make(part: u64, count: u64) -> Vec<f64> {
    let mut list = Vec::with_capacity(count as usize);
    list.extend(numbers(part).take(count as usize));
    list
}

/// A sum that is exact in any order.
fn sum_of(numbers: impl Iterator<Item = f64>) -> u64 {
    numbers.fold(0, |sum, number| sum.wrapping_add(number.to_bits()))
}

fn sum(list: Shared<Vec<f64>>, pass: u64) -> u64 {
    sum_of(list.iter().copied()).wrapping_add(pass)
}

/// `n` GiB of numbers are held by the workers, in parts, and then summed twice.
pub(crate) fn two_passes(args: &Args) -> partita::Result<Measured> {
    let parts = (args.n << 10).div_ceil(args.part);
    let count = (args.part << 20) / 8;
    let expected: Vec<u64> = thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let sums = move || (half..parts).step_by(2).map(move |part| sum_of(numbers(part).take(count as usize)));
            scope.spawn(move || sums().collect::<Vec<u64>>())
        });
        let [even, odd] = halves.map(|half| half.join().unwrap_or_default());
        (0..parts).map(|part| [&even, &odd][part as usize % 2][part as usize / 2]).collect()
    });
    let folder = args.folder.clone().unwrap_or_else(std::env::temp_dir);
    let spill = tempfile::tempdir_in(&folder).unwrap_or_else(|error| {
        eprintln!("nothing can be written in {}: {error}", folder.display());
        std::process::exit(2);
    });
    let cluster = args.builder().spill_folder(spill.path()).start()?;
    let client = cluster.client();
    let watch = Watch::start(spill.path(), args.processes);
    let mut steps: Vec<[f64; 3]> = Vec::new();
    let params = json!({ "gib": args.n, "part_mib": args.part, "memory_mib": args.memory });
    let mut measured = Measured::of(args, params, 3 * parts, json!(true), || {
        let began = Instant::now();
        let held: Vec<_> = (0..parts).map(|part| client.submit(make, (part, count))).collect();
        partita::wait(&held, None)?;
        let made = began.elapsed().as_secs_f64();
        let first = pass(&client, &held, &expected, 0)?;
        let one = began.elapsed().as_secs_f64();
        let second = pass(&client, &held, &expected, 1)?;
        let two = began.elapsed().as_secs_f64();
        steps.push([made, one - made, two - one]);
        Ok::<Value, partita::Error>(json!(first && second))
    })?;
    let seen = watch.stop();
    cluster.close()?;
    let last = steps.last().copied().unwrap_or_default().map(round);
    measured.extra = seen.told(args);
    measured.extra.insert("make_and_passes_seconds".into(), json!(last));
    Ok(measured)
}

/// Whether the sums of all parts are as expected.
fn pass(client: &Client, held: &[Future<Vec<f64>>], expected: &[u64], pass: u64) -> partita::Result<bool> {
    let sums: Vec<_> = held.iter().map(|part| client.submit(sum, (part, pass))).collect();
    let sums = client.gather(&sums)?;
    Ok(sums.iter().zip(expected).all(|(found, expected)| *found == expected.wrapping_add(pass)))
}

/// What was seen of memory and disk.
#[derive(Default)]
struct Seen {
    /// The most bytes that were resident at a time: of all worker processes together, or of this process if workers are threads.
    resident: u64,
    /// The most bytes that were on disk at a time.
    disk: u64,
    /// The most bytes that each worker process had resident, also of those that others have taken the place of.
    each: BTreeMap<i32, u64>,
}

impl Seen {
    fn look(&mut self, folder: &Path, workers: Option<&[i32]>) {
        let resident = match workers {
            None => memory("self", "VmRSS").unwrap_or_default(),
            Some(workers) => workers.iter().map(|pid| self.look_at(*pid)).sum(),
        };
        self.resident = self.resident.max(resident);
        self.disk = self.disk.max(on_disk(folder));
    }

    /// What a worker process has resident.
    fn look_at(&mut self, pid: i32) -> u64 {
        let most = memory(&pid.to_string(), "VmHWM").unwrap_or_default();
        let known = self.each.entry(pid).or_default();
        *known = most.max(*known);
        memory(&pid.to_string(), "VmRSS").unwrap_or_default()
    }

    fn told(&self, args: &Args) -> Map<String, Value> {
        let mut extra = Map::new();
        extra.insert("peak_sampled_rss_mb".into(), json!(self.resident >> 20));
        extra.insert("peak_on_disk_mb".into(), json!(self.disk >> 20));
        if let Some(limit) = args.memory {
            let all = (limit * args.workers as u64) << 20;
            extra.insert("rss_to_limit".into(), json!(round(self.resident as f64 / all as f64)));
        }
        if args.processes {
            let each: Vec<u64> = self.each.values().map(|most| most >> 20).collect();
            extra.insert("processes_replaced".into(), json!(each.len().saturating_sub(args.workers)));
            extra.insert("peak_rss_mb_of_each_process".into(), json!(each));
        }
        extra
    }
}

/// A thread that looks how much memory and disk is used.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Watch {
    fn start(folder: &Path, processes: bool) -> Self {
        let (stop, folder) = (Arc::<AtomicBool>::default(), folder.to_path_buf());
        let stopped = stop.clone();
        let thread = thread::spawn(move || {
            let (mut seen, mut workers) = (Seen::default(), Vec::new());
            for look in 0.. {
                if stopped.load(Relaxed) {
                    break;
                }
                if processes && look % ANEW == 0 {
                    workers = children();
                }
                seen.look(&folder, processes.then_some(&workers));
                thread::sleep(SAMPLE);
            }
            seen
        });
        Watch { stop, thread }
    }

    fn stop(self) -> Seen {
        self.stop.store(true, Relaxed);
        self.thread.join().unwrap_or_default()
    }
}

/// Bytes of the files in the folders of a folder.
fn on_disk(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let inner = entries.flatten().filter_map(|entry| std::fs::read_dir(entry.path()).ok()).flatten().flatten();
    // Some go while one looks.
    inner.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}
