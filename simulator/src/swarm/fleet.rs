//! Many seeds on all cores: their sums, and the failures among them.

use super::driver::run;
use super::outcome::{Found, Outcome, Phase};
use super::plan::{Plan, Size};
use crate::cells::Cells;
use partita_protocol::Time;
use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// One seed of so many is run twice, to see that it does the same.
const TWICE: u64 = 100;

/// Which seeds to run, and how.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The seeds.
    pub seeds: Range<u64>,
    /// How large each is.
    pub size: Size,
    /// Threads.
    pub jobs: usize,
    /// Whether to stop at the first failure.
    pub stop_on_first: bool,
    /// Whether the transitions of the machines are counted, which takes its time.
    pub cells: bool,
}

/// What came of many seeds.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Seeds that were run.
    pub seeds: u64,
    /// Seeds that are as large as seeds that count must be; see [`Outcome::counts`].
    pub counting: u64,
    /// Things that machines were told.
    pub events: u64,
    /// Runs of tasks.
    pub runs: u64,
    /// Faults, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// The failures, by seed.
    pub failures: BTreeMap<u64, Found>,
    /// The transitions that were seen, if they were counted.
    pub cells: Cells,
}

impl Sums {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.counting += u64::from(outcome.counts());
        self.events += outcome.events;
        self.runs += outcome.runs;
        self.cells.merge(&outcome.cells);
        for (kind, count) in outcome.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        if let Some(found) = outcome.found {
            self.failures.insert(outcome.seed, found);
        }
    }
}

impl Fleet {
    /// Runs all seeds. `progress` is told now and then how many are done and how many failed.
    pub fn run(&self, progress: impl Fn(u64, usize) + Sync) -> Sums {
        let next = AtomicU64::new(self.seeds.start);
        let is_over = AtomicBool::new(false);
        let sums = Mutex::new(Sums::default());
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    while !is_over.load(Relaxed) {
                        let seed = next.fetch_add(1, Relaxed);
                        if seed >= self.seeds.end {
                            break;
                        }
                        let outcome = sail(seed, self.size, self.cells);
                        let failed = outcome.found.is_some();
                        let mut sums = sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        sums.add(outcome);
                        progress(sums.seeds, sums.failures.len());
                        if failed && self.stop_on_first {
                            is_over.store(true, Relaxed);
                        }
                    }
                });
            }
        });
        sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Runs one seed, a panic being a failure as any other; some seeds twice.
pub fn sail(seed: u64, size: Size, cells: bool) -> Outcome {
    let mut plan = Plan::draw(seed, size);
    plan.settings.cells = cells;
    let outcome = guarded(&plan);
    if outcome.found.is_some() || !seed.is_multiple_of(TWICE) {
        return outcome;
    }
    let again = guarded(&Plan::draw(seed, size));
    if again.hash == outcome.hash {
        return outcome;
    }
    let text = format!("the hash of all that happened is {:x}, then {:x}", outcome.hash, again.hash);
    let found = failure("X7", text, outcome.time);
    Outcome { found: Some(found), ..outcome }
}

/// Runs a plan, a panic being a failure as any other.
pub fn guarded(plan: &Plan) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| run(plan, None))).unwrap_or_else(|panic| Outcome {
        seed: plan.seed,
        found: Some(failure("S24", format!("a panic: {}", message(&*panic)), Time::ZERO)),
        ..Outcome::default()
    })
}

fn failure(id: &'static str, text: String, at: Time) -> Found {
    Found { id, text, tasks: Vec::new(), workers: Vec::new(), at, phase: Phase::Drain }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without words")
}
