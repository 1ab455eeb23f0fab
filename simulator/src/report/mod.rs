//! What a simulation showed.

mod again;
mod bins;
mod compare;
mod failed;
mod holdings;
mod show;
mod stream;
mod table;
mod tally;
mod text;

pub use again::{Again, Reason};
pub use compare::{Comparison, compare};
pub(crate) use failed::Failures;
pub use holdings::{Held, Peak};
pub(crate) use show::{show_time, thousands};
pub use stream::{Piece, Stream, Transfer};
pub use table::Table;
pub(crate) use tally::Tally;

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a simulation showed: how long the graph took and could have taken, who held how much and who waited.
///
/// A report may tell of results that failed: a task killed too many workers, or waited too long for one. Then
/// [`Report::is_complete`] is false, `counts.erred` says how many, and `failed` why. Such a simulation ended early: its
/// makespan may be below the lower bound, and says nothing of how fast the cluster is.
///
/// It prints as a page of text, draws itself ([`Report::task_stream`], [`Report::memory_curves`]), and is plain data for
/// anything else. See [`Simulation`](crate::Simulation) for how to get one, [`compare`] for several.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What was simulated.
    pub setting: Setting,
    /// From the moment that the graph was handed in until the last result was known to be there, or to have failed.
    pub makespan: Duration,
    /// What no scheduler could be faster than.
    pub bounds: Bounds,
    /// What was run.
    pub counts: Counts,
    /// What went from worker to worker.
    pub transfers: Transfers,
    /// The workers, by place.
    pub workers: Vec<WorkerReport>,
    /// The groups of tasks, those that took the most time first.
    pub groups: Vec<GroupReport>,
    /// What was computed more than once, and why.
    pub again: Vec<Again>,
    /// Results that will not come: the first few, and why.
    pub failed: Vec<Failed>,
    /// Groups of which nothing said what they cost: those that took the cost of [`Durations::otherwise`](crate::Durations::otherwise).
    pub assumed: Vec<String>,
    /// Who ran what when.
    pub stream: Stream,
    /// The bytes that each worker held over time.
    pub memory: Curves,
    /// Events of the simulation.
    pub events: u64,
    /// How long simulating took.
    pub wall: Duration,
}

/// What was simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Workers.
    pub workers: usize,
    /// Threads of each.
    pub threads: u32,
    /// Bytes that each may hold; 0 for no limit.
    pub memory_limit: u64,
    /// Bytes that each sends or receives in a second.
    pub bandwidth: u64,
    /// How long a message takes.
    pub latency: Duration,
    /// What was drawn from.
    pub seed: u64,
    /// How workers were chosen for tasks.
    pub placement: String,
    /// Tasks of the graph.
    pub tasks: usize,
    /// Dependencies of the graph.
    pub edges: usize,
}

/// What no scheduler could be faster than.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The longest path through the graph: that much has to be done one after the other.
    pub critical_path: Duration,
    /// All work, shared evenly by all threads.
    pub work: Duration,
}

impl Bounds {
    /// The larger of the two.
    pub fn lower(&self) -> Duration {
        self.critical_path.max(self.work)
    }
}

/// What was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Runs that started.
    pub runs: u64,
    /// Runs whose result was kept.
    pub finished: u64,
    /// Runs that ended with a worker, or whose result nobody kept.
    pub lost: u64,
    /// Results that are wanted and will not come.
    pub erred: u64,
    /// Workers that died.
    pub deaths: u64,
}

/// What went from worker to worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfers {
    /// Transfers, each of one or more values.
    pub count: u64,
    /// Values.
    pub values: u64,
    /// Bytes.
    pub nbytes: u64,
}

/// A result that will not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// The result.
    pub task: String,
    /// The task that failed: this one, or one that it depends on.
    pub blame: String,
    /// Why.
    pub cause: String,
}

/// What a worker did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkerReport {
    /// Its name.
    pub name: String,
    /// Runs that it started.
    pub runs: u64,
    /// Time that its threads ran tasks, added up.
    pub busy: Duration,
    /// Time that its threads were there and ran nothing, added up.
    pub idle: Duration,
    /// The most that it held.
    pub peak: Peak,
    /// Bytes that it sent to others.
    pub sent: u64,
    /// Bytes that it received from others.
    pub received: u64,
    /// How often it died.
    pub deaths: u32,
}

/// What the tasks of a group did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupReport {
    /// The name.
    pub name: String,
    /// Tasks of the graph.
    pub tasks: u64,
    /// Runs.
    pub runs: u64,
    /// Time that they ran, added up.
    pub busy: Duration,
    /// Bytes of all results, added up.
    pub nbytes: u64,
}

/// The bytes that workers held over time: the most in each of many short intervals.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// How long each interval is.
    pub interval: Duration,
    /// The curve of each worker, by place.
    pub workers: Vec<Vec<u64>>,
}

impl Report {
    /// Whether all results came. If not, the makespan and what is reckoned from it are those of work that was given up.
    ///
    /// ```
    /// use partita_simulator::{Durations, Faults, Simulation, families};
    /// use std::time::Duration;
    ///
    /// let second = Duration::from_secs(1);
    /// let fan = Simulation::of(families::fan(4)).durations(Durations::same(10 * second, 8));
    /// let report = fan.faults(Faults::new().kill_at(second, 0).no_restart()).run()?;
    /// assert!(!report.is_complete());
    /// assert_eq!((report.counts.erred, report.failed.len()), (1, 1));
    /// # Ok::<(), partita_simulator::SimulateError>(())
    /// ```
    pub fn is_complete(&self) -> bool {
        self.counts.erred == 0
    }

    /// How many times as long as the lower bound it took; 1 is perfect. It means nothing unless the report
    /// [is complete](Report::is_complete).
    pub fn ratio(&self) -> f64 {
        let lower = self.bounds.lower().as_secs_f64();
        if lower > 0.0 { self.makespan.as_secs_f64() / lower } else { 1.0 }
    }

    /// The part of the time that the threads which were there ran tasks, from 0 to 1.
    pub fn utilisation(&self) -> f64 {
        let (busy, idle) = (self.busy().as_secs_f64(), self.idle().as_secs_f64());
        if busy + idle > 0.0 { busy / (busy + idle) } else { 0.0 }
    }

    /// Time that threads ran tasks, added up.
    pub fn busy(&self) -> Duration {
        self.workers.iter().map(|worker| worker.busy).sum()
    }

    /// Time that threads were there and ran nothing, added up.
    pub fn idle(&self) -> Duration {
        self.workers.iter().map(|worker| worker.idle).sum()
    }

    /// The worker that held the most at its peak.
    pub fn fullest(&self) -> Option<&WorkerReport> {
        self.workers.iter().max_by_key(|worker| worker.peak.nbytes)
    }

    /// Runs beyond the first of each task.
    pub fn recomputed(&self) -> u64 {
        self.again.iter().map(|again| again.count).sum()
    }
}
