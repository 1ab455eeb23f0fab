//! More than memory: numbers that a worker holds and that do not fit are summed, twice.

use crate::Args;
use crate::measure::{Measured, round};
use partita::{Client, Future, Shared};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often it is looked how much memory and disk is used.
const SAMPLE: Duration = Duration::from_millis(5);

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
    let watch = Watch::start(spill.path());
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
    let (resident, disk) = watch.stop();
    cluster.close()?;
    let last = steps.last().copied().unwrap_or_default().map(round);
    let mut extra = Map::new();
    extra.insert("make_and_passes_seconds".into(), json!(last));
    extra.insert("peak_sampled_rss_mb".into(), json!(resident >> 20));
    extra.insert("peak_on_disk_mb".into(), json!(disk >> 20));
    measured.extra = extra;
    Ok(measured)
}

/// Whether the sums of all parts are as expected.
fn pass(client: &Client, held: &[Future<Vec<f64>>], expected: &[u64], pass: u64) -> partita::Result<bool> {
    let sums: Vec<_> = held.iter().map(|part| client.submit(sum, (part, pass))).collect();
    let sums = client.gather(&sums)?;
    Ok(sums.iter().zip(expected).all(|(found, expected)| *found == expected.wrapping_add(pass)))
}

/// A thread that looks how much memory and disk is used.
struct Watch {
    state: Arc<(AtomicBool, AtomicU64, AtomicU64)>,
    thread: JoinHandle<()>,
}

impl Watch {
    fn start(folder: &Path) -> Self {
        let (state, folder) =
            (Arc::new((AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0))), folder.to_path_buf());
        let shared = state.clone();
        let thread = thread::spawn(move || {
            while !shared.0.load(Relaxed) {
                shared.1.fetch_max(resident(), Relaxed);
                shared.2.fetch_max(on_disk(&folder), Relaxed);
                thread::sleep(SAMPLE);
            }
        });
        Watch { state, thread }
    }

    /// The most bytes that were resident, and on disk.
    fn stop(self) -> (u64, u64) {
        self.state.0.store(true, Relaxed);
        drop(self.thread.join());
        (self.state.1.load(Relaxed), self.state.2.load(Relaxed))
    }
}

/// Bytes that the process has resident.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_ascii_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() << 10
}

/// Bytes of the files in the folders of a folder.
fn on_disk(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let inner = entries.flatten().filter_map(|entry| std::fs::read_dir(entry.path()).ok()).flatten().flatten();
    // Some go while one looks.
    inner.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}
