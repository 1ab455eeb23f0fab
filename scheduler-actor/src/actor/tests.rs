//! A scheduler one of whose handlers panics.

use super::{Mail, SchedulerActor, Settings};
use crate::machine::Config;
use actix::{Actor, System};
use partita_protocol::message::{ToClient, ToScheduler, ToWorker};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::{Batch, Listeners};
use partita_protocol::{ClientId, Closed, Link, LossCause, Resources, WorkerId};
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
                ToScheduler::WorkerLost { worker: WorkerId(0), cause: LossCause::Died("gone".into()) },
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
