//! What the scheduler's actor tells the profiler, beside the machine's own records: names, lines, failures, workers.

use super::actor::SchedulerActor;
use partita_graph::{Place, TaskError, Token};
use partita_protocol::scheduler::{NewTask, Notice, WorkerInfo};
use partita_protocol::telemetry::{Failed, Level, Log, Record, State, WHOLE, shortened};
use partita_protocol::worker::Report;
use partita_protocol::{LossCause, TaskId, WorkerId, limits};
use std::fmt::Display;

impl SchedulerActor {
    fn records(&self) -> bool {
        self.settings.machine.record
    }

    /// A task was handed in: its key, its line, and what it takes, for those who listen.
    pub(super) fn record_task(
        &mut self,
        new: &NewTask,
        (token, part): (Token, Option<u32>),
        line: Place,
        inputs: &[TaskId],
    ) {
        if !self.records() || !self.settings.listeners.any() {
            return;
        }
        // What happened before a task was known does not stand behind it.
        self.record_steps();
        let (place, is_new) = self.registry.place(line);
        if is_new {
            self.records.push(Record::Place { place, file: line.file().into(), line: line.line() });
        }
        let (task, prefix, part) = (new.task, new.prefix, part.unwrap_or(WHOLE));
        let before = self.machine().state_of(task).unwrap_or(State::Forgotten);
        self.records.push(Record::Task { task, before, prefix, place, token, part, dependencies: inputs.into() });
        if self.records.len() >= limits::TELEMETRY_BATCH {
            self.flush_records();
        }
    }

    /// A worker told that a task failed.
    pub(super) fn record_failure(&mut self, worker: WorkerId, task: TaskId, error: &TaskError) {
        if self.records() {
            self.blamed.insert(task);
            self.push_failure(Some(worker), task, error);
            self.log(Some(worker), Level::Warn, error);
        }
    }

    /// That a task failed for good is worth a line, if it is itself to blame.
    pub(super) fn record_ends(&mut self) {
        for task in self.machine_mut().take_failed() {
            if let Some((blame, cause)) = self.machine().failure(task)
                && blame == task
            {
                let error = self.shown(blame, cause.clone());
                tracing::debug!(%error, "a task failed for good");
                self.log(None, Level::Error, format_args!("failed for good: {error}"));
            }
        }
    }

    /// A client is told what became of a result. Of a failure that no worker told of, that is the first word.
    pub(super) fn record_notice(&mut self, notice: &Notice) {
        let Notice::Erred { blame, cause } = notice else { return };
        if !self.records() {
            return;
        }
        let error = self.shown(*blame, cause.clone());
        if let Some(task) = self.registry.find(error.key())
            && self.blamed.insert(task)
        {
            self.push_failure(None, task, &error);
        }
    }

    fn push_failure(&mut self, worker: Option<WorkerId>, task: TaskId, error: &TaskError) {
        let (key, place) = (error.key().to_string().into(), error.place().map(|place| place.to_string().into()));
        let failed = Failed { time: self.now, task, key, place, worker, error: shortened(error) };
        self.records.push(Record::Failed(Box::new(failed)));
    }

    /// A worker gave a task back.
    pub(super) fn record_report(&mut self, worker: WorkerId, report: &Report) {
        if let Report::StealAnswered { task, given: true, .. } = report
            && self.records()
        {
            self.records.push(Record::Stolen { time: self.now, task: *task, from: worker });
        }
    }

    /// A worker came.
    pub(super) fn record_joined(&mut self, worker: WorkerId, info: &WorkerInfo) {
        if self.records() {
            let (time, name, threads, memory_limit) = (self.now, info.name.clone(), info.threads, info.memory_limit);
            self.records.push(Record::WorkerJoined { time, worker, name, threads, memory_limit });
            self.log(None, Level::Info, format_args!("worker `{}` joined with {threads} threads", info.name));
        }
    }

    /// A worker went.
    pub(super) fn record_lost(&mut self, worker: WorkerId, cause: &LossCause) {
        if self.records() {
            let name = self.names.get(&worker).map_or_else(|| worker.to_string(), ToString::to_string);
            self.records.push(Record::WorkerLost { time: self.now, worker, cause: cause.to_string().into() });
            // That a worker retires is in the course of things.
            let level = if matches!(cause, LossCause::Retired) { Level::Info } else { Level::Warn };
            self.log(None, level, format_args!("worker `{name}` is gone: {cause}"));
        }
    }

    /// Adds a line to the log: of a worker, or of the scheduler.
    fn log(&mut self, worker: Option<WorkerId>, level: Level, text: impl Display) {
        self.records.push(Log::record(self.now, level, worker, text));
    }
}
