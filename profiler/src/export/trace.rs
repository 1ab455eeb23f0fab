//! A run as a trace for Perfetto (ui.perfetto.dev) and `chrome://tracing`.

use super::error::ExportError;
use super::file::replace;
use super::flows::flows;
use crate::run::{Execution, Run};
use partita_protocol::{Time, WorkerId};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::Path;

/// An event of the Trace Event Format.
#[derive(Default, Serialize)]
struct Event<'a> {
    name: &'a str,
    cat: &'a str,
    ph: &'static str,
    /// Microseconds.
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    pid: u64,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    #[serde(skip_serializing_if = "Value::is_null")]
    args: Value,
}

/// Writes a run as a trace, event by event: each worker is a process, each of its threads a thread, each execution an event
/// with its key, line and bytes, with an arrow from where its inputs were made if that was another worker; memory and CPU
/// are counters.
///
/// # Errors
/// Those of the writer.
pub fn write_chrome_trace(run: &Run, to: &mut impl Write) -> io::Result<()> {
    to.write_all(b"{\"displayTimeUnit\":\"ms\",\"traceEvents\":[")?;
    let mut out = Out { to, first: true };
    names(run, &mut out)?;
    executions(run, &mut out)?;
    arrows(run, &mut out)?;
    counters(run, &mut out)?;
    to.write_all(b"\n]}\n")
}

/// As [`write_chrome_trace`], into a file: drop it on <https://ui.perfetto.dev>, which reads it in the browser.
///
/// ```
/// use partita_profiler::export::chrome_trace;
/// use partita_profiler::run::Run;
///
/// let path = std::env::temp_dir().join("partita-example-trace.json");
/// chrome_trace(&Run::default(), &path)?;
/// # std::fs::remove_file(path).unwrap();
/// # Ok::<(), partita_profiler::export::ExportError>(())
/// ```
///
/// # Errors
/// [`ExportError`].
pub fn chrome_trace(run: &Run, path: impl AsRef<Path>) -> Result<(), ExportError> {
    replace(path.as_ref(), |file| write_chrome_trace(run, file))
}

struct Out<'a, W> {
    to: &'a mut W,
    first: bool,
}

impl<W: Write> Out<'_, W> {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let before: &[u8] = if std::mem::take(&mut self.first) { b"\n" } else { b",\n" };
        self.to.write_all(before)?;
        Ok(serde_json::to_writer(&mut *self.to, event)?)
    }
}

fn microseconds(time: Time) -> f64 {
    time.0 as f64 / 1e3
}

/// The number of the process that stands for the whole cluster; workers count from 1.
const CLUSTER: u64 = 0;

fn process(worker: WorkerId) -> u64 {
    u64::from(worker.0) + 1
}

fn names<W: Write>(run: &Run, out: &mut Out<'_, W>) -> io::Result<()> {
    let mut name = |what, pid, tid, name: &str| {
        out.event(&Event {
            name: what,
            cat: "__metadata",
            ph: "M",
            pid,
            tid,
            args: json!({ "name": name }),
            ..Event::default()
        })
    };
    name("process_name", CLUSTER, 0, "cluster")?;
    for (worker, facts) in run.workers().iter() {
        name("process_name", process(worker), 0, &facts.name)?;
        for thread in 0..facts.threads {
            name("thread_name", process(worker), thread, &format!("thread {thread}"))?;
        }
    }
    Ok(())
}

fn executions<W: Write>(run: &Run, out: &mut Out<'_, W>) -> io::Result<()> {
    for execution in run.executions().kept() {
        let group = run.names().group(execution.prefix);
        let key = run.names().key_text(execution.task);
        let line = run.names().line_of(execution.task).map(ToString::to_string);
        out.event(&Event {
            name: &group,
            cat: if execution.ok { "task" } else { "task,failed" },
            ph: "X",
            ts: microseconds(execution.started),
            dur: Some(execution.duration().as_nanos() as f64 / 1e3),
            pid: process(execution.worker),
            tid: execution.thread,
            args: json!({ "key": key, "line": line, "nbytes": execution.nbytes, "ok": execution.ok }),
            ..Event::default()
        })?;
    }
    Ok(())
}

fn arrows<W: Write>(run: &Run, out: &mut Out<'_, W>) -> io::Result<()> {
    for (id, flow) in flows(run).enumerate() {
        // An arrow begins in the execution whose time it is in: the last nanosecond of it.
        let left = Time(flow.from.stopped.0.saturating_sub(1).max(flow.from.started.0));
        let mut end = |ph, at: &Execution, time, bp| {
            out.event(&Event {
                name: "transfer",
                cat: "transfer",
                ph,
                ts: microseconds(time),
                pid: process(at.worker),
                tid: at.thread,
                id: Some(id as u64),
                bp,
                args: json!({ "nbytes": flow.from.nbytes }),
                ..Event::default()
            })
        };
        end("s", flow.from, left, None)?;
        end("f", flow.to, flow.to.started, Some("e"))?;
    }
    Ok(())
}

fn counters<W: Write>(run: &Run, out: &mut Out<'_, W>) -> io::Result<()> {
    let mut count = |name, pid, time, args| {
        out.event(&Event { name, cat: "counter", ph: "C", ts: microseconds(time), pid, args, ..Event::default() })
    };
    for usage in run.usage().kept() {
        count("memory", CLUSTER, usage.time, json!({ "process": usage.memory, "machine": usage.machine_memory }))?;
        count("cpu", CLUSTER, usage.time, json!({ "process": usage.cpu, "machine": usage.machine_cpu }))?;
    }
    for (worker, _) in run.workers().iter() {
        for &(time, cpu) in run.cpu().series(worker) {
            count("cpu", process(worker), time, json!({ "threads": cpu }))?;
        }
        for &(time, nbytes) in run.resident().series(worker) {
            count("memory", process(worker), time, json!({ "process": nbytes as u64 }))?;
        }
    }
    let Some(timeline) = run.timeline() else { return Ok(()) };
    // A counter stays as it was last told: what was sent is told where its stretch begins, and that no more is where it ends.
    let (mut time, mut sending) = (timeline.start(), false);
    for bin in timeline.bins() {
        if bin.sent > 0 || sending {
            count("sent", CLUSTER, time, json!({ "nbytes": bin.sent }))?;
        }
        sending = bin.sent > 0;
        time = time + timeline.width();
        for (worker, (_, nbytes)) in bin.held() {
            count("held", process(worker), time, json!({ "nbytes": nbytes }))?;
        }
    }
    if sending { count("sent", CLUSTER, time, json!({ "nbytes": 0 })) } else { Ok(()) }
}
