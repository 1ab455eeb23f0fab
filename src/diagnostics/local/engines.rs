//! Engines without a cluster: what they do, told as clusters tell it.

use super::clock::now;
use super::told::{Groups, Sink, TaskStart, Told};
use parking_lot::Mutex;
use partita_graph::callback::{Event, Listen};
use partita_graph::{CheckedGraph, CheckedTask, Panic, Work};
use partita_profiler::local::{Spot, TaskRow};
use partita_profiler::run::Line;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// What rows say instead of a worker's name.
const ENGINE: &str = "reference";

/// Hears engines without a cluster, and tells it on.
pub(super) struct Ear {
    sink: Arc<dyn Sink>,
    worker: Arc<str>,
    /// When the task that runs now began, by run: a run is on one thread.
    started: Mutex<HashMap<u64, Duration>>,
}

impl Ear {
    pub(super) fn new(sink: Arc<dyn Sink>) -> Self {
        Ear { sink, worker: ENGINE.into(), started: Mutex::default() }
    }

    fn start(&self, task: &CheckedTask, start: Duration) -> TaskStart {
        let line = Some(Line { file: task.place.file().into(), line: task.place.line() });
        TaskStart { key: task.key.clone(), line, start, worker: self.worker.clone(), thread: thread() }
    }
}

impl Listen for Ear {
    fn hear(&self, run: u64, event: &Event<'_>) {
        match event {
            Event::Start { graph } => {
                self.sink.tell(&Told::Begin { groups: &groups(graph), engine: ENGINE, at: now() });
            }
            Event::Before { task, .. } => {
                let start = now();
                self.sink.tell(&Told::Before(&self.start(task, start)));
                // What the hooks took is not the task's.
                self.started.lock().insert(run, now());
            }
            Event::After { rank, task, result } => {
                let end = now();
                // A task that nobody heard begin began when its listener did.
                let start = self.started.lock().remove(&run).unwrap_or(end);
                let TaskStart { key, line, start, worker, thread } = self.start(task, start);
                let row = TaskRow { key, line, start, end, worker, thread, ok: result.is_ok() };
                let (spot, value) = (spot(run, *rank), result.ok());
                let nbytes = value.map_or(0, |value| value.nbytes() as u64);
                self.sink.tell(&Told::After { spot, row: &row, nbytes, value });
                if value.is_some() {
                    self.sink.tell(&Told::Cached { spot, key: &row.key, at: end });
                }
            }
            Event::Freed { rank, .. } => self.sink.tell(&Told::Freed { spot: spot(run, *rank), at: now() }),
            Event::Finish { result } => {
                let error = result.err().map(ToString::to_string);
                self.sink.tell(&Told::End { error, engine: ENGINE, at: now() });
            }
        }
    }

    fn panicked(&self, panic: &Panic) {
        tracing::error!(panic = panic.message, "a profiler panicked; the computation goes on");
    }
}

/// How many tasks of each group a graph has that will run.
pub(super) fn groups(graph: &CheckedGraph) -> Groups {
    let mut groups = Groups::new();
    for task in graph.tasks().filter(|task| !matches!(task.work, Work::Held(_))) {
        let name = task.key.name().as_str();
        match groups.get_mut(name) {
            Some(count) => *count += 1,
            None => drop(groups.insert(name.into(), 1)),
        }
    }
    groups
}

/// Even numbers are runs, odd ones clusters.
fn spot(run: u64, rank: usize) -> Spot {
    Spot { source: run * 2, task: rank as u64 }
}

/// The number of this thread, among those that computed in this process.
fn thread() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    thread_local! {
        static NUMBER: u32 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
