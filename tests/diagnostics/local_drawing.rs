//! Charts of the local profilers in files, and the profiler of resources.

use partita::diagnostics::{CacheProfiler, Chart, Charted, Profiler, ResourceProfiler, visualize};
use partita::draw::DrawError;
use partita::prelude::*;
use partita::{ConfigError, Error};
use std::time::Duration;

/// A small array program in bags: random parts, products of them, means.
fn work(client: &partita::Client) {
    let parts = Bag::<i64>::from_sequence(0..60_000, 60);
    let squares = parts.map(|x: i64| (0..20).fold(x, |sum: i64, by| (sum * 31 + by) % 1_000_003));
    let odd = squares.filter(|x| x % 2 != 0);
    (squares.sum(), odd.count(), squares.max()).compute_on(client).unwrap();
}

#[test]
fn three_profilers_are_drawn_on_one_axis_into_each_kind_of_file() {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(2).without_default().start().unwrap();
    let client = cluster.client();
    let profiler = Profiler::start_on(&client).unwrap();
    let resources = ResourceProfiler::every(Duration::from_millis(20)).unwrap();
    let cache = CacheProfiler::start_on(&client).unwrap();
    while resources.results().len() < 6 {
        work(&client);
    }
    resources.stop();
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in
        [("profile.svg", &b"<svg"[..]), ("profile.png", b"\x89PNG"), ("profile.html", b"<!DOCTYPE html>")]
    {
        let path = folder.path().join(name);
        visualize((&profiler, &resources, &cache), &path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.starts_with(start), "{name}");
        if let Some(keep) = std::env::var_os("PARTITA_PICTURES") {
            std::fs::copy(&path, std::path::Path::new(&keep).join(name)).unwrap();
        }
    }
    let text = std::fs::read_to_string(folder.path().join("profile.svg")).unwrap();
    assert_eq!(text.matches("<rect class=\"task\"").count(), profiler.results().len());
    profiler.visualize(folder.path().join("tasks.svg")).unwrap();
    cache.visualize(folder.path().join("cache.svg")).unwrap();
    resources.visualize(folder.path().join("resources.svg")).unwrap();
    cluster.close().unwrap();
}

#[test]
fn a_path_that_cannot_be_is_told_before_anything_is_drawn() {
    struct Never;
    impl Charted for Never {
        fn charts(&self) -> Vec<Chart> {
            panic!("it is drawn")
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let error = visualize(Never, folder.path().join("a.dot")).unwrap_err();
    let Error::Draw(error) = error else { panic!("{error}") };
    assert!(matches!(&*error, DrawError::UnknownChartExtension { extension } if extension == "dot"), "{error}");
    let error = visualize(Never, folder.path().join("none")).unwrap_err();
    assert!(error.to_string().contains(".svg, .png or .html"), "{error}");
    let profiler = Profiler::start().unwrap();
    let error = profiler.visualize(folder.path().join("missing/a.svg")).unwrap_err();
    let Error::Draw(error) = error else { panic!("{error}") };
    assert!(matches!(&*error, DrawError::NoFolder { folder } if folder.ends_with("missing")), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn resources_are_measured_until_it_stops() {
    let resources = ResourceProfiler::every(Duration::from_millis(5)).unwrap();
    let held = vec![1u8; 64 << 20];
    while resources.results().len() < 5 {
        std::hint::black_box(held.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    }
    resources.stop();
    let rows = resources.results();
    assert!(rows.is_sorted_by(|a, b| a.time < b.time), "{rows:?}");
    assert!(rows.iter().all(|row| row.cpu >= 0.0 && row.machine_cpu >= 0.0 && row.machine_memory < row.machine_total));
    assert!(rows[rows.len() - 1].memory > 64 << 20, "{rows:?}");
    resources.stop();
    assert_eq!(resources.results().len(), rows.len());
    resources.clear();
    assert!(resources.results().is_empty());
}

#[test]
fn an_interval_without_sense_is_refused() {
    for interval in [Duration::ZERO, Duration::from_secs(1 << 20)] {
        let error = ResourceProfiler::every(interval).map(drop).unwrap_err();
        assert!(matches!(error, Error::Config(ConfigError::Value { field: "interval", .. })), "{error}");
    }
}
