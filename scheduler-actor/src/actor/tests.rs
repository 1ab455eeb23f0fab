//! A scheduler one of whose handlers panics, one that is wrong, one that is flooded, and one whose workers are gone.

use super::{SchedulerActor, SchedulerLink, Settings};
use crate::machine::Config;
use actix::System;
use partita_protocol::message::{Question, Summary, ToClient, ToScheduler, ToWorker};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::{Batch, Listeners, Record};
use partita_protocol::{Begun, ClientId, Closed, Link, LossCause, Resources, WorkerId, limits};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The way to a neighbour that is a function here.
struct To<F>(F);

impl<M, F: Fn(M) + Send + Sync> Link<M> for To<F> {
    fn send(&self, message: M) -> Result<(), Closed<M>> {
        (self.0)(message);
        Ok(())
    }
}

/// Settings of a scheduler that says why it failed.
fn settings(failed: Sender<String>) -> Settings {
    Settings {
        machine: Config::default(),
        start: Instant::now(),
        profiler: Arc::new(To(|_: Batch| {})),
        listeners: Listeners::default(),
        garbage: Arc::new(To(|_: Box<dyn Send>| {})),
        validate: true,
        dumps: std::env::temp_dir(),
        spans: false,
        ledger: None,
        on_failure: Box::new(move |cause| failed.send(cause).unwrap()),
    }
}

/// A worker that comes; told of anybody else it panics, if it is to.
fn worker(id: u32, panics: bool) -> ToScheduler {
    let resources = Resources::default();
    let info =
        WorkerInfo { name: format!("worker-{id}").into(), host: "here".into(), threads: 1, memory_limit: 0, resources };
    let link = To(move |_: ToWorker| assert!(!panics, "at the way to a worker"));
    ToScheduler::WorkerJoined { worker: WorkerId(id), info, link: Arc::new(link) }
}

/// A client that comes and says when all has ended; told of anything else it panics, if it is to.
fn client(id: u32, panics: bool, ended: Sender<(u32, String)>) -> ToScheduler {
    let link = To(move |message: ToClient| match message {
        ToClient::Ended(cause) => ended.send((id, cause)).unwrap(),
        _ => assert!(!panics, "at the way to a client"),
    });
    ToScheduler::ClientJoined { client: ClientId(id), link: Arc::new(link) }
}

/// Waits until the scheduler has taken all that it was sent: its address is told nothing more, and its lanes are empty.
async fn handled(scheduler: &SchedulerLink) {
    while scheduler.waits() {
        tokio::task::yield_now().await;
    }
}

/// FAULTS P14: before and after it has changed its state.
#[test]
fn a_handler_that_panics_ends_the_cluster_and_all_clients_are_told_why() {
    for (place, bad_worker, bad_client) in
        [("at the way to a worker", true, false), ("at the way to a client", false, true), ("", false, false)]
    {
        System::new().block_on(async move {
            let (fail, failed) = channel();
            let (end, ended) = channel();
            let scheduler = SchedulerLink::start(SchedulerActor::new(settings(fail)));
            let messages = [
                client(0, false, end.clone()),
                client(1, bad_client, end),
                worker(0, false),
                // It is told of the one that is there, before the machine knows of it.
                worker(1, bad_worker),
                // Clients are told of it, after the machine was.
                ToScheduler::WorkerLost {
                    worker: WorkerId(0),
                    cause: LossCause::Died("gone".into()),
                    begun: Begun::none(),
                },
                ToScheduler::ClientLeft { client: ClientId(7) },
            ];
            for message in messages {
                assert!(scheduler.send(message).is_ok(), "it takes what comes, and does nothing any more");
            }
            handled(&scheduler).await;
            let causes = if place.is_empty() { vec![] } else { vec![format!("the scheduler panicked: {place}")] };
            assert_eq!(failed.try_iter().collect::<Vec<_>>(), causes, "it is told once, if at all");
            let mut told: Vec<(u32, String)> = ended.try_iter().collect();
            told.sort();
            assert_eq!(
                told,
                [0, 1].iter().flat_map(|id| causes.iter().map(|cause| (*id, cause.clone()))).collect::<Vec<_>>()
            );
        });
    }
}

/// The way to a worker that takes no mail any more.
struct Shut;

impl Link<ToWorker> for Shut {
    fn send(&self, message: ToWorker) -> Result<(), Closed<ToWorker>> {
        Err(Closed(message))
    }
}

/// A worker that comes and is dead already.
fn dead(id: u32) -> ToScheduler {
    match worker(id, false) {
        ToScheduler::WorkerJoined { worker, info, .. } => {
            ToScheduler::WorkerJoined { worker, info, link: Arc::new(Shut) }
        }
        other => other,
    }
}

/// The workers that the scheduler has.
async fn workers(scheduler: &SchedulerLink) -> Vec<u32> {
    let (tell, told) = channel();
    let answer = Box::new(move |summary: Summary| {
        let ids = summary.workers.iter().map(|worker| worker.worker.0).collect();
        tell.send(ids).unwrap();
    });
    assert!(scheduler.send(ToScheduler::Ask(Question::Summary(answer))).is_ok());
    handled(scheduler).await;
    told.try_recv().unwrap()
}

/// Its nanny knows what it died of, and is waited for; but not for ever.
#[test]
fn a_worker_that_takes_no_mail_is_lost_when_its_nanny_says_so_or_a_while_later() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    System::with_tokio_rt(runtime).block_on(async move {
        let (fail, _failed) = channel();
        let (profiler, records) = channel();
        let profiler = Arc::new(To(move |batch: Batch| profiler.send(batch).unwrap()));
        let machine = Config { record: true, ..Config::default() };
        let scheduler = SchedulerLink::start(SchedulerActor::new(Settings { profiler, machine, ..settings(fail) }));
        let lost = |worker: u32, cause: &str| {
            let (worker, cause) = (WorkerId(worker), LossCause::Died(cause.into()));
            ToScheduler::WorkerLost { worker, cause, begun: Begun::none() }
        };
        for message in [dead(0), dead(1), worker(2, false), worker(3, false)] {
            assert!(scheduler.send(message).is_ok());
        }
        // The others are told, and two of them do not hear it.
        assert!(scheduler.send(lost(3, "it was killed")).is_ok());
        assert_eq!(workers(&scheduler).await, [0, 1, 2]);
        assert!(scheduler.send(lost(0, "its nanny knows why")).is_ok());
        assert_eq!(workers(&scheduler).await, [1, 2]);
        tokio::time::sleep(limits::LOSS_GRACE / 2).await;
        assert_eq!(workers(&scheduler).await, [1, 2]);
        tokio::time::sleep(limits::LOSS_GRACE).await;
        assert_eq!(workers(&scheduler).await, [2], "nobody told why");
        assert!(scheduler.send(lost(1, "too late")).is_ok());
        let (tell, told) = channel::<()>();
        assert!(scheduler.send(ToScheduler::Ask(Question::Records(Arc::new(tell)))).is_ok());
        handled(&scheduler).await;
        assert!(told.recv().is_err(), "all is handed over");
        let causes: Vec<String> = records
            .try_iter()
            .flat_map(|batch| batch.records)
            .filter_map(|record| match record {
                Record::WorkerLost { cause, .. } => Some(cause.to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(causes, ["it died: it was killed", "it died: its nanny knows why", "it died: its actor is gone"]);
    });
}

/// FAULTS P15: a machine that is wrong ends the cluster, and leaves a file that only its owner may read.
#[test]
fn a_broken_invariant_ends_the_cluster_and_leaves_what_went_before() {
    let folder = std::env::temp_dir().join(format!("partita-broken-{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let ended = |dumps: PathBuf| {
        System::new().block_on(async move {
            let ((fail, failed), (end, ended)) = (channel(), channel());
            let mut scheduler = SchedulerActor::new(Settings { dumps, ..settings(fail) });
            scheduler.machine_mut().miscount();
            let scheduler = SchedulerLink::start(scheduler);
            // The first event shows it.
            for message in [client(0, false, end.clone()), client(1, false, end), worker(0, false)] {
                assert!(scheduler.send(message).is_ok());
            }
            handled(&scheduler).await;
            let causes: Vec<String> = ended.try_iter().map(|(_, cause)| cause).collect();
            let cause = failed.try_recv().unwrap();
            assert_eq!(causes, [cause.clone(), cause.clone()], "all clients are told");
            cause
        })
    };
    let cause = ended(folder.clone());
    assert!(cause.contains("an invariant of the scheduler is broken: S"), "{cause}");
    let files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert!(cause.contains(&format!("`{}`", file.display())), "{cause}");
    let text = std::fs::read_to_string(file).unwrap();
    for words in ["is broken", "The last 1 events", "ClientJoined", "The scheduler:", "counts: Counts"] {
        assert!(text.contains(words), "`{words}` is missing in: {text}");
    }
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(file).unwrap().permissions()) & 0o777, 0o600);
    std::fs::remove_dir_all(&folder).unwrap();
    let cause = ended(Path::new("/nowhere/at/all").into());
    assert!(cause.contains("is broken") && cause.contains("could not be written into `/nowhere/at/all`"), "{cause}");
}

/// FAULTS M15, M16: behind a flood of mail, who comes and who is gone is heard at once, and others of the thread go on.
#[test]
fn a_flood_of_mail_keeps_neither_workers_nor_the_thread_waiting() {
    const FLOOD: usize = 300_000;
    System::new().block_on(async {
        let scheduler =
            SchedulerLink::start(SchedulerActor::new(Settings { validate: false, ..settings(channel().0) }));
        // How many questions were answered when the first worker was told of another one.
        let (answered, heard) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(None)));
        let (seen, hears) = (answered.clone(), heard.clone());
        let told = To(move |message: ToWorker| {
            if let ToWorker::PeerJoined { .. } = message {
                *hears.lock().unwrap() = Some(*seen.lock().unwrap());
            }
        });
        let ToScheduler::WorkerJoined { worker: id, info, .. } = worker(0, false) else { unreachable!() };
        assert!(scheduler.send(ToScheduler::WorkerJoined { worker: id, info, link: Arc::new(told) }).is_ok());
        for _ in 0..FLOOD {
            let answered = answered.clone();
            let answer = move |_| *answered.lock().unwrap() += 1;
            assert!(scheduler.send(ToScheduler::Ask(Question::Summary(Box::new(answer)))).is_ok());
        }
        let mut turns = 0;
        while *answered.lock().unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        let before = *answered.lock().unwrap();
        assert!(before < FLOOD, "a turn ends");
        assert!(scheduler.send(worker(1, false)).is_ok());
        while scheduler.waits() {
            tokio::task::yield_now().await;
            turns += 1;
        }
        assert_eq!(*answered.lock().unwrap(), FLOOD);
        assert_eq!(*heard.lock().unwrap(), Some(before), "it came first in the next turn");
        assert!(turns > 2, "this task went on {turns} times meanwhile");
    });
}
