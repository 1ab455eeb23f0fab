//! Logs and dumps of a cluster that had a bad day, with nobody watching.

use partita::diagnostics::export::ExportError;
use partita::diagnostics::{Level, log_to_terminal};
use partita::prelude::*;
use serde_json::Value;
use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Waits until it is so.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_bad_day_is_in_the_logs_and_in_the_dump() {
    let names = ["first", "<script>\"second"];
    let cluster = LocalCluster::builder().names(names).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let kept = client.submit(|x: i64| x + 1, (41,));
    assert_eq!(kept.result().unwrap(), 42);
    let fails = delayed(|x: i64| if x > 0 { panic!("no luck, <b>") } else { x }, (1i64,));
    fails.compute_on(&client).unwrap_err();
    let found = || client.summary().unwrap().workers.into_iter().find(|worker| &*worker.info.name == "first");
    let before = found().unwrap().worker;
    cluster.panic_worker("first", "a fault put in by hand");
    until("another worker is in its place", || found().is_some_and(|worker| worker.worker != before));

    let scheduler = client.get_scheduler_logs().unwrap();
    let has = |level: Level, text: &str| scheduler.iter().any(|line| line.level == level && line.text.contains(text));
    assert!(has(Level::Info, "worker `first` joined with 1 threads"), "{scheduler:?}");
    assert!(has(Level::Warn, "worker `first` is gone"), "{scheduler:?}");
    assert!(has(Level::Error, "failed for good") && has(Level::Error, "no luck"), "{scheduler:?}");
    assert_eq!(scheduler.iter().filter(|line| line.level == Level::Error).count(), 1, "{scheduler:?}");
    assert!(scheduler.iter().all(|line| line.worker.is_none()) && scheduler.is_sorted_by_key(|line| line.time));

    let workers = client.get_worker_logs().unwrap();
    let of = |text: &str| workers.iter().find(|line| line.text.contains(text)).unwrap_or_else(|| panic!("{workers:?}"));
    let died = of("a fault put in by hand");
    assert_eq!((died.level, died.worker.as_deref()), (Level::Warn, Some("first")));
    assert!(died.text.contains("is started again"), "{died:?}");
    assert!(names.contains(&of("no luck, <b>").worker.as_deref().unwrap()));

    let folder = tempfile::tempdir().unwrap();
    let error = client.dump_cluster_state(folder.path().join("dump.yaml")).unwrap_err();
    assert!(matches!(error, partita::Error::Export(ExportError::UnknownEnding { .. })), "{error}");
    let path = |name: &str| folder.path().join(name);
    client.dump_cluster_state(path("dump.json")).unwrap();
    let text = fs::read_to_string(path("dump.json")).unwrap();
    let dump: Value = serde_json::from_str(&text).unwrap();
    let listed = |what: &str| dump[what].as_array().unwrap().clone();
    assert_eq!(listed("workers").iter().filter(|worker| worker["name"] == names[1]).count(), 1);
    let task = listed("tasks").into_iter().find(|task| task["key"] == kept.key().to_string()).unwrap();
    assert!(task["line"].as_str().unwrap().contains("logs.rs:"), "{task}");
    assert!(["Memory", "Processing", "Queued"].contains(&task["state"].as_str().unwrap()), "{task}");
    assert!(listed("failures").iter().any(|failure| failure["error"].as_str().unwrap().contains("no luck")), "{text}");
    assert!(listed("logs").len() >= scheduler.len() + workers.len());
    assert_eq!(dump["versions"]["partita"], env!("CARGO_PKG_VERSION"));
    let secrets = std::env::var("PATH").unwrap();
    assert!(!secrets.is_empty() && !text.contains(&secrets), "nothing of the environment is in it");

    client.dump_cluster_state(path("dump.msgpack")).unwrap();
    let packed: Value = rmp_serde::from_slice(&fs::read(path("dump.msgpack")).unwrap()).unwrap();
    assert_eq!((&packed["address"], &packed["versions"]), (&dump["address"], &dump["versions"]));
    drop(kept);
    cluster.close().unwrap();
}

/// FAULTS T21.
#[test]
fn an_error_that_says_too_much_is_cut_in_the_logs_alone() {
    let cluster = LocalCluster::builder().workers(1).without_default().start().unwrap();
    let client = cluster.client();
    let words = "é".repeat(1 << 20);
    let fails = delayed(move |x: i64| if x > 0 { panic!("{words}") } else { x }, (1i64,));
    let error = fails.compute_on(&client).unwrap_err();
    assert!(error.to_string().len() > 2 << 20);
    let (mut lines, state) = (client.get_scheduler_logs().unwrap(), client.cluster_state().unwrap());
    lines.extend(client.get_worker_logs().unwrap());
    let texts = lines.iter().map(|line| &line.text).chain(state.failures.iter().map(|failure| &failure.error));
    let texts: Vec<usize> = texts.map(|text| text.len()).collect();
    assert!(texts.iter().all(|length| *length < 5 << 10), "{texts:?}");
    assert_eq!(texts.iter().filter(|length| **length > 4 << 10).count(), 3, "{texts:?}");
    cluster.close().unwrap();
}

#[test]
fn a_worker_that_leaves_threads_behind_says_so() {
    let builder = LocalCluster::builder().workers(2).threads_per_worker(1).close_grace(Duration::from_millis(1));
    let cluster = builder.without_default().start().unwrap();
    let client = cluster.client();
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = Mutex::new(held);
    let (begin, begun) = std::sync::mpsc::channel();
    let there = client.with_options(TaskOptions::new().workers(["worker-1"]));
    let stuck = there.submit(
        move || {
            begin.send(()).unwrap();
            // It goes on when the test has let go of the other end.
            held.lock().unwrap().recv().ok();
        },
        (),
    );
    begun.recv().unwrap();
    cluster.scale(1).unwrap();
    let mut lines = Vec::new();
    until("the log tells of it", || {
        lines = client.get_worker_logs().unwrap();
        lines.iter().any(|line| line.text.contains("1 of its threads are still in a task"))
    });
    let line = lines.iter().find(|line| line.text.contains("still in a task")).unwrap();
    assert_eq!((line.level, line.worker.as_deref()), (Level::Warn, Some("worker-1")));
    drop((release, stuck));
    cluster.close().unwrap();
}

#[test]
fn without_telemetry_there_are_no_logs_and_it_is_said() {
    let cluster = LocalCluster::builder().workers(1).telemetry(false).without_default().start().unwrap();
    let error = cluster.client().get_scheduler_logs().unwrap_err();
    assert!(error.to_string().contains("telemetry(true)"), "{error}");
    cluster.close().unwrap();
}

/// Says how the test below calls this program again.
const ROLE: &str = "PARTITA_TEST_OF_THE_TERMINAL";

/// Loses a worker, in a process of its own; a test of nothing otherwise.
#[test]
fn a_worker_dies_in_another_process() {
    let Ok(role) = std::env::var(ROLE) else { return };
    if role == "asked" {
        log_to_terminal(Level::Warn).unwrap();
    }
    let cluster = LocalCluster::builder().names(["frail"]).threads_per_worker(1).without_default().start().unwrap();
    let client = cluster.client();
    let found = || client.summary().unwrap().workers.first().map(|worker| worker.worker);
    let before = found().unwrap();
    cluster.panic_worker("frail", "a fault put in by hand");
    until("another worker is in its place", || found().is_some_and(|worker| worker != before));
    cluster.close().unwrap();
}

/// What such a process says on the terminal in lines of the log.
fn said(role: &str, variable: Option<&str>) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "logs::a_worker_dies_in_another_process", "--nocapture"]).env(ROLE, role);
    command.env_remove("PARTITA_LOG").env_remove("RUST_LOG");
    command.envs(variable.map(|value| ("PARTITA_LOG", value)));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn nothing_below_a_warning_reaches_the_terminal_unless_asked() {
    let silent = said("silent", None);
    assert!(!silent.contains("starting it again") && !silent.contains("worker joined"), "{silent}");
    let asked = said("asked", None);
    assert!(asked.contains("starting it again") && !asked.contains("worker joined"), "{asked}");
    let more = said("asked", Some("debug"));
    assert!(more.contains("starting it again") && more.contains("worker joined"), "{more}");
}
