//! Workers that leave with their data moved first, clusters that adapt, copies, balance and restarts.

use crate::faults_support::{
    Count, Gate, LIMIT, builder, cluster, failure_of, result_of, until, until_nothing_is_left,
};
use partita::client::ScatterOptions;
use partita::cluster::AdaptConfig;
use partita::prelude::*;
use partita::{ClusterError, ConfigError, Error, TaskErrorKind};
use std::time::Duration;

/// The names of the workers that hold a result.
fn holders<T>(client: &Client, future: &Future<T>) -> Vec<String> {
    let held = client.who_has([future.key().clone()]).unwrap().remove(0).1;
    held.iter().map(ToString::to_string).collect()
}

fn on(worker: &str) -> ScatterOptions {
    ScatterOptions { workers: vec![worker.into()], ..ScatterOptions::default() }
}

/// The options of a task that runs on one worker only.
fn only(worker: &str) -> TaskOptions {
    TaskOptions::new().workers([worker])
}

/// FAULTS P27.
#[test]
fn a_worker_that_retires_leaves_its_data_behind_and_nothing_is_computed_twice() {
    let cluster = cluster(3, 1);
    let client = cluster.client();
    let ran = Count::new();
    let results: Vec<Future<i64>> = (0..30)
        .map(|i| {
            let ran = ran.clone();
            let there = client.with_options(only(&format!("worker-{}", i % 3)));
            there.submit(
                move || {
                    ran.add();
                    i
                },
                (),
            )
        })
        .collect();
    let data = client.scatter((0..30i64).map(|i| vec![i]));
    assert_eq!(client.gather(&results).unwrap(), (0..30).collect::<Vec<_>>());
    client.retire_workers(["worker-0", "worker-2"]).wait_timeout(LIMIT).unwrap();
    assert_eq!(cluster.summary().workers, 1);
    for (i, (result, data)) in results.iter().zip(&data).enumerate() {
        assert_eq!(holders(&client, result), ["worker-1"]);
        assert_eq!(result_of(data).unwrap(), [i as i64]);
    }
    let sums: Vec<_> = results.iter().map(|x| client.with_options(only("worker-1")).submit(|x: i64| x, (x,))).collect();
    assert_eq!(client.gather(&sums).unwrap(), (0..30).collect::<Vec<_>>());
    assert_eq!(ran.get(), 30);
    drop((results, data, sums));
    until_nothing_is_left(&client);
}

#[test]
fn a_worker_that_retires_finishes_what_it_runs() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let (gate, ran) = (Gate::new(), Count::new());
    let (pass, counter) = (gate.pass(), ran.clone());
    let running = client.with_options(only("worker-0").allow_other_workers()).submit(
        move || {
            pass.through();
            counter.add() as i64
        },
        (),
    );
    gate.wait_for(1);
    let retired = client.retire_workers(["worker-0"]);
    let after = client.map(|x: i64| x * 2, 0..20);
    assert_eq!(client.gather(&after).unwrap()[19], 38);
    assert!(!retired.done(), "its task runs");
    gate.open();
    retired.wait_timeout(LIMIT).unwrap();
    result_of(&running).unwrap();
    assert_eq!((ran.get(), holders(&client, &running)), (1, vec!["worker-1".to_string()]));
}

/// FAULTS P27.
#[test]
fn a_worker_that_nobody_can_replace_stays_with_its_data() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let data = client.scatter([5i64]).remove(0);
    let sum = client.submit(|x: i64| x + 1, (&data,));
    assert_eq!(result_of(&sum).unwrap(), 6);
    let refused = client.retire_workers(["worker-0"]).wait_timeout(LIMIT);
    let Err(Error::Cluster(error @ ClusterError::CannotRetire { .. })) = refused else { panic!("{refused:?}") };
    assert!(error.to_string().contains("Start another worker first"), "{error}");
    assert_eq!(result_of(&client.submit(|x: i64| x * 2, (&sum,))).unwrap(), 12);
    drop((data, sum));
    until_nothing_is_left(&client);
    let computed = client.submit(|x: i64| x - 1, (3,));
    assert_eq!(result_of(&computed).unwrap(), 2);
    client.retire_workers(["worker-0"]).wait_timeout(LIMIT).unwrap();
    assert_eq!(cluster.summary().workers, 0);
    cluster.scale(1).unwrap();
    assert_eq!(result_of(&computed).unwrap(), 2, "computed again");
}

#[test]
fn a_worker_that_is_not_there_cannot_retire() {
    let cluster = cluster(2, 1);
    let refused = cluster.client().retire_workers(["worker-0", "nobody"]).wait_timeout(LIMIT);
    let Err(Error::Cluster(error)) = refused else { panic!("{refused:?}") };
    assert_eq!(error.to_string(), "no worker is called `nobody`; there are: worker-0, worker-1");
    assert_eq!(cluster.summary().workers, 2);
    cluster.client().retire_workers(Vec::<String>::new()).wait_timeout(LIMIT).unwrap();
}

#[test]
fn a_worker_that_dies_while_it_retires_is_not_replaced() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let (pass, ran) = (gate.pass(), Count::new());
    let counter = ran.clone();
    let options = only("worker-0").allow_other_workers();
    let future = client.with_options(options).submit(
        move || {
            if counter.add() == 0 {
                pass.through();
            }
            1i64
        },
        (),
    );
    gate.wait_for(1);
    let retired = client.retire_workers(["worker-0"]);
    cluster.client().retire_workers(Vec::<String>::new()).wait().unwrap();
    assert!(!retired.done());
    // Scaling takes over: the worker need not be waited for any longer.
    cluster.scale(1).unwrap();
    assert_eq!(result_of(&future).unwrap(), 1);
    retired.wait_timeout(LIMIT).unwrap();
    assert_eq!((ran.get(), cluster.summary().workers), (2, 1));
}

#[test]
fn scaling_down_moves_data_first() {
    let cluster = cluster(4, 1);
    let client = cluster.client();
    let data: Vec<Future<i64>> =
        (0..4).map(|i| client.scatter_with([i], &on(&format!("worker-{i}"))).remove(0)).collect();
    wait(&data, None).unwrap();
    cluster.scale(1).unwrap();
    assert_eq!(cluster.summary().workers, 1);
    until("the others have left", || client.summary().unwrap().workers.len() == 1);
    assert_eq!(client.gather(&data).unwrap(), [0, 1, 2, 3]);
}

#[test]
fn copies_are_made_restored_and_reduced() {
    let cluster = cluster(3, 1);
    let client = cluster.client();
    let data = vec![client.scatter_with([7i64], &on("worker-0")).remove(0)];
    client.replicate(&data, 2).wait_timeout(LIMIT).unwrap();
    let two = holders(&client, &data[0]);
    assert_eq!(two.len(), 2);
    cluster.panic_worker("worker-0", "a fault put in by hand");
    until("the copy is restored", || {
        let now = holders(&client, &data[0]);
        now.len() == 2 && now != two
    });
    client.replicate(&data, 9).wait_timeout(LIMIT).unwrap();
    until("all have it", || holders(&client, &data[0]).len() == 3);
    client.replicate(&data, 1).wait_timeout(LIMIT).unwrap();
    assert_eq!(holders(&client, &data[0]).len(), 1);
    assert_eq!(result_of(&data[0]).unwrap(), 7);
    let refused = client.replicate(&data, 0).wait();
    assert!(matches!(refused, Err(Error::Config(ConfigError::Value { field: "copies", .. }))), "{refused:?}");
    let other = crate::faults_support::cluster(1, 1);
    let unknown = other.client().replicate(&data, 2).wait_timeout(LIMIT);
    assert!(matches!(unknown, Err(Error::Cluster(ClusterError::Unknown { .. }))), "{unknown:?}");
}

#[test]
fn rebalancing_moves_results_and_loses_nothing() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let data = client.scatter_with((0..10u8).map(|i| vec![i; 1000]), &on("worker-0"));
    client.rebalance().wait_timeout(LIMIT).unwrap();
    let held = client.held().unwrap();
    assert_eq!((held["worker-0"], held["worker-1"]), (5, 5));
    let values = client.gather(&data).unwrap();
    assert!(values.iter().enumerate().all(|(i, value)| *value == vec![i as u8; 1000]));
}

#[test]
fn after_a_restart_tasks_start_anew_and_only_data_by_hand_is_lost() {
    let cluster = builder(2, 1).close_grace(Duration::from_millis(100)).start().unwrap();
    let client = cluster.client();
    let (gate, ran) = (Gate::new(), Count::new());
    let (pass, counter) = (gate.pass(), ran.clone());
    let computed = client.submit(|x: i64| x + 1, (1,));
    let data = client.scatter([5i64]).remove(0);
    let running = client.submit(
        move || {
            if counter.add() == 0 {
                pass.through();
            }
            3i64
        },
        (),
    );
    assert_eq!(result_of(&computed).unwrap(), 2);
    gate.wait_for(1);
    let before: Vec<_> = client.summary().unwrap().workers.into_iter().map(|worker| worker.worker).collect();
    client.restart().wait_timeout(LIMIT).unwrap();
    let after = client.summary().unwrap().workers;
    assert!(after.len() == 2 && after.iter().all(|worker| !before.contains(&worker.worker)), "{before:?} {after:?}");
    assert_eq!(result_of(&running).unwrap(), 3);
    assert_eq!(result_of(&computed).unwrap(), 2);
    assert!(matches!(failure_of(&data).kind(), TaskErrorKind::DataLost));
    assert_eq!(ran.get(), 2);
    for _ in 0..10 {
        client.restart().wait_timeout(LIMIT).unwrap();
    }
    assert_eq!(result_of(&client.submit(|x: i64| x + 5, (1,))).unwrap(), 6);
}

/// Looks that follow each other quickly.
fn quickly(minimum: usize, maximum: usize) -> AdaptConfig {
    let interval = Duration::from_millis(5);
    AdaptConfig { minimum, maximum, interval, wait_count: 2, ..AdaptConfig::default() }
}

#[test]
fn an_adaptive_cluster_grows_with_the_work_and_shrinks_without() {
    let cluster = LocalCluster::builder()
        .adapt_with(quickly(0, 3))
        .threads_per_worker(1)
        .validate(true)
        .without_default()
        .start()
        .unwrap();
    let client = cluster.client();
    assert_eq!(cluster.summary().workers, 0);
    let gate = Gate::new();
    let pass = gate.pass();
    let blocked = client.impure().map(
        move |x: i64| {
            pass.through();
            x
        },
        0..100,
    );
    gate.wait_for(3);
    assert_eq!(cluster.summary().workers, 3);
    gate.open();
    assert_eq!(client.gather(&blocked).unwrap().len(), 100);
    until("only those stay that hold something", || cluster.summary().workers == 1);
    assert_eq!(client.gather(&blocked).unwrap()[99], 99, "what the others held was moved");
    drop(blocked);
    until("nobody stays", || cluster.summary().workers == 0);
    assert_eq!(result_of(&client.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
}

#[test]
fn adapting_begins_and_ends_at_any_time() {
    let cluster = cluster(4, 1);
    let adaptive = cluster.adapt_with(quickly(2, 3)).unwrap();
    until("two are left", || cluster.summary().workers == 2);
    adaptive.stop();
    cluster.scale(5).unwrap();
    assert_eq!(cluster.summary().workers, 5);
    cluster.adapt_with(quickly(1, 2)).unwrap();
    until("one is left", || cluster.summary().workers == 1);
    for (minimum, maximum) in [(5, 4), (0, 0), (0, 5000)] {
        let refused = cluster.adapt(minimum..=maximum).map(drop);
        assert!(matches!(refused, Err(Error::Config(ConfigError::Value { field: "adapt", .. }))), "{refused:?}");
    }
    cluster.close().unwrap();
}

#[test]
fn operations_end_with_their_cluster() {
    let cluster = builder(1, 1).close_grace(Duration::from_millis(100)).start().unwrap();
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let future = client.submit(
        move || {
            pass.through();
            0i64
        },
        (),
    );
    gate.wait_for(1);
    let futures = [future];
    let (retired, copied) = (client.retire_workers(["worker-0"]), client.replicate(&futures, 2));
    cluster.close().unwrap();
    assert!(matches!(copied.wait_timeout(LIMIT), Err(Error::Run(partita::RunError::Closed))));
    // It left, or the cluster was gone before.
    retired.wait_timeout(LIMIT).ok();
    assert!(client.restart().wait_timeout(LIMIT).is_err());
    assert!(client.rebalance().wait_timeout(LIMIT).is_err());
}
