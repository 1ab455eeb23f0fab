//! Workers that are processes: they compute, give each other values, die and are replaced, and leave nothing behind.

use partita::prelude::*;
use partita::{RunError, TaskErrorKind, init_test};
use std::process::id;
use std::time::{Duration, Instant};

fn cluster(workers: usize) -> LocalCluster {
    LocalCluster::builder().workers(workers).threads_per_worker(1).processes(true).without_default().start().unwrap()
}

fn add(a: i64, b: i64) -> i64 {
    a + b
}

#[test]
fn tasks_run_in_other_processes_and_give_each_other_values() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let pids: Vec<u32> = (0..8u32).map(|n| client.submit(|_: u32| id(), (n,)).result().unwrap()).collect();
    assert!(pids.iter().all(|pid| *pid != id()), "{pids:?}");
    // A tree of sums: inputs come from both workers.
    let mut level: Vec<_> = (0..64i64).map(|n| client.submit(add, (n, 0))).collect();
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| client.submit(add, (&pair[0], &pair[1]))).collect();
    }
    assert_eq!(level[0].result().unwrap(), 63 * 64 / 2);
    // Large values from process to process, and back here.
    let numbers = |n: u64| (0..1_000_000u64).map(|x| x * n).collect::<Vec<u64>>();
    let parts: Vec<_> = (1..5u64).map(|n| client.submit(numbers, (n,))).collect();
    let sum = |parts: Vec<Vec<u64>>| parts.iter().flatten().sum::<u64>();
    let total = client.submit(sum, (parts.clone(),)).result().unwrap();
    assert_eq!(total, (1..5u64).map(|n| numbers(n).iter().sum::<u64>()).sum::<u64>());
    assert_eq!(parts[3].result().unwrap(), numbers(4));
    // Data that is put in.
    let put = client.scatter(vec![vec![1i64, 2, 3]]);
    assert_eq!(client.submit(|x: Vec<i64>| x.iter().sum::<i64>(), (&put[0],)).result().unwrap(), 6);
    cluster.close().unwrap();
}

#[test]
fn collections_compute_in_processes() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let bag = Bag::<i64>::from_sequence(0..10_000i64, 8).map(|x| x * 2).filter(|x| x % 3 == 0);
    let expected: i64 = (0..10_000i64).map(|x| x * 2).filter(|x| x % 3 == 0).sum();
    assert_eq!(bag.sum().compute_on(&client).unwrap(), expected);
    let x = partita::Array::<f64>::arange(0.0, 1_000_000.0, 1.0, 100_000);
    assert_eq!(
        (&x * 2.0).sum().compute_on(&client).unwrap().into_iter().collect::<Vec<_>>(),
        [999_999.0 * 1_000_000.0]
    );
    cluster.close().unwrap();
}

/// Plans, groups, joins and files of dataframes.
#[cfg(feature = "dataframe")]
#[test]
fn dataframes_compute_in_processes() {
    use partita::dataframe::polars::prelude::{IntoLazy, df};
    use partita::dataframe::{JoinType, SortMultipleOptions, col, lit, read_csv};
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sales.csv");
    let rows: String =
        (0..5_000i64).map(|n| format!("{},{}\n", ["a", "b", "c"][n as usize % 3], n * 7 % 1_000)).collect();
    std::fs::write(&path, format!("shop,price\n{rows}")).unwrap();
    let sales = read_csv(&path).block_size(4_000).finish().unwrap();
    assert!(sales.npartitions() > 4, "{}", sales.npartitions());
    let shops = df!("shop" => ["a", "b", "c"], "city" => ["Rome", "Oslo", "Bern"]).unwrap();
    let dear = sales.filter(col("price").gt(lit(100))).group_by([col("shop")]);
    let found = dear.agg([col("price").sum().alias("all"), col("price").median().alias("half")]);
    let found = found.join(&partita::DataFrame::from_polars(shops.clone(), 2), "shop", "shop", JoinType::Inner);
    let found = found.sort("city", SortMultipleOptions::default()).compute_on(&client).unwrap();
    let whole = sales.compute_on(&partita::Reference).unwrap().lazy();
    let expected = whole.filter(col("price").gt(lit(100))).group_by([col("shop")]);
    let expected = expected.agg([col("price").sum().alias("all"), col("price").median().alias("half")]);
    let expected = expected.join(shops.lazy(), [col("shop")], [col("shop")], JoinType::Inner.into());
    let expected = expected.sort(["city"], SortMultipleOptions::default()).collect().unwrap();
    assert_eq!(found, expected);
    // A shuffle moves rows from process to process.
    let sorted = sales.sort(["price", "shop"], SortMultipleOptions::default()).compute_on(&client).unwrap();
    assert!(sorted.column("price").unwrap().i64().unwrap().into_no_null_iter().is_sorted());
    assert_eq!(sorted.height(), 5_000);
    cluster.close().unwrap();
}

/// FAULTS T1, T5: errors and panics are the task's, with their words and causes.
#[test]
fn errors_come_back_with_their_causes() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let error = client.try_submit(|text: String| text.parse::<i64>(), ("x".to_string(),)).result().unwrap_err();
    assert!(error.to_string().contains("invalid digit found in string"), "{error}");
    let error = client.submit(|x: i64| assert_eq!(x, 2, "not two"), (3i64,)).result().unwrap_err();
    assert!(error.to_string().contains("not two"), "{error}");
    assert_eq!(client.submit(add, (1, 2)).result().unwrap(), 3, "the worker lives on");
}

/// Functions that capture something cannot travel, and that is said before anything runs.
#[test]
fn what_cannot_travel_is_refused_at_once() {
    init_test!();
    let cluster = cluster(1);
    let client = cluster.client();
    let captured = 3i64;
    let error = client.submit(move |x: i64| x + captured, (1i64,)).result().unwrap_err();
    let RunError::Travel(travel) = &error else { panic!("{error}") };
    let text = travel.to_string();
    assert!(text.contains("captures") && text.contains("tests/it/processes.rs"), "{text}");
    // A task has no cluster there.
    let nested = client.try_submit(|| partita::get_client().map(|_| 1i64), ()).result().unwrap_err();
    assert!(nested.to_string().contains("a task that runs in a worker's process"), "{nested}");
}

/// FAULTS T6: a task that ends its process again and again is given up, with what the process said last.
#[test]
fn a_task_that_aborts_is_given_up_and_tells_why() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let good = client.submit(add, (20, 22));
    let started = Instant::now();
    let bad = client.submit(
        || {
            eprintln!("the last words");
            std::process::abort()
        },
        (),
    );
    let bad: &Future<()> = &bad;
    let error = bad.result().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("SIGABRT") && text.contains("the last words"), "{text}");
    let RunError::Task(task) = &error else { panic!("{error}") };
    let TaskErrorKind::WorkersDied { deaths: 4, before, .. } = task.kind() else { panic!("{text}") };
    assert!(before.len() == 3 && before.iter().all(|(worker, _)| worker.starts_with("worker-")), "{before:?}");
    assert!(text.contains("after 4 workers died running it:\n  `worker-"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(good.result().unwrap(), 42);
    assert_eq!(client.submit(add, (1, 1)).result().unwrap(), 2);
}

/// FAULTS P1, P2, P5: whatever is lost with a killed process is computed again.
#[test]
fn killed_processes_are_replaced_and_nothing_is_lost() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let parts: Vec<_> = (0..40u64).map(|n| client.submit(|n: u64| vec![n; 10_000], (n,))).collect();
    wait(&parts, None).unwrap();
    for round in 0..4u64 {
        let pid = client.impure().submit(id, ()).result().unwrap();
        rustix_kill(pid);
        let sums: Vec<_> = parts
            .iter()
            .map(|part| client.submit(|x: Vec<u64>, r: u64| x.iter().sum::<u64>() + r, (part, round)))
            .collect();
        for (n, sum) in sums.iter().enumerate() {
            assert_eq!(sum.result().unwrap(), n as u64 * 10_000 + round, "part {n} in round {round}");
        }
    }
}

fn rustix_kill(pid: u32) {
    let status = std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// A worker whose lifetime is over is replaced, and nothing is lost with it.
#[test]
fn a_worker_whose_lifetime_is_over_is_replaced() {
    init_test!();
    let builder = LocalCluster::builder().workers(2).threads_per_worker(1).processes(true).without_default();
    let cluster = builder.worker_lifetime(Duration::from_millis(700)).start().unwrap();
    let client = cluster.client();
    let parts: Vec<_> = (0..20i64).map(|n| client.submit(add, (n, 1))).collect();
    let first = client.impure().submit(id, ()).result().unwrap();
    let mut seen = std::collections::BTreeSet::from([first]);
    while seen.len() < 4 {
        seen.insert(client.impure().submit(id, ()).result().unwrap());
    }
    for (n, part) in (0..20i64).zip(&parts) {
        assert_eq!(part.result().unwrap(), n + 1);
    }
    cluster.close().unwrap();
}

/// Those whose time has come leave one at a time: what one holds is taken by the others, and nothing is computed again.
#[test]
fn lifetimes_that_end_together_lose_nothing() {
    init_test!();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls").to_str().unwrap().to_owned();
    let builder = LocalCluster::builder().workers(3).threads_per_worker(1).processes(true).without_default();
    let cluster = builder.worker_lifetime(Duration::from_secs(1)).start().unwrap();
    let client = cluster.client();
    let noted = |n: u64, path: String| {
        use std::io::Write;
        let mut calls = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
        calls.write_all(b"x").unwrap();
        vec![n; 1000]
    };
    let parts: Vec<_> = (0..6u64).map(|n| client.submit(noted, (n, path.clone()))).collect();
    wait(&parts, None).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 6 {
        seen.insert(client.impure().submit(id, ()).result().unwrap());
    }
    for (n, part) in (0..6u64).zip(&parts) {
        assert_eq!(part.result().unwrap(), vec![n; 1000]);
    }
    assert_eq!(std::fs::read(&path).unwrap().len(), 6, "nothing is computed again");
    cluster.close().unwrap();
}

/// FAULTS P18: a program that does not come to `partita::init()` runs once for each worker, and that is said.
#[test]
fn a_program_that_ends_before_init_is_told_so() {
    let mark = std::env::var_os("PARTITA_TEST_ENDS_BEFORE_INIT");
    let name = "processes::a_program_that_ends_before_init_is_told_so";
    if let (Some(folder), true) = (&mark, std::env::var_os("PARTITA_WORKER_PROCESS").is_some()) {
        std::fs::write(std::path::Path::new(folder).join(std::process::id().to_string()), "").unwrap();
        return;
    }
    init_test!();
    if mark.is_none() {
        let folder = tempfile::tempdir().unwrap();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("PARTITA_TEST_ENDS_BEFORE_INIT", folder.path())
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "once for each of two workers");
        return;
    }
    let cluster = cluster(2);
    let error = cluster.client().submit(add, (1, 2)).result().unwrap_err().to_string();
    assert!(error.contains("exit code 0 before it came to `partita::init()`"), "{error}");
}

/// Those that are named are replaced, and no others.
#[test]
fn workers_that_are_restarted_are_those_that_were_named() {
    init_test!();
    let cluster = cluster(2);
    let client = cluster.client();
    let pid_of = |worker: &str| {
        let options = TaskOptions::new().workers([worker]);
        client.impure().with_options(options).submit(id, ()).result().unwrap()
    };
    let before = [pid_of("worker-0"), pid_of("worker-1")];
    client.restart_workers(["worker-1", "worker-1"]).wait().unwrap();
    let after = [pid_of("worker-0"), pid_of("worker-1")];
    assert_eq!(before[0], after[0]);
    assert_ne!(before[1], after[1]);
    let error = client.restart_workers(["worker-0", "nobody"]).wait().unwrap_err().to_string();
    assert!(error.contains("nobody"), "{error}");
    assert_eq!(pid_of("worker-0"), after[0], "none is replaced if one is unknown");
}

/// FAULTS P18: a program that would start itself again and again is stopped before it starts anything.
#[test]
fn without_init_no_process_is_started() {
    // Another test of this process may have said so already; then there is nothing to see.
    let mark = std::env::var_os("PARTITA_TEST_WITHOUT_INIT");
    if mark.is_none() {
        let name = "processes::without_init_no_process_is_started";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("PARTITA_TEST_WITHOUT_INIT", "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
        return;
    }
    let error =
        LocalCluster::builder().processes(true).start().err().map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("call `partita::init()` at the top of `main`"), "{error}");
}
