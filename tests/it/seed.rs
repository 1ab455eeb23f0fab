//! What the notebook shows, fact by fact; the numbers are those of its list of facts.

mod futures;

use partita::prelude::*;
use partita::raw::{self, get_on, task, value};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// A cluster that is nobody's default, so that tests do not meet on it, and that checks its invariants.
fn cluster(workers: usize, threads: usize) -> LocalCluster {
    LocalCluster::builder()
        .workers(workers)
        .threads_per_worker(threads)
        .memory_limit("1GiB")
        .validate(true)
        .without_default()
        .start()
        .unwrap()
}

fn numbers() -> Bag<String> {
    Bag::from_sequence(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"], 5)
}

fn even() -> Bag<i64> {
    numbers().try_map(|text| text.parse::<i64>()).filter(|n| n % 2 == 0)
}

#[test]
fn s00_one_scheduler_several_workers_several_clients() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    fn once(x: i64) -> i64 {
        RUNS.fetch_add(1, SeqCst);
        x + 1
    }
    let cluster = cluster(3, 1);
    let (one, other) = (cluster.client(), cluster.new_client().unwrap());
    assert!(!one.same(&other));
    let futures = [one.submit(once, (41,)), other.submit(once, (41,))];
    assert_eq!(futures[0].result().unwrap(), 42);
    assert_eq!(futures[1].result().unwrap(), 42);
    assert_eq!(RUNS.load(SeqCst), 1, "equal pure calls of all clients are one task");
    assert_eq!(one.summary().unwrap().workers.len(), 3);
    cluster.close().unwrap();
}

#[test]
fn s01_one_call_starts_everything_and_the_client_says_what_is_there() {
    let cluster = cluster(5, 1);
    let shown = cluster.client().to_string();
    let lines: Vec<&str> = shown.lines().map(str::trim).collect();
    assert_eq!(lines[0], "Client");
    assert!(lines[1].starts_with("Scheduler: inproc://"), "{shown}");
    assert!(lines[2].starts_with("Dashboard: "), "{shown}");
    assert_eq!(lines[3..], ["Cluster", "Workers: 5", "Cores: 5", "Memory: 5.00 GiB"]);
    cluster.close().unwrap();
}

#[test]
fn s02_bags_delayed_calls_and_futures() {
    let cluster = cluster(2, 1);
    let client = cluster.client();
    assert_eq!(Bag::<i64>::from_sequence([1, 1], 2).compute_on(&client).unwrap(), [1, 1]);
    assert_eq!(delayed(|| 1, ()).compute_on(&client).unwrap(), 1);
    assert_eq!(client.submit(|| 1, ()).result().unwrap(), 1);
    cluster.close().unwrap();
}

#[test]
fn s03_partitions_have_the_sizes_of_dask() {
    let cluster = cluster(5, 1);
    let sizes = numbers().map_partitions(|partition| [partition.len()]);
    assert_eq!(sizes.compute_on(&cluster.client()).unwrap(), [3, 3, 3, 3, 1]);
    cluster.close().unwrap();
}

#[test]
fn s04_without_a_number_few_items_have_a_partition_each() {
    assert_eq!(Bag::<i64>::from_sequence_auto(0..13).npartitions(), 13);
    assert_eq!(Bag::<i64>::from_sequence_auto(0..100).npartitions(), 100);
    assert_eq!(Bag::<i64>::from_sequence_auto(0..1000).npartitions(), 250);
}

#[test]
fn s05_map() {
    let cluster = cluster(5, 1);
    let mapped = numbers().try_map(|text| text.parse::<i64>());
    assert_eq!(mapped.compute_on(&cluster.client()).unwrap(), Vec::from_iter(0..=12));
    cluster.close().unwrap();
}

#[test]
fn s06_filter_keeps_partitions() {
    let cluster = cluster(5, 1);
    let client = cluster.client();
    assert_eq!(even().compute_on(&client).unwrap(), [0, 2, 4, 6, 8, 10, 12]);
    let partitions = even().map_partitions(|partition| [partition]).compute_on(&client).unwrap();
    assert_eq!(partitions, [vec![0, 2], vec![4], vec![6, 8], vec![10], vec![12]]);
    cluster.close().unwrap();
}

#[test]
fn s07_fold_and_its_tree() {
    let cluster = cluster(5, 1);
    let client = cluster.client();
    assert_eq!(even().fold(0, |sum, n| sum + n).compute_on(&client).unwrap(), 42);
    let tree = even().map(|n| n.to_string()).fold("0".to_string(), |left, right| format!("({left}+{right})"));
    let expected = "((((((0+0)+2)+(0+4))+((0+6)+8))+(0+10))+(0+12))";
    assert_eq!(tree.compute_on(&client).unwrap(), expected, "the initial value comes in once for each partition");
    cluster.close().unwrap();
}

#[test]
fn s08_nothing_runs_before_compute() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let cluster = cluster(5, 1);
    let client = cluster.client();
    let total = even()
        .map(|n| {
            RUNS.fetch_add(1, SeqCst);
            n
        })
        .fold(0, |sum, n| sum + n);
    let directory = tempfile::tempdir().unwrap();
    total.visualize(directory.path().join("total.svg")).unwrap();
    assert_eq!(RUNS.load(SeqCst), 0);
    assert_eq!(total.compute_on(&client).unwrap(), 42);
    assert_eq!(RUNS.load(SeqCst), 7);

    let total = even().fold(0, |sum, n| sum + n);
    assert_eq!(total.graph().without_fusion().check().unwrap().len(), 21, "as it is written");
    assert_eq!(total.graph().check().unwrap().len(), 11, "as it runs");
    cluster.close().unwrap();
}

#[test]
fn s09_fold_by() {
    let cities = [
        ("Balma", 31130),
        ("Blagnac", 31700),
        ("Ramonville-Saint-Agne", 31520),
        ("Vieille-Toulouse", 31320),
        ("L'Union", 31240),
        ("Portet-sur-Garonne", 31120),
        ("Tournefeuille", 31170),
        ("Suresnes", 92150),
        ("Nanterre", 92000),
        ("La Garenne-Colombes", 92250),
        ("Bobigny", 93000),
        ("Montreuil", 93100),
    ]
    .map(|(city, zip)| (city.to_string(), zip));
    let names = |part: &[(String, u32)]| -> Vec<String> { part.iter().map(|(city, _)| city.clone()).collect() };
    let expected = [(31, names(&cities[..7])), (92, names(&cities[7..10])), (93, names(&cities[10..]))];
    let cluster = cluster(5, 1);
    for partitions in 1..=12 {
        let groups = Bag::<(String, u32)>::from_sequence(cities.clone(), partitions).fold_by(
            |(_, zip)| zip / 1000,
            Vec::new(),
            |names: Vec<String>, (city, _)| [names, vec![city]].concat(),
            |left, right| [left, right].concat(),
        );
        assert_eq!(groups.npartitions(), 1);
        assert_eq!(groups.compute_on(&cluster.client()).unwrap(), expected, "{partitions} partitions");
    }
    cluster.close().unwrap();
}

#[test]
fn s10_the_guide_says_which_limits_of_bags_hold() {
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/from-dask.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let (_, section) = guide.split_once("## The four limits of bags").expect("the guide has this section");
    for limit in ["| multiprocessing", "| immutable", "| slower than arrays", "| `groupby` is slow"] {
        assert!(section.contains(limit), "{limit}");
    }
}

#[test]
fn s13_a_loop_of_independent_rounds() {
    let cluster = cluster(5, 1);
    let tens: Vec<_> = (0..10).map(|e| delayed(|e: i64| e * 10, (e,))).collect();
    let all = delayed(|tens: Vec<i64>| tens, (tens,));
    let graph = all.graph().check().unwrap();
    assert_eq!(graph.len(), 11);
    assert_eq!((0..11).filter(|rank| graph.inputs(*rank).is_empty()).count(), 10, "ten stand alone");
    let directory = tempfile::tempdir().unwrap();
    all.visualize(directory.path().join("graph1.svg")).unwrap();
    assert_eq!(all.compute_on(&cluster.client()).unwrap(), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
    cluster.close().unwrap();
}

#[test]
fn s14_a_loop_of_dependent_rounds() {
    fn add(a: i64, b: i64) -> i64 {
        a + b
    }
    let cluster = cluster(5, 1);
    let (mut a, mut b) = (delayed(add, (1, 1)), delayed(add, (1, 1)));
    a = delayed(add, (&a, &b));
    a = delayed(add, (1, &a));
    b = delayed(add, (1, &b));
    a = delayed(add, (&a, &b));
    assert_eq!(a.graph().check().unwrap().len(), 6);
    assert_eq!(a.compute_on(&cluster.client()).unwrap(), 8);
    cluster.close().unwrap();
}

static FIB_RUNS: AtomicUsize = AtomicUsize::new(0);

#[delayed]
fn fib(n: u64) -> partita::Result<u64> {
    FIB_RUNS.fetch_add(1, SeqCst);
    if n < 2 {
        return Ok(n);
    }
    let (a, b) = compute((fib(n - 1), fib(n - 2)))?;
    Ok(a + b)
}

#[test]
fn s15_tasks_that_compute_tasks() {
    let cluster = cluster(5, 1);
    assert_eq!(fib(8).compute_on(&cluster.client()).unwrap(), 21);
    assert_eq!(FIB_RUNS.load(SeqCst), 67);
    cluster.close().unwrap();
}

#[test]
fn s16_a_graph_written_by_hand() {
    fn sum(numbers: Vec<i64>) -> i64 {
        numbers.iter().sum()
    }
    let cluster = cluster(2, 1);
    let client = cluster.client();
    let graph = raw::Graph::new()
        .value("x", 1i64)
        .value("y", 2i64)
        .task("z", |x: i64, y: i64| x + y, ("x", "y"))
        .task("w", sum, (["x", "y", "z"],))
        .task("v", |s: i64, two: i64| vec![s, two], (task(sum, (["w", "z"],)), value(2i64)));
    for (key, expected) in [("x", 1), ("y", 2), ("z", 3), ("w", 6)] {
        assert_eq!(get_on::<i64>(&client, &graph, key).unwrap(), expected, "{key}");
        assert_eq!(synchronous::get::<i64>(&graph, key).unwrap(), expected, "{key}");
    }
    let all = get_on::<(Vec<i64>, (i64, i64), Vec<i64>)>(&client, &graph, (vec!["x"], ("z", "w"), "v")).unwrap();
    assert_eq!(all, (vec![1], (3, 6), vec![9, 2]));

    let missing = get_on::<i64>(&client, &graph, "u").unwrap_err();
    assert_eq!(missing.to_string(), "key `u` is missing");
    let cycle = raw::Graph::new().task("a", |b: i64| b, ("b",)).task("b", |a: i64| a, ("a",));
    let cycle = get_on::<i64>(&client, &cycle, "a").unwrap_err();
    assert_eq!(cycle.to_string(), "the graph has a cycle: a -> b -> a");
    cluster.close().unwrap();
}
