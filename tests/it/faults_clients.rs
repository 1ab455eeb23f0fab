//! Clients and futures that are dropped while tasks run, and callbacks that misbehave (G12).

use crate::faults_support::{Count, Gate, LIMIT, cluster, result_of, until, until_nothing_is_left, within};
use partita::RunError;
use partita::prelude::*;
use std::sync::mpsc::channel;
use std::time::Duration;

/// FAULTS G12.
#[test]
fn a_future_that_is_dropped_is_forgotten() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (gate, ran) = (Gate::new(), Count::new());
    let pass = gate.pass();
    let running = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let counter = ran.clone();
    let waiting = client.submit(move || counter.add(), ());
    let copy = waiting.clone();
    drop(waiting);
    until("both are known", || client.summary().unwrap().tasks == 2);
    drop(copy);
    until("one is forgotten", || client.summary().unwrap().tasks == 1);
    drop(running);
    until_nothing_is_left(&client);
    gate.open();
    assert_eq!(result_of(&client.submit(|x: i64| x, (1,))).unwrap(), 1);
    assert_eq!(ran.get(), 0);
}

/// An error that nobody has any longer is no answer to somebody who asks anew, however soon.
#[test]
fn what_failed_and_was_let_go_of_is_tried_again() {
    use std::sync::atomic::{AtomicI64, Ordering};
    static CALLS: AtomicI64 = AtomicI64::new(0);
    fn flaky(x: i64) -> Result<i64, String> {
        // It fails every other time.
        if CALLS.fetch_add(1, Ordering::SeqCst) % 2 == 0 { Err("not now".to_owned()) } else { Ok(x) }
    }
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for round in 0..200i64 {
        let future = client.try_submit(flaky, (round,));
        let same = client.try_submit(flaky, (round,));
        assert!(result_of(&future).is_err() && result_of(&same).is_err(), "as long as somebody has it, it stays");
        drop((future, same));
        assert_eq!(result_of(&client.try_submit(flaky, (round,))).unwrap(), round);
    }
}

/// FAULTS G12.
#[test]
fn what_a_dropped_client_wanted_is_forgotten_and_others_are_unaffected() {
    let cluster = cluster(1, 1);
    let (stays, goes) = (cluster.client(), cluster.new_client().unwrap());
    let (gate, ran) = (Gate::new(), Count::new());
    let pass = gate.pass();
    let running = goes.submit(move || pass.through(), ());
    gate.wait_for(1);
    let counter = ran.clone();
    let never = goes.submit(move || counter.add(), ());
    let work = |x: i64| x + 1000;
    let (shared, kept) = (goes.submit(work, (1,)), stays.submit(work, (1,)));
    until("all are known", || stays.summary().unwrap().tasks == 3);
    drop((running, never, shared, goes));
    until("only the shared one is left", || stays.summary().unwrap().tasks == 1);
    gate.open();
    assert_eq!(result_of(&kept).unwrap(), 1001);
    assert_eq!(ran.get(), 0);
    drop(kept);
    until_nothing_is_left(&stays);
}

/// FAULTS G12.
#[test]
fn a_client_whose_thread_panics_leaves_nothing_behind() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let goes = cluster.new_client().unwrap();
    let gate = Gate::new();
    let pass = gate.pass();
    let thread = std::thread::spawn(move || {
        let _futures = goes.map(|x: i64| x, 0..100);
        let _running = goes.submit(move || pass.through(), ());
        std::panic::resume_unwind(Box::new("quietly"));
    });
    assert!(thread.join().is_err());
    gate.open();
    until_nothing_is_left(&client);
}

/// FAULTS G12.
#[test]
fn what_is_fired_and_forgotten_runs_without_its_future() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let blocker = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let (said, heard) = channel();
    let future = client.submit(move || said.send(7).unwrap(), ());
    client.fire_and_forget(&future);
    drop(future);
    drop(blocker);
    gate.open();
    assert_eq!(heard.recv_timeout(LIMIT), Ok(7));
    until_nothing_is_left(&client);
}

/// FAULTS G12.
#[test]
fn what_is_fired_and_forgotten_survives_its_client() {
    let cluster = cluster(1, 1);
    let (stays, goes) = (cluster.client(), cluster.new_client().unwrap());
    let gate = Gate::new();
    let pass = gate.pass();
    let blocker = stays.submit(move || pass.through(), ());
    gate.wait_for(1);
    let (said, heard) = channel();
    let future = goes.submit(move || said.send(7).unwrap(), ());
    goes.fire_and_forget(&future);
    until("both are known", || stays.summary().unwrap().tasks == 2);
    drop((future, goes));
    // The client has left before the task can start.
    until("the client has left", || cluster.new_client().is_ok());
    gate.open();
    result_of(&blocker).unwrap();
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)), Ok(7), "it runs although its client is gone");
    drop(blocker);
    until_nothing_is_left(&stays);
}

#[test]
fn a_callback_that_panics_harms_nobody_else() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let first = client.submit(move || pass.through(), ());
    let second = client.submit(|(): (), x: i64| x, (&first, 5));
    let (said, heard) = channel();
    first.add_done_callback(|_| panic!("a callback panics"));
    first.add_done_callback(move |future| said.send(future.status()).unwrap());
    gate.open();
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)), Ok("finished"), "the other callback is called");
    let second = second.result_timeout(Duration::from_secs(5));
    assert_eq!(second.expect("other futures of the client end"), 5);
    let next = client.submit(|x: i64| x + 1, (1,)).result_timeout(Duration::from_secs(5));
    assert_eq!(next.expect("the client goes on"), 2);
}

#[test]
fn a_callback_that_blocks_is_told_that_it_must_not() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let blocked = client.submit(move || pass.through(), ());
    let (said, heard) = channel();
    let quick = client.impure().submit(|x: i64| x, (1,));
    let held = blocked.clone();
    // It may end before the callback is added: then it runs here, and must not wait for the gate either.
    let other = std::thread::spawn(move || {
        quick.add_done_callback(move |_| said.send(held.result_timeout(Duration::from_secs(2))).unwrap());
        quick
    });
    let quick = other.join().unwrap();
    let result = heard.recv_timeout(LIMIT).unwrap();
    gate.open();
    drop((quick, blocked));
    assert!(
        matches!(result, Ok(()) | Err(RunError::BlockingInAsync { .. }) | Err(RunError::Timeout { .. })),
        "{result:?}"
    );
}

/// FAULTS G4.
#[test]
fn many_clients_and_threads_share_equal_calls() {
    let count = std::sync::Arc::new(cluster(2, 1));
    static RAN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn square(x: i64) -> i64 {
        RAN.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        x * x
    }
    let cluster = count;
    let keep: Vec<Future<i64>> = cluster.client().map(square, 0..10);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let client = cluster.new_client().unwrap();
            std::thread::spawn(move || {
                for _ in 0..20 {
                    let futures = client.map(square, 0..10);
                    assert_eq!(client.gather(&futures).unwrap()[9], 81);
                }
            })
        })
        .collect();
    within(LIMIT, move || threads.into_iter().for_each(|thread| thread.join().unwrap()));
    assert_eq!(RAN.load(std::sync::atomic::Ordering::SeqCst), 10, "ten calls, once each, 1,600 times asked for");
    drop(keep);
    until_nothing_is_left(&cluster.client());
}
