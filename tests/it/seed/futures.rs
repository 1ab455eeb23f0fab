//! What the notebook shows of futures and of the end; see the parent.

use super::cluster;
use crate::alone::{alone, show_warnings};
use partita::prelude::*;
use partita::{Error, RunError};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

/// A number that others wait for to be reached.
struct Gate {
    reached: Mutex<u64>,
    changed: Condvar,
}

impl Gate {
    const fn new() -> Self {
        Gate { reached: Mutex::new(0), changed: Condvar::new() }
    }

    /// Lets everyone on who waits for this number or a smaller one.
    fn open(&self, number: u64) {
        *self.reached.lock().unwrap() = number;
        self.changed.notify_all();
    }

    /// Counts one up.
    fn count(&self) {
        *self.reached.lock().unwrap() += 1;
        self.changed.notify_all();
    }

    /// Waits until the number is reached.
    fn wait(&self, number: u64) {
        let reached = self.reached.lock().unwrap();
        drop(self.changed.wait_while(reached, |reached| *reached < number).unwrap());
    }
}

#[test]
fn s17_a_future_is_pending_and_then_finished() {
    static GATE: Gate = Gate::new();
    fn complex_algorithm(e: u64) -> u64 {
        GATE.wait(1);
        e
    }
    let cluster = cluster(5, 1);
    let future = cluster.client().submit(complex_algorithm, (5,));
    let shown = future.to_string();
    let key = shown.strip_prefix("<Future: pending, key: ").unwrap().strip_suffix('>').unwrap();
    let token = key.strip_prefix("complex_algorithm-").unwrap();
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");

    let early = wait(std::slice::from_ref(&future), Duration::from_millis(20)).unwrap_err();
    assert!(matches!(early, Error::Run(RunError::Timeout { .. })), "{early}");
    GATE.open(1);
    wait(std::slice::from_ref(&future), Duration::from_secs(12)).unwrap();
    assert_eq!(future.to_string(), format!("<Future: finished, type: u64, key: {key}>"));
    assert_eq!(future.result().unwrap(), 5);
    cluster.close().unwrap();
}

/// 200 numbers from 5 to 30, always the same.
fn collection(client: &Client) -> Vec<u64> {
    Bag::range(26, 1).map(|n| n as u64 + 5).choices(200, 2020).compute_on(client).unwrap()
}

#[test]
fn s18_with_a_thread_for_each_distinct_call_the_shortest_comes_first() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static STARTED: Gate = Gate::new();
    static GATE: Gate = Gate::new();
    fn complex_algorithm(e: u64) -> u64 {
        RUNS.fetch_add(1, SeqCst);
        STARTED.count();
        GATE.wait(e);
        e
    }
    let cluster = cluster(1, 26);
    let client = cluster.client();
    let collection = collection(&client);
    let distinct: BTreeSet<u64> = collection.iter().copied().collect();
    let futures = client.map(complex_algorithm, collection.clone());
    STARTED.wait(distinct.len() as u64);

    // Time goes by: each call ends when those that sleep for less have ended.
    let results = std::thread::scope(|scope| {
        scope.spawn(|| {
            for e in &distinct {
                GATE.open(*e);
                let same = futures.iter().zip(&collection).find(|(_, other)| *other == e).unwrap().0;
                assert!(same.wait(None).unwrap());
            }
        });
        as_completed(futures.clone()).map(|done| done.result().unwrap()).collect::<Vec<_>>()
    });
    let mut expected = collection;
    expected.sort();
    assert_eq!(results, expected, "each future once for each time that it was given, in the order of completion");
    assert_eq!(RUNS.load(SeqCst), distinct.len());
    assert!(distinct.len() <= 26);
    cluster.close().unwrap();
}

#[test]
fn s18_with_five_threads_every_result_comes_and_equal_calls_run_once() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    fn complex_algorithm(e: u64) -> u64 {
        RUNS.fetch_add(1, SeqCst);
        std::thread::sleep(Duration::from_micros(10 * e));
        e
    }
    let cluster = cluster(5, 1);
    let client = cluster.client();
    let mut collection = collection(&client);
    let futures = client.map(complex_algorithm, collection.clone());
    let results = as_completed(futures).map(|done| done.result().unwrap());
    let mut results: Vec<u64> = results.collect();
    results.sort();
    collection.sort();
    assert_eq!(results, collection);
    collection.dedup();
    assert_eq!(RUNS.load(SeqCst), collection.len());
    cluster.close().unwrap();
}

#[test]
fn s22_closing_an_idle_cluster_prints_nothing() {
    let left = alone("seed::futures::s22_closing_an_idle_cluster_prints_nothing", || {
        show_warnings();
        let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).start().unwrap();
        let held = cluster.client().submit(|| 1, ());
        assert_eq!(held.result().unwrap(), 1);
        cluster.close().unwrap();
        drop(held);
    });
    assert_eq!((left.out.as_str(), left.err.as_str()), ("", ""));
}

#[test]
fn s22_each_stuck_worker_is_one_warning() {
    static STARTED: Gate = Gate::new();
    fn stuck(_: u64) {
        STARTED.count();
        loop {
            std::thread::park();
        }
    }
    let left = alone("seed::futures::s22_each_stuck_worker_is_one_warning", || {
        show_warnings();
        let grace = Duration::from_millis(100);
        let cluster = LocalCluster::builder().workers(5).threads_per_worker(1).close_grace(grace).start().unwrap();
        let client = cluster.client();
        let on = |worker: u64| client.with_options(TaskOptions::new().workers([format!("worker-{worker}")]));
        let futures: Vec<_> = (0..5).map(|worker| on(worker).submit(stuck, (worker,))).collect();
        STARTED.wait(5);
        cluster.close().unwrap();
        let ended = futures[0].result().unwrap_err();
        assert!(matches!(ended, RunError::Closed), "{ended}");
    });
    assert_eq!(left.out, "");
    let lines: BTreeSet<&str> = left.err.lines().filter_map(|line| Some(line.split_once(" WARN ")?.1)).collect();
    let expected = |worker| format!("`partita-worker-{worker}` still busy after 0.1 seconds, leaving it behind");
    assert_eq!(left.err.lines().count(), 5, "{}", left.err);
    for worker in 0..5 {
        assert!(lines.iter().any(|line| line.ends_with(&expected(worker))), "{worker}: {}", left.err);
    }
}
