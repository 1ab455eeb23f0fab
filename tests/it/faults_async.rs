//! Blocking and waiting on the threads of async runtimes (G13, G16).

use crate::faults_support::{Gate, LIMIT, cluster, within};
use partita::RunError;
use partita::prelude::*;
use std::time::{Duration, Instant};

fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn multi_thread(workers: usize) -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().expect("a runtime")
}

/// The blocking call that was refused, the runtime and what to write instead.
fn refused<T: std::fmt::Debug>(result: Result<T, RunError>) -> (&'static str, &'static str, &'static str) {
    match result {
        Err(RunError::BlockingInAsync { call, runtime, instead }) => (call, runtime, instead),
        other => panic!("a blocking call on the only thread of a runtime was not refused: {other:?}"),
    }
}

fn run_error<T>(result: partita::Result<T>) -> Result<T, RunError> {
    result.map_err(|error| match error {
        partita::Error::Run(error) => error,
        other => panic!("{other}"),
    })
}

/// Everything that blocks, on a thread that must not.
fn all_refused(cluster: &LocalCluster) {
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let pending = client.submit(
        move || {
            pass.through();
            1i64
        },
        (),
    );
    let compute = refused(run_error(delayed(|x: i64| x, (1,)).compute_on(&client)));
    assert_eq!(compute.0, "compute");
    assert!(compute.2.contains("await"), "it says what to write: {}", compute.2);
    let result = refused(pending.result());
    assert_eq!((result.0, result.2), ("Future::result", "future.await"));
    assert!(result.1.contains("current-thread"), "{}", result.1);
    assert_eq!(refused(pending.wait(None)).0, "Future::wait");
    assert_eq!(refused(pending.exception()).2, "future.await");
    assert_eq!(refused(run_error(client.gather(std::slice::from_ref(&pending)))).0, "Future::result");
    assert_eq!(refused(run_error(wait(std::slice::from_ref(&pending), None))).0, "wait");
    assert_eq!(refused(run_error(client.summary())).0, "Client::summary");
    let mut ended = as_completed([pending.clone()]);
    assert_eq!(refused(ended.next().expect("it comes, unfinished").result()).0, "Future::result");
    let text = pending.result().unwrap_err().to_string();
    assert!(text.contains("Future::result") && text.contains("await the future instead: `future.await`"), "{text}");
}

/// FAULTS G16.
#[test]
fn a_blocking_call_on_a_current_thread_runtime_is_refused_and_await_works() {
    within(LIMIT, || {
        let cluster = cluster(1, 1);
        let client = cluster.client();
        current_thread().block_on(async {
            all_refused(&cluster);
            let future = client.submit(|x: i64| x + 1, (1,));
            assert_eq!((&future).await.unwrap(), 2);
            assert_eq!(future.await.unwrap(), 2, "awaited again");
            let computed = client.compute(&delayed(|x: i64| x * 2, (21,))).unwrap();
            assert_eq!(computed.await.unwrap(), 42);
            assert!(client.submit(|| -> i64 { panic!("boom") }, ()).await.unwrap_err().to_string().contains("boom"));
        });
        // What is there already needs no waiting.
        current_thread().block_on(async {
            let future = client.submit(|x: i64| x + 7, (1,));
            (&future).await.unwrap();
            assert!(future.wait(None).unwrap());
            assert!(future.exception().unwrap().is_none());
        });
    });
}

/// FAULTS G16.
#[test]
fn a_blocking_call_on_an_actix_thread_is_refused_and_await_works() {
    within(LIMIT, || {
        let cluster = cluster(1, 1);
        actix::System::new().block_on(async {
            all_refused(&cluster);
            assert_eq!(cluster.client().submit(|x: i64| x + 1, (1,)).await.unwrap(), 2);
            let arbiter = actix::Arbiter::new();
            let (tell, told) = tokio::sync::oneshot::channel();
            let client = cluster.client();
            arbiter.spawn(async move {
                let refused = client.impure().submit(|x: i64| x, (1,)).result().is_err();
                let awaited = client.submit(|x: i64| x * 2, (4,)).await;
                drop(tell.send((refused, awaited)));
            });
            let (refused, awaited) = told.await.unwrap();
            assert!(refused);
            assert_eq!(awaited.unwrap(), 8);
            arbiter.stop();
        });
    });
}

/// FAULTS G16.
#[test]
fn blocking_calls_work_on_a_multi_thread_runtime() {
    within(LIMIT, || {
        let cluster = cluster(1, 1);
        let client = cluster.client();
        let runtime = multi_thread(2);
        let in_block_on = client.clone();
        // On the thread of `block_on`, and in tasks on all of the runtime's threads at once.
        runtime.block_on(async move {
            assert_eq!(delayed(|x: i64| x + 1, (1,)).compute_on(&in_block_on).unwrap(), 2);
            let tasks: Vec<_> = (0..8i64)
                .map(|i| {
                    let client = in_block_on.clone();
                    tokio::spawn(async move {
                        let computed = delayed(|x: i64| x + 1, (i,)).compute_on(&client).unwrap();
                        computed + client.submit(|x: i64| x, (i,)).result().unwrap()
                    })
                })
                .collect();
            for (i, task) in tasks.into_iter().enumerate() {
                assert_eq!(task.await.unwrap(), 2 * i as i64 + 1);
            }
            assert_eq!(in_block_on.submit(|x: i64| x + 3, (1,)).await.unwrap(), 4);
        });
    });
}

/// FAULTS G16.
#[test]
fn a_local_set_on_a_multi_thread_runtime_refuses_and_does_not_panic() {
    within(LIMIT, || {
        let cluster = cluster(1, 1);
        let client = cluster.client();
        let runtime = multi_thread(1);
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            let pending = client.submit(|x: i64| x, (1,));
            let result = delayed(|x: i64| x + 1, (1,)).compute_on(&client);
            match result {
                Ok(value) => assert_eq!(value, 2),
                Err(partita::Error::Run(RunError::BlockingInAsync { .. })) => {}
                Err(error) => panic!("{error}"),
            }
            assert_eq!(pending.await.unwrap(), 1);
        });
    });
}

/// FAULTS G16.
#[test]
fn blocking_calls_work_on_threads_that_tokio_lends() {
    for runtime in [current_thread(), multi_thread(1)] {
        within(LIMIT, move || {
            let cluster = cluster(1, 1);
            let client = cluster.client();
            let lent = client.clone();
            let value = runtime.block_on(async {
                let value = tokio::task::spawn_blocking(move || {
                    let future = lent.submit(|x: i64| x + 1, (1,));
                    future.result().unwrap() + delayed(|x: i64| x, (10,)).compute_on(&lent).unwrap()
                });
                value.await.unwrap()
            });
            assert_eq!(value, 12);
            // And on an ordinary thread that knows a runtime.
            let _entered = runtime.enter();
            assert_eq!(client.submit(|x: i64| x + 20, (1,)).result().unwrap(), 21);
        });
    }
}

#[test]
fn futures_are_awaited_in_the_order_in_which_they_end() {
    use futures_util::StreamExt;
    within(LIMIT, || {
        let cluster = cluster(1, 2);
        let client = cluster.client();
        current_thread().block_on(async {
            let gate = Gate::new();
            let pass = gate.pass();
            let slow = client.submit(
                move || {
                    pass.through();
                    0i64
                },
                (),
            );
            gate.wait_for(1);
            let mut futures = vec![slow];
            futures.extend(client.map(|x: i64| x, 1..20));
            let mut ended = as_completed(futures);
            let mut seen = Vec::new();
            for _ in 1..20 {
                seen.push(StreamExt::next(&mut ended).await.unwrap().await.unwrap());
            }
            assert!(!seen.contains(&0), "{seen:?}");
            gate.open();
            assert_eq!(StreamExt::next(&mut ended).await.unwrap().await.unwrap(), 0);
            assert!(StreamExt::next(&mut ended).await.is_none());
        });
    });
}

/// FAULTS G13.
#[test]
fn dropping_a_cluster_in_an_async_context_neither_blocks_nor_panics() {
    fn use_and_drop() -> Duration {
        let gate = Gate::new();
        let cluster = cluster(2, 1);
        let client = cluster.client();
        let pass = gate.pass();
        let _running = client.submit(move || pass.through(), ());
        gate.wait_for(1);
        let began = Instant::now();
        drop(cluster);
        began.elapsed()
    }
    let took = within(LIMIT, || {
        let mut took = vec![use_and_drop()];
        took.push(current_thread().block_on(async { use_and_drop() }));
        took.push(multi_thread(1).block_on(async { tokio::spawn(async { use_and_drop() }).await.unwrap() }));
        took.push(actix::System::new().block_on(async { use_and_drop() }));
        took
    });
    // Closing waits for the running task for seconds; a drop must not.
    assert!(took.iter().all(|took| *took < Duration::from_secs(1)), "{took:?}");
}

/// FAULTS G13.
#[test]
fn a_cluster_is_closed_in_every_async_context() {
    within(LIMIT, || {
        current_thread().block_on(async { cluster(1, 1).close().unwrap() });
        multi_thread(1).block_on(async { tokio::spawn(async { cluster(1, 1).close().unwrap() }).await.unwrap() });
        actix::System::new().block_on(async { cluster(1, 1).close().unwrap() });
    });
}

#[test]
fn a_future_that_is_awaited_ends_when_the_cluster_closes() {
    within(LIMIT, || {
        let gate = Gate::new();
        let cluster = crate::faults_support::builder(1, 1).close_grace(Duration::from_millis(50)).start().unwrap();
        let client = cluster.client();
        let pass = gate.pass();
        let future = client.submit(move || pass.through(), ());
        gate.wait_for(1);
        current_thread().block_on(async {
            let closer = tokio::task::spawn_blocking(move || cluster.close());
            assert!(matches!(future.await, Err(RunError::Closed)));
            closer.await.unwrap().unwrap();
        });
    });
}
