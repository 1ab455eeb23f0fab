//! What CPU the threads of each worker use, asked of the operating system.

use partita_protocol::telemetry::Record;
use partita_protocol::threads::Threads;
use partita_protocol::{Time, WorkerId};
use std::collections::BTreeMap;
use std::time::Instant;

/// Asks the operating system what CPU the threads of each worker use. It reads one small file for each thread: 3
/// microseconds each on Linux; on other systems nothing is known.
#[derive(Debug)]
pub(crate) struct WorkerMeter {
    threads: Threads,
    /// When it was asked last, and how many nanoseconds of CPU each thread had used then.
    before: Option<(Instant, BTreeMap<u32, u64>)>,
}

impl WorkerMeter {
    pub(crate) fn new(threads: Threads) -> Self {
        WorkerMeter { threads, before: None }
    }

    /// Forgets what was before, as nobody asks for a while.
    pub(crate) fn rest(&mut self) {
        self.before = None;
    }

    /// The cores that the threads of each worker kept busy since the last question; nothing the first time. What a thread
    /// used that has ended since is not known any longer.
    pub(crate) fn read(&mut self, time: Time) -> Vec<Record> {
        let now = Instant::now();
        let threads = self.threads.all();
        let used: BTreeMap<u32, u64> =
            threads.iter().filter_map(|(thread, _)| Some((*thread, nanoseconds(*thread)?))).collect();
        let Some((asked, before)) = self.before.replace((now, used)) else { return Vec::new() };
        let Some((_, used)) = &self.before else { return Vec::new() };
        let mut workers: BTreeMap<WorkerId, u64> = BTreeMap::new();
        for (thread, worker) in threads {
            let Some(&used) = used.get(&thread) else { continue };
            // A thread that was not there before began at nothing; so did one that has the number of another.
            let before = before.get(&thread).copied().filter(|before| *before <= used).unwrap_or(0);
            *workers.entry(worker).or_default() += used - before;
        }
        let passed = now.duration_since(asked).as_nanos().max(1) as f64;
        let told = workers.into_iter().map(|(worker, used)| Record::WorkerUsage {
            time,
            worker,
            cpu: (used as f64 / passed) as f32,
            memory: None,
        });
        told.collect()
    }
}

/// How long a thread of this process was on a core, in nanoseconds.
#[cfg(target_os = "linux")]
fn nanoseconds(thread: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/self/task/{thread}/schedstat")).ok()?;
    text.split_whitespace().next()?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn nanoseconds(_: u32) -> Option<u64> {
    None
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn the_worker_whose_thread_works_is_told_apart_from_one_that_waits() {
        let threads = Threads::default();
        let (tell, told) = channel();
        let (end, ended) = channel::<()>();
        let waits = std::thread::spawn({
            let threads = threads.clone();
            move || {
                let _entered = threads.enter(own(), WorkerId(1));
                tell.send(()).unwrap();
                ended.recv().ok();
            }
        });
        told.recv().unwrap();
        let entered = threads.enter(own(), WorkerId(0));
        let mut meter = WorkerMeter::new(threads.clone());
        assert!(meter.read(Time(1)).is_empty(), "there is nothing to compare with");
        let until = Instant::now() + Duration::from_millis(50);
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        let records = meter.read(Time(2));
        let cpu = |worker: u32| {
            records.iter().find_map(|record| match record {
                Record::WorkerUsage { worker: own, cpu, .. } if own.0 == worker => Some(*cpu),
                _ => None,
            })
        };
        // However little of the machine this process got.
        let (works, rests) = (cpu(0).unwrap(), cpu(1).unwrap());
        assert!(works > 0.0 && works < 1.5 && rests < works / 10.0, "{records:?}");
        drop((end, entered));
        waits.join().unwrap();
        assert!(threads.all().is_empty() && meter.read(Time(3)).is_empty());
    }

    fn own() -> u32 {
        std::fs::read_link("/proc/thread-self").unwrap().file_name().unwrap().to_str().unwrap().parse().unwrap()
    }
}
