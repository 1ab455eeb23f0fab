//! Settings that make no sense (P29), resources, restrictions and priorities.

use crate::faults_support::{Count, Gate, builder, cluster, failure_of, result_of, until};
use partita::cluster::{Builder, MemoryLimit};
use partita::prelude::*;
use partita::{ConfigError, Error, TaskErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// FAULTS P29, G21.
#[test]
fn settings_that_make_no_sense_are_refused_with_field_and_value() {
    let base = || LocalCluster::builder().without_default();
    let cases: Vec<(&str, Builder, &str, &str)> = vec![
        ("no threads", base().threads_per_worker(0), "threads_per_worker", "0"),
        ("absurd threads", base().threads_per_worker(1_000_000), "threads_per_worker", "1000000"),
        ("endless threads", base().threads_per_worker(usize::MAX), "threads_per_worker", "18446744073709551615"),
        ("absurd workers", base().workers(10_000_000), "workers", "10000000"),
        ("endless workers", base().workers(usize::MAX), "workers", "18446744073709551615"),
        ("NaN", base().resource("GPU", f64::NAN), "resource", "NaN"),
        ("infinite", base().resource("GPU", f64::INFINITY), "resource", "inf"),
        ("negative", base().worker_resource("worker-0", "GPU", -1.0), "resource", "-1"),
        ("no memory", base().memory_limit(0), "memory_limit", "0"),
        ("no memory at all", base().memory_limit(0.0), "memory_limit", "0"),
        ("more than all", base().memory_limit(1.5), "memory_limit", "1.5"),
        ("NaN memory", base().memory_limit(f64::NAN), "memory_limit", "NaN"),
        ("a bad unit", base().memory_limit("10 GBB"), "memory_limit", "\"10 GBB\""),
        ("no number", base().memory_limit("lots"), "memory_limit", "\"lots\""),
        ("nothing", base().memory_limit(""), "memory_limit", "\"\""),
        ("negative memory", base().memory_limit("-5 GB"), "memory_limit", "\"-5 GB\""),
        ("too small a stack", base().stack_size(1), "stack_size", "1"),
        ("too many names", base().workers(1).names(["a", "b"]), "names", "2"),
        ("a zero in a name", base().names(["a\0b"]), "names", "\"a\\0b\""),
        ("no life at all", base().worker_lifetime(Duration::ZERO), "worker_lifetime", "0ns"),
        ("hardly a life", base().worker_lifetime(Duration::from_millis(1)), "worker_lifetime", "1ms"),
    ];
    for (case, builder, wanted_field, wanted_value) in cases {
        match builder.start() {
            Err(Error::Config(ConfigError::Value { field, value, allowed })) => {
                assert_eq!((field, value.as_str()), (wanted_field, wanted_value), "{case}");
                assert!(!allowed.is_empty());
            }
            Err(error) => panic!("{case}: {error}"),
            Ok(_) => panic!("{case}: the cluster started"),
        }
    }
    match base().names(["a", "b", "a"]).start() {
        Err(Error::Config(error @ ConfigError::SameName { .. })) => assert!(error.to_string().contains("`a`")),
        other => panic!("{other:?}"),
    }
    assert_eq!(MemoryLimit::from("2 GiB").bytes(1, 1), Ok(2 << 30));
}

/// FAULTS P17.
#[test]
fn a_name_that_a_generated_one_would_have_is_no_second_worker_of_that_name() {
    // The second worker is called `worker-1` if it is not said.
    match builder(2, 1).names(["worker-1"]).start() {
        Err(Error::Config(ConfigError::SameName { name })) => assert_eq!(name, "worker-1"),
        Err(error) => panic!("{error}"),
        Ok(cluster) => {
            assert_eq!(cluster.summary().workers, 2);
            let client = cluster.client();
            until("both are there", || client.summary().unwrap().workers.len() == 2);
        }
    }
}

/// FAULTS P29.
#[test]
fn absurd_limits_of_time_do_not_panic() {
    let cluster = builder(1, 1).no_workers_timeout(Duration::MAX).close_grace(Duration::MAX).start().unwrap();
    let client = cluster.client();
    let future = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(future.result_timeout(Duration::MAX).unwrap(), 2);
    assert!(future.wait(Duration::MAX).unwrap());
    assert_eq!(wait(&[client.submit(|x: i64| x + 2, (1,))], Duration::MAX).unwrap().done.len(), 1);
    let options = TaskOptions::new().resource("GPU", 1.0);
    let never = client.with_options(options).submit(|x: i64| x + 3, (1,));
    assert!(!never.wait(Duration::from_millis(50)).unwrap());
    cluster.close().unwrap();
}

/// FAULTS P29: in processes, too.
#[test]
fn absurd_limits_of_time_do_not_panic_in_processes() {
    partita::init_test!();
    let builder = builder(1, 1).processes(true).no_workers_timeout(Duration::MAX).close_grace(Duration::MAX);
    let cluster = builder.cancel_grace(Duration::MAX).worker_lifetime(Duration::MAX).start().unwrap();
    let client = cluster.client();
    let double: fn(i64) -> i64 = |x| 2 * x;
    assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), double(1));
    client.restart().wait().unwrap();
    assert_eq!(client.submit(|x: i64| x + 2, (2,)).result().unwrap(), double(2));
    cluster.close().unwrap();
}

/// FAULTS P29.
#[test]
fn an_absurd_scale_is_refused() {
    let cluster = cluster(1, 1);
    for workers in [5_000, 100_000] {
        match cluster.scale(workers) {
            Err(Error::Config(ConfigError::Value { field, value, .. })) => {
                assert_eq!((field, value), ("workers", workers.to_string()));
            }
            other => panic!("{workers} workers: {other:?}"),
        }
    }
    assert_eq!(cluster.summary().workers, 1);
    assert_eq!(result_of(&cluster.client().submit(|x: i64| x, (1,))).unwrap(), 1);
}

#[test]
fn workers_that_come_later_are_like_the_first() {
    let cluster = LocalCluster::builder().workers(1).validate(true).without_default().start().unwrap();
    let client = cluster.client();
    let infos = || client.summary().unwrap().workers.into_iter().map(|worker| worker.info).collect::<Vec<_>>();
    until("it is there", || infos().len() == 1);
    let first = infos().remove(0);
    cluster.scale(2).unwrap();
    until("both are there", || infos().len() == 2);
    let second = infos().remove(1);
    assert_eq!((second.threads, second.memory_limit), (first.threads, first.memory_limit));
}

/// FAULTS G23.
#[test]
fn a_resource_that_nobody_has_is_an_error_within_the_timeout() {
    let cluster = builder(2, 1).resource("GPU", 1.0).no_workers_timeout(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    for options in [
        TaskOptions::new().resource("GPU", 2.0),
        TaskOptions::new().resource("TPU", 1.0),
        TaskOptions::new().workers(["nobody"]),
        TaskOptions::new().workers(["nobody"]).allow_other_workers().resource("GPU", 5.0),
    ] {
        let future = client.with_options(options.clone()).submit(|x: i64| x, (1,));
        let error = failure_of(&future);
        assert_eq!(error.key(), future.key());
        match error.kind() {
            TaskErrorKind::NoWorkers { waited, .. } => assert!(*waited < Duration::from_secs(10), "{waited:?}"),
            TaskErrorKind::Unsatisfiable { needs, .. } => assert!(!needs.is_empty()),
            other => panic!("{options:?}: {other:?}"),
        }
        assert!(error.to_string().contains("worker"), "{error}");
    }
    let others = client.with_options(TaskOptions::new().workers(["nobody"]).allow_other_workers());
    assert_eq!(result_of(&others.submit(|x: i64| x + 1, (1,))).unwrap(), 2);
}

/// FAULTS G23.
#[test]
fn resources_that_make_no_sense_in_a_task_are_no_hang_and_no_panic() {
    let cluster = builder(1, 1).resource("GPU", 1.0).no_workers_timeout(Duration::from_millis(200)).start().unwrap();
    let client = cluster.client();
    for amount in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, f64::MAX, f64::MIN_POSITIVE, 0.0] {
        let future = client.with_options(TaskOptions::new().resource("GPU", amount)).impure().submit(|x: i64| x, (1,));
        let result = result_of(&future);
        let text = format!("{result:?}");
        assert!(result.is_ok() || text.contains("worker"), "{amount}: {text}");
    }
    assert_eq!(client.validate().unwrap(), Ok(()));
}

#[test]
fn no_more_tasks_run_at_a_time_than_there_are_resources_for() {
    let cluster = builder(2, 8).resource("GPU", 2.0).start().unwrap();
    let client = cluster.client();
    let (now, most) = (Count::new(), Arc::new(Mutex::new(0)));
    let tasks: Vec<Delayed<usize>> = (0..60)
        .map(|_| {
            let (now, most) = (now.clone(), most.clone());
            let work = move || {
                let running = now.add() + 1;
                {
                    let mut most = most.lock().unwrap();
                    *most = running.max(*most);
                }
                // Room for others to come in, if they may.
                for _ in 0..200 {
                    std::thread::yield_now();
                }
                now.remove();
                running
            };
            delayed(work, ()).resource("GPU", 1.0)
        })
        .collect();
    assert_eq!(tasks.compute_on(&client).unwrap().len(), 60);
    let most = *most.lock().unwrap();
    assert!(most <= 4, "two workers with two each: {most} ran at a time");
    // Four do run at a time: each waits for the others.
    let gate = Gate::new();
    let four: Vec<Future<()>> = (0..5)
        .map(|_| {
            let pass = gate.pass();
            client.with_options(TaskOptions::new().resource("GPU", 1.0)).submit(move || pass.through(), ())
        })
        .collect();
    gate.wait_for(4);
    let free = client.submit(|x: i64| x, (1,));
    assert_eq!(result_of(&free).unwrap(), 1, "tasks without wishes run meanwhile");
    assert_eq!(gate.arrived(), 4, "the fifth waits");
    gate.open();
    client.gather(&four).unwrap();
    assert_eq!(gate.arrived(), 5);
}

#[test]
fn resources_come_back_from_tasks_that_fail_are_cancelled_or_whose_worker_dies() {
    let cluster = builder(1, 2).resource("GPU", 1.0).start().unwrap();
    let gpu = cluster.client().with_options(TaskOptions::new().resource("GPU", 1.0));
    let works = |what: &str, x: i64| assert_eq!(result_of(&gpu.submit(|x: i64| x, (x,))).unwrap(), x, "{what}");
    assert!(result_of(&gpu.submit(|| -> i64 { panic!("no") }, ())).is_err());
    works("after a panic", 1);
    let gate = Gate::new();
    let pass = gate.pass();
    let running = gpu.submit(move || pass.through(), ());
    gate.wait_for(1);
    running.cancel();
    until("it is cancelled", || running.cancelled());
    drop(running);
    gate.open();
    works("after a cancellation", 2);
    let gate = Gate::new();
    let pass = gate.pass();
    let first = Count::new();
    let again = gpu.submit(
        move || {
            if first.add() == 0 {
                pass.through()
            }
        },
        (),
    );
    gate.wait_for(1);
    cluster.panic_worker("worker-0", "gone");
    result_of(&again).unwrap();
    works("after a death", 3);
    assert_eq!(gpu.validate().unwrap(), Ok(()));
}

#[test]
fn tasks_run_on_the_workers_that_they_name() {
    let cluster = builder(3, 1).names(["red", "green", "blue"]).start().unwrap();
    let client = cluster.client();
    until("all are there", || client.summary().unwrap().workers.len() == 3);
    let whoami = || std::thread::current().name().unwrap_or_default().to_string();
    for (names, allowed) in [(vec!["red"], "red"), (vec!["green", "blue"], "green blue"), (vec!["blue"], "blue")] {
        let named = client.with_options(TaskOptions::new().workers(names.clone())).impure();
        let futures: Vec<Future<String>> = (0..20).map(|_| named.submit(whoami, ())).collect();
        for ran in client.gather(&futures).unwrap() {
            assert!(allowed.split(' ').any(|name| ran.contains(name)), "{names:?} ran on {ran}");
        }
        let held = client.who_has(futures.iter().map(|future| future.key().clone())).unwrap();
        assert!(held.iter().all(|(_, holders)| holders.iter().all(|holder| allowed.contains(&**holder))), "{held:?}");
    }
}

#[test]
fn on_one_thread_tasks_start_in_the_order_of_their_priorities() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let gate = Gate::new();
    let pass = gate.pass();
    let blocker = client.submit(move || pass.through(), ());
    gate.wait_for(1);
    let order = Arc::new(Mutex::new(Vec::new()));
    let priorities = [0, 5, -3, 100, 5, -3, 0, i32::MAX, i32::MIN];
    let futures: Vec<Future<()>> = priorities
        .iter()
        .map(|&priority| {
            let order = order.clone();
            let note = move || order.lock().unwrap().push(priority);
            client.with_options(TaskOptions::new().priority(priority)).submit(note, ())
        })
        .collect();
    until("all are known", || client.summary().unwrap().tasks == priorities.len() + 1);
    gate.open();
    client.gather(&futures).unwrap();
    drop(blocker);
    let order = order.lock().unwrap().clone();
    // One task was handed to the worker ahead, before the others came: the rest goes by priority.
    let rest: Vec<i32> = order.iter().copied().filter(|&priority| priority != order[0]).collect();
    assert!(rest.is_sorted_by(|a, b| a >= b), "{order:?}");
    assert!(order[0] == i32::MAX || order[0] == 0, "{order:?}");
}
