//! Runs of real clusters against what is known of a scripted one.

use partita::diagnostics::Run;
use partita::prelude::*;
use partita::{Error, RunError};
use partita_protocol::telemetry::State;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier, Mutex};

#[test]
fn data_that_was_put_in_has_its_key_and_line_also_when_it_is_lost() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let data = client.scatter([5i64]).remove(0);
    let line = format!("watching.rs:{}", line!() - 1);
    let sum = client.submit(|x: i64| x + 1, (&data,));
    assert_eq!(sum.result().unwrap(), 6);
    client.restart().wait().unwrap();
    let error = data.result().unwrap_err().to_string();
    assert!(error.contains(&line), "{error}");
    let run = watching.finish().unwrap();
    let key = data.key().to_string();
    let task = run.names().find(&key).expect("it is kept");
    assert!(run.names().line_of(task).unwrap().to_string().ends_with(&line));
    let failures: Vec<_> = run.failures().kept().filter(|failed| *failed.key == *key).collect();
    assert!(failures.len() == 1 && failures[0].place.as_ref().unwrap().ends_with(&line), "{failures:?}");
    let groups = run.groups();
    let group = groups.iter().find(|(prefix, _)| *prefix == run.names().known(task).unwrap().prefix).unwrap().1;
    assert_eq!((group.tasks, group.of(State::Erred)), (1, 1));
}

#[test]
fn what_was_persisted_is_known_to_take_what_it_took_however_often_it_is_used() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    let kept = client.persist(&Bag::<i64>::from_sequence(0..20, 4).map(|x| x + 1)).unwrap();
    for _ in 0..3 {
        assert_eq!(kept.count().compute_on(&client).unwrap(), 20);
        watching.settle().unwrap();
        let inputs: Vec<usize> = watching.look(|run| {
            let maps = run.names().tasks().filter(|(_, known)| &*run.names().group(known.prefix) == "map");
            maps.map(|(_, known)| known.dependencies.len()).collect()
        });
        assert_eq!(inputs, [1; 4]);
    }
}

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
    // At each past moment, groups and workers have what had ended by then.
    let timeline = run.timeline().unwrap();
    for nth in 0..timeline.bins().len() as u32 {
        let at = timeline.start() + timeline.width() * nth;
        let ended = run.executions().ended_by(run.until(Some(at))).count() as u64;
        assert_eq!(timeline.groups(at).values().map(|group| group.executions).sum::<u64>(), ended);
        assert_eq!(timeline.workers(at).values().map(|worker| worker.executed).sum::<u64>(), ended);
    }
    let tasks: i64 = timeline.groups(run.span().1).values().map(|group| group.done + group.failed).sum();
    assert_eq!(tasks as u64, run.groups().iter().map(|(_, group)| group.tasks).sum::<u64>(), "all ended, each once");
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

/// The threads of a worker whose task works use more than those of one whose task waits.
#[test]
#[cfg(target_os = "linux")]
fn the_cpu_of_each_worker_is_that_of_its_threads() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    // Both tasks are there at once, so that each worker has one; the even one works, and the odd one waits.
    let (both, over) = (Arc::new(Barrier::new(2)), Arc::new(AtomicBool::new(false)));
    let (release, released) = channel::<()>();
    let held = Arc::new(Mutex::new(released));
    let ended = over.clone();
    let futures = client.map(
        move |odd: i64| {
            both.wait();
            match odd {
                0 => while !ended.load(Ordering::Relaxed) {},
                _ => drop(held.lock().unwrap().recv()),
            }
            odd
        },
        [0, 1],
    );
    let told = |run: &Run| run.workers().iter().map(|(worker, _)| run.cpu().series(worker).len()).min();
    while watching.look(|run| told(run) < Some(3)) {
        std::thread::yield_now();
    }
    over.store(true, Ordering::Relaxed);
    drop(release);
    assert_eq!(client.gather(&futures).unwrap(), [0, 1]);
    let run = watching.finish().unwrap();
    let worker = |part: &str| {
        let ran = run.executions().kept().find(|ran| run.names().key_text(ran.task).ends_with(part));
        ran.unwrap().worker
    };
    let keys: Vec<String> = futures.iter().map(|future| future.key().to_string()).collect();
    let [works, waits] = [worker(&keys[0]), worker(&keys[1])];
    // The last ones that were told while both were there.
    let cpu = |worker| run.cpu().series(worker)[2].1;
    assert!(works != waits && cpu(works) > 10.0 * cpu(waits) && cpu(works) < 1.5, "{:?}", run.cpu());
    cluster.close().unwrap();
}

#[test]
fn on_a_thread_of_an_async_runtime_it_says_what_to_do_instead() {
    let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
    let watching = cluster.client().watch().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let error = runtime.block_on(async { watching.settle().unwrap_err() });
    assert!(matches!(error, Error::Run(RunError::BlockingInAsync { call: "Watching::settle", .. })), "{error}");
    assert!(error.to_string().ends_with("instead: `tokio::task::spawn_blocking(move || ..).await`"), "{error}");
    // Which works.
    let settled = runtime.block_on(async { tokio::task::spawn_blocking(move || watching.settle()).await });
    settled.unwrap().unwrap();
    cluster.close().unwrap();
}

#[test]
fn a_run_can_be_had_after_the_cluster_was_closed() {
    let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
    let client = cluster.client();
    let (watching, stream) = (client.watch().unwrap(), client.get_task_stream().unwrap());
    assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
    watching.settle().unwrap();
    cluster.close().unwrap();
    assert!(matches!(watching.settle(), Err(Error::Run(RunError::Closed))));
    assert_eq!(stream.data().unwrap().len(), 1);
    assert_eq!(watching.finish().unwrap().executions().count, 1);
}
