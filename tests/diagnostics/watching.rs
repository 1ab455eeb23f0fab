//! Runs of real clusters against what is known of a scripted one.

use partita::prelude::*;
use partita::{Error, RunError};

/// Twenty squares, their sum, and a task that fails.
#[test]
fn a_run_has_the_facts_of_what_was_done() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let sum = Bag::<i64>::from_sequence(0..20, 20).map(|x| x * x).sum();
    assert_eq!(sum.compute_on(&client).unwrap(), 2470);
    let fails = delayed(|x: i64| if x > 0 { panic!("no luck") } else { x }, (1,));
    let line = line!() - 1;
    let error = fails.compute_on(&client).unwrap_err();
    assert!(matches!(&error, Error::Run(RunError::Task(_))), "{error}");
    let run = watching.finish().unwrap();

    let names: Vec<_> = run.workers().iter().map(|(_, facts)| (facts.name.to_string(), facts.threads)).collect();
    assert_eq!(names, [("worker-0".to_string(), 1), ("worker-1".to_string(), 1)]);
    let failures: Vec<_> = run.failures().kept().collect();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].error.contains("no luck") && failures[0].worker.is_some(), "{failures:?}");
    assert!(failures[0].place.as_ref().unwrap().ends_with(&format!("watching.rs:{line}")), "{failures:?}");

    // Every execution is of a task whose key is known, and the sums over groups, workers and executions are the same.
    let executions: Vec<_> = run.executions().kept().collect();
    assert!(executions.iter().all(|execution| run.names().key(execution.task).is_some()));
    let busy: std::time::Duration = executions.iter().map(|execution| execution.duration()).sum();
    assert_eq!(run.groups().iter().map(|(_, group)| group.busy()).sum::<std::time::Duration>(), busy);
    assert_eq!(run.workers().iter().map(|(_, facts)| facts.busy).sum::<std::time::Duration>(), busy);
    let binned: u64 = run.timeline().unwrap().bins().iter().map(|bin| bin.busy()).sum();
    assert_eq!(u128::from(binned), busy.as_nanos());
    let ended: u64 = run.timeline().unwrap().bins().iter().map(|bin| bin.ended).sum();
    assert_eq!((ended, run.executions().count), (executions.len() as u64, executions.len() as u64));
    assert_eq!(executions.iter().filter(|execution| !execution.ok).count(), 1);
    assert_eq!(run.groups().iter().map(|(_, group)| group.erred).sum::<u64>(), 1);
    cluster.close().unwrap();
}

/// However fast a task runs and is forgotten, its execution is one of its group.
#[test]
fn executions_are_of_the_groups_of_their_tasks() {
    let cluster = LocalCluster::builder().workers(3).threads_per_worker(2).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    for round in 0..30 {
        let numbers = Bag::<i64>::from_sequence(round * 100..(round + 1) * 100, 50);
        numbers.map(|x| x * x).sum().compute_on(&client).unwrap();
    }
    let run = watching.finish().unwrap();
    let odd = run.executions().kept().filter(|execution| execution.prefix == partita::diagnostics::run::OTHERS).count();
    assert_eq!((odd, run.records().1), (0, 0), "of {}", run.executions().count);
    let of_groups: u64 = run.groups().iter().map(|(_, group)| group.times.count).sum();
    assert_eq!(of_groups, run.executions().count);
    cluster.close().unwrap();
}
