//! Clusters of processes that come, change, go, and leave nothing behind.

use super::{add, builder, children, cluster, count, signal, some_pid, stat};
use crate::alone::alone;
use crate::faults_support::{LIMIT, result_of, until};
use partita::prelude::*;
use partita::{RunError, init_test};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// FAULTS P7: a program whose workers end at once is told so, soon.
#[test]
fn workers_that_end_at_once_are_given_up_soon() {
    if std::env::var_os("PARTITA_TEST_ENDS").is_some() && std::env::var_os("PARTITA_WORKER_PROCESS").is_some() {
        eprintln!("no wish to work");
        std::process::exit(3);
    }
    init_test!();
    let mark = std::env::var_os("PARTITA_TEST_ENDS");
    if mark.is_none() {
        let name = "processes_faults::lives::workers_that_end_at_once_are_given_up_soon";
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let child = command.args(["--exact", name, "--nocapture"]).env("PARTITA_TEST_ENDS", "1").output().unwrap();
        let said = [child.stdout, child.stderr].concat();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    }
    let begin = Instant::now();
    let cluster = builder(2).start().unwrap();
    let client = cluster.client();
    let futures: Vec<_> = (0..5i64).map(|n| client.submit(add, (n, n))).collect();
    let errors: Vec<RunError> = futures.iter().map(|future| result_of(future).unwrap_err()).collect();
    assert!(errors.iter().all(|error| matches!(error, RunError::WorkersExhausted { .. })), "{errors:?}");
    let error = errors[0].to_string();
    assert!(error.contains("code 3") && error.contains("no wish to work"), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

fn forever(_: i64) -> i64 {
    loop {
        std::thread::park();
    }
}

/// FAULTS P7: a cluster that started well, and whose processes then end as soon as they are started, tells each of its futures
/// that no worker is left, and why: those that ran, those that waited for a worker, and those that waited for others.
#[test]
fn each_future_is_told_when_processes_begin_to_end_at_once() {
    let doom = std::env::var_os("PARTITA_TEST_DOOM").map(std::path::PathBuf::from);
    if std::env::var_os("PARTITA_WORKER_PROCESS").is_some() && doom.as_ref().is_some_and(|doom| doom.exists()) {
        eprintln!("no wish to go on");
        std::process::exit(3);
    }
    init_test!();
    let Some(doom) = doom else {
        let name = "processes_faults::lives::each_future_is_told_when_processes_begin_to_end_at_once";
        let folder = tempfile::tempdir().unwrap();
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        let command = command.args(["--exact", name, "--nocapture"]);
        let child = command.env("PARTITA_TEST_DOOM", folder.path().join("doom")).output().unwrap();
        let said = [child.stdout, child.stderr].concat();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&said));
        return;
    };
    let cluster = cluster(2);
    let client = cluster.client();
    assert_eq!(result_of(&client.submit(add, (1, 2))).unwrap(), 3, "it starts well");
    let running: Vec<_> = (0..6i64).map(|n| client.submit(forever, (n,))).collect();
    let above: Vec<_> = running.iter().map(|below| client.submit(add, (below, 1))).collect();
    until("both workers have something to do", || {
        client.processing().unwrap().values().filter(|tasks| **tasks > 0).count() == 2
    });
    std::fs::write(doom, []).unwrap();
    for pid in children() {
        signal(pid, Signal::KILL);
    }
    let during = client.submit(add, (3, 4));
    let late = |future: &Future<i64>| match result_of(future) {
        Err(RunError::WorkersExhausted { worker, deaths, cause, .. }) => (worker, deaths, cause),
        other => panic!("{future}: {other:?}"),
    };
    let told: Vec<_> = running.iter().chain(&above).chain([&during]).map(late).collect();
    for (worker, deaths, cause) in told {
        assert!(worker.starts_with("worker-") && deaths > 1, "{worker}, {deaths}");
        assert!(cause.contains("code 3") && cause.contains("no wish to go on"), "{cause}");
    }
    // Whoever comes then is told at once.
    late(&client.submit(add, (5, 6)));
    cluster.close().unwrap();
}

/// FAULTS P23, G18: many deaths leave no zombies, and clusters side by side and one after the other nothing at all.
#[test]
fn nothing_is_left_of_processes_and_clusters() {
    init_test!();
    alone("processes_faults::lives::nothing_is_left_of_processes_and_clusters", || {
        cluster(1).close().unwrap();
        let look = || (children().len(), count("/proc/self/fd"), count("/proc/self/task"));
        until("the first cluster is gone", || children().is_empty());
        let before = look();
        // More than the deaths that a task is forgiven: one that is sent to so many processes that are dead already, and begins
        // in none of them, is not to blame.
        let (one, two) = (cluster(6), cluster(1));
        for round in 0..12i64 {
            for pid in children() {
                signal(pid, Signal::KILL);
            }
            assert_eq!(result_of(&one.client().submit(add, (round, 1))).unwrap(), round + 1);
            assert_eq!(result_of(&two.client().submit(add, (round, 2))).unwrap(), round + 2);
        }
        let zombies = || children().into_iter().any(|pid| stat(pid).is_some_and(|(state, _)| state == "Z"));
        until("all that died were waited for", || !zombies());
        one.close().unwrap();
        two.close().unwrap();
        for round in 0..10i64 {
            let cluster = cluster(2);
            assert_eq!(result_of(&cluster.client().submit(add, (round, 3))).unwrap(), round + 3);
            cluster.close().unwrap();
        }
        let less = |(a, b, c): (usize, usize, usize)| a <= before.0 && b <= before.1 && c <= before.2;
        until("all is as it was", || less(look()));
    });
}

/// FAULTS G15: a cluster can be closed while its processes start; nothing is computed afterwards.
#[test]
fn a_cluster_is_closed_while_its_processes_start() {
    init_test!();
    let begin = Instant::now();
    let cluster = cluster(2);
    let client = cluster.client();
    let restarted = client.restart();
    cluster.close().unwrap();
    assert!(matches!(result_of(&client.submit(add, (1, 2))), Err(RunError::Closed)));
    // Whichever came first.
    restarted.wait_timeout(LIMIT).ok();
    client.close().ok();
    client.close().ok();
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
}

/// FAULTS P27: workers come, go and are replaced, and what they held is kept or computed again.
#[test]
fn processes_are_hired_retired_and_started_again() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let parts: Vec<_> = (0..12u64).map(|n| client.submit(|n: u64| vec![n; 1_000], (n,))).collect();
    let data = client.scatter([7i64, 8]);
    wait(&parts, None).unwrap();
    let right = |when: &str| {
        for (n, part) in (0..).zip(&parts) {
            assert_eq!(result_of(part).unwrap(), vec![n; 1_000], "{when}");
        }
    };
    cluster.scale(4).unwrap();
    assert_eq!(client.summary().unwrap().workers.len(), 4);
    client.retire_workers(["worker-0"]).wait_timeout(LIMIT).unwrap();
    assert_eq!(client.gather(&data).unwrap(), [7, 8], "what cannot be computed again was moved");
    right("after one was retired");
    cluster.scale(1).unwrap();
    until("three have left", || client.summary().unwrap().workers.len() == 1);
    assert_eq!(client.gather(&data).unwrap(), [7, 8], "one that was there stays");
    let before = some_pid(&client);
    client.restart().wait_timeout(LIMIT).unwrap();
    let pids: BTreeSet<u32> = (0..4).map(|_| some_pid(&client)).collect();
    assert!(!pids.contains(&before), "{pids:?}");
    assert_eq!(result_of(&client.submit(add, (20, 22))).unwrap(), 42);
}
