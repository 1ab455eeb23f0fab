//! Exports of a scripted run against its executions.

use super::*;
use crate::scene::{HOSTILE, Scene, scripted};
use partita_protocol::telemetry::Record;
use partita_protocol::{Time, WorkerId};
use serde_json::Value;

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Cells of CSV as RFC 4180 has them: quotes doubled within quotes, lines within quotes.
fn parsed(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match (quoted, letter) {
            (true, '"') if letters.peek() == Some(&'"') => cell.extend(letters.next()),
            (_, '"') => quoted = !quoted,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\n') => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            _ => cell.push(letter),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "the last line has an end");
    rows
}

#[test]
fn a_trace_has_an_event_for_each_execution_with_its_time() {
    let run = scripted(0);
    let trace: Value = serde_json::from_str(&written(|to| write_chrome_trace(&run, to))).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of = |kind: &str| events.iter().filter(|event| event["ph"] == kind).collect::<Vec<_>>();
    let complete = of("X");
    assert_eq!(complete.len() as u64, run.executions().count);
    for (event, row) in complete.iter().zip(rows(&run)) {
        assert_eq!(event["args"]["key"], row.key);
        assert_eq!(event["name"], *row.group);
        let nanos = |field: &str| (event[field].as_f64().unwrap() * 1e3).round() as u64;
        assert_eq!((nanos("ts"), nanos("dur")), (row.started, row.duration()));
        assert_eq!(
            (event["tid"].as_u64(), event["args"]["nbytes"].as_u64()),
            (Some(row.thread.into()), Some(row.nbytes))
        );
        assert_eq!(event["args"]["line"], "src/main.rs:7");
    }
    let named: Vec<_> = of("M").iter().filter_map(|event| event["args"]["name"].as_str()).collect();
    assert!(named.contains(&"w<1>,\"=x") && named.contains(&"thread 1"), "{named:?}");
    // Of the three squares, one was made on another worker than their sum.
    let (begins, ends) = (of("s"), of("f"));
    assert_eq!((begins.len(), ends.len()), (1, 1));
    assert_eq!((begins[0]["pid"].as_u64(), ends[0]["pid"].as_u64()), (Some(2), Some(1)));
    let (began, square) = (begins[0]["ts"].as_f64().unwrap(), complete[1]);
    let (from, long) = (square["ts"].as_f64().unwrap(), square["dur"].as_f64().unwrap());
    assert!(from <= began && began < from + long, "an arrow begins within its event");
    let counters: Vec<_> = of("C").iter().map(|event| event["name"].as_str().unwrap()).collect();
    assert_eq!(counters, ["memory", "cpu", "sent", "held", "sent"]);
    // Eight bytes were sent in the first stretch of time, and nothing after it.
    let sent = of("C").into_iter().filter(|event| event["name"] == "sent");
    let sent: Vec<_> = sent.map(|event| (event["ts"].as_f64().unwrap(), event["args"]["nbytes"].as_u64())).collect();
    let timeline = run.timeline().unwrap();
    let (start, width) = (timeline.start().0 as f64 / 1e3, timeline.width().as_nanos() as f64 / 1e3);
    assert_eq!(sent, [(start, Some(8)), (start + width, Some(0))]);
}

#[test]
fn a_trace_has_counters_of_the_processes_of_workers() {
    let mut scene = Scene::with_workers(&["worker-0"]);
    scene.push(Record::WorkerUsage { time: Time(5_000), worker: WorkerId(0), cpu: 0.5, memory: Some(1 << 20) });
    let run = scene.run();
    let trace: Value = serde_json::from_str(&written(|to| write_chrome_trace(&run, to))).unwrap();
    let events = trace["traceEvents"].as_array().unwrap().iter().filter(|event| event["ph"] == "C");
    let told: Vec<_> = events.map(|event| (event["name"].as_str().unwrap(), &event["args"])).collect();
    let (cpu, memory) = (serde_json::json!({ "threads": 0.5 }), serde_json::json!({ "process": 1 << 20 }));
    assert_eq!(told, [("cpu", &cpu), ("memory", &memory)]);
}

#[test]
fn csv_reads_back_and_has_no_formulas() {
    let run = scripted(0);
    let table = parsed(&written(|to| write_csv(&run, to)));
    assert_eq!(table[0].len(), 11);
    assert_eq!(table.len() as u64, run.executions().count + 1);
    for (cells, row) in table[1..].iter().zip(rows(&run)) {
        let (key, group, worker) = (&cells[0], &cells[1], &cells[2]);
        for (cell, text) in [(key, &*row.key), (group, &*row.group), (worker, &*row.worker)] {
            let bare = cell.strip_prefix('\'').unwrap_or(cell);
            assert_eq!(bare, text);
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{cell:?}");
        }
        let number = |cell: usize| cells[cell].parse::<u64>().unwrap();
        assert_eq!((number(4), number(5), number(6)), (row.started, row.stopped, row.duration()));
        assert_eq!((number(7), cells[8].parse(), &*cells[9], number(10)), (row.nbytes, Ok(row.ok), "src/main.rs", 7));
    }
    assert_eq!(cell("=1"), "\"'=1\"");
    assert_eq!(cell("a=1"), "\"a=1\"");
}

#[test]
fn lines_of_json_are_the_rows() {
    let run = scripted(0);
    let text = written(|to| write_json_lines(&run, to));
    let read: Vec<Row> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, rows(&run).collect::<Vec<_>>());
    assert!(HOSTILE.iter().all(|name| read.iter().any(|row| &*row.group == *name)), "every name came through");
}

#[test]
fn an_empty_run_is_exported_too() {
    let run = crate::run::Run::default();
    let trace: Value = serde_json::from_str(&written(|to| write_chrome_trace(&run, to))).unwrap();
    assert_eq!(trace["traceEvents"].as_array().unwrap().len(), 1, "the cluster has a name");
    assert_eq!(parsed(&written(|to| write_csv(&run, to))).len(), 1);
}

#[test]
fn bad_paths_are_told_apart_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let run = scripted(0);
    let error = csv(&run, folder.path().join("missing/run.csv")).unwrap_err();
    assert!(matches!(&error, ExportError::NoFolder { folder } if folder.ends_with("missing")), "{error}");
    let error = json_lines(&run, folder.path()).unwrap_err();
    assert!(matches!(error, ExportError::IsFolder { .. }), "{error}");
    let path = folder.path().join("run.json");
    std::fs::write(&path, "old").unwrap();
    let error = replace(&path, |_| Err(std::io::Error::other("full"))).unwrap_err();
    assert!(error.to_string().contains("full"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "a failure keeps what was there");
    chrome_trace(&run, &path).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().starts_with('{'));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}
