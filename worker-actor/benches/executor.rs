//! What the executor costs for each job, and how long it takes until one that is handed over has answered.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use partita_protocol::Priority;
use partita_worker::executor::{Executor, Job, Settings, ThreadContext};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

const JOBS: u32 = 1_000_000;
const BATCH: u32 = 32;

/// Jobs that are handed over and have not run, at the most: what a worker hands two threads ahead.
const AHEAD: u32 = 256;

/// A job that does nothing but count itself.
struct Nothing {
    rank: u32,
    done: Arc<AtomicU32>,
}

impl Job for Nothing {
    fn priority(&self) -> Priority {
        Priority { rank: self.rank, ..Priority::default() }
    }

    fn run(self, _: &ThreadContext) {
        self.done.fetch_add(1, Relaxed);
    }
}

/// A job that answers.
struct Answer(Sender<()>);

impl Job for Answer {
    fn priority(&self) -> Priority {
        Priority::default()
    }

    fn run(self, _: &ThreadContext) {
        self.0.send(()).ok();
    }
}

fn open<J: Job>(threads: u32) -> Executor<J> {
    Executor::new(Settings::new("bench", threads)).expect("the system has threads")
}

/// All jobs, in batches.
fn throughput(executor: &Executor<Nothing>) {
    let done = Arc::new(AtomicU32::new(0));
    for first in (0..JOBS).step_by(BATCH as usize) {
        await_done(&done, first.saturating_sub(AHEAD - BATCH));
        let job = |rank| Nothing { rank, done: done.clone() };
        executor.submit((first..(first + BATCH).min(JOBS)).map(job)).ok();
    }
    await_done(&done, JOBS);
}

fn await_done(done: &AtomicU32, count: u32) {
    while done.load(Relaxed) < count {
        std::thread::yield_now();
    }
}

fn executor(c: &mut Criterion) {
    let mut group = c.benchmark_group("executor");
    group.sample_size(10).throughput(Throughput::Elements(u64::from(JOBS)));
    for threads in [1, 2] {
        let executor = open(threads);
        group.bench_function(format!("{threads} threads, jobs in batches of {BATCH}"), |bencher| {
            bencher.iter(|| throughput(&executor));
        });
        assert_eq!(executor.close(Duration::from_secs(10)).abandoned, 0);
    }
    group.throughput(Throughput::Elements(1)).sample_size(50);
    for (name, spin) in [("a thread that looks on", 30), ("a parked thread", 0)] {
        let settings = Settings { spin: Duration::from_micros(spin), ..Settings::new("bench", 2) };
        let executor = Executor::new(settings).expect("the system has threads");
        let (answer, wait) = channel();
        group.bench_function(format!("there and back, to {name}"), |bencher| {
            bencher.iter(|| {
                executor.submit([Answer(answer.clone())]).ok();
                while wait.try_recv().is_err() {
                    std::thread::yield_now();
                }
            });
        });
        assert_eq!(executor.close(Duration::from_secs(10)).abandoned, 0);
    }
    group.finish();
}

criterion_group!(benches, executor);
criterion_main!(benches);
