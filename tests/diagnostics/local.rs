//! The local profilers of tasks and of the cache, against scripted graphs, with a cluster and without one.

use partita::Reference;
use partita::diagnostics::{CacheProfiler, CacheRow, Profiler, TaskRow};
use partita::prelude::*;
use partita::raw::Graph;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

fn cluster() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(2).without_default().start().unwrap()
}

/// Forty tasks: thirty-eight numbers in pairs of a value and its double, their sum, and its negative. All are named by
/// `name`, since other tests run meanwhile in this process.
fn forty(name: &str) -> (Graph, String) {
    let mut graph = Graph::new();
    for at in 0..19i64 {
        graph = graph.value(&format!("{name}-value{at}"), at);
        graph = graph.task(&format!("{name}-double{at}"), |x: i64| x * 2, (text(format!("{name}-value{at}")),));
    }
    let doubles: Vec<&str> = (0..19).map(|at| text(format!("{name}-double{at}"))).collect();
    graph = graph.task(&format!("{name}-sum"), |all: Vec<i64>| all.iter().sum::<i64>(), (doubles,));
    graph = graph.task(&format!("{name}-negative"), |x: i64| -x, (text(format!("{name}-sum")),));
    (graph, format!("{name}-negative"))
}

/// Graphs written by hand name their inputs by texts that live on.
fn text(text: String) -> &'static str {
    text.leak()
}

fn of<'a>(name: &str, rows: &'a [TaskRow]) -> Vec<&'a TaskRow> {
    rows.iter().filter(|row| row.key.name().as_str().starts_with(name)).collect()
}

fn held<'a>(name: &str, rows: &'a [CacheRow]) -> Vec<&'a CacheRow> {
    rows.iter().filter(|row| row.key.name().as_str().starts_with(name)).collect()
}

#[test]
fn the_same_rows_come_with_a_cluster_and_without_one() {
    let profiler = Profiler::start().unwrap();
    let cache = CacheProfiler::start().unwrap();
    let cluster = cluster();
    let mut keys: Vec<BTreeSet<String>> = Vec::new();
    for name in ["same-reference", "same-cluster"] {
        let (graph, key) = forty(name);
        let value: i64 = match name {
            "same-reference" => partita::synchronous::get(&graph, key.as_str()).unwrap(),
            _ => partita::raw::get_on(&cluster.client(), &graph, key.as_str()).unwrap(),
        };
        assert_eq!(value, -342);
        let rows = profiler.results();
        let rows = of(name, &rows);
        keys.push(rows.iter().map(|row| row.key.name().to_string().replace(name, "")).collect());
        assert!(rows.iter().all(|row| row.ok && row.start <= row.end && row.line.is_some()));
        let line = rows[0].line.as_ref().unwrap();
        assert!(line.file.ends_with("local.rs") && line.line > 0, "{line}");
        // Each task begins after those that it takes have ended.
        let ended: BTreeMap<String, Duration> = rows.iter().map(|row| (row.key.name().to_string(), row.end)).collect();
        for row in rows.iter().filter(|row| row.key.name().to_string().contains("-double")) {
            let value = row.key.name().to_string().replace("double", "value");
            assert!(ended.get(&value).is_none_or(|end| *end <= row.start), "{row:?}");
        }
        let workers: BTreeSet<&str> = rows.iter().map(|row| &*row.worker).collect();
        let known = BTreeSet::from(["reference", "worker-0", "worker-1"]);
        assert!(
            workers.is_subset(&known) && workers.contains("reference") == (name == "same-reference"),
            "{workers:?}"
        );
        let results = cache.results();
        let results = held(name, &results);
        assert_eq!(results.len(), rows.len());
        for result in results {
            let row = rows.iter().find(|row| row.key == result.key).unwrap();
            assert!(result.metric > 0.0 && result.cache_time >= row.end, "{result:?} {row:?}");
            assert!(result.free_time.is_none_or(|free| free >= result.cache_time), "{result:?}");
        }
    }
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), 40, "{:?}", keys[0]);
    assert_eq!((profiler.lost(), cache.lost()), (0, 0));
    cluster.close().unwrap();
}

#[test]
fn forty_tasks_have_forty_rows() {
    let calls: Vec<Delayed<i64>> = (0..39).map(|at| try_delayed(many_one, (at,))).collect();
    let last = try_delayed(many_one, (40,));
    let cluster = cluster();
    let (profiler, cache) = (Profiler::start().unwrap(), CacheProfiler::start().unwrap());
    for engine in [&Reference as &dyn Engine, &cluster.client()] {
        profiler.clear();
        cache.clear();
        (calls.clone(), last.clone()).compute_on(engine).unwrap();
        assert_eq!(of("many_one", &profiler.results()).len(), 40, "{}", engine.name());
        assert_eq!(held("many_one", &cache.results()).len(), 40, "{}", engine.name());
    }
    cluster.close().unwrap();
}

fn many_one(x: i64) -> Result<i64, std::io::Error> {
    Ok(x + 1)
}

#[test]
fn what_fails_has_a_row_and_is_not_held() {
    let cluster = cluster();
    let (profiler, cache) = (Profiler::start().unwrap(), CacheProfiler::start().unwrap());
    let graph = Graph::new()
        .task("fails-first", || 1i64, ())
        .task("fails-here", |x: i64| if x > 0 { panic!("no luck") } else { x }, ("fails-first",))
        .task("fails-never", |x: i64| x, ("fails-here",));
    for engine in [&Reference as &dyn Engine, &cluster.client()] {
        profiler.clear();
        cache.clear();
        partita::raw::get_on::<i64>(engine, &graph, "fails-never").unwrap_err();
        let rows = profiler.results();
        let rows: Vec<_> = of("fails-", &rows).into_iter().map(|row| (row.key.name().to_string(), row.ok)).collect();
        assert!(rows.contains(&("fails-here".into(), false)), "{rows:?}");
        assert!(rows.iter().all(|(key, _)| key != "fails-never"), "{rows:?}");
        assert_eq!(rows.iter().filter(|(_, ok)| !ok).count(), 1, "{rows:?}");
        assert!(held("fails-here", &cache.results()).is_empty());
    }
    cluster.close().unwrap();
}

#[test]
fn a_result_is_held_from_when_it_is_there_until_it_is_let_go() {
    let cluster = cluster();
    let client = cluster.client();
    let cache = CacheProfiler::start_on(&client).unwrap();
    let future = client.submit(|n: i64| (0..n).collect::<Vec<i64>>(), (100,));
    future.result().unwrap();
    let rows = cache.results();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((rows[0].metric, rows[0].free_time), (824.0, None), "{rows:?}");
    drop(future);
    // Whoever asks next is answered after what the client said before.
    let key = rows[0].key.clone();
    while cache.results().iter().any(|row| row.key == key && row.free_time.is_none()) {
        std::thread::yield_now();
    }
    cache.clear();
    assert!(cache.results().is_empty());
    let put = client.scatter(vec![1i64, 2, 3]);
    assert!(cache.results().is_empty(), "what was put in by hand is no result of a task");
    drop(put);
    cluster.close().unwrap();
}

#[test]
fn a_metric_of_choice_is_asked_of_each_value_and_may_panic() {
    let cluster = cluster();
    let numbers = |value: &partita::Value| value.get::<Vec<i64>>().map_or(0.0, |numbers| numbers.len() as f64);
    let cache = CacheProfiler::measuring("numbers", numbers).unwrap();
    let bad = CacheProfiler::measuring_on(&cluster.client(), "bad", |_| panic!("cannot weigh it")).unwrap();
    let graph = Graph::new().task("metric-numbers", || (0..12).collect::<Vec<i64>>(), ()).task(
        "metric-sum",
        |all: Vec<i64>| all.iter().sum::<i64>(),
        ("metric-numbers",),
    );
    for engine in [&Reference as &dyn Engine, &cluster.client()] {
        cache.clear();
        let keys = ("metric-numbers", "metric-sum");
        let (_, sum) = partita::raw::get_on::<(Vec<i64>, i64)>(engine, &graph, keys).unwrap();
        assert_eq!(sum, 66);
        let rows = cache.results();
        let facts: Vec<_> = held("metric-", &rows).iter().map(|row| (row.key.name().to_string(), row.metric)).collect();
        assert_eq!(facts, [("metric-numbers".into(), 12.0), ("metric-sum".into(), 0.0)], "{}", engine.name());
    }
    let rows = bad.results();
    assert_eq!((rows.len(), bad.panics()), (2, 2));
    assert!(rows.iter().all(|row| row.metric.is_nan()));
    cluster.close().unwrap();
}

#[test]
fn an_empty_graph_has_no_rows() {
    let cluster = cluster();
    let profiler = Profiler::start_on(&cluster.client()).unwrap();
    let nothing: Vec<Delayed<i64>> = Vec::new();
    assert!(nothing.compute_on(&cluster.client()).unwrap().is_empty());
    assert!(nothing.compute_on(&Reference).unwrap().is_empty());
    assert!(profiler.results().is_empty());
    cluster.close().unwrap();
}

#[test]
fn guards_nest_and_overlap_and_those_dropped_or_stopped_see_no_more() {
    let run = |name: &str| {
        let graph = Graph::new().task(&format!("nest-{name}"), || 1i64, ());
        partita::synchronous::get::<i64>(&graph, format!("nest-{name}").as_str()).unwrap();
    };
    let names = |profiler: &Profiler| -> Vec<String> {
        of("nest-", &profiler.results())
            .into_iter()
            .map(|row| row.key.name().to_string().replace("nest-", ""))
            .collect()
    };
    let outer = Profiler::start().unwrap();
    run("a");
    let inner = Profiler::start().unwrap();
    run("b");
    outer.stop();
    run("c");
    assert_eq!((names(&outer).join(""), names(&inner).join("")), ("ab".into(), "bc".into()));
    drop(outer);
    inner.clear();
    run("d");
    assert_eq!(names(&inner), ["d"]);
}

#[test]
fn threads_that_compute_at_once_are_both_seen() {
    let profiler = Profiler::start().unwrap();
    let barrier = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for name in ["threads-a", "threads-b"] {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let (graph, key) = forty(name);
                assert_eq!(partita::synchronous::get::<i64>(&graph, key.as_str()).unwrap(), -342);
            });
        }
    });
    let rows = profiler.results();
    let (a, b) = (of("threads-a", &rows), of("threads-b", &rows));
    assert!(a.len() == b.len() && a.len() >= 21);
    assert!(a.iter().all(|row| row.thread == a[0].thread) && b.iter().all(|row| row.thread == b[0].thread));
    assert_ne!(a[0].thread, b[0].thread);
}

#[test]
fn clusters_that_start_and_end_meanwhile_are_seen() {
    let profiler = Profiler::start().unwrap();
    for name in ["later-a", "later-b", "later-c"] {
        let cluster = cluster();
        let (graph, key) = forty(name);
        partita::raw::get_on::<i64>(&cluster.client(), &graph, key.as_str()).unwrap();
        // Nobody asks before the cluster is closed.
        cluster.close().unwrap();
    }
    let rows = profiler.results();
    for name in ["later-a", "later-b", "later-c"] {
        assert_eq!(of(name, &rows).len(), 40, "{name}");
    }
}

#[test]
fn one_cluster_without_telemetry_is_refused() {
    let cluster = LocalCluster::builder().workers(1).telemetry(false).without_default().start().unwrap();
    let error = Profiler::start_on(&cluster.client()).map(drop).unwrap_err().to_string();
    assert!(error.contains("telemetry"), "{error}");
    let profiler = Profiler::start().unwrap();
    let (graph, key) = forty("unseen");
    partita::raw::get_on::<i64>(&cluster.client(), &graph, key.as_str()).unwrap();
    assert!(of("unseen", &profiler.results()).is_empty());
    cluster.close().unwrap();
    let cluster = self::cluster();
    let client = cluster.client();
    cluster.close().unwrap();
    let error = Profiler::start_on(&client).map(drop).unwrap_err();
    assert!(matches!(error, partita::Error::Run(partita::RunError::Closed)), "{error}");
}

/// The presentation's product of an array with its transpose, and the means of its columns.
#[cfg(feature = "array")]
#[test]
fn a_product_of_arrays_has_as_many_rows_as_tasks_with_a_cluster_and_without_one() {
    let a = partita::array::random::normal(0.0, 1.0, [1000, 1000], [100, 100]);
    let means = a.dot(&a.t()).mean(Some(0));
    let tasks = means.graph().check().unwrap();
    let names: BTreeSet<String> = tasks.tasks().map(|task| task.key.to_string()).collect();
    let cluster = cluster();
    for engine in [&Reference as &dyn Engine, &cluster.client()] {
        let (profiler, cache) = (Profiler::start().unwrap(), CacheProfiler::start().unwrap());
        means.compute_on(engine).unwrap();
        let keys: Vec<String> = profiler.results().iter().map(|row| row.key.to_string()).collect();
        assert_eq!(keys.iter().filter(|key| names.contains(*key)).count(), names.len(), "{}", engine.name());
        let held: Vec<String> = cache.results().iter().map(|row| row.key.to_string()).collect();
        assert_eq!(held.iter().filter(|key| names.contains(*key)).count(), names.len(), "{}", engine.name());
    }
    cluster.close().unwrap();
}
