//! Cancelling, before, while and after a task runs, and with others that want it (G12, §4.4 R11).

use crate::faults_support::{Count, Gate, cluster, result_of, until, until_nothing_is_left};
use partita::RunError;
use partita::prelude::*;

fn is_cancelled<T: partita::Data + Clone + std::fmt::Debug>(future: &Future<T>) {
    match result_of(future) {
        Err(RunError::Cancelled { key, .. }) => assert_eq!(key, *future.key()),
        other => panic!("it was cancelled, and gives {other:?}"),
    }
    assert!(future.cancelled());
    assert_eq!(future.status(), "cancelled");
}

/// FAULTS G22.
#[test]
fn a_future_that_is_cancelled_at_once_is_cancelled() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    for round in 0..50 {
        let pass = gate.pass();
        let future = client.submit(move || pass.through(), ());
        // The scheduler has not answered yet in most rounds.
        future.cancel();
        let ended = future.wait(std::time::Duration::from_secs(3)).unwrap();
        assert!(ended, "round {round}: the cancellation was lost, the future is still {}", future.status());
        is_cancelled(&future);
    }
    gate.open();
    assert_eq!(result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
}

#[test]
fn a_task_that_waits_is_cancelled_and_never_runs() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (gate, ran) = (Gate::new(), Count::new());
    let pass = gate.pass();
    let blocker = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let counter = ran.clone();
    let waiting: Vec<Future<usize>> = (0..20)
        .map(|_| {
            let counter = counter.clone();
            client.submit(move || counter.add(), ())
        })
        .collect();
    until("all are known", || client.summary().unwrap().tasks == 21);
    client.cancel(&waiting);
    waiting.iter().for_each(is_cancelled);
    gate.open();
    result_of(&blocker).unwrap();
    assert_eq!(result_of(&client.submit(|x: i64| x, (3,))).unwrap(), 3);
    assert_eq!(ran.get(), 0, "cancelled tasks do not run");
    drop((waiting, blocker));
    until_nothing_is_left(&client);
}

/// FAULTS T10.
#[test]
fn a_task_that_runs_is_cancelled_at_once_and_its_outcome_dropped() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    for panics in [false, true] {
        let gate = Gate::new();
        let pass = gate.pass();
        let future = client.submit(
            move || {
                pass.through();
                assert!(!panics, "nobody hears this");
                1i64
            },
            (),
        );
        gate.wait_for(1);
        future.cancel();
        is_cancelled(&future);
        // The other thread is free for others meanwhile.
        assert_eq!(result_of(&client.submit(|x: i64| x, (i64::from(panics),))).unwrap(), i64::from(panics));
        gate.open();
        is_cancelled(&future);
    }
    until_nothing_is_left(&client);
}

#[test]
fn what_depends_on_a_cancelled_task_still_comes() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let below = client.submit(
        move || {
            pass.through();
            5i64
        },
        (),
    );
    let above = client.submit(|x: i64| x + 1, (&below,));
    gate.wait_for(1);
    until("both are known", || client.summary().unwrap().tasks == 2);
    below.cancel();
    is_cancelled(&below);
    gate.open();
    assert_eq!(result_of(&above).unwrap(), 6, "somebody wants it, so what it needs is computed");
}

#[test]
fn a_finished_future_can_be_cancelled_and_computed_again() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let future = client.submit(|x: i64| x * 3, (4,));
    assert_eq!(result_of(&future).unwrap(), 12);
    future.cancel();
    until("it is cancelled", || future.cancelled());
    let again = client.submit(|x: i64| x * 3, (4,));
    assert_eq!(result_of(&again).unwrap(), 12);
}

#[test]
fn a_call_that_is_made_anew_does_not_inherit_a_cancellation() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let call = |round: i64| client.submit(|x: i64| x * 3, (round,));
    for round in 0..50 {
        let cancelled = call(round);
        cancelled.wait(crate::faults_support::LIMIT).unwrap();
        cancelled.cancel();
        until("it is cancelled", || cancelled.cancelled());
        // The cancelled one is held all the while.
        for again in 0..3 {
            assert_eq!(result_of(&call(round)).unwrap(), round * 3, "round {round}, call {again}");
        }
        is_cancelled(&cancelled);
    }
    until_nothing_is_left(&client);
}

#[test]
fn cancelling_is_for_one_client_unless_it_is_for_all() {
    let cluster = cluster(1, 1);
    let (one, two) = (cluster.client(), cluster.new_client().unwrap());
    let gate = Gate::new();
    let pass = gate.pass();
    let blocker = one.submit(move || pass.through(), ());
    gate.wait_for(1);
    // A pure call: both clients want the same task.
    let work = |x: i64| x + 100;
    let (ones, twos) = (one.submit(work, (1,)), two.submit(work, (1,)));
    assert_eq!(ones.key(), twos.key());
    until("both want it", || two.why(twos.key()).unwrap().is_some() && one.why(ones.key()).unwrap().is_some());
    ones.cancel();
    is_cancelled(&ones);
    gate.open();
    result_of(&blocker).unwrap();
    assert_eq!(result_of(&twos).unwrap(), 101);
    one.cancel_for_all(std::slice::from_ref(&ones));
    two.cancel_for_all(std::slice::from_ref(&twos));
    until("both are cancelled", || twos.cancelled());
}

/// FAULTS G22.
#[test]
fn cancels_that_race_with_the_end_leave_nothing_behind() {
    let cluster = cluster(2, 2);
    let client = cluster.client();
    let mut cancelled = 0;
    for round in 0..200i64 {
        let futures: Vec<Future<i64>> =
            (0..8).map(|i| client.impure().submit(|x: i64| x + 1, (round * 8 + i,))).collect();
        let sum = client.submit(|all: Vec<i64>| all.iter().sum::<i64>(), (&futures,));
        if round % 3 == 0 {
            std::thread::yield_now();
        }
        client.cancel(&futures[..4]);
        if round % 2 == 0 {
            sum.cancel();
        }
        for (index, future) in futures.iter().enumerate() {
            match result_of(future) {
                Ok(value) => assert_eq!(value, round * 8 + index as i64 + 1),
                Err(RunError::Cancelled { .. }) => {
                    assert!(index < 4, "nobody cancelled future {index}");
                    cancelled += 1;
                }
                Err(error) => panic!("round {round}: {error}"),
            }
        }
        match result_of(&sum) {
            Ok(value) => assert_eq!(value, (0..8).map(|i| round * 8 + i + 1).sum::<i64>()),
            Err(RunError::Cancelled { .. }) => assert_eq!(round % 2, 0),
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(cancelled > 0, "no cancellation ever came in time");
    until_nothing_is_left(&client);
}

#[test]
fn a_retry_at_once_after_the_failure_is_not_lost() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for _ in 0..50 {
        let count = Count::new();
        let counter = count.clone();
        let future = client.try_submit(move || if counter.add() == 0 { Err("once") } else { Ok(1i64) }, ());
        assert!(future.exception().unwrap().is_some());
        future.retry();
        // The retry is under way: the old error may show for a moment, and then the result.
        until("the retry gives the result", || future.status() == "finished");
        assert_eq!(result_of(&future).unwrap(), 1);
    }
}
