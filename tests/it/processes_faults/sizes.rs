//! Many values, and large ones, to worker processes and back.

use super::{add, cluster, some_pid};
use crate::faults_support::{LIMIT, result_of, within};
use partita::prelude::*;
use partita::{Local, RunError, Shared, TaskErrorKind, init_test};

/// More values than one message may hold.
#[test]
fn ten_thousand_values_go_to_a_process_and_back() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let pid = some_pid(&client);
    let results = client.map(|n: i64| n + 1, 0..10_000i64);
    wait(&results, None).unwrap();
    let gathered = within(LIMIT, {
        let (client, results) = (client.clone(), results.clone());
        move || client.gather(&results).unwrap()
    });
    assert_eq!(gathered, (1..=10_000).collect::<Vec<i64>>());
    let data = client.scatter(0..10_000i64);
    let sum = client.submit(|all: Vec<i64>| all.iter().sum::<i64>(), (data.clone(),));
    assert_eq!(result_of(&sum).unwrap(), 49_995_000);
    assert_eq!(client.gather(&data).unwrap(), (0..10_000).collect::<Vec<i64>>());
    assert_eq!(some_pid(&client), pid, "its process lives");
}

/// FAULTS M14, T19: a value larger than all that may wait for a connection costs nobody a connection, in either direction.
#[test]
fn a_very_large_value_costs_no_process() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let pid = some_pid(&client);
    let count = 40usize << 20;
    let large = client.scatter([vec![1u8; 8 * count]]).remove(0);
    let sums: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, 1))).collect();
    assert_eq!(client.gather(&sums).unwrap(), (1..21).collect::<Vec<i64>>());
    let length = client.submit(|list: Shared<Vec<u8>>| list.len(), (&large,));
    assert_eq!(result_of(&length).unwrap(), 8 * count);
    let parts: Vec<_> = (0..3u8).map(|n| client.submit(|n: u8, count: usize| vec![n; 4 * count], (n, count))).collect();
    for (n, part) in (0..3u8).zip(client.gather(&parts).unwrap()) {
        assert!(part.len() == 4 * count && part.iter().all(|x| *x == n));
    }
    assert_eq!(some_pid(&client), pid, "its process lives");
}

/// FAULTS T1: a panic with more words than a message may have is told, shortened.
#[test]
fn a_panic_of_many_words_is_told() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let pid = some_pid(&client);
    let fail = |n: usize| -> i64 { panic!("it begins so{}", "x".repeat(n)) };
    let error = result_of(&client.submit(fail, (70usize << 20,))).unwrap_err();
    let RunError::Task(task) = &error else { panic!("{error}") };
    let TaskErrorKind::Panicked { message, .. } = task.kind() else { panic!("{error}") };
    assert!(message.starts_with("it begins so") && message.len() < 10_000, "{}", message.len());
    assert_eq!(some_pid(&client), pid, "its process lives");
}

/// FAULTS P27, T17: a worker that leaves takes with it what cannot go anywhere else; that is computed again.
#[test]
fn what_cannot_be_moved_is_computed_again_when_its_worker_leaves() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let kept = client.submit(|n: i64| Local::new(n), (7i64,));
    wait(std::slice::from_ref(&kept), None).unwrap();
    let look = |kept: Shared<Local<i64>>, more: i64| **kept + more;
    assert_eq!(result_of(&client.submit(look, (&kept, 1))).unwrap(), 8);
    let holders = client.who_has([kept.key().clone()]).unwrap();
    let holder = holders[0].1[0].to_string();
    client.retire_workers([holder]).wait().unwrap();
    assert_eq!(result_of(&client.submit(look, (&kept, 2))).unwrap(), 9);
    assert_eq!(client.validate().unwrap(), Ok(()));
}
