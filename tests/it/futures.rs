//! Futures: shared by many threads, waited for in all ways, and dropped at any moment.

use crate::faults_support::{Gate, LIMIT, cluster, result_of, result_on, until, until_nothing_is_left, within};
use partita::RunError;
use partita::prelude::*;
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn many_threads_take_the_result_of_one_future_and_none_hangs() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    for round in 0..300i64 {
        let future = client.submit(|x: i64| x + 1, (round,));
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(4));
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let (future, barrier) = (future.clone(), barrier.clone());
                std::thread::spawn(move || {
                    barrier.wait();
                    (0..5).map(|_| future.result_timeout(Duration::from_secs(5))).collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        for thread in threads {
            let values = thread.join().unwrap();
            assert_eq!(values.unwrap_or_else(|error| panic!("round {round}: {error}")), [round + 1; 5]);
        }
    }
}

#[test]
fn one_future_is_awaited_by_many_tasks_and_taken_by_threads_at_once() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    within(LIMIT, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for round in 0..100i64 {
            let future = client.submit(|x: i64| x + 3, (round,));
            runtime.block_on(async {
                let tasks: Vec<_> = (0..4)
                    .map(|_| {
                        let future = future.clone();
                        tokio::spawn(async move { future.await })
                    })
                    .collect();
                let taken = future.clone();
                let thread = tokio::task::spawn_blocking(move || taken.result());
                for task in tasks {
                    let value = tokio::time::timeout(Duration::from_secs(5), task).await;
                    assert_eq!(value.expect("an awaiter hangs").unwrap().unwrap(), round + 3);
                }
                let value = tokio::time::timeout(Duration::from_secs(5), thread).await;
                assert_eq!(value.expect("a thread hangs").unwrap().unwrap(), round + 3);
            });
        }
    });
}

#[test]
fn waiting_gives_up_after_its_time_and_can_be_repeated() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let slow = client.submit(
        move || {
            pass.through();
            5i64
        },
        (),
    );
    gate.wait_for(1);
    let short = Duration::from_millis(20);
    let error = slow.result_timeout(short).unwrap_err();
    let RunError::Timeout { what, limit } = &error else { panic!("{error}") };
    assert_eq!((what.as_str(), *limit), (slow.key().to_string().as_str(), short));
    assert!(!slow.wait(short).unwrap());
    assert!(!slow.done());
    let quick = client.scatter([1i64]).remove(0);
    let both = [slow.clone(), quick.clone()];
    assert!(matches!(wait(&both, short), Err(partita::Error::Run(RunError::Timeout { .. }))));
    let first = wait_first(&both, LIMIT).unwrap();
    assert_eq!((first.done.len(), first.not_done.len()), (1, 1));
    assert_eq!(first.done[0].key(), quick.key());
    gate.open();
    assert_eq!(result_of(&slow).unwrap(), 5);
    assert_eq!(wait(&both, LIMIT).unwrap().done.len(), 2);
}

#[test]
fn callbacks_are_called_once_each_whenever_they_are_added() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let future = client.submit(
        move || {
            pass.through();
            1i64
        },
        (),
    );
    let (said, heard) = channel();
    for number in 0..3 {
        let said = said.clone();
        future.add_done_callback(move |future| said.send((number, future.status())).unwrap());
    }
    assert!(heard.try_recv().is_err());
    gate.open();
    result_of(&future).unwrap();
    future.add_done_callback(move |future| said.send((3, future.status())).unwrap());
    let mut all: Vec<_> = heard.iter().collect();
    all.sort();
    assert_eq!(all, [0, 1, 2, 3].map(|number| (number, "finished")));
}

#[test]
fn gathering_gives_the_first_error_or_all_of_them() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let futures = client.try_map(|x: i64| if x % 3 == 2 { Err(format!("{x} is bad")) } else { Ok(x) }, 0..9);
    let error = client.gather(&futures).unwrap_err();
    assert!(error.to_string().contains("2 is bad"), "{error}");
    let all = client.try_gather(&futures);
    assert_eq!(all.len(), 9);
    for (index, result) in all.iter().enumerate() {
        match result {
            Ok(value) => assert!(index % 3 != 2 && *value == index as i64),
            Err(error) => assert!(error.to_string().contains(&format!("{index} is bad")), "{error}"),
        }
    }
    assert_eq!(client.gather(&futures[..2]).unwrap(), [0, 1]);
}

#[test]
fn futures_that_are_made_and_dropped_at_once_leave_nothing_behind() {
    let cluster = cluster(2, 2);
    let client = cluster.client();
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let client = client.clone();
            std::thread::spawn(move || {
                for round in 0..100i64 {
                    let futures = client.map(|x: i64| x * 2, (0..10).map(|x| x + round % 5));
                    let sum = client.submit(|all: Vec<i64>| all.iter().sum::<i64>(), (&futures,));
                    if (round + thread) % 3 == 0 {
                        drop(futures);
                        let first = (0..10).map(|x| (x + round % 5) * 2).sum::<i64>();
                        assert_eq!(result_on(&client, &sum).unwrap(), first);
                    }
                }
            })
        })
        .collect();
    within(LIMIT * 2, move || threads.into_iter().for_each(|thread| thread.join().unwrap()));
    until_nothing_is_left(&client);
}

#[test]
fn equal_calls_share_a_future_while_one_is_held() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let first = client.submit(|x: i64| x + 40, (2,));
    assert_eq!(result_of(&first).unwrap(), 42);
    for round in 0..200 {
        let again = client.submit(|x: i64| x + 40, (round % 3,));
        assert_eq!(result_of(&again).unwrap(), round % 3 + 40);
        if round % 7 == 0 {
            again.cancel();
        }
    }
    drop(first);
    until_nothing_is_left(&client);
}

#[test]
fn calls_that_are_cancelled_and_called_again_by_many_threads_all_end() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            std::thread::spawn(move || {
                for round in 0..300i64 {
                    let future = client.submit(|x: i64| x + 1, (round % 2,));
                    if round % 3 == 0 {
                        future.cancel();
                    }
                    match result_on(&client, &future) {
                        Ok(value) => assert_eq!(value, round % 2 + 1),
                        Err(RunError::Cancelled { .. }) => {}
                        Err(error) => panic!("round {round}: {error}"),
                    }
                }
            })
        })
        .collect();
    within(LIMIT * 2, move || threads.into_iter().for_each(|thread| thread.join().unwrap()));
    until_nothing_is_left(&client);
}

#[test]
fn results_come_as_they_end_and_more_may_be_added() {
    let cluster = cluster(1, 2);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let slow = client.submit(
        move || {
            pass.through();
            100i64
        },
        (),
    );
    gate.wait_for(1);
    let mut ended = as_completed([slow.clone(), slow]);
    assert!(!ended.is_empty() && !ended.has_ready());
    ended.update(client.map(|x: i64| x, 0..5));
    let mut seen: Vec<i64> = (0..5).map(|_| ended.next().unwrap().result().unwrap()).collect();
    seen.sort();
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    gate.open();
    until("both are there", || ended.has_ready());
    let rest: Vec<i64> = ended.map(|future| future.result().unwrap()).collect();
    assert_eq!(rest, [100, 100], "once for each time that it was given");
}
