//! Simulating a graph on a cluster that need not exist: what it is asked, how it is run.

mod check;
mod drive;
mod error;
mod faults;
mod size;
mod write;

pub use error::SimulateError;
pub use faults::Faults;
pub use size::Size;
pub(crate) use write::write_whole;

pub(crate) use check::{Checked, MOST_WORKERS};
pub(crate) use drive::run;
pub(crate) use faults::Fault;

use crate::durations::Durations;
use crate::plan::Plan;
use crate::preflight::Preflight;
use crate::report::Report;
use crate::world::Trace;
use partita_protocol::{AdaptConfig, Time};
use partita_scheduler::machine::Config;
use partita_scheduler::machine::Placement;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

/// A graph that is to be simulated on a cluster that need not exist. No function of the graph is run: how long tasks take
/// and how large their results are is told by [`Durations`].
///
/// The scheduler and the workers are the production machines, in virtual time: the same settings and seed give the same
/// report.
///
/// ```
/// use partita_simulator::{Durations, Simulation, families};
/// use std::time::Duration;
///
/// let report = Simulation::of(families::tree(1000, 8))
///     .workers(10)
///     .threads(4)
///     .memory("16GiB")
///     .durations(Durations::same(Duration::from_millis(100), "1 MiB"))
///     .run()?;
/// assert!(report.is_complete() && report.makespan >= report.bounds.lower());
/// assert_eq!(report.counts.runs, 1000 + 125 + 16 + 2 + 1);
/// # Ok::<(), partita_simulator::SimulateError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is simulated before `run()` or `preflight()`"]
pub struct Simulation {
    pub(crate) plan: Result<Arc<Plan>, SimulateError>,
    pub(crate) workers: usize,
    pub(crate) names: Vec<String>,
    pub(crate) threads: usize,
    pub(crate) memory: Option<Size>,
    pub(crate) disk: Size,
    pub(crate) bandwidth: Size,
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
    pub(crate) resources: BTreeMap<String, f64>,
    pub(crate) durations: Durations,
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) config: Option<Config>,
    pub(crate) placement: Option<Placement>,
    pub(crate) stealing: Option<bool>,
    pub(crate) overhead: Duration,
    pub(crate) adapt: Option<AdaptConfig>,
}

impl Simulation {
    /// A plan that is to be simulated; or why there is none, which is told when it is run.
    pub fn new(plan: Result<Plan, SimulateError>) -> Self {
        Simulation {
            plan: plan.map(Arc::new),
            workers: 1,
            names: Vec::new(),
            threads: 1,
            memory: None,
            disk: Size::Bytes(u64::MAX),
            bandwidth: Size::Bytes(1_250_000_000),
            latency: Duration::from_micros(100),
            jitter: Duration::ZERO,
            resources: BTreeMap::new(),
            durations: Durations::new(),
            seed: 0,
            faults: Faults::new(),
            config: None,
            placement: None,
            stealing: None,
            overhead: Duration::from_micros(1),
            adapt: None,
        }
    }

    /// All ends of a universe are to be simulated.
    pub fn of(universe: crate::universe::Universe) -> Self {
        Simulation::new(Ok(Plan::of(universe)))
    }

    /// How many workers there are; 1 if it is not said.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The cluster adapts its size to the work, between these numbers of workers, instead of having the same number all the
    /// time: it begins with the smallest, and looks each second, as `LocalCluster::adapt` does.
    ///
    /// ```
    /// use partita_simulator::{Durations, Simulation, families};
    /// use std::time::Duration;
    ///
    /// let fan = Simulation::of(families::fan(1000)).durations(Durations::same(Duration::from_millis(500), 8));
    /// let (fixed, adaptive) = (fan.clone().workers(50).run()?, fan.adapt(1..=50).run()?);
    /// assert!(adaptive.makespan > fixed.makespan && adaptive.idle() < adaptive.makespan * 50);
    /// # Ok::<(), partita_simulator::SimulateError>(())
    /// ```
    pub fn adapt(self, workers: RangeInclusive<usize>) -> Self {
        let (minimum, maximum) = workers.into_inner();
        self.adapt_with(AdaptConfig { minimum, maximum, ..AdaptConfig::default() })
    }

    /// As [`Simulation::adapt`], with all settings.
    pub fn adapt_with(mut self, config: AdaptConfig) -> Self {
        self.workers = config.maximum;
        self.adapt = Some(config);
        self
    }

    /// The names of the first workers, for tasks that may only run on some; `worker-0` and so on if they are not said.
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// How many tasks each worker runs at a time; 1 if it is not said.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How much memory each worker has: bytes, or a text such as `"16GiB"`. Without a limit if it is not said. What goes
    /// over 60 % of it is written to disk.
    pub fn memory(mut self, limit: impl Into<Size>) -> Self {
        self.memory = Some(limit.into());
        self
    }

    /// How much each worker can write to its disk; without a limit if it is not said. A worker whose disk is full starts
    /// nothing new at 80 % of its memory.
    pub fn disk(mut self, room: impl Into<Size>) -> Self {
        self.disk = room.into();
        self
    }

    /// The bytes that a worker sends and receives in a second; 1.25 GB if it is not said, as a network of 10 Gbit/s.
    pub fn bandwidth(mut self, per_second: impl Into<Size>) -> Self {
        self.bandwidth = per_second.into();
        self
    }

    /// How long a message takes; 100 µs if it is not said.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// By how much more a message may take, drawn for each; not at all if it is not said.
    pub fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// An amount of a resource that each worker has.
    pub fn resource(mut self, name: impl Into<String>, amount: f64) -> Self {
        self.resources.insert(name.into(), amount);
        self
    }

    /// How long tasks take and how large their results are. Has to be said.
    pub fn durations(mut self, durations: Durations) -> Self {
        self.durations = durations;
        self
    }

    /// What everything that is drawn comes from; 0 if it is not said.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What goes wrong; nothing if it is not said.
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// How a worker is chosen for a task.
    pub fn policy(mut self, placement: Placement) -> Self {
        self.placement = Some(placement);
        self
    }

    /// Whether workers with free threads take tasks over from busy ones.
    pub fn stealing(mut self, stealing: bool) -> Self {
        self.stealing = Some(stealing);
        self
    }

    /// All settings of the scheduler. If they are not said they are those of a local cluster, and the scheduler reckons
    /// with the bandwidth of the simulation.
    pub fn scheduler_config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// How long the scheduler takes for one message; 1 µs if it is not said, about what it was measured to take.
    pub fn overhead(mut self, overhead: Duration) -> Self {
        self.overhead = overhead;
        self
    }

    /// The graph as it will be handed in.
    ///
    /// # Errors
    /// [`SimulateError::Graph`].
    pub fn plan(&self) -> Result<&Plan, SimulateError> {
        self.plan.as_deref().map_err(Clone::clone)
    }

    /// Runs it, and reports. A report may tell of results that failed, as those of a real cluster may: see
    /// [`Report::is_complete`].
    ///
    /// # Errors
    /// [`SimulateError`]: settings without sense, a graph that cannot be run, a task that no worker can ever run, groups
    /// of which nothing says what they cost; all before anything is simulated. Then only [`SimulateError::Stuck`].
    pub fn run(&self) -> Result<Report, SimulateError> {
        drive::run(&Checked::new(self)?, None)
    }

    /// As [`Simulation::run`], and shows everything that happens, with its moment. When all results are there, they are
    /// let go and it goes on until nothing happens any more.
    ///
    /// ```
    /// use partita_simulator::{Durations, Simulation, Trace, families};
    /// use std::time::Duration;
    ///
    /// let mut starts = 0;
    /// let durations = Durations::same(Duration::from_millis(1), 8);
    /// Simulation::of(families::fan(5)).durations(durations).run_watched(&mut |_, trace| {
    ///     starts += u32::from(matches!(trace, Trace::Started { .. }));
    /// })?;
    /// assert_eq!(starts, 6);
    /// # Ok::<(), partita_simulator::SimulateError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_watched(&self, watch: &mut dyn FnMut(Time, &Trace)) -> Result<Report, SimulateError> {
        drive::run(&Checked::new(self)?, Some(watch))
    }

    /// Predicts the memory that each worker needs at its peak, and whether that fits: by a simulation without limit and
    /// faults, and more of them to see what helps.
    ///
    /// ```
    /// use partita_simulator::{Durations, Simulation, families};
    /// use std::time::Duration;
    ///
    /// let durations = Durations::same(Duration::from_millis(100), "1 GiB");
    /// let fan = Simulation::of(families::fan(100)).workers(4).memory("16GiB").durations(durations);
    /// let preflight = fan.preflight()?;
    /// assert!(!preflight.fits());
    /// assert_eq!(preflight.guilty[0].group, "leaf");
    /// # Ok::<(), partita_simulator::SimulateError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn preflight(&self) -> Result<Preflight, SimulateError> {
        Preflight::new(&Checked::new(self)?)
    }
}
