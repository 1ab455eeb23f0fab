//! A scheduler one of whose handlers panics, and one whose workers are gone.

use super::{Mail, SchedulerActor, Settings};
use crate::machine::Config;
use actix::{Actor, Addr, System};
use partita_protocol::message::{Question, Summary, ToClient, ToScheduler, ToWorker};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::{Batch, Listeners, Record};
use partita_protocol::{Begun, ClientId, Closed, Link, LossCause, Resources, WorkerId, limits};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
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

/// FAULTS P14: before and after it has changed its state.
#[test]
fn a_handler_that_panics_ends_the_cluster_and_all_clients_are_told_why() {
    for (place, bad_worker, bad_client) in
        [("at the way to a worker", true, false), ("at the way to a client", false, true), ("", false, false)]
    {
        System::new().block_on(async move {
            let (fail, failed) = channel();
            let (end, ended) = channel();
            let scheduler = SchedulerActor::new(settings(fail)).start();
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
                scheduler.send(Mail(message)).await.expect("it takes what comes, and does nothing any more");
            }
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
async fn workers(scheduler: &Addr<SchedulerActor>) -> Vec<u32> {
    let (tell, told) = channel();
    let answer = Box::new(move |summary: Summary| {
        let ids = summary.workers.iter().map(|worker| worker.worker.0).collect();
        tell.send(ids).unwrap();
    });
    scheduler.send(Mail(ToScheduler::Ask(Question::Summary(answer)))).await.unwrap();
    told.recv().unwrap()
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
        let scheduler = SchedulerActor::new(Settings { profiler, machine, ..settings(fail) }).start();
        let lost = |worker: u32, cause: &str| {
            let (worker, cause) = (WorkerId(worker), LossCause::Died(cause.into()));
            Mail(ToScheduler::WorkerLost { worker, cause, begun: Begun::none() })
        };
        for message in [dead(0), dead(1), worker(2, false), worker(3, false)] {
            scheduler.send(Mail(message)).await.unwrap();
        }
        // The others are told, and two of them do not hear it.
        scheduler.send(lost(3, "it was killed")).await.unwrap();
        assert_eq!(workers(&scheduler).await, [0, 1, 2]);
        scheduler.send(lost(0, "its nanny knows why")).await.unwrap();
        assert_eq!(workers(&scheduler).await, [1, 2]);
        tokio::time::sleep(limits::LOSS_GRACE / 2).await;
        assert_eq!(workers(&scheduler).await, [1, 2]);
        tokio::time::sleep(limits::LOSS_GRACE).await;
        assert_eq!(workers(&scheduler).await, [2], "nobody told why");
        scheduler.send(lost(1, "too late")).await.unwrap();
        let (tell, told) = channel::<()>();
        scheduler.send(Mail(ToScheduler::Ask(Question::Records(Arc::new(tell))))).await.unwrap();
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
