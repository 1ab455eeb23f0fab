//! All that is known of a cluster at a moment, for a file.

use crate::client::Client;
use crate::cluster::ClusterSummary;
use crate::error::Result;
use partita_profiler::aggregate::{Aggregates, LogLine};
use partita_profiler::export::{self, ExportError};
use partita_protocol::message::{Question, TaskSummary, WorkerSummary};
use partita_protocol::telemetry::{Failed, State};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Tasks that a dump tells of; how many there are more is said.
pub const MOST_TASKS: usize = 100_000;

/// Groups that a dump tells of; how many there are more is said.
pub const MOST_GROUPS: usize = 10_000;

/// All that is known of a cluster at a moment; see [`Client::cluster_state`].
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ClusterState {
    /// What wrote it, and where.
    pub versions: Versions,
    /// The name of the cluster.
    pub address: String,
    /// Nanoseconds since the cluster began.
    pub time: u64,
    /// Bytes that the workers may hold, together.
    pub memory: u64,
    /// The workers.
    pub workers: Vec<DumpWorker>,
    /// The groups of tasks, [`MOST_GROUPS`] at the most.
    pub groups: Vec<DumpedGroup>,
    /// Groups beyond these.
    pub more_groups: usize,
    /// The tasks that are known, [`MOST_TASKS`] at the most.
    pub tasks: Vec<DumpedTask>,
    /// Tasks that are known beyond these.
    pub more_tasks: usize,
    /// The last failures.
    pub failures: Vec<DumpedFailure>,
    /// The last lines of the log.
    pub logs: Vec<LogLine>,
    /// Records that the profiler took in, and those that were dropped because it was slow.
    pub records: (u64, u64),
}

/// What wrote a dump, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Versions {
    /// The version of Partita.
    pub partita: &'static str,
    /// The operating system.
    pub os: &'static str,
    /// The kind of processor.
    pub arch: &'static str,
}

/// A worker in a dump.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DumpWorker {
    /// Its name.
    pub name: Arc<str>,
    /// Which incarnation it is.
    pub id: String,
    /// Tasks that it runs at a time.
    pub threads: u32,
    /// Bytes that it may hold.
    pub memory_limit: u64,
    /// Tasks that it was handed and that have not ended.
    pub processing: usize,
    /// Results that it holds.
    pub held: usize,
    /// Bytes that it holds.
    pub nbytes: u64,
}

/// A group of tasks in a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DumpedGroup {
    /// The name.
    pub name: Arc<str>,
    /// Tasks that ended well, ever.
    pub finished: u64,
    /// Tasks that failed, ever.
    pub erred: u64,
    /// Tasks that are in each state; the released ones are not counted.
    pub states: BTreeMap<String, u64>,
}

/// A task in a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DumpedTask {
    /// Its key, as it is printed.
    pub key: String,
    /// The state that it is in.
    pub state: State,
    /// The line of user code that made it, as it is printed.
    pub line: Option<Arc<str>>,
    /// The workers that hold its result, or the one that processes it.
    pub workers: Vec<Arc<str>>,
    /// The size of its result in bytes, while it is in memory.
    pub nbytes: Option<u64>,
    /// How many results it takes.
    pub dependencies: usize,
    /// How many clients want it.
    pub wanted_by: usize,
}

/// A failure in a dump.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DumpedFailure {
    /// When, in nanoseconds since the cluster began.
    pub time: u64,
    /// The key of the task, as it is printed.
    pub key: Arc<str>,
    /// The line of user code that made it, as it is printed.
    pub line: Option<Arc<str>>,
    /// The worker on which it failed, if it failed on one.
    pub worker: Option<Arc<str>>,
    /// What the error says.
    pub error: Arc<str>,
}

impl Client {
    /// All that is known of the cluster now: its workers, groups and tasks with their states, failures, logs, versions.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(2).start()?;
    /// let client = cluster.client();
    /// let sum = client.submit(|a: i64, b: i64| a + b, (1, 2));
    /// assert_eq!(sum.result()?, 3);
    /// let state = client.cluster_state()?;
    /// assert_eq!((state.workers.len(), &state.tasks[0].key), (2, &sum.key().to_string()));
    ///
    /// let path = std::env::temp_dir().join("partita-example-dump.json");
    /// client.dump_cluster_state(&path)?;
    /// # std::fs::remove_file(path).unwrap();
    /// # Ok::<(), partita::Error>(())
    /// ```
    ///
    /// Neither values nor anything of the environment are in it. Keys, lines of code and texts of errors are.
    ///
    /// # Errors
    /// As [`Client::get_scheduler_logs`].
    pub fn cluster_state(&self) -> Result<ClusterState> {
        let known = |known: &Aggregates| {
            let failures = known.said().failures().map(|failed| failure(known, failed)).collect();
            let mut groups = groups(known);
            let more_groups = groups.len().saturating_sub(MOST_GROUPS);
            groups.truncate(MOST_GROUPS);
            ((groups, more_groups), failures, known.said().lines().collect(), (known.records, known.dropped))
        };
        let ((groups, more_groups), failures, logs, records) = self.look("Client::cluster_state", known)?;
        let summary = self.summary()?;
        let tasks: Vec<TaskSummary> = self.ask("Client::dump_cluster_state", |answer| {
            Question::Tasks(MOST_TASKS, Box::new(move |tasks| drop(answer.send(tasks))))
        })?;
        let ClusterSummary { address, memory, .. } = self.info();
        Ok(ClusterState {
            versions: Versions {
                partita: env!("CARGO_PKG_VERSION"),
                os: std::env::consts::OS,
                arch: std::env::consts::ARCH,
            },
            address,
            time: self.now()?.0,
            memory,
            workers: summary.workers.into_iter().map(worker).collect(),
            groups,
            more_groups,
            more_tasks: summary.tasks.saturating_sub(tasks.len()),
            tasks: tasks.into_iter().map(task).collect(),
            failures,
            logs,
            records,
        })
    }

    /// Writes [`Client::cluster_state`] into a file: `.json`, or `.msgpack` for MessagePack; Dask's `dump_cluster_state`.
    ///
    /// # Errors
    /// [`ExportError`], before anything is asked if the ending of the path is another one; as [`Client::cluster_state`].
    pub fn dump_cluster_state(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let is_json = match path.extension().and_then(|ending| ending.to_str()) {
            Some("json") => true,
            Some("msgpack") => false,
            _ => {
                let known = "`.json` or `.msgpack`";
                return Err(ExportError::UnknownEnding { path: path.to_path_buf(), known }.into());
            }
        };
        let state = self.cluster_state()?;
        Ok(export::replace(path, |file| match is_json {
            true => Ok(serde_json::to_writer_pretty(file, &state)?),
            false => rmp_serde::encode::write_named(file, &state).map_err(io::Error::other),
        })?)
    }
}

fn worker(worker: WorkerSummary) -> DumpWorker {
    let WorkerSummary { worker, info, processing, held, nbytes } = worker;
    let (name, threads, memory_limit) = (info.name, info.threads, info.memory_limit);
    DumpWorker { name, id: worker.to_string(), threads, memory_limit, processing, held, nbytes }
}

fn task(task: TaskSummary) -> DumpedTask {
    let TaskSummary { key, state, place, workers, nbytes, dependencies, wanted_by } = task;
    DumpedTask { key: key.to_string(), state, line: place, workers, nbytes, dependencies, wanted_by }
}

fn failure(known: &Aggregates, failed: &Failed) -> DumpedFailure {
    let Failed { time, key, place, worker, error, .. } = failed.clone();
    let worker = worker.map(|worker| known.said().name(worker));
    DumpedFailure { time: time.0, key, line: place, worker, error }
}

const STATES: [State; 7] =
    [State::Released, State::Waiting, State::Queued, State::NoWorker, State::Processing, State::Memory, State::Erred];

fn groups(known: &Aggregates) -> Vec<DumpedGroup> {
    let view = known.view().into_iter().map(|(name, group)| {
        let states = STATES.map(|state| (format!("{state:?}"), group.of(state)));
        let states = states.into_iter().filter(|(_, count)| *count > 0).collect();
        DumpedGroup { name, finished: group.finished, erred: group.erred, states }
    });
    view.collect()
}
