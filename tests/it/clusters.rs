//! Clusters: closing, dropping, several at once, and what they leave behind (G13, G15, P14).

use crate::faults_support::{
    Count, Gate, LIMIT, builder, cluster, in_child, result_of, until, until_nothing_is_left, within,
};
use partita::RunError;
use partita::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn closing_ends_pending_futures_within_the_grace() {
    let gate = Gate::new();
    let cluster = builder(2, 1).close_grace(Duration::from_millis(300)).start().unwrap();
    let (client, other) = (cluster.client(), cluster.new_client().unwrap());
    let running: Vec<Future<()>> = (0..2)
        .map(|_| {
            let pass = gate.pass();
            client.submit(move || pass.through(), ())
        })
        .collect();
    gate.wait_for(2);
    let waiting = other.map(|x: i64| x, 0..100);
    let above = client.submit(|_: Vec<()>| 1i64, (&running,));
    let blocked = std::thread::spawn({
        let client = client.clone();
        move || delayed(|x: i64| x, (1,)).compute_on(&client)
    });
    until("all are known", || client.summary().unwrap().tasks == 104);
    let began = Instant::now();
    cluster.close().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    assert!(running.iter().all(|future| matches!(result_of(future), Err(RunError::Closed))));
    assert!(waiting.iter().all(|future| matches!(result_of(future), Err(RunError::Closed))));
    assert!(matches!(result_of(&above), Err(RunError::Closed)));
    let blocked = within(LIMIT, move || blocked.join().unwrap());
    assert!(matches!(blocked, Err(partita::Error::Run(RunError::Closed))), "{blocked:?}");
    assert_eq!(above.status(), "lost");
    gate.open();
}

#[test]
fn a_task_that_does_not_end_is_left_behind_with_one_warning() {
    let output = in_child("clusters::a_task_that_does_not_end_is_left_behind_with_one_warning", || {
        tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
        let gate = Gate::new();
        let cluster = builder(2, 2).close_grace(Duration::from_millis(200)).start().unwrap();
        let client = cluster.client();
        let pass = gate.pass();
        let _running = client.submit(move || pass.through(), ());
        gate.wait_for(1);
        cluster.close().unwrap();
        eprintln!("-- closed --");
        gate.open();
        until("its thread ends after all", || threads() < 4);
    });
    let Some(output) = output else { return };
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let warnings: Vec<&str> = text.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).collect();
    assert_eq!(warnings.len(), 1, "{text}");
    assert!(warnings[0].contains("busy") && warnings[0].contains("worker-"), "{}", warnings[0]);
    let (before, _) = text.split_once("-- closed --").unwrap();
    assert!(before.contains("busy"), "the warning comes before the close has ended: {text}");
}

/// FAULTS G15.
#[test]
fn after_closing_everything_answers_closed() {
    let cluster = cluster(1, 1);
    let client = cluster.client();
    let done = client.submit(|x: i64| x + 1, (1,));
    assert_eq!(result_of(&done).unwrap(), 2);
    let never = client.submit(|x: i64| x + 2, (1,));
    never.wait(LIMIT).unwrap();
    cluster.close().unwrap();
    let is_closed = |error: partita::Error| assert!(matches!(error, partita::Error::Run(RunError::Closed)), "{error}");
    within(LIMIT, move || {
        assert!(matches!(client.submit(|x: i64| x, (5,)).result(), Err(RunError::Closed)));
        assert!(matches!(client.submit(|x: i64| x + 1, (1,)).result(), Err(RunError::Closed)), "an equal call as well");
        assert!(matches!(client.scatter([1i64])[0].result(), Err(RunError::Closed)));
        assert!(matches!(never.result(), Err(RunError::Closed)), "a result that was not fetched is gone");
        is_closed(delayed(|x: i64| x, (1,)).compute_on(&client).unwrap_err());
        is_closed(client.summary().unwrap_err());
        is_closed(client.gather(std::slice::from_ref(&done)).unwrap_err());
        let above = client.submit(|x: i64| x, (&done,));
        assert!(matches!(above.result(), Err(RunError::Closed)));
        done.cancel();
        done.retry();
        client.fire_and_forget(&done);
        assert!(done.wait(None).unwrap());
        let status = client.compute(&delayed(|x: i64| x, (2,))).unwrap().status();
        assert_eq!(status, "lost");
    });
}

/// FAULTS G15.
#[test]
fn clusters_that_close_while_others_submit_end_every_future() {
    for round in 0..40 {
        let cluster = builder(1, 1).close_grace(Duration::from_secs(1)).start().unwrap();
        let begun = Count::new();
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (client, begun) = (cluster.client(), begun.clone());
                std::thread::spawn(move || {
                    let mut ended = 0;
                    loop {
                        let future = client.impure().submit(|x: i64| x + 1, (1,));
                        begun.add();
                        match future.result_timeout(LIMIT) {
                            Ok(value) => assert_eq!(value, 2),
                            Err(RunError::Closed) => return ended,
                            Err(error) => panic!("{error}"),
                        }
                        match delayed(|x: i64| x, (1,)).compute_on(&client) {
                            Ok(value) => assert_eq!(value, 1),
                            Err(partita::Error::Run(RunError::Closed)) => return ended,
                            Err(error) => panic!("{error}"),
                        }
                        ended += 1;
                    }
                })
            })
            .collect();
        until("they have begun", || begun.get() > 20);
        if round % 2 == 0 {
            cluster.close().unwrap();
        } else {
            drop(cluster);
        }
        within(LIMIT, move || threads.into_iter().for_each(|thread| assert!(thread.join().unwrap() >= 0)));
    }
}

/// FAULTS G15.
#[test]
fn a_cluster_that_is_closed_while_it_scales_down_waits_for_all_its_workers() {
    drop(in_child("clusters::a_cluster_that_is_closed_while_it_scales_down_waits_for_all_its_workers", || {
        let gate = Gate::new();
        let cluster = builder(4, 1).close_grace(Duration::from_secs(10)).start().unwrap();
        let client = cluster.client();
        until("all are there", || client.summary().unwrap().workers.len() == 4);
        let done = Count::new();
        let futures: Vec<Future<()>> = (0..4)
            .map(|_| {
                let (pass, done) = (gate.pass(), done.clone());
                client.submit(
                    move || {
                        pass.through();
                        done.add();
                    },
                    (),
                )
            })
            .collect();
        gate.wait_for(4);
        cluster.scale(2).unwrap();
        let opener = std::thread::spawn(move || {
            // The close is under way once the futures have ended.
            assert!(matches!(result_of(&futures[0]), Err(RunError::Closed)));
            gate.open();
        });
        cluster.close().unwrap();
        let left = threads_called("partita-worker");
        assert_eq!(left, Vec::<String>::new(), "threads of workers are left after a close within the grace");
        assert_eq!(done.get(), 4);
        opener.join().unwrap();
    }));
}

#[test]
fn tasks_that_are_submitted_right_after_the_start_run_side_by_side() {
    for round in 0..20 {
        let gate = Gate::new();
        let cluster = cluster(2, 1);
        let client = cluster.client();
        let pass = || {
            let pass = gate.pass();
            move || pass.through()
        };
        let both = [client.submit(pass(), ()), client.submit(pass(), ())];
        let begun = Instant::now();
        while gate.arrived() < 2 {
            assert!(begun.elapsed() < Duration::from_secs(3), "round {round}: one worker has both, the other none");
            std::thread::yield_now();
        }
        gate.open();
        client.gather(&both).unwrap();
    }
}

#[test]
fn a_task_does_not_wait_behind_a_long_one_while_another_worker_is_idle() {
    let (long, short) = (Gate::new(), Gate::new());
    let cluster = cluster(2, 1);
    let client = cluster.client();
    until("both are there", || client.summary().unwrap().workers.len() == 2);
    let pass = |gate: &Gate| {
        let pass = gate.pass();
        move || pass.through()
    };
    let first = client.submit(pass(&long), ());
    let second = client.submit(pass(&short), ());
    long.wait_for(1);
    short.wait_for(1);
    // Each worker is handed some of these ahead.
    let rest = client.map(|x: i64| x, 0..4);
    until("all are known", || client.summary().unwrap().tasks == 6);
    short.open();
    for future in &rest {
        let value = future.result_timeout(Duration::from_secs(5));
        assert!(value.is_ok(), "one worker is idle: {value:?}; {:?}", client.why(future.key()).unwrap());
    }
    long.open();
    client.gather(&[first, second]).unwrap();
}

#[test]
fn dropping_handles_in_any_order_is_fine() {
    for order in 0..6 {
        let cluster = cluster(1, 1);
        let client = cluster.client();
        let future = client.submit(|x: i64| x, (1,));
        let (mut cluster, mut client, mut future) = (Some(cluster), Some(client), Some(future));
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for part in orders[order] {
            match part {
                0 => drop(cluster.take()),
                1 => drop(client.take()),
                _ => drop(future.take()),
            }
        }
    }
}

#[test]
fn a_future_of_one_cluster_given_to_another_is_a_clear_error() {
    let (one, two) = (cluster(1, 1), cluster(1, 1));
    let (here, there) = (one.client(), two.client());
    let foreign = here.submit(|x: i64| x + 1, (1,));
    foreign.wait(LIMIT).unwrap();
    let used = there.submit(|x: i64| x + 1, (&foreign,));
    let error = used.result_timeout(Duration::from_secs(5)).expect_err("it cannot know it");
    let text = error.to_string();
    assert!(!matches!(error, RunError::Timeout { .. }), "it hangs");
    assert!(
        text.contains("cluster") && !text.contains("was lost with the worker"),
        "the error says what is wrong: {text}"
    );
    assert!(text.contains("clusters.rs"), "and where: {text}");
    // The result itself is unharmed, and computing with it where it lives works.
    assert_eq!(result_of(&foreign).unwrap(), 2);
    assert_eq!(result_of(&here.submit(|x: i64| x + 1, (&foreign,))).unwrap(), 3);
    assert_eq!(result_of(&there.submit(|x: i64| x, (9,))).unwrap(), 9);
}

#[test]
fn what_one_cluster_persists_is_a_clear_error_on_another() {
    let (one, two) = (cluster(1, 1), cluster(1, 1));
    let held = delayed(|x: i64| x + 1, (1,)).persist_on(&one.client()).unwrap();
    assert_eq!(held.compute_on(&one.client()).unwrap(), 2);
    let future = two.client().compute(&held).unwrap();
    let result = future.result_timeout(Duration::from_secs(5));
    assert!(!matches!(result, Ok(_) | Err(RunError::Timeout { .. })), "a held result of another cluster: {result:?}");
    let above = two.client().compute(&held.map(|x| x + 1)).unwrap();
    let result = above.result_timeout(Duration::from_secs(5));
    assert!(!matches!(result, Ok(_) | Err(RunError::Timeout { .. })), "a task above it: {result:?}");
    let reference = held.compute_on(&partita::Reference).unwrap_err();
    assert!(reference.to_string().contains("another engine"), "{reference}");
    assert_eq!(held.compute_on(&one.client()).unwrap(), 2);
}

/// FAULTS G18.
#[test]
fn two_clusters_run_side_by_side_and_the_newest_is_the_default() {
    drop(in_child("clusters::two_clusters_run_side_by_side_and_the_newest_is_the_default", || {
        let start =
            |name: &str| LocalCluster::builder().names([name]).threads_per_worker(1).validate(true).start().unwrap();
        let whoami = || delayed(|| std::thread::current().name().unwrap_or_default().to_string(), ());
        let (one, two) = (start("one"), start("two"));
        assert!(whoami().compute().unwrap().contains("two"));
        assert!(whoami().compute_on(&one.client()).unwrap().contains("one"));
        // Inside a task the task's own cluster is meant.
        let nested = one
            .client()
            .submit(|| delayed(|| std::thread::current().name().unwrap().to_string(), ()).compute().unwrap(), ());
        assert!(result_of(&nested).unwrap().contains("one"));
        two.close().unwrap();
        assert!(whoami().compute().unwrap().contains("one"));
        one.close().unwrap();
        // A cluster of its own is started now, once.
        assert_eq!(delayed(|x: i64| x + 1, (1,)).compute().unwrap(), 2);
        assert!(Client::current().unwrap().same(&Client::current().unwrap()));
    }));
}

#[test]
fn a_task_that_drops_or_closes_its_own_cluster_does_not_hang() {
    drop(in_child("clusters::a_task_that_drops_or_closes_its_own_cluster_does_not_hang", || {
        for close in [false, true] {
            let cluster = builder(1, 1).close_grace(Duration::from_millis(300)).start().unwrap();
            let client = cluster.client();
            let holder = std::sync::Mutex::new(Some(cluster));
            let future = client.submit(
                move || {
                    if let Some(cluster) = holder.lock().unwrap().take() {
                        match close {
                            true => cluster.close().unwrap(),
                            false => drop(cluster),
                        }
                    }
                },
                (),
            );
            let result = result_of(&future);
            assert!(matches!(result, Ok(()) | Err(RunError::Closed)), "{result:?}");
        }
        assert_eq!(result_of(&cluster(1, 1).client().submit(|x: i64| x, (1,))).unwrap(), 1);
    }));
}

#[test]
fn equal_pure_calls_are_one_task_and_impure_ones_are_not() {
    static RAN: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    fn costly(x: i64) -> i64 {
        RAN.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        x
    }
    let ran = || RAN.load(std::sync::atomic::Ordering::SeqCst);
    let cluster = cluster(2, 1);
    let (one, two) = (cluster.client(), cluster.new_client().unwrap());
    let a = one.submit(costly, (1,));
    let b = two.submit(costly, (1,));
    assert_eq!(a.key(), b.key());
    assert_eq!((result_of(&a).unwrap(), result_of(&b).unwrap()), (1, 1));
    assert_eq!(ran(), 1);
    let c = two.impure().submit(costly, (1,));
    assert_ne!(a.key(), c.key());
    assert_eq!(result_of(&c).unwrap(), 1);
    assert_eq!(ran(), 2);
    // A delayed call that is pure is the same task again.
    assert_eq!(delayed(costly, (1,)).pure().compute_on(&one).unwrap(), 1);
    assert_eq!(ran(), 2);
    drop((a, b, c));
    until_nothing_is_left(&one);
}

/// How many threads this process has.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").expect("procfs").count()
}

/// The names of this process's threads that begin so.
fn threads_called(name: &str) -> Vec<String> {
    let names = std::fs::read_dir("/proc/self/task").expect("procfs").flatten();
    names
        .filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok())
        .filter(|comm| comm.starts_with(&name[..name.len().min(15)]))
        .collect()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("procfs").count()
}

/// Resident memory in KiB.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    line.split_ascii_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

/// FAULTS G18.
#[test]
fn a_thousand_clusters_leave_no_thread_descriptor_or_memory_behind() {
    let output = in_child("clusters::a_thousand_clusters_leave_no_thread_descriptor_or_memory_behind", || {
        let use_one = |round: i64| {
            let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).start().unwrap();
            let client = cluster.client();
            assert_eq!(result_of(&client.submit(|x: i64| x + 1, (round,))).unwrap(), round + 1);
            assert_eq!(delayed(|x: i64| x * 2, (round,)).compute().unwrap(), round * 2);
            match round % 2 {
                0 => cluster.close().unwrap(),
                _ => drop(cluster),
            }
        };
        let began = Instant::now();
        (0..100).for_each(use_one);
        until("the threads have ended", || threads() <= 3);
        let (threads_before, descriptors_before, memory_before) = (threads(), descriptors(), resident());
        (100..1000).for_each(use_one);
        until("the threads have ended", || threads() <= threads_before);
        until("the descriptors are closed", || descriptors() <= descriptors_before);
        let grown = resident().saturating_sub(memory_before);
        eprintln!("1,000 clusters in {:?}; {grown} KiB more after 1,000 than after 100", began.elapsed());
        assert!(grown < 8 << 10, "memory grows: {grown} KiB in 900 clusters");
    });
    if let Some(output) = output {
        print!("{}", String::from_utf8_lossy(&output.stderr));
    }
}
