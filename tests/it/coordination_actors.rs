//! Actors on a cluster: state on a worker, calls in order.

use partita::coordination::ActorError;
use partita::prelude::*;
use partita::{Actor, Error, RunError};
use std::sync::mpsc::channel;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(30);

fn cluster() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(1).validate(true).without_default().start().unwrap()
}

fn actor_error<R>(result: partita::Result<R>) -> ActorError {
    match result {
        Err(Error::Actor(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it went well"),
    }
}

#[test]
fn calls_run_in_order_one_at_a_time() {
    let cluster = cluster();
    let list: Actor<Vec<i64>> = cluster.client().actor(Vec::new);
    let mut calls: Vec<_> = (0..2000).map(|n| list.call(move |list| list.push(n))).collect();
    let last = calls.pop().unwrap();
    last.result().unwrap();
    assert_eq!(list.call(std::mem::take).result().unwrap(), (0..2000).collect::<Vec<_>>());
}

#[test]
fn tasks_and_clients_share_an_actor() {
    let cluster = cluster();
    let client = cluster.client();
    let counter = client.actor(|| 0i64);
    let inside = counter.clone();
    let tasks = client.impure().try_map(move |amount: i64| inside.call(move |n| *n += amount).result(), 0..100);
    client.gather(&tasks).unwrap();
    assert_eq!(counter.call(|n| *n).result().unwrap(), 4950);
    assert!(client.validate().unwrap().is_ok());
}

#[test]
fn a_call_that_panics_fails_alone() {
    let cluster = cluster();
    let list: Actor<Vec<i64>> = cluster.client().actor(|| vec![1]);
    let bad = list.call(|list| {
        list.push(2);
        list[7]
    });
    let good = list.call(|list| list.len());
    match actor_error(bad.result()) {
        ActorError::Panicked { actor, message, location: Some(location) } => {
            assert_eq!(&*actor, "Vec<i64>");
            assert!(message.contains("index out of bounds") && location.contains("coordination_actors.rs"));
        }
        other => panic!("{other}"),
    }
    assert_eq!(good.result().unwrap(), 2);
}

#[test]
fn an_actor_dies_with_its_worker() {
    let cluster = LocalCluster::builder().names(["doomed", "other"]).threads_per_worker(1).start().unwrap();
    let client = cluster.client();
    let doomed = client.with_options(TaskOptions::new().workers(["doomed"]));
    let actor: Actor<i64> = doomed.actor(|| 0);
    let (begun, has_begun) = channel();
    let (go, wait_go) = channel::<()>();
    let running = actor.call(move |_| {
        begun.send(()).ok();
        wait_go.recv().ok();
    });
    let waiting = actor.call(|n| *n);
    has_begun.recv_timeout(LONG).unwrap();
    cluster.panic_worker("doomed", "it dies");
    match actor_error(waiting.result()) {
        ActorError::WorkerLost { worker, .. } => assert_eq!(&*worker, "doomed"),
        other => panic!("{other}"),
    }
    let late = actor.call(|n| *n).result();
    assert!(matches!(actor_error(late), ActorError::WorkerLost { .. }));
    drop(go);
    drop(running);
    let again = doomed.actor(|| 5i64);
    assert_eq!(again.call(|n| *n).result().unwrap(), 5, "the worker was started again");
    cluster.close().unwrap();
}

#[test]
fn an_actor_that_cannot_be_made_says_why() {
    let cluster = cluster();
    let client = cluster.client();
    let actor: Actor<i64> = client.actor(|| panic!("no state today"));
    let error = actor_error(actor.call(|n| *n).result());
    assert!(
        matches!(&error, ActorError::NotMade { cause, .. } if cause.to_string().contains("no state today")),
        "{error}"
    );
    let next = actor_error(actor.call(|n| *n).result());
    assert!(matches!(next, ActorError::NotMade { .. }));
}

#[test]
fn an_actor_that_waits_for_itself_is_told() {
    let cluster = cluster();
    let actor = cluster.client().actor(|| 0i64);
    let itself = actor.clone();
    let result = actor.call(move |_| itself.call(|n| *n).result().map_err(|error| error.to_string())).result().unwrap();
    assert!(result.unwrap_err().contains("waits for another call of the same actor"));
}

#[test]
fn actors_call_actors_and_wait_without_a_thread() {
    let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let inner = client.actor(|| 20i64);
    let outer = client.actor(move || inner.clone());
    let result = outer.call(|inner| inner.call(|n| *n + 1).result().map_err(|error| error.to_string()));
    assert!(result.wait(LONG).unwrap(), "one thread is enough");
    assert_eq!(result.result().unwrap(), Ok(21));
}

#[test]
fn a_closed_cluster_ends_the_calls() {
    let cluster = cluster();
    let actor = cluster.client().actor(|| 0i64);
    actor.call(|n| *n += 1).result().unwrap();
    cluster.close().unwrap();
    match actor.call(|n| *n).result() {
        Err(Error::Actor(ActorError::Ended { cause: RunError::Closed, .. } | ActorError::WorkerLost { .. })) => {}
        other => panic!("{other:?}"),
    }
}
