//! A worker's process: what it does instead of the program's `main`.

use super::briefing::{Briefing, SCHEDULER, identity, peer_identity, socket_of};
use super::desk::Desk;
use super::message::{Begin, ToChild, ToParent};
use super::peers;
use super::uplink::{Uplink, answering};
use crate::cluster::Janitor;
use actix::{Actor, System};
use parking_lot::Mutex;
use partita_graph::{WorkReader, build_id};
use partita_protocol::limits::{self, UNBORN};
use partita_protocol::telemetry::Listeners;
use partita_wire::{HandshakeError, Listener, Message, PlaceError, Receiver, WireError, connect};
use partita_worker::actor::{Death, Parts, Runaways, WorkerActor, WorkerLink, used};
use partita_worker::executor::Settings as Threads;
use partita_worker::machine::Config;
use partita_worker::spill::SpillFolder;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// The exit code of a worker whose actor panicked, as that of a program that panics.
const PANICKED: i32 = 101;

/// How long the last words of a worker may take.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long a process to which its cluster no longer speaks waits to be ended with all that its tasks have started: by its
/// nanny, or, if her process is gone, by the thread that watches for that. Ending by itself it would leave them behind.
const SILENCE: Duration = Duration::from_millis(500);

/// How long a worker that leaves waits for its last values to be dropped.
const CLEARING: Duration = Duration::from_millis(500);

/// Why a process is no worker, or no longer.
#[derive(Debug, thiserror::Error)]
enum ChildError {
    #[error("what it was told at its birth makes no sense: {0}")]
    Briefing(#[from] rmp_serde::decode::Error),
    #[error("it was not told the cluster's secret")]
    Secret,
    #[error("it could not connect to its cluster: {0}")]
    Connect(#[from] HandshakeError),
    #[error("it could not listen for other workers: {0}")]
    Place(#[from] PlaceError),
    #[error("its cluster does not speak to it: {0}")]
    Wire(#[from] WireError),
    #[error("its cluster did not tell it to begin")]
    Begin,
    #[error("{0}")]
    Portable(#[from] partita_graph::PortableError),
    #[error("the system gives it no threads: {0}")]
    Threads(#[from] std::io::Error),
    #[error("reading what came ended with a panic: {0}")]
    Read(#[from] tokio::task::JoinError),
}

/// Works until the cluster has no use for this process; its exit code.
pub(super) fn run(briefing: &[u8]) -> i32 {
    let outcome = Briefing::read(briefing).map_err(ChildError::from).and_then(|briefing| {
        let runtime = tokio::runtime::Builder::new_current_thread().global_queue_interval(1).enable_all().build()?;
        System::with_tokio_rt(|| runtime).block_on(work(briefing))
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("partita: this process was started as a worker, and ends: {error}");
        if matches!(error, ChildError::Read(_)) { PANICKED } else { UNBORN }
    })
}

async fn work(briefing: Briefing) -> Result<i32, ChildError> {
    briefing.adopt_build();
    let gate = briefing.gate().ok_or(ChildError::Secret)?;
    let us = identity(briefing.place, briefing.incarnation);
    let connection = connect(&briefing.folder.join(SCHEDULER), us, &gate).await?;
    let (sender, mut receiver) = connection.split::<ToParent, ToChild>();
    let Some(Message { head: ToChild::Begin(begin), .. }) = receiver.next().await? else {
        return Err(ChildError::Begin);
    };
    let uplink = Uplink::new(sender);
    let own = peer_identity(briefing.worker, 0);
    let listener = Listener::bind_at(briefing.folder.join(socket_of(briefing.worker)), own, gate.clone())?;
    let (died, mut death) = unbounded_channel();
    let listeners = Listeners::default();
    let janitor = Janitor::start()?;
    let disk = Arc::new(SpillFolder::new(&briefing.settings.spill.0, briefing.settings.spill.1));
    let parts = Parts { disk: disk.clone(), ..parts(&briefing, &begin, &uplink, &listeners, &janitor, died) };
    let actor = WorkerActor::new(parts)?;
    uplink.results_are_in(actor.holdings());
    let actor = WorkerLink(actor.start());
    actix::spawn(peers::serve(listener, actor.clone()));
    actix::spawn(beat(uplink.clone()));
    uplink.say(&ToParent::Ready);
    let answers = answering(uplink.0.clone(), |request, found, missing| ToParent::Delivery { request, found, missing });
    let mut desk = Desk {
        briefing,
        gate,
        uplink,
        answers,
        actor,
        listeners,
        heard: false,
        reader: Arc::new(Mutex::new(WorkReader::new(build_id())?)),
    };
    desk.hear(begin.heard);
    loop {
        tokio::select! {
            message = receiver.next() => match message {
                Ok(Some(message)) => desk.told(message).await?,
                // Nobody is left who could have a use for it.
                silent => {
                    tokio::time::sleep(SILENCE).await;
                    return Ok(silent.map(|_| 0)?);
                }
            },
            Some(death) = death.recv() => {
                clear_away(janitor, disk).await;
                return Ok(farewell(&desk.uplink, &mut receiver, death).await);
            }
        }
    }
}

/// Values on disk are removed with the last who has to do with them: threads that are about to end.
async fn clear_away(mut janitor: Janitor, disk: Arc<SpillFolder>) {
    janitor.close(CLEARING);
    let others_end = async {
        while Arc::strong_count(&disk) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    // What stays then is removed by the next one that puts values there.
    tokio::time::timeout(CLEARING, others_end).await.ok();
}

fn parts(
    briefing: &Briefing,
    begin: &Begin,
    uplink: &Uplink,
    listeners: &Listeners,
    janitor: &Janitor,
    died: UnboundedSender<Death>,
) -> Parts {
    let settings = &briefing.settings;
    let info = &settings.info;
    let name = format!("partita-{}", info.name);
    Parts {
        id: briefing.worker,
        machine: Config { resources: info.resources.clone(), memory: settings.memory, ..Config::new(info.threads) },
        executor: Threads { stack_size: settings.stack_size, ..Threads::new(name, info.threads) },
        // Clocks of processes of one machine go alike; only where they begin has to be told.
        start: Instant::now().checked_sub(begin.elapsed).unwrap_or_else(Instant::now),
        home: Arc::new(()),
        scheduler: Arc::new(uplink.clone()),
        profiler: Arc::new(uplink.clone()),
        garbage: Arc::new(janitor.link()),
        disk: Arc::new(SpillFolder::new(&settings.spill.0, settings.spill.1)),
        threads: Default::default(),
        validate: settings.validate,
        record: settings.record,
        listeners: listeners.clone(),
        grace: settings.grace,
        ledger: None,
        runaways: Some(runaways(settings.cancel_grace, uplink)),
        process: Some(Box::new(used)),
        on_death: Box::new(move |death| drop(died.send(death))),
    }
}

/// A task that cannot be stopped ends with its process: the cluster is told, and starts another one.
fn runaways(grace: Duration, uplink: &Uplink) -> Runaways {
    let uplink = uplink.clone();
    Runaways { grace, tell: Box::new(move |task| uplink.say(&ToParent::Runaway { task })) }
}

/// Tells the cluster now and then that this process is alive.
async fn beat(uplink: Uplink) {
    let mut interval = tokio::time::interval(limits::HEARTBEAT_EVERY);
    loop {
        interval.tick().await;
        uplink.say(&ToParent::Heartbeat { doing: Arc::from("") });
    }
}

/// The worker's actor ended: the cluster is told, and hears all that was said before; the exit code.
async fn farewell(uplink: &Uplink, receiver: &mut Receiver<ToChild>, death: Death) -> i32 {
    let code = match death {
        Death::Left { abandoned } => {
            uplink.say(&ToParent::Left { abandoned });
            0
        }
        Death::Panicked { message, .. } => {
            // The nanny reads it, and tells with whose death it was; what had begun stands on the slate.
            eprintln!("partita: the worker's actor panicked: {message}");
            PANICKED
        }
    };
    // The cluster ends the connection once it has heard it.
    let end = async { while matches!(receiver.next().await, Ok(Some(_))) {} };
    tokio::time::timeout(if code == 0 { FAREWELL } else { Duration::ZERO }, end).await.ok();
    code
}
