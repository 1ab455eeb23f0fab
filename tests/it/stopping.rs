//! Tasks that look whether anybody still waits for them: cancelled, given up, left by their worker, or wanted again.

use crate::faults_support::{
    Count, Gate, LIMIT, Pass, builder, cluster, failure_of, result_of, until, until_nothing_is_left,
};
use partita::TaskErrorKind;
use partita::prelude::*;
use partita::task::{current, should_stop};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// What a task says, and the task: it runs until it is told to stop, and gives what it is told to.
fn until_stopped(outcome: fn() -> i64) -> (impl Fn() -> i64 + Clone + Send + Sync + 'static, Receiver<&'static str>) {
    let (say, said) = channel();
    let task = move || {
        say.send("begun").unwrap();
        while !should_stop() {
            std::thread::yield_now();
        }
        say.send("stopped").unwrap();
        outcome()
    };
    (task, said)
}

fn hear(said: &Receiver<&'static str>) -> &'static str {
    said.recv_timeout(LIMIT).expect("the task hangs, or ended without a word")
}

#[test]
fn outside_of_tasks_nobody_is_told_to_stop() {
    assert!(current().is_none() && !should_stop());
    let cluster = cluster(1, 1);
    let task = || current().map(|task| (task.should_stop(), task.deadline().is_some(), task.time_left().is_some()));
    assert_eq!(result_of(&cluster.client().submit(task, ())).unwrap(), Some((false, false, false)));
    assert!(current().is_none());
}

/// FAULTS T10: a function that does not look goes on with its thread though nobody waits for it; all else runs on the others.
#[test]
fn no_task_waits_for_a_thread_that_an_unwanted_one_keeps() {
    let gate = Gate::new();
    let cluster = cluster(3, 1);
    let client = cluster.client().impure();
    for round in 0..2 {
        let (pass, (say, said)) = (gate.pass(), channel());
        let task = move || {
            say.send(()).unwrap();
            pass.through();
            0i64
        };
        let future = client.submit(task, ());
        said.recv_timeout(LIMIT).unwrap();
        match round {
            0 => future.cancel(),
            _ => drop(future),
        }
        // At once, before the scheduler can know, and again and again.
        for n in 0..100i64 {
            assert_eq!(result_of(&client.submit(|n: i64| n + 1, (n,))).unwrap(), n + 1, "round {round}");
        }
        let many = client.map(|n: i64| n * 2, 0..1_000i64);
        assert_eq!(client.gather(&many).unwrap()[999], 1998);
    }
    drop(gate);
    cluster.close().unwrap();
}

/// FAULTS T10.
#[test]
fn a_cancelled_task_stops_whatever_it_gives_then_and_its_thread_is_free() {
    let outcomes: [fn() -> i64; 2] = [|| 1, || panic!("nobody hears this")];
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for (drops, outcome) in [(false, outcomes[0]), (false, outcomes[1]), (true, outcomes[0]), (true, outcomes[1])] {
        let (task, said) = until_stopped(outcome);
        let future = client.submit(task, ());
        assert_eq!(hear(&said), "begun");
        if drops {
            drop(future);
        } else {
            future.cancel();
        }
        assert_eq!(hear(&said), "stopped", "{drops}");
        assert_eq!(result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
    }
    until_nothing_is_left(&client);
}

#[test]
fn a_task_that_stopped_is_no_failure() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let run = client.watch().unwrap();
    let (task, said) = until_stopped(|| 1);
    let future = client.submit(task, ());
    assert_eq!(hear(&said), "begun");
    future.cancel();
    assert_eq!(hear(&said), "stopped");
    result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap();
    until_nothing_is_left(&client);
    let run = run.finish().unwrap();
    let failures: u64 = run.groups().iter().map(|(_, group)| group.failures).sum();
    assert_eq!((run.executions().count, failures), (2, 0));
}

/// FAULTS T11.
#[test]
fn a_task_that_takes_too_long_knows_its_deadline_and_is_told() {
    let limit = Duration::from_millis(300);
    let cluster = cluster(1, 1);
    let client = cluster.client().with_options(TaskOptions::new().timeout(limit));
    let (say, said): (Sender<_>, _) = channel();
    let future = client.submit(
        move || {
            let task = current().unwrap();
            say.send((task.deadline(), task.time_left())).unwrap();
            while !task.should_stop() {
                std::thread::yield_now();
            }
            say.send((None, task.time_left())).unwrap();
            1i64
        },
        (),
    );
    let (due, left) = said.recv_timeout(LIMIT).unwrap();
    let (due, left) = (due.unwrap(), left.unwrap());
    assert!(left <= limit && due <= Instant::now() + limit, "{left:?}");
    assert_eq!(said.recv_timeout(LIMIT).unwrap(), (None, Some(Duration::ZERO)));
    assert!(Instant::now() >= due, "not before its time");
    assert!(matches!(failure_of(&future).kind(), TaskErrorKind::TimedOut { .. }));
}

#[test]
fn tasks_that_threads_were_handed_ahead_never_run_once_they_are_cancelled() {
    // All are of one group, by the name of their function.
    let task = |pass: Option<Pass>, ran: Option<Count>| {
        move || match (&pass, &ran) {
            (Some(pass), _) => pass.through(),
            (None, ran) => drop(ran.as_ref().map(Count::add)),
        }
    };
    let cluster = cluster(1, 1);
    let client = cluster.client();
    // The scheduler learns that they are quick, and hands them ahead from then on.
    let learn: Vec<_> = (0..500).map(|_| client.submit(task(None, None), ())).collect();
    learn.iter().for_each(|future| result_of(future).unwrap());
    let (gate, ran) = (Gate::new(), Count::new());
    let blocker = client.submit(task(Some(gate.pass()), None), ());
    gate.wait_for(1);
    let futures: Vec<_> = (0..20).map(|_| client.submit(task(None, Some(ran.clone())), ())).collect();
    until("all are known", || client.summary().unwrap().tasks == 521);
    client.cancel(&futures);
    until("all are cancelled", || futures.iter().all(Future::cancelled));
    // The worker is told of what is put there behind all that it was told before.
    result_of(&client.scatter([1u8])[0]).unwrap();
    gate.open();
    result_of(&blocker).unwrap();
    until("they are gone", || client.summary().unwrap().tasks == 501);
    assert_eq!(ran.get(), 0, "cancelled tasks do not run");
}

#[test]
fn threads_that_work_for_a_task_are_told_too_and_when_it_has_ended() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let (say, said) = channel();
    let other = say.clone();
    let future = client.submit(
        move || {
            let token = current().unwrap().token();
            let (own, other) = (token.clone(), other.clone());
            say.send("begun").unwrap();
            // One is waited for, the other is left behind.
            let helper = std::thread::spawn(move || while !own.is_stopped() {});
            std::thread::spawn(move || {
                while !token.is_stopped() {}
                other.send("over").unwrap();
            });
            helper.join().unwrap();
        },
        (),
    );
    assert_eq!(hear(&said), "begun");
    future.cancel();
    assert_eq!(hear(&said), "over");
    let (say, said) = channel();
    let short = client.submit(
        move || {
            let (token, say) = (current().unwrap().token(), say.clone());
            std::thread::spawn(move || {
                while !token.is_stopped() {}
                say.send("over").unwrap();
            });
            5i64
        },
        (),
    );
    assert_eq!(result_of(&short).unwrap(), 5, "it ended by itself, and its result counts");
    assert_eq!(hear(&said), "over");
}

#[test]
fn a_task_that_is_wanted_again_while_it_stops_has_its_result() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    for _ in 0..50 {
        let (runs, gate) = (Count::new(), Gate::new());
        let (counter, pass) = (runs.clone(), gate.pass());
        let result = delayed(
            move || match counter.add() {
                0 => {
                    pass.through();
                    while !should_stop() {
                        std::thread::yield_now();
                    }
                    -1
                }
                _ => 7i64,
            },
            (),
        );
        let first = client.compute(&result).unwrap();
        gate.wait_for(1);
        first.cancel();
        let again = client.compute(&result).unwrap();
        gate.open();
        assert_eq!(result_of(&again).unwrap(), 7, "what the first run gave means nothing");
        assert_eq!(runs.get(), 2);
    }
}

#[test]
fn a_worker_that_leaves_tells_its_tasks() {
    let (task, said) = until_stopped(|| 1);
    let cluster = builder(1, 2).start().unwrap();
    let futures = [cluster.client().submit(task.clone(), ()), cluster.client().submit(task, ())];
    assert_eq!((hear(&said), hear(&said)), ("begun", "begun"));
    cluster.close().unwrap();
    assert_eq!((hear(&said), hear(&said)), ("stopped", "stopped"));
    assert!(futures.iter().all(|future| result_of(future).is_err()));
}
