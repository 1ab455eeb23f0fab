//! How a local cluster is started.

use super::adapt;
use super::cluster::LocalCluster;
use super::journal::{self, JournalOptions};
use super::memory::MemoryLimit;
use super::spill::Spill;
use crate::error::{ConfigError, Result};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{AdaptConfig, Resources, limits};
use std::collections::{BTreeMap, HashSet};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a local cluster is to be like; see [`LocalCluster::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing starts before `start()`"]
pub struct Builder {
    workers: Option<usize>,
    threads_per_worker: Option<usize>,
    memory_limit: MemoryLimit,
    pub(super) spill: Spill,
    pub(super) processes: bool,
    names: Vec<String>,
    resources: BTreeMap<String, f64>,
    worker_resources: BTreeMap<String, BTreeMap<String, f64>>,
    pub(super) name: Option<String>,
    pub(super) stack_size: usize,
    pub(super) saturation: f64,
    pub(super) no_workers_timeout: Option<Duration>,
    pub(super) allowed_failures: u32,
    pub(super) close_grace: Duration,
    pub(super) close_on_signals: bool,
    pub(super) cancel_grace: Duration,
    pub(super) lifetime: Option<Duration>,
    pub(super) validate: bool,
    pub(super) telemetry: bool,
    pub(super) task_spans: bool,
    pub(super) decisions: usize,
    pub(super) journal: Option<PathBuf>,
    pub(super) journal_limit: u64,
    pub(super) journal_replace: bool,
    pub(super) journal_workers: bool,
    pub(super) adapt: Option<AdaptConfig>,
    pub(super) default: bool,
    #[cfg(feature = "dashboard")]
    pub(super) dashboard: super::dashboard::Wishes,
}

/// Bytes that go from worker to worker in a second, as placement reckons: in one process a value is handed over by its
/// pointer, whatever its size.
const BANDWIDTH: u64 = 1 << 40;

/// The same between processes of one machine: values are written, sent over a socket, and read.
const PROCESS_BANDWIDTH: u64 = 2 << 30;

/// A worker that lived for a shorter time would do nothing but come and go.
const SHORTEST_LIFE: Duration = Duration::from_millis(100);

/// Workers and threads that one cluster may have; more is surely a slip.
pub(super) const MOST: usize = 4096;

impl Default for Builder {
    fn default() -> Self {
        Builder {
            workers: None,
            threads_per_worker: None,
            memory_limit: MemoryLimit::Auto,
            spill: Spill::default(),
            processes: false,
            names: Vec::new(),
            resources: BTreeMap::new(),
            worker_resources: BTreeMap::new(),
            name: None,
            stack_size: 8 << 20,
            saturation: 1.0,
            no_workers_timeout: Some(partita_protocol::limits::NO_WORKERS_TIMEOUT),
            allowed_failures: partita_protocol::limits::ALLOWED_FAILURES,
            close_grace: Duration::from_secs(3),
            close_on_signals: false,
            cancel_grace: limits::RUNAWAY_GRACE,
            lifetime: None,
            validate: false,
            telemetry: true,
            task_spans: false,
            decisions: 0,
            journal: None,
            journal_limit: journal::LIMIT,
            journal_replace: false,
            journal_workers: false,
            adapt: None,
            default: true,
            #[cfg(feature = "dashboard")]
            dashboard: Default::default(),
        }
    }
}

impl Builder {
    /// How many workers; one if it is not said.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = Some(workers);
        self
    }

    /// How many tasks each worker runs at a time; all workers together have a thread for each core if it is not said.
    pub fn threads_per_worker(mut self, threads: usize) -> Self {
        self.threads_per_worker = Some(threads);
        self
    }

    /// How much memory the results that each worker holds may take. What does not fit goes to disk, and then nothing new
    /// starts; see [`Builder::memory_target`] and [`Builder::memory_pause`].
    pub fn memory_limit(mut self, limit: impl Into<MemoryLimit>) -> Self {
        self.memory_limit = limit.into();
        self
    }

    /// The names of the workers; as many workers as names if their number is not said.
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The name of the cluster, for messages.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// An amount of a resource that each worker has.
    pub fn resource(mut self, name: impl Into<String>, amount: f64) -> Self {
        self.resources.insert(name.into(), amount);
        self
    }

    /// An amount of a resource that the worker of this name has.
    pub fn worker_resource(mut self, worker: impl Into<String>, name: impl Into<String>, amount: f64) -> Self {
        self.worker_resources.entry(worker.into()).or_default().insert(name.into(), amount);
        self
    }

    /// The stack of each thread that runs tasks, in bytes; 8 MiB if it is not said. It takes memory only as far as it is
    /// used.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = bytes;
        self
    }

    /// How many tasks without dependencies a worker holds for each of its threads, as Dask's `worker-saturation`; 1 if it
    /// is not said (Dask: 1.1). Handing a task over in one process costs microseconds, so nothing need wait behind a task
    /// of unknown length. Tasks that are known to be tiny are handed over ahead all the same.
    pub fn saturation(mut self, tasks_per_thread: f64) -> Self {
        self.saturation = tasks_per_thread;
        self
    }

    /// Whether all invariants are checked after every event. Slow; for tests.
    pub fn validate(mut self, validate: bool) -> Self {
        self.validate = validate;
        self
    }

    /// Whether the profiler is told what happens; it is if it is not said.
    pub fn telemetry(mut self, telemetry: bool) -> Self {
        self.telemetry = telemetry;
        self
    }

    /// Whether each execution of a task is a `tracing` span of the target `partita::task`, entered around the task's code on
    /// the thread that runs it; it is not if it is not said, and costs nothing then. Its fields are `key`, `group`, `worker`
    /// and, once the task has ended without a panic, `ok`. `otel.name` is the group: a subscriber of
    /// `tracing-opentelemetry` sends the spans on.
    pub fn task_spans(mut self, spans: bool) -> Self {
        self.task_spans = spans;
        self
    }

    /// How many of its decisions the scheduler keeps, so that [`Client::why`](crate::Client::why) can tell how a task came
    /// where it is; none if it is not said. The last ones are kept, also those about tasks that are gone.
    pub fn decisions(mut self, decisions: usize) -> Self {
        self.decisions = decisions;
        self
    }

    /// Writes everything that the scheduler is told to a file, so that it can be replayed.
    ///
    /// The file must not be there yet; only its owner may read it. It is whole up to the last tenth of a second, even if
    /// the process is killed. When it has reached its limit, nothing more is written, and the rest is counted.
    ///
    /// ```
    /// use partita::prelude::*;
    /// use partita::replay::{Replay, To};
    ///
    /// # fn main() -> partita::Result<()> {
    /// let path = std::env::temp_dir().join("partita-example.journal");
    /// let cluster = LocalCluster::builder().workers(2).journal(&path).journal_replace(true).start()?;
    /// assert_eq!(delayed(|x: i64| x + 1, (1,)).compute()?, 2);
    /// cluster.close()?;
    ///
    /// let mut replay = Replay::open(&path).expect("the cluster has just written it");
    /// replay.seek(To::End).expect("its decisions are the same");
    /// println!("{} events in {:.3} s", replay.event(), replay.time().as_secs_f64());
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok(())
    /// # }
    /// ```
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    /// How many bytes the journal may have; 256 MiB if it is not said, enough for about ten million tasks.
    pub fn journal_limit(mut self, bytes: u64) -> Self {
        self.journal_limit = bytes;
        self
    }

    /// Whether a journal that is there already is replaced. A link is never followed, and no other kind of file replaced.
    pub fn journal_replace(mut self, replace: bool) -> Self {
        self.journal_replace = replace;
        self
    }

    /// Whether the journal keeps what the workers are told too. A replay then runs their machines beside the scheduler's.
    pub fn journal_workers(mut self, workers: bool) -> Self {
        self.journal_workers = workers;
        self
    }

    /// Adapts the number of workers to the work, between these numbers; see [`LocalCluster::adapt`]. It begins with the
    /// smallest number, unless [`Builder::workers`] says another.
    pub fn adapt(self, workers: RangeInclusive<usize>) -> Self {
        let (minimum, maximum) = workers.into_inner();
        self.adapt_with(AdaptConfig { minimum, maximum, ..AdaptConfig::default() })
    }

    /// As [`Builder::adapt`], with other times.
    pub fn adapt_with(mut self, config: AdaptConfig) -> Self {
        self.adapt = Some(config);
        self
    }

    /// Leaves the cluster that computations use by default as it is.
    pub fn without_default(mut self) -> Self {
        self.default = false;
        self
    }

    /// Starts the cluster. Unless it is told otherwise, collections compute on it from now on until it is closed.
    ///
    /// # Errors
    /// [`ConfigError`], before anything starts.
    pub fn start(self) -> Result<LocalCluster> {
        LocalCluster::start(self)
    }

    /// What was asked for the journal, if there is to be one.
    pub(super) fn journal_options(&self) -> Option<JournalOptions> {
        Some(JournalOptions {
            path: self.journal.clone()?,
            limit: self.journal_limit,
            replace: self.journal_replace,
            workers: self.journal_workers,
        })
    }

    /// What the scheduler's machine is set to.
    pub(super) fn machine(&self) -> partita_scheduler::machine::Config {
        partita_scheduler::machine::Config {
            saturation: self.saturation,
            bandwidth: if self.processes { PROCESS_BANDWIDTH } else { BANDWIDTH },
            no_workers_timeout: self.no_workers_timeout,
            allowed_failures: self.allowed_failures,
            record: self.telemetry,
            decisions: self.decisions,
            // In one process a copy is a pointer: dropping it frees nothing, and the next task would ask for it again.
            reduce_copies: self.processes,
            ..Default::default()
        }
    }

    /// What the workers are to be like.
    pub(super) fn worker_infos(&self) -> Result<Vec<WorkerInfo>, ConfigError> {
        if let Some(config) = &self.adapt {
            adapt::check(config)?;
        }
        let count = self.first();
        if !(self.saturation > 0.0 && self.saturation <= MOST as f64) {
            return Err(refused("saturation", self.saturation, "above 0 and at most 4,096"));
        }
        if count > MOST {
            return Err(refused("workers", count, "at most 4,096"));
        }
        if self.names.len() > count {
            return Err(refused("names", self.names.len(), "not more than there are workers"));
        }
        if let Some(name) = self.names.iter().find(|name| name.contains('\0')) {
            return Err(refused("names", format!("{name:?}"), "texts without a zero"));
        }
        if let Some(lifetime) = self.lifetime.filter(|lifetime| *lifetime < SHORTEST_LIFE) {
            return Err(refused("worker_lifetime", format!("{lifetime:?}"), "at least 100 ms"));
        }
        let mut seen = HashSet::new();
        if let Some(name) = self.names.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(ConfigError::SameName { name: name.clone() });
        }
        (0..count).map(|index| self.worker_info(index, self.count())).collect()
    }

    /// What so many workers are to be like: the first ones as they were, the others like them.
    pub(super) fn scaled(&self, workers: usize) -> Result<Vec<WorkerInfo>, ConfigError> {
        if workers > MOST {
            return Err(refused("workers", workers, "at most 4,096"));
        }
        (0..workers).map(|index| self.worker_info(index, self.count())).collect()
    }

    /// The name of a worker that was not given one; none that another one was given.
    fn made_up_name(&self, index: usize) -> String {
        let mut name = format!("worker-{index}");
        while self.names.contains(&name) {
            name.push('x');
        }
        name
    }

    /// How many workers there are at first.
    fn first(&self) -> usize {
        let minimum = self.adapt.as_ref().map(|config| config.minimum.max(self.names.len()));
        self.workers.or(minimum).unwrap_or(self.names.len().max(1))
    }

    /// Among how many workers the machine is shared.
    fn count(&self) -> usize {
        match &self.adapt {
            Some(config) => config.maximum.min(cores() as usize).max(self.workers.unwrap_or(1)),
            None => self.first(),
        }
    }

    /// How many threads a worker has that was not there at first.
    pub(super) fn threads(&self) -> Result<u32, ConfigError> {
        Ok(self.worker_info(0, self.count())?.threads)
    }

    /// What the worker with this number is to be like, among so many.
    fn worker_info(&self, index: usize, count: usize) -> Result<WorkerInfo, ConfigError> {
        let cores = cores();
        let threads = self.threads_per_worker.unwrap_or_else(|| (cores as usize / count.max(1)).max(1));
        if threads == 0 || threads > MOST {
            return Err(refused("threads_per_worker", threads, "at least 1 and at most 4,096"));
        }
        if self.stack_size < 64 << 10 {
            return Err(refused("stack_size", self.stack_size, "at least 65,536 bytes"));
        }
        let name = self.names.get(index).cloned().unwrap_or_else(|| self.made_up_name(index));
        let own = self.worker_resources.get(&name).into_iter().flatten();
        let mut resources = self.resources.clone();
        resources.extend(own.map(|(name, amount)| (name.clone(), *amount)));
        if let Some((_, amount)) = resources.iter().find(|(_, amount)| !amount.is_finite() || **amount < 0.0) {
            return Err(refused("resource", amount, "a finite amount of 0 or more"));
        }
        Ok(WorkerInfo {
            name: name.into(),
            host: Arc::from("localhost"),
            threads: threads as u32,
            memory_limit: self.memory_limit.bytes(1, count as u32)?,
            resources: Resources::new(resources),
        })
    }
}

fn refused(field: &'static str, value: impl ToString, allowed: &'static str) -> ConfigError {
    ConfigError::Value { field, value: value.to_string(), allowed }
}

/// Cores that this process may use.
fn cores() -> u32 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32)
}
