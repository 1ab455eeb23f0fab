//! The control thread: scheduler, clients, nannies and workers' actors share it; the profiler has one of its own.

use super::actor::{ClusterActor, Mail};
use super::builder::Builder;
use super::info::ClusterInfo;
use super::journal::JournalLink;
use super::processes::Hall;
use crate::coordination::CoordinationLink;
use crate::error::ConfigError;
use actix::{Actor, Addr, Arbiter, System};
use partita_profiler::{Backlog, ProfilerActor, ProfilerLink};
use partita_protocol::telemetry::Listeners;
use partita_protocol::threads::Threads;
use partita_protocol::{Link, WorkerId};
use partita_scheduler::actor::{SchedulerActor, SchedulerLink, Settings};
use partita_worker::actor::Home;
use partita_worker::spill::SpillFolder;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;
use std::time::Instant;

/// What the control thread is started with.
pub(super) struct Start {
    pub(super) builder: Builder,
    pub(super) info: ClusterInfo,
    pub(super) garbage: Arc<dyn Link<Box<dyn Send>>>,
    pub(super) home: Home,
    pub(super) journal: Option<JournalLink>,
    pub(super) disk: Arc<SpillFolder>,
    pub(super) hall: Option<Arc<Hall>>,
}

/// A control thread that runs.
pub(super) struct Control {
    pub(super) cluster: Addr<ClusterActor>,
    pub(super) profiler: ProfilerLink,
    pub(super) coordination: CoordinationLink,
    pub(super) system: System,
    pub(super) thread: JoinHandle<()>,
    /// The moment that times of the cluster are counted from.
    pub(super) began: Instant,
}

/// Starts the thread with its actors.
pub(super) fn start(start: Start) -> Result<Control, ConfigError> {
    let threads = |cause: std::io::Error| ConfigError::Threads { cause: cause.to_string() };
    let (ready, started) = channel();
    let began = Instant::now();
    let run = move || {
        let system = match runtime() {
            Ok(runtime) => System::with_tokio_rt(|| runtime),
            // Without it `started` is closed, and the caller is told.
            Err(error) => return tracing::error!(%error, "no runtime for the control thread"),
        };
        system.block_on(async {
            let control = actors(start, began);
            drop(ready.send((control.0, control.1, control.2, System::current())));
        });
        if let Err(error) = system.run() {
            tracing::error!(%error, "the control thread ended with an error");
        }
    };
    let thread = std::thread::Builder::new().name("partita-control".into()).spawn(run).map_err(threads)?;
    match started.recv() {
        Ok((cluster, profiler, coordination, system)) => {
            Ok(Control { cluster, profiler, coordination, system, thread, began })
        }
        Err(_) => Err(ConfigError::Threads { cause: "the control thread ended at once".into() }),
    }
}

/// The control thread's runtime. Mail from other threads is looked for at each step: a worker that waits actively for its
/// threads would else keep it waiting for dozens of steps.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().global_queue_interval(1).enable_all().build()
}

/// Starts the actors that are there from the beginning.
fn actors(start: Start, began: Instant) -> (Addr<ClusterActor>, ProfilerLink, CoordinationLink) {
    let Start { builder, info, garbage, home, journal, disk, hall } = start;
    let (listeners, threads) = (Listeners::default(), Threads::default());
    let backlog = Arc::<Backlog>::default();
    let profiler = {
        let counter = backlog.clone();
        let arbiter = Arbiter::new();
        let (heard, entered) = (listeners.clone(), threads.clone());
        let start = move |_: &mut _| ProfilerActor::new(counter, heard, entered, began);
        let address = ProfilerActor::start_in_arbiter(&arbiter.handle(), start);
        ProfilerLink::new(address, backlog.clone(), listeners.clone())
    };
    let coordination = CoordinationLink::start(garbage.clone());
    let cluster = ClusterActor::create(|context| {
        let to_cluster = actix::AsyncContext::address(context);
        if let Some(Err(error)) = hall.as_ref().map(Hall::receive) {
            to_cluster.do_send(Mail::Failed(error.to_string()));
        }
        let scheduler = SchedulerActor::new(Settings {
            machine: builder.machine(),
            start: began,
            profiler: Arc::new(profiler.clone()),
            listeners,
            garbage: garbage.clone(),
            validate: builder.validate,
            dumps: std::env::temp_dir(),
            spans: builder.task_spans,
            ledger: journal.as_ref().map(JournalLink::scheduler),
            on_failure: Box::new(move |cause| to_cluster.do_send(Mail::Failed(cause))),
        });
        let scheduler = SchedulerLink::start(scheduler);
        backlog.asks(scheduler.census());
        ClusterActor {
            builder,
            info,
            scheduler,
            profiler: profiler.clone(),
            threads,
            coordination: coordination.clone(),
            garbage,
            home,
            journal,
            hall,
            disk,
            start: began,
            next_worker: Arc::new(AtomicU32::new(WorkerId(0).0)),
            nannies: BTreeMap::new(),
            given_up: BTreeMap::new(),
            clients: Vec::new(),
            next_client: 0,
            closing: None,
            leaving: 0,
            staff: Default::default(),
            adapting: None,
        }
    });
    (cluster, profiler, coordination)
}
