//! Tasks that wait for tasks (T12).

use crate::faults_support::{Count, cluster, result_of, within};
use partita::RunError;
use partita::prelude::*;
use std::time::Duration;

const NESTED: Duration = Duration::from_secs(60);

fn fib(n: u64) -> u64 {
    if n < 2 {
        return n;
    }
    let (a, b) = compute((delayed(fib, (n - 1,)), delayed(fib, (n - 2,)))).expect("it computes");
    a + b
}

/// FAULTS T12.
#[test]
fn nested_compute_on_one_thread_does_not_deadlock() {
    let value = within(NESTED, || {
        let cluster = cluster(1, 1);
        result_of(&cluster.client().submit(fib, (11u64,)))
    });
    assert_eq!(value.unwrap(), 89);
}

fn dive(depth: u64) -> u64 {
    match depth {
        0 => 0,
        _ => 1 + delayed(dive, (depth - 1,)).compute().expect("it computes"),
    }
}

fn dive_by_submit(depth: u64) -> u64 {
    match depth {
        0 => 0,
        _ => 1 + Client::current().unwrap().submit(dive_by_submit, (depth - 1,)).result().expect("it computes"),
    }
}

/// FAULTS T12.
#[test]
fn nested_compute_is_64_and_500_deep_on_one_thread() {
    for depth in [64, 500] {
        let values = within(NESTED, move || {
            let cluster = cluster(1, 1);
            let client = cluster.client();
            (result_of(&client.submit(dive, (depth,))), result_of(&client.submit(dive_by_submit, (depth,))))
        });
        assert_eq!((values.0.unwrap(), values.1.unwrap()), (depth, depth));
    }
}

/// FAULTS T12.
#[test]
fn nested_compute_that_has_no_end_is_stopped() {
    fn without_end(depth: u64) -> Result<u64, partita::Error> {
        try_delayed(without_end, (depth + 1,)).compute()
    }
    let output = crate::faults_support::in_child("faults_nested::nested_compute_that_has_no_end_is_stopped", || {
        let error = within(NESTED, || {
            // Small stacks: thousands of tasks wait at a time. No validation: it walks all of them after every event.
            let cluster =
                LocalCluster::builder().workers(1).threads_per_worker(1).stack_size(256 << 10).without_default();
            let cluster = cluster.start().unwrap();
            let future = cluster.client().try_submit(without_end, (0u64,));
            crate::faults_support::failure_of(&future)
        });
        // Each level hands its error on to the next one.
        let mut innermost: &dyn std::error::Error = &error;
        let mut levels = 0u32;
        while let Some(source) = innermost.source() {
            innermost = source;
            levels += 1;
        }
        let text = innermost.to_string();
        assert!(text.contains("nested deeper than"), "after {levels} levels: {}", &text[..text.len().min(300)]);
    });
    assert!(output.is_none_or(|output| output.status.success()));
}

#[test]
fn of_many_tasks_that_wait_not_all_wait_at_once() {
    const TASKS: usize = 600;
    let (now, most) = (Count::new(), std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let (waiting, peak) = (now.clone(), most.clone());
    let total: i64 = within(NESTED, move || {
        let cluster = LocalCluster::builder().workers(1).threads_per_worker(1).without_default().start().unwrap();
        let client = cluster.client();
        let outer: Vec<Future<i64>> = (0..TASKS as i64)
            .map(|i| {
                let (waiting, peak) = (waiting.clone(), peak.clone());
                let work = move || {
                    peak.fetch_max(waiting.add() + 1, std::sync::atomic::Ordering::SeqCst);
                    let value = delayed(|i: i64| i + 1, (i,)).compute().unwrap();
                    waiting.remove();
                    value
                };
                client.submit(work, ())
            })
            .collect();
        client.gather(&outer).unwrap().iter().sum()
    });
    assert_eq!(total, (1..=TASKS as i64).sum::<i64>());
    let most = most.load(std::sync::atomic::Ordering::SeqCst);
    println!("of {TASKS} tasks {most} waited at a time");
    assert!(most < TASKS / 2, "what is nested goes before what is not begun: {most} tasks waited at a time");
}

#[test]
fn an_error_in_a_nested_task_comes_out_as_it_is() {
    let cluster = cluster(1, 1);
    let future = cluster
        .client()
        .try_submit(|| -> Result<i64, partita::Error> { delayed(|| -> i64 { panic!("deep down") }, ()).compute() }, ());
    let error = crate::faults_support::failure_of(&future);
    assert_eq!(error.key(), future.key());
    let inner: &partita::Error = error.downcast_ref().expect("the inner error");
    assert!(inner.task().is_some_and(|task| task.to_string().contains("deep down")), "{inner}");
}

#[test]
fn nested_waits_end_when_the_cluster_closes() {
    let gate = crate::faults_support::Gate::new();
    let cluster = crate::faults_support::builder(1, 1).close_grace(Duration::from_secs(10)).start().unwrap();
    let client = cluster.client();
    let pass = gate.pass();
    let ended = Count::new();
    let counter = ended.clone();
    let outer = client.try_submit(
        move || -> Result<(), RunError> {
            let pass = pass.clone();
            let inner = Client::current().unwrap().submit(move || pass.through(), ());
            let result = inner.result();
            counter.add();
            result
        },
        (),
    );
    gate.wait_for(1);
    let closing = std::thread::spawn(move || cluster.close());
    assert!(matches!(result_of(&outer), Err(RunError::Closed)));
    crate::faults_support::until("the outer task is woken", || ended.get() == 1);
    gate.open();
    within(crate::faults_support::LIMIT, move || closing.join().unwrap().unwrap());
}
