//! Reports of many executions: bounded, and still true.

use super::Report;
use crate::run::{Limits, Run};
use crate::view::{self, Range, StreamSize};
use partita_graph::Token;
use partita_protocol::telemetry::{Batch, Failed, Level, Log, Record, State, Usage};
use partita_protocol::{Attempt, PlaceId, PrefixId, TaskId, Time, WorkerId};
use serde_json::Value;

const WORKERS: u32 = 16;
const THREADS: u32 = 2;
const GROUPS: u32 = 12;
const MB: usize = 1_000_000;

/// A run of so many executions on 32 threads, of 12 groups made by 40 lines, with failures, logs, transfers and use.
pub(super) fn synthetic(executions: u32) -> Run {
    let mut run = Run::new(Limits::default());
    let mut records: Vec<Record> = (0..GROUPS)
        .map(|group| Record::Prefix { prefix: PrefixId(group), name: format!("group-of-tasks-{group}").into() })
        .collect();
    records.extend((0..40).map(|line| Record::Place {
        place: PlaceId(line),
        file: format!("src/analysis/part_{}.rs", line / 10).into(),
        line: 10 + 7 * line,
    }));
    records.extend((0..WORKERS).map(|worker| Record::WorkerJoined {
        time: Time(0),
        worker: WorkerId(worker),
        name: format!("worker-{worker}").into(),
        threads: THREADS,
        memory_limit: 4 << 30,
    }));
    records.push(Record::Usage(Usage::default()));
    let mut free = vec![0u64; (WORKERS * THREADS) as usize];
    for nth in 0..executions {
        one(&mut records, &mut free, nth);
        if records.len() > 4_000 {
            run.add(&Batch { records: std::mem::take(&mut records), dropped: 0 });
        }
    }
    run.add(&Batch { records, dropped: 0 });
    run
}

/// One task, from being known to its end, on the thread that is free next.
fn one(records: &mut Vec<Record>, free: &mut [u64], nth: u32) {
    let (task, prefix) = (TaskId::new(nth, 0), PrefixId(nth * 7 / 5 % GROUPS));
    let lane = nth as usize % free.len();
    let (worker, thread) = (WorkerId(lane as u32 / THREADS), lane as u32 % THREADS);
    // Some hundred microseconds, by a rule without a pattern that shows.
    let length = 50_000 + u64::from(nth.wrapping_mul(2_654_435_761) >> 12);
    let (started, stopped) = (Time(free[lane] + 5_000), Time(free[lane] + 5_000 + length));
    free[lane] = stopped.0;
    let (ok, nbytes) = (nth % 1_009 != 1_000, u64::from(nth % 1_000) * 64);
    let before = TaskId::new(nth.saturating_sub(40), 0);
    let dependencies = if nth >= 40 { vec![before].into() } else { Box::default() };
    let (token, place) = (Token::of(&(nth % GROUPS).to_le_bytes()), PlaceId(nth % 40));
    records.push(Record::Task { task, before: State::Forgotten, prefix, place, token, part: nth, dependencies });
    records.push(Record::Compute { task, attempt: Attempt(0), worker, thread, started, stopped, nbytes, ok });
    if nth.is_multiple_of(16) {
        records.push(Record::Transition { time: stopped, task, prefix, from: State::Released, to: State::Memory });
    }
    if !ok {
        let (key, place) = (format!("task-{nth}").into(), Some("src/analysis/part_1.rs:17".into()));
        let error = "no luck: ".repeat(500).into();
        let failed = Failed { time: stopped, task, key, place, worker: Some(worker), error };
        records.push(Record::Failed(Box::new(failed)));
    }
    if nth.is_multiple_of(64) {
        let to = WorkerId((worker.0 + 1 + nth % 5) % WORKERS);
        let results = vec![(task, nbytes)].into();
        records.push(Record::Transfer { from: worker, to, count: 1, nbytes, results, started, stopped });
        records.push(Record::Store { time: stopped, worker, count: 9, nbytes: nbytes * 100, on_disk: 0, running: 1 });
        let text = format!("line {nth} of the log").into();
        records.push(Record::Log(Box::new(Log { time: stopped, level: Level::Info, worker: None, text })));
        let (cpu, memory) = (nth as f32 % 32.0, 100 * u64::from(nth));
        records.push(Record::Usage(Usage { time: stopped, cpu, memory, machine_cpu: cpu, ..Usage::default() }));
    }
}

/// The page is kept as `target/reports/many.html`, to be looked at.
#[test]
fn of_100_000_executions_a_report_shows_each_in_less_than_5_mb() {
    let run = synthetic(100_000);
    let report = Report::of(&run, "A hundred thousand tasks");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/reports");
    std::fs::create_dir_all(&folder).unwrap();
    let mut page = Vec::new();
    report.write_html(&mut page).unwrap();
    std::fs::write(folder.join("many.html"), &page).unwrap();
    assert!(page.len() < 5 * MB, "{} bytes", page.len());
    let rects = report.stream.rects.unwrap();
    assert_eq!(rects.time.len(), 100_000);
    assert_eq!(u128::from(rects.time.iter().sum::<u64>()), run.executions().busy.as_nanos());
}

#[test]
fn of_1_000_000_executions_a_report_is_no_larger_and_its_stream_adds_up() {
    let run = synthetic(1_000_000);
    assert_eq!((run.executions().count, run.executions().forgotten), (1_000_000, 0));
    let mut page = Vec::new();
    Report::of(&run, "many").write_html(&mut page).unwrap();
    assert!(page.len() < 5 * MB, "{} bytes", page.len());
    // What a dashboard is sent.
    let stream = view::stream(&run, Range::of(&run), StreamSize::default());
    let sent = serde_json::to_string(&stream).unwrap();
    assert!(sent.len() < StreamSize::BYTES, "{} bytes", sent.len());
    let cells = stream.cells.unwrap();
    assert_eq!(u128::from(cells.busy.iter().sum::<u64>()), run.executions().busy.as_nanos());
    assert_eq!(cells.count.iter().sum::<u64>(), 1_000_000);
    let failed = run.executions().kept().filter(|execution| !execution.ok).count() as u64;
    assert_eq!(cells.failed.iter().sum::<u64>(), failed);
}

/// Each task of a group of its own with a name that has 3,000 letters to be escaped, and an error on each that is as long.
#[test]
fn long_names_and_errors_do_not_make_a_report_larger() {
    let mut run = Run::new(Limits::default());
    let long = "<name>".repeat(500);
    let mut records = Vec::new();
    for nth in 0..800u32 {
        let (time, task, prefix) = (Time(u64::from(nth) * 1_000), TaskId::new(nth, 0), PrefixId(nth));
        let (token, place) = (Token::of(&nth.to_le_bytes()), PlaceId(0));
        let (worker, thread, attempt) = (WorkerId(0), 0, Attempt(0));
        records.push(Record::Prefix { prefix, name: format!("{nth}{long}").into() });
        let (before, dependencies) = (State::Forgotten, Box::default());
        records.push(Record::Task { task, before, prefix, place, token, part: nth, dependencies });
        let (started, stopped) = (time, Time(time.0 + 500));
        records.push(Record::Compute { task, attempt, worker, thread, started, stopped, nbytes: 0, ok: false });
        let (key, error) = (format!("{nth}{long}").into(), long.as_str().into());
        records.push(Record::Failed(Box::new(Failed { time, task, key, place: None, worker: None, error })));
        let text = long.as_str().into();
        records.push(Record::Log(Box::new(Log { time, level: Level::Error, worker: None, text })));
    }
    run.add(&Batch { records, dropped: 0 });
    let report = Report::of(&run, "long");
    assert!(serde_json::to_string(&report).unwrap().len() > 5 * MB, "as it is it would be larger");
    let mut page = Vec::new();
    report.write_html(&mut page).unwrap();
    assert!(page.len() < 5 * MB, "{} bytes", page.len());
    let data: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!((data["stream"]["tasks"].as_u64(), data["failures"]["count"].as_u64()), (Some(800), Some(800)));
    assert_eq!(data["slowest"].as_array().unwrap().len(), report.slowest.len());
    assert!(data["failures"]["lines"][0]["error"].as_str().unwrap().starts_with("<name"));
}

/// 100,000 executions one by one, and as many errors as are shown, each of 3,000 letters.
#[test]
fn a_large_report_of_many_errors_stays_below_5_mb() {
    let mut run = synthetic(99_000);
    let mut records = Vec::new();
    for nth in 0..1_000u32 {
        let (time, task, key) = (Time(u64::from(nth)), TaskId::new(nth, 0), format!("task-{nth}").into());
        let text: std::sync::Arc<str> = format!("{nth}: {}", "it is no number. ".repeat(180)).into();
        let failed = Failed { time, task, key, place: None, worker: None, error: text.clone() };
        records.push(Record::Failed(Box::new(failed)));
        records.push(Record::Log(Box::new(Log { time, level: Level::Error, worker: None, text })));
    }
    run.add(&Batch { records, dropped: 0 });
    let report = Report::of(&run, "errors");
    assert!(serde_json::to_string(&report).unwrap().len() > 5 * MB, "as it is it would be larger");
    let mut page = Vec::new();
    report.write_html(&mut page).unwrap();
    assert!(page.len() < 5 * MB, "{} bytes", page.len());
    let data: Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(data["stream"]["rects"]["time"].as_array().unwrap().len(), 99_000);
    assert_eq!(data["failures"]["lines"].as_array().unwrap().len(), 500);
    assert!(data["failures"]["lines"][499]["error"].as_str().unwrap().starts_with("999: it is no number."));
}
