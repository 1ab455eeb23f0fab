//! Reports of real clusters: the figures in their pages against the records of the run, and against what is known of it.

use parking_lot::Mutex;
use partita::client::Client;
use partita::diagnostics::{ReportError, Run, performance_report_on};
use partita::prelude::*;
use partita::raw::Graph;
use partita::{Error, RunError};
use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::{TempDir, tempdir};

fn cluster() -> (LocalCluster, Client) {
    let cluster = LocalCluster::builder().workers(2).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    (cluster, client)
}

/// The data in the page of a report.
pub(crate) fn data(path: &Path) -> Value {
    let page = fs::read_to_string(path).unwrap();
    let start = page.find("id=\"data\">").unwrap() + "id=\"data\">".len();
    let end = start + page[start..].find("</script>").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

fn sum(values: &Value) -> u64 {
    values.as_array().unwrap().iter().map(|value| value.as_u64().unwrap()).sum()
}

pub(crate) fn sum_of(rows: &Value, field: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row[field].as_u64().unwrap()).sum()
}

/// Files of a folder that were left behind.
fn names(folder: &TempDir) -> Vec<String> {
    let names = fs::read_dir(folder.path()).unwrap();
    names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// Twenty squares and their sum, results that have to go from worker to worker, and a task that fails. The line that
/// made the last is given back.
pub(crate) fn script(client: &Client) -> u32 {
    let squares = Bag::<i64>::from_sequence(0..20, 20).map(|x| x * x).sum();
    assert_eq!(squares.compute_on(client).unwrap(), 2470);
    let workers = ["worker-0", "worker-1"].map(|name| TaskOptions::new().workers([name]));
    let [here, there] = workers;
    let block = delayed(|n: i64| vec![n as u8; 100_000], (7,)).options(here);
    let length = delayed(|block: Vec<u8>| block.len() as i64, (block,)).options(there);
    assert_eq!(length.compute_on(client).unwrap(), 100_000);
    let fails = delayed(|x: i64| if x > 0 { panic!("no luck") } else { x }, (1,));
    let line = line!() - 1;
    let error = fails.compute_on(client).unwrap_err();
    assert!(matches!(error, Error::Run(RunError::Task(_))), "{error}");
    line
}

#[test]
fn the_figures_are_those_of_the_records() {
    let (cluster, client) = cluster();
    let folder = tempdir().unwrap();
    let watching = client.watch().unwrap();
    let report = performance_report_on(&client, folder.path().join("report.html")).unwrap().title("A scripted run");
    let line = script(&client);
    let path = report.finish().unwrap();
    let run = watching.finish().unwrap();
    cluster.close().unwrap();
    assert_eq!(path, fs::canonicalize(folder.path()).unwrap().join("report.html"));
    assert_eq!(names(&folder), ["report.html"], "nothing else is left behind");
    let data = data(&path);

    assert_eq!(data["title"], "A scripted run");
    assert_eq!(data["summary"]["workers"], 2);
    assert_eq!(data["summary"]["threads"], 2);
    times_are_those_of(&run, &data);
    bytes_are_those_of(&run, &data);

    // What failed, with its line.
    assert_eq!((&data["summary"]["erred"], &data["summary"]["failures"]), (&1.into(), &1.into()));
    let failures = &data["failures"];
    assert_eq!((&failures["count"], failures["lines"].as_array().unwrap().len()), (&1.into(), 1));
    assert!(failures["lines"][0]["error"].as_str().unwrap().contains("no luck"));
    let place = format!("report.rs:{line}");
    assert!(failures["lines"][0]["line"].as_str().unwrap().ends_with(&place), "{failures}");
    // The lines of code, with what they say.
    let code = data["code"].as_array().unwrap();
    assert_eq!(sum_of(&data["code"], "time"), run.executions().busy.as_nanos() as u64);
    let own = code.iter().find(|own| own["line"] == line).unwrap();
    assert!(own["file"].as_str().unwrap().ends_with("tests/diagnostics/report.rs"));
    assert!(own["text"].as_str().unwrap().starts_with("let fails = delayed("), "{own}");
}

/// The time of tasks and their number are the same in all parts of the report, and those of the records.
fn times_are_those_of(run: &Run, data: &Value) {
    let (busy, count) = (run.executions().busy.as_nanos() as u64, run.executions().count);
    let executions: Vec<_> = run.executions().kept().collect();
    assert_eq!(executions.iter().map(|ran| ran.duration().as_nanos() as u64).sum::<u64>(), busy);
    assert!(count >= 22 && executions.len() as u64 == count);
    let tasks: u64 = run.groups().iter().map(|(_, group)| group.tasks).sum();
    assert_eq!(data["summary"]["tasks"], tasks);
    assert_eq!(data["summary"]["executions"], count);
    assert_eq!(data["summary"]["time"]["compute"], busy);
    assert_eq!(data["stream"]["tasks"], count);
    assert_eq!(sum(&data["stream"]["rects"]["time"]), busy);
    assert_eq!(sum_of(&data["stream"]["lanes"], "count"), count);
    assert_eq!(data["stream"]["rects"]["failed"].as_array().unwrap().len(), 1);
    assert_eq!(data["profile"]["time"], busy);
    assert_eq!((sum_of(&data["groups"], "time"), sum_of(&data["groups"], "executions")), (busy, count));
    assert_eq!((sum_of(&data["workers"], "busy"), sum_of(&data["workers"], "executed")), (busy, count));
    assert_eq!(sum_of(&data["slowest"], "time"), busy, "they are so few that all are there");
    let progress = data["progress"]["counts"].as_array().unwrap().last().unwrap().as_array().unwrap();
    assert_eq!(progress.iter().map(|group| group[0].as_u64().unwrap()).sum::<u64>(), tasks);
    // The path is no longer than the run, and ends with what ended last and well.
    let (critical, duration) = (&data["critical"], data["summary"]["duration"].as_u64().unwrap());
    let steps = critical["steps"].as_array().unwrap();
    assert_eq!(critical["computing"].as_u64().unwrap(), sum_of(&critical["steps"], "time"));
    assert!(critical["computing"].as_u64().unwrap() + critical["waiting"].as_u64().unwrap() <= duration);
    let last = executions.iter().filter(|ran| ran.ok).max_by_key(|ran| ran.stopped).unwrap();
    assert_eq!(steps.last().unwrap()["key"], run.names().key_text(last.task));
}

fn bytes_are_those_of(run: &Run, data: &Value) {
    let all = run.transfers().all;
    assert!(all.nbytes >= 100_000, "{all:?}");
    assert_eq!(data["summary"]["transferred"], all.nbytes);
    assert_eq!(data["bandwidth"]["nbytes"], all.nbytes);
    assert_eq!(sum_of(&data["bandwidth"]["groups"], "nbytes"), all.nbytes);
    let pairs = data["bandwidth"]["pairs"].as_array().unwrap();
    assert_eq!(pairs.iter().map(|pair| pair[2].as_u64().unwrap()).sum::<u64>(), all.nbytes);
    assert_eq!((sum_of(&data["workers"], "sent"), sum_of(&data["workers"], "received")), (all.nbytes, all.nbytes));
    let sizes: u64 = run.groups().iter().map(|(_, group)| group.sizes.sum).sum();
    assert_eq!(sum_of(&data["groups"], "nbytes"), sizes);
    assert!(data["summary"]["held_peak"].as_u64().unwrap() >= 100_000);
    assert!(data["summary"]["process_peak"].as_u64().unwrap() > 0);
}

#[test]
fn a_path_that_cannot_be_written_is_refused_before_anything_is_done() {
    let (cluster, client) = cluster();
    let folder = tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "kept").unwrap();
    fs::write(at("locked.html"), "kept").unwrap();
    let mut locked = fs::metadata(at("locked.html")).unwrap().permissions();
    locked.set_readonly(true);
    fs::set_permissions(at("locked.html"), locked).unwrap();
    let refused = |path: PathBuf| match performance_report_on(&client, &path).map(drop) {
        Err(Error::Report(error)) => {
            assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
            error
        }
        other => panic!("{}: {other:?}", path.display()),
    };
    assert!(matches!(refused(at("missing/deep/report.html")), ReportError::NoFolder { .. }));
    assert!(matches!(refused(at("file/report.html")), ReportError::NotAFolder { .. }));
    assert!(matches!(refused(folder.path().into()), ReportError::NotAFile { .. }));
    assert!(matches!(refused(folder.path().join("..")), ReportError::NotAFile { .. }));
    assert!(matches!(refused("".into()), ReportError::NoName { .. }));
    assert!(matches!(refused("/dev/null".into()), ReportError::NotAFile { .. }));
    assert!(matches!(refused(at("report.html/")), ReportError::NotAFile { .. }));
    assert!(matches!(refused(at("zero\0.html")), ReportError::Refused { .. }));
    assert!(matches!(refused(at("locked.html")), ReportError::ReadOnly { .. }));
    assert!(matches!(refused(at(&"long".repeat(64))), ReportError::Refused { .. }));
    #[cfg(target_os = "linux")]
    assert!(matches!(refused("/proc/report.html".into()), ReportError::Refused { .. }));
    let mut left = names(&folder);
    left.sort();
    assert_eq!(left, ["file", "locked.html"], "no folder is made, and nothing is left behind");
    cluster.close().unwrap();
}

/// What is said to `tracing` while something is done on this thread.
fn warnings<R>(act: impl FnOnce() -> R) -> (R, String) {
    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<u8>>>);
    impl Write for Said {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let said = Said::default();
    let writer = said.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let result = tracing::subscriber::with_default(subscriber, act);
    let said = String::from_utf8(said.0.lock().clone()).unwrap();
    (result, said)
}

#[test]
fn a_report_that_can_no_longer_be_written_goes_elsewhere_and_takes_no_result_with_it() {
    let (cluster, client) = cluster();
    let folder = tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let report = performance_report_on(&client, inner.join("report.html")).unwrap();
    fs::remove_dir(&inner).unwrap();
    let sum = Bag::<i64>::from_sequence(0..20, 5).sum().compute_on(&client).unwrap();
    let (path, said) = warnings(|| report.finish().unwrap());
    assert_eq!(sum, 190);
    assert!(path.starts_with(std::env::temp_dir()) && !inner.exists(), "{path:?}");
    assert!(data(&path)["summary"]["executions"].as_u64().unwrap() >= 5);
    for said_path in [inner.join("report.html"), path.clone()] {
        assert!(said.contains("WARN") && said.contains(said_path.to_str().unwrap()), "{said}");
    }
    fs::remove_file(path).unwrap();
    cluster.close().unwrap();
}

#[test]
fn a_dropped_guard_writes_also_after_the_cluster_is_closed_and_while_a_panic_goes_through() {
    let (cluster, client) = cluster();
    let folder = tempdir().unwrap();
    let [late, panicked] = ["late.html", "panicked.html"].map(|name| folder.path().join(name));
    fs::write(&panicked, "an old report").unwrap();
    let report = performance_report_on(&client, &late).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _report = performance_report_on(&client, &panicked).unwrap();
        Bag::<i64>::from_sequence(0..20, 5).sum().compute_on(&client).unwrap();
        panic!("the caller's");
    }));
    assert_eq!(*caught.unwrap_err().downcast_ref::<&str>().unwrap(), "the caller's");
    cluster.close().unwrap();
    let (_, said) = warnings(|| drop(report));
    assert_eq!(said, "");
    for path in [late, panicked] {
        assert!(data(&path)["summary"]["executions"].as_u64().unwrap() >= 5, "{path:?}");
    }
    assert_eq!(names(&folder).len(), 2);
}

#[cfg(unix)]
#[test]
fn what_a_link_points_to_is_written_and_the_link_stays() {
    let (cluster, client) = cluster();
    let (folder, other) = (tempdir().unwrap(), tempdir().unwrap());
    let [link, file] = [folder.path().join("link.html"), other.path().join("file.html")];
    fs::write(&file, "an old report").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    performance_report_on(&client, &link).unwrap().finish().unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(data(&file)["summary"]["failures"], 0);
    assert_eq!((names(&folder), names(&other)), (vec!["link.html".to_string()], vec!["file.html".to_string()]));
    cluster.close().unwrap();
}

/// FAULTS T21, M7.
#[test]
fn hostile_names_and_errors_are_data() {
    const HOSTILE: &str = "</script><img src=x onerror=alert(1)><!--\u{2028}\"'`";
    let (cluster, client) = cluster();
    let folder = tempdir().unwrap();
    let report = performance_report_on(&client, folder.path().join("report.html")).unwrap().title(HOSTILE);
    let graph = Graph::new().value("x", 1i64).task(HOSTILE, |_: i64| -> i64 { panic!("{HOSTILE}") }, ("x",));
    partita::raw::get_on::<i64>(&client, &graph, HOSTILE).unwrap_err();
    let path = report.finish().unwrap();
    cluster.close().unwrap();
    let page = fs::read_to_string(&path).unwrap();
    assert_eq!((page.matches("</script").count(), page.matches("<img").count()), (3, 0));
    let data = data(&path);
    assert_eq!(data["title"], HOSTILE);
    assert!(data["failures"]["lines"][0]["error"].as_str().unwrap().contains(HOSTILE));
    assert!(data["failures"]["lines"][0]["key"].as_str().unwrap().contains(HOSTILE));
}

/// Work for a machine: so many rounds of arithmetic.
fn spin(rounds: u64, seed: i64) -> i64 {
    (0..rounds).fold(seed as u64, |sum, round| sum.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round | 1))
        as i64
        & 0xFF
}

fn load(n: i64) -> Vec<u8> {
    vec![spin(20_000 + 400 * n as u64, n) as u8; 40_000 + 500 * n as usize]
}

fn clean(block: Vec<u8>) -> Vec<u8> {
    block.iter().map(|byte| byte.rotate_left(3)).collect()
}

fn total(block: Vec<u8>) -> i64 {
    block.iter().map(|&byte| i64::from(byte)).sum()
}

fn pair_up(a: i64, b: i64) -> i64 {
    spin(90_000, a + b)
}

fn add_up(sums: Vec<i64>) -> i64 {
    sums.iter().sum()
}

/// Writes `target/reports/sample.html`, the report of a run that has something for every tab, to be looked at.
#[test]
fn a_sample_report() {
    let cluster = LocalCluster::builder().workers(4).threads_per_worker(2).without_default().start().unwrap();
    let client = cluster.client();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports");
    fs::create_dir_all(&folder).unwrap();
    let report = performance_report_on(&client, folder.join("sample.html")).unwrap().title("A sample report");
    let totals: Vec<Delayed<i64>> = (0..120)
        .map(|n| delayed(load, (n,)))
        .map(|block| delayed(clean, (block,)))
        .map(|block| delayed(total, (block,)))
        .collect();
    let pairs: Vec<Delayed<i64>> = totals.chunks(2).map(|pair| delayed(pair_up, (&pair[0], &pair[1]))).collect();
    let all = delayed(add_up, (pairs,));
    assert!(all.compute_on(&client).unwrap() > 0);
    let words = Bag::<i64>::from_sequence(0..4_000, 40).map(|x| (spin(300, x) % 7, x));
    let by_word = words.fold_by(|(word, _)| *word, 0i64, |sum, (_, x)| sum + x, |a, b| a + b);
    assert_eq!(by_word.compute_on(&client).unwrap().len(), 7);
    let divided = delayed(|x: i64, y: i64| 10 / (x - y), (4, 4));
    divided.compute_on(&client).unwrap_err();
    script(&client);
    let path = report.finish().unwrap();
    cluster.close().unwrap();
    let data = data(&path);
    assert!(data["summary"]["executions"].as_u64().unwrap() > 400);
    assert_eq!(data["failures"]["count"], 2);
    let names: Vec<_> =
        data["groups"].as_array().unwrap().iter().map(|group| group["name"].as_str().unwrap()).collect();
    assert!(["load", "clean", "pair_up"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(!names.contains(&"(others)"), "the group of each execution is known: {names:?}");
    for part in ["slowest", "code", "workers", "groups"] {
        assert!(!data[part].as_array().unwrap().is_empty(), "{part}");
    }
}
