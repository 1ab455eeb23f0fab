//! What is exported of a real run against its executions.

use partita::diagnostics::export::{self, ExportError, Row};
use partita::diagnostics::{MemorySampler, Run, compare};
use partita::prelude::*;
use partita::raw::{Graph, get_on};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn cluster() -> LocalCluster {
    LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap()
}

/// Twelve squares, their sum, and calls whose keys are hostile.
fn work(client: &Client) {
    let sum = Bag::<i64>::from_sequence(0..12, 12).map(|x| x * x).sum();
    assert_eq!(sum.compute_on(client).unwrap(), 506);
    for name in ["=1+1", "</script><script>alert(1)</script>", "a\"b,c\nd", "日本 🦀"] {
        let graph = Graph::new().task(name, || 2i64, ());
        assert_eq!(get_on::<i64>(client, &graph, name).unwrap(), 2);
    }
}

fn lines(path: &std::path::Path) -> Vec<Row> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn traces_and_tables_have_each_execution() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let watching = client.watch().unwrap();
    work(&client);
    let run = watching.finish().unwrap();
    let path = |name: &str| folder.path().join(name);

    export::chrome_trace(&run, path("trace.json")).unwrap();
    let trace: Value = serde_json::from_str(&fs::read_to_string(path("trace.json")).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let complete: Vec<_> = events.iter().filter(|event| event["ph"] == "X").collect();
    assert_eq!(complete.len() as u64, run.executions().count);
    let nanos: u64 = complete.iter().map(|event| (event["dur"].as_f64().unwrap() * 1e3).round() as u64).sum();
    assert_eq!(u128::from(nanos), run.executions().busy.as_nanos());
    assert!(complete.iter().any(|event| event["name"] == "</script><script>alert(1)</script>"));
    assert!(complete.iter().all(|event| event["args"]["line"].as_str().unwrap().contains("export.rs:")));

    export::json_lines(&run, path("run.jsonl")).unwrap();
    assert_eq!(lines(&path("run.jsonl")), export::rows(&run).collect::<Vec<_>>());
    export::csv(&run, path("run.csv")).unwrap();
    let table = fs::read_to_string(path("run.csv")).unwrap();
    assert!(table.contains("\n\"'=1+1-") && table.contains(",\"'=1+1\",") && !table.contains("\"=1"), "{table}");
    cluster.close().unwrap();
}

#[test]
fn a_task_stream_has_what_was_done_since() {
    let cluster = cluster();
    let client = cluster.client();
    work(&client);
    let stream = client.get_task_stream().unwrap();
    assert_eq!(stream.data().unwrap(), []);
    let sum = Bag::<i64>::from_sequence(0..5, 5).map(|x| x + 1).sum();
    assert_eq!(sum.compute_on(&client).unwrap(), 15);
    let rows = stream.data().unwrap();
    assert!(rows.len() >= 5 && rows.iter().all(|row| row.ok && row.worker.starts_with("worker-")), "{rows:?}");

    let folder = tempfile::tempdir().unwrap();
    stream.save(folder.path().join("rows.jsonl")).unwrap();
    assert_eq!(lines(&folder.path().join("rows.jsonl")), rows);
    stream.save(folder.path().join("rows.json")).unwrap();
    let error = stream.save(folder.path().join("rows.xlsx")).unwrap_err();
    assert!(matches!(error, partita::Error::Export(ExportError::UnknownEnding { .. })), "{error}");
    cluster.close().unwrap();
}

#[test]
fn a_saved_run_compares_with_a_live_one() {
    let cluster = cluster();
    let client = cluster.client();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("before.run");
    let watching = client.watch().unwrap();
    work(&client);
    let before = watching.finish().unwrap();
    before.save(&path).unwrap();
    let loaded = Run::load(&path).unwrap();
    let same = compare(&before, &loaded);
    assert!(same.groups.iter().all(|group| group.time.by() == 0 && group.executions.by() == 0), "{same}");
    assert_eq!((same.keys.only_first.count, same.keys.only_second.count), (0, 0), "{same}");

    let watching = client.watch().unwrap();
    let only = client.submit(|x: i64| x * 2, (21,));
    assert_eq!(only.result().unwrap(), 42);
    let after = watching.finish().unwrap();
    let comparison = compare(&loaded, &after);
    assert_eq!(comparison.keys.only_second.keys.len(), 1, "{comparison}");
    assert_eq!(comparison.keys.only_second.keys[0].0, only.key().to_string());
    let executed = |side: fn(&partita::diagnostics::compare::Change) -> u64| -> u64 {
        comparison.groups.iter().map(|group| side(&group.executions)).sum()
    };
    assert_eq!(executed(|change| change.first), before.executions().count);
    assert_eq!(executed(|change| change.second), after.executions().count);
    cluster.close().unwrap();
}

#[test]
fn sampled_memory_is_what_was_held() {
    let cluster = cluster();
    let client = cluster.client();
    let sampler = MemorySampler::new();
    const LARGE: usize = 4 << 20;
    let kept = client.submit(|| vec![1u8; LARGE], ());
    kept.wait(None).unwrap();
    {
        let _sampling = sampler.sample("=two", &client).unwrap();
        let second = client.submit(|| vec![2u8; LARGE], ());
        second.wait(None).unwrap();
    }
    {
        let _sampling = sampler.sample("one", &client).unwrap();
        assert_eq!(client.submit(|x: i64| x + 1, (1,)).result().unwrap(), 2);
    }
    let mut peaks = BTreeMap::new();
    for row in sampler.rows() {
        let peak: &mut u64 = peaks.entry(row.label).or_default();
        *peak = row.held.max(*peak);
    }
    let (two, one) = (peaks["=two"] as usize, peaks["one"] as usize);
    assert!((2 * LARGE..2 * LARGE + 4096).contains(&two), "{two}");
    assert!((LARGE..2 * LARGE + 4096).contains(&one), "{one}");
    assert_eq!(sampler.rows()[0].seconds, 0.0, "each begins at its own beginning");
    assert!(sampler.rows().iter().any(|row| row.process > 2 * LARGE as u64));

    let folder = tempfile::tempdir().unwrap();
    sampler.to_csv(folder.path().join("memory.csv")).unwrap();
    let table = fs::read_to_string(folder.path().join("memory.csv")).unwrap();
    assert_eq!(table.lines().count(), sampler.rows().len() + 1);
    assert!(table.contains("\"'=two\",0,"), "{table}");
    cluster.close().unwrap();
}

/// Tasks are told of by the scheduler and executions by workers, each when they like; whichever batch is sent first, the task
/// has to be known when its execution comes.
#[test]
fn each_execution_is_of_a_group_that_is_known() {
    let cluster = cluster();
    let client = cluster.client();
    let watching = client.watch().unwrap();
    for number in 0..2_000i64 {
        assert_eq!(client.submit(|x: i64| x + 1, (number,)).result().unwrap(), number + 1);
    }
    let run = watching.finish().unwrap();
    assert_eq!(run.executions().count, 2_000);
    let unknown = run.executions().kept().filter(|execution| execution.prefix == partita::diagnostics::run::OTHERS);
    assert_eq!(unknown.count(), 0);
    cluster.close().unwrap();
}
