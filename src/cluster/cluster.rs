//! The handle on a local cluster.

use super::actor::{ClusterActor, Mail};
use super::adapt::{self, Adaptive};
use super::builder::Builder;
use super::control::{self, Start};
use super::info::{ClusterInfo, ClusterSummary};
use super::janitor::Janitor;
use super::journal::Journal;
use super::signals;
use crate::client::{Client, ClientInner, WeakClient};
use crate::coordination::CoordinationLink;
use crate::coordination::slot::Filler;
use crate::current::{self, Home};
use crate::diagnostics::local;
use crate::error::{ConfigError, Result};
use crate::fork::ensure_not_forked;
use crate::post::post;
use actix::{Addr, System};
use parking_lot::Mutex;
use partita_graph::RunError;
use partita_profiler::{ProfilerLink, Tap};
use partita_protocol::AdaptConfig;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Instant;

/// A cluster in this process: a scheduler, workers with their nannies, a profiler, and clients.
///
/// Dropping it closes it without waiting; [`LocalCluster::close`] waits.
pub struct LocalCluster {
    inner: Arc<ClusterInner>,
    client: Client,
}

/// What a cluster's handles share.
pub(crate) struct ClusterInner {
    pub(super) cluster: Addr<ClusterActor>,
    pub(crate) profiler: ProfilerLink,
    pub(crate) coordination: CoordinationLink,
    /// The number of the cluster, which no other cluster of this process has.
    pub(crate) number: u64,
    /// The moment that times of the cluster are counted from.
    pub(crate) began: Instant,
    /// The process that started it.
    pub(super) pid: u32,
    pub(super) builder: Builder,
    pub(super) info: ClusterInfo,
    pub(super) closed: AtomicBool,
    /// Whether somebody was ever shown its records: they are all shown before it ends.
    pub(super) tapped: AtomicBool,
    pub(super) rest: Mutex<Option<Rest>>,
}

/// What is taken apart when the cluster closes.
pub(super) struct Rest {
    pub(super) system: System,
    pub(super) thread: JoinHandle<()>,
    pub(super) janitor: Janitor,
    pub(super) journal: Option<Journal>,
    #[cfg(feature = "dashboard")]
    dashboard: Option<partita_profiler::dashboard::Dashboard>,
}

static CLUSTERS: AtomicU64 = AtomicU64::new(0);

impl LocalCluster {
    /// What the cluster is to be like: workers, threads, memory.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).memory_limit("1GiB").start()?;
    /// assert_eq!(cluster.summary().threads, 5);
    /// cluster.close()?;
    /// # Ok::<(), partita::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Starts a cluster that fits this machine: one worker with a thread for each core.
    ///
    /// # Errors
    /// [`ConfigError`], before anything starts.
    pub fn new() -> Result<LocalCluster> {
        LocalCluster::builder().start()
    }

    pub(super) fn start(builder: Builder) -> Result<LocalCluster> {
        unwinds(cfg!(panic = "abort"), builder.processes)?;
        if builder.close_on_signals {
            signals::hear()?;
        }
        let infos = builder.worker_infos()?;
        let disk = builder.spill.disk()?;
        let hall = builder.hall()?;
        local::origin();
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let info = ClusterInfo::default();
        let name = builder.name.clone().unwrap_or_else(|| number.to_string());
        info.change(|info| info.address = format!("inproc://{}/{name}", std::process::id()));
        let home: Arc<Mutex<Option<WeakClient>>> = Arc::default();
        #[cfg(feature = "dashboard")]
        let dashboard = super::dashboard::start(&builder, &info, &home)?;
        let janitor = Janitor::start().map_err(|error| ConfigError::Threads { cause: error.to_string() })?;
        let journal = match builder.journal_options() {
            Some(options) => Some(Journal::start(&options, &builder.machine())?),
            None => None,
        };
        let default = builder.default;
        let control = control::start(Start {
            builder: builder.clone(),
            info: info.clone(),
            garbage: Arc::new(janitor.link()),
            home: Arc::new(Home(home.clone())),
            journal: journal.as_ref().map(Journal::link),
            disk,
            hall,
        })?;
        let rest = Rest {
            system: control.system,
            thread: control.thread,
            janitor,
            journal,
            #[cfg(feature = "dashboard")]
            dashboard,
        };
        let inner = Arc::new(ClusterInner {
            cluster: control.cluster,
            profiler: control.profiler,
            coordination: control.coordination,
            number,
            began: control.began,
            pid: std::process::id(),
            builder,
            info,
            closed: AtomicBool::new(false),
            tapped: AtomicBool::new(false),
            rest: Mutex::new(Some(rest)),
        });
        let client = inner.join()?;
        *home.lock() = Some(client.downgrade());
        if inner.builder.close_on_signals {
            signals::watch(&inner, &client);
        }
        #[cfg(feature = "dashboard")]
        if let Some(Rest { dashboard: Some(dashboard), .. }) = &*inner.rest.lock() {
            super::dashboard::open(dashboard, &client)?;
        }
        let adapt = inner.builder.adapt.clone();
        inner.scale(infos)?;
        adapt.map_or(Ok(()), |config| inner.adapt(config))?;
        if default {
            current::push(client.clone());
        }
        local::joined(&inner);
        Ok(LocalCluster { inner, client })
    }

    /// The cluster's own client.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// Another client, with wants of its own.
    ///
    /// # Errors
    /// [`RunError::Closed`].
    pub fn new_client(&self) -> Result<Client> {
        self.inner.join()
    }

    /// What the cluster is like now.
    pub fn summary(&self) -> ClusterSummary {
        self.inner.info.now()
    }

    /// Has so many workers from now on, and no longer adapts their number. New ones are like the first. From those that
    /// leave, data goes to others first, and their running tasks have a second to end before they are run elsewhere. It
    /// does not wait for that. What nobody has room for is computed again if it is wanted, and lost if it was put in by
    /// hand; [`Client::retire_workers`] refuses that.
    ///
    /// # Errors
    /// [`ConfigError`], [`RunError::Closed`].
    pub fn scale(&self, workers: usize) -> Result<()> {
        self.inner.scale(self.inner.builder.scaled(workers)?)
    }

    /// Adapts the number of workers to the work from now on, between these numbers; as Dask's `adapt`.
    ///
    /// Every second it looks at the work that is there: so many workers are started that it should be done in 5 seconds.
    /// Workers that have nothing to do leave when they were too many for 3 looks in a row; what only they hold goes to
    /// others first, and a worker with data that nobody can take stays. Calling this again changes the numbers.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().adapt(0..=4).threads_per_worker(1).start()?;
    /// assert_eq!(cluster.client().submit(|x: i64| x + 1, (1,)).result()?, 2);
    /// cluster.adapt(1..=2)?.stop();
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] for a range without sense, [`RunError::Closed`].
    pub fn adapt(&self, workers: RangeInclusive<usize>) -> Result<Adaptive> {
        let (minimum, maximum) = workers.into_inner();
        self.adapt_with(AdaptConfig { minimum, maximum, ..AdaptConfig::default() })
    }

    /// As [`LocalCluster::adapt`], with other times.
    ///
    /// # Errors
    /// As [`LocalCluster::adapt`].
    pub fn adapt_with(&self, config: AdaptConfig) -> Result<Adaptive> {
        self.inner.adapt(config)?;
        Ok(Adaptive { cluster: Arc::downgrade(&self.inner) })
    }

    /// Has the actor of a worker panic, to see the cluster recover.
    #[doc(hidden)]
    pub fn panic_worker(&self, worker: &str, message: &str) {
        let (worker, message) = (worker.to_string(), message.to_string());
        self.inner.cluster.do_send(Mail::Panic { worker, message });
    }

    /// Ends everything and waits for it: pending futures end with [`RunError::Closed`], tasks that are running are given
    /// the grace of [`Builder::close_grace`] before their threads are left behind with a warning. Closing again does
    /// nothing.
    ///
    /// # Errors
    /// None today; a `Result`, so that a program can end with it.
    pub fn close(self) -> Result<()> {
        self.inner.shut(&self.client, true);
        Ok(())
    }
}

impl ClusterInner {
    /// Whether its workers are processes.
    pub(crate) fn has_processes(&self) -> bool {
        self.builder.processes
    }

    /// Whether the profiler is told what happens.
    pub(crate) fn has_telemetry(&self) -> bool {
        self.builder.telemetry
    }

    /// Shows somebody all records from now on.
    pub(crate) fn tap(&self, tap: Tap) {
        self.tapped.store(true, Ordering::Relaxed);
        self.profiler.tap(tap);
    }

    /// Makes a new client.
    fn join(self: &Arc<Self>) -> Result<Client> {
        let (joined, join) = channel();
        let released: Arc<Mutex<Vec<_>>> = Arc::default();
        self.tell(Mail::Join { released: released.clone(), joined })?;
        let (id, mail) = join.recv().map_err(|_| RunError::Closed)?;
        let inner = ClientInner::new(id, mail, Arc::downgrade(self), self.info.clone(), released);
        let client = Client::from_inner(Arc::new(inner));
        client.make_known();
        Ok(client)
    }

    fn scale(&self, infos: Vec<partita_protocol::scheduler::WorkerInfo>) -> Result<()> {
        let (done, scaled) = channel();
        self.tell(Mail::Scale { infos, done })?;
        Ok(scaled.recv().map_err(|_| RunError::Closed)?)
    }

    fn adapt(&self, config: AdaptConfig) -> Result<()> {
        adapt::check(&config)?;
        let threads_per_worker = self.builder.threads()?;
        self.tell(Mail::Adapt(Some(AdaptConfig { threads_per_worker, ..config })))
    }

    pub(super) fn stop_adapting(&self) {
        // A cluster that is closed does not adapt.
        drop(self.tell(Mail::Adapt(None)));
    }

    /// Has workers leave once nothing is lost with them.
    pub(crate) fn retire(&self, names: Vec<String>, done: Filler<Result<()>>) {
        drop(self.tell(Mail::Retire { names, done }));
    }

    /// Replaces these workers, or all, by new ones.
    pub(crate) fn restart(&self, names: Option<Vec<String>>, done: Filler<Result<()>>) {
        drop(self.tell(Mail::Restart { names, done }));
    }

    fn tell(&self, mail: Mail) -> Result<()> {
        ensure_not_forked(self.pid)?;
        if self.closed.load(Ordering::SeqCst) || !self.cluster.connected() {
            return Err(RunError::Closed.into());
        }
        post(&self.cluster, mail);
        Ok(())
    }
}

/// Whether panics of tasks can be caught; a process of its own may end by one.
fn unwinds(aborts: bool, processes: bool) -> Result<(), ConfigError> {
    if aborts && !processes { Err(ConfigError::PanicAborts) } else { Ok(()) }
}

impl Drop for LocalCluster {
    fn drop(&mut self) {
        self.inner.shut(&self.client, false);
    }
}

impl fmt::Display for LocalCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.client, f)
    }
}

impl fmt::Debug for LocalCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalCluster({:?})", self.client)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS T4.
    #[test]
    fn where_panics_abort_threads_are_refused_and_processes_are_not() {
        assert_eq!(unwinds(true, false), Err(ConfigError::PanicAborts));
        let said = ConfigError::PanicAborts.to_string();
        assert!(said.contains("panic = \"abort\"") && said.contains("processes(true)"), "{said}");
        for (aborts, processes) in [(true, true), (false, false), (false, true)] {
            assert_eq!(unwinds(aborts, processes), Ok(()));
        }
    }
}
