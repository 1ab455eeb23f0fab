//! Runs made by hand and by chance, for tests of views.

use crate::run::{Limits, Run};
use partita_graph::Token;
use partita_protocol::telemetry::{Batch, Failed, Level, Log, Record, State, Usage};
use partita_protocol::{Attempt, PlaceId, PrefixId, TaskId, Time, WorkerId};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Records in the making. Workers have one thread and are called `worker-0` and so on; times are nanoseconds.
#[derive(Clone, Default)]
pub(crate) struct Script {
    records: Vec<Record>,
    prefixes: BTreeMap<String, PrefixId>,
    places: BTreeMap<(String, u32), PlaceId>,
    tasks: u32,
}

impl Script {
    pub(crate) fn new(workers: u32) -> Self {
        let joined = |worker: u32| Record::WorkerJoined {
            time: Time::ZERO,
            worker: WorkerId(worker),
            name: format!("worker-{worker}").into(),
            threads: 1,
            memory_limit: 1 << 30,
        };
        Script { records: (0..workers).map(joined).collect(), ..Script::default() }
    }

    pub(crate) fn run(self) -> Run {
        let mut run = Run::new(Limits::default());
        run.add(&Batch { records: self.records, dropped: 0 });
        run
    }

    pub(crate) fn task(&mut self, name: &str, inputs: &[TaskId]) -> TaskId {
        self.known("main.rs", 1, name, inputs)
    }

    pub(crate) fn at_line(&mut self, file: &str, line: u32, name: &str) -> TaskId {
        self.known(file, line, name, &[])
    }

    fn known(&mut self, file: &str, line: u32, name: &str, inputs: &[TaskId]) -> TaskId {
        let (next, records) = (self.prefixes.len() as u32, &mut self.records);
        let prefix = *self.prefixes.entry(name.to_string()).or_insert_with(|| {
            records.push(Record::Prefix { prefix: PrefixId(next), name: name.into() });
            PrefixId(next)
        });
        let next = self.places.len() as u32;
        let place = *self.places.entry((file.to_string(), line)).or_insert_with(|| {
            records.push(Record::Place { place: PlaceId(next), file: file.into(), line });
            PlaceId(next)
        });
        let (task, token) = (TaskId::new(self.tasks, 0), Token::of(name.as_bytes()));
        let (before, part, dependencies) = (State::Forgotten, self.tasks, inputs.into());
        records.push(Record::Task { task, before, prefix, place, token, part, dependencies });
        self.tasks += 1;
        task
    }

    /// A task is told of once more, and to take this.
    pub(crate) fn handed_in_again(&mut self, again: TaskId, inputs: &[TaskId]) {
        let of = |record: &Record| matches!(record, Record::Task { task, .. } if *task == again);
        let mut record = self.records.iter().rfind(|record| of(record)).cloned();
        if let Some(Record::Task { before, dependencies, .. }) = &mut record {
            (*before, *dependencies) = (State::Memory, inputs.into());
        }
        self.records.extend(record);
    }

    pub(crate) fn ran(&mut self, name: &str, worker: u32, time: (u64, u64), ok: bool) {
        let task = self.task(name, &[]);
        self.ran_at(task, worker, time, ok);
    }

    pub(crate) fn ran_at(&mut self, task: TaskId, worker: u32, (from, to): (u64, u64), ok: bool) {
        let (worker, started, stopped) = (WorkerId(worker), Time(from), Time(to));
        self.records.push(Record::Compute {
            task,
            attempt: Attempt(0),
            worker,
            thread: 0,
            started,
            stopped,
            nbytes: 8,
            ok,
        });
    }

    pub(crate) fn step(&mut self, time: u64, task: TaskId, from: State, to: State) {
        let of = |record: &Record| match record {
            Record::Task { task: own, prefix, .. } if *own == task => Some(*prefix),
            _ => None,
        };
        let prefix = self.records.iter().find_map(of).unwrap_or(PrefixId(0));
        self.records.push(Record::Transition { time: Time(time), task, prefix, from, to });
    }

    /// A worker tells what it uses; its process's memory, if it has one of its own.
    pub(crate) fn uses(&mut self, time: u64, worker: u32, cpu: f32, memory: Option<u64>) {
        self.records.push(Record::WorkerUsage { time: Time(time), worker: WorkerId(worker), cpu, memory });
    }

    pub(crate) fn store(&mut self, time: u64, worker: u32, count: u64, nbytes: u64) {
        self.records.push(Record::Store {
            time: Time(time),
            worker: WorkerId(worker),
            count,
            nbytes,
            on_disk: 0,
            running: (count > 0).into(),
        });
    }

    pub(crate) fn lost(&mut self, time: u64, worker: u32, cause: &str) {
        self.records.push(Record::WorkerLost { time: Time(time), worker: WorkerId(worker), cause: cause.into() });
    }

    pub(crate) fn usage(&mut self, usage: Usage) {
        self.records.push(Record::Usage(usage));
    }

    pub(crate) fn transfer(&mut self, workers: (u32, u32), results: &[(TaskId, u64)], (started, stopped): (u64, u64)) {
        self.records.push(Record::Transfer {
            from: WorkerId(workers.0),
            to: WorkerId(workers.1),
            count: results.len() as u32,
            nbytes: results.iter().map(|(_, nbytes)| nbytes).sum(),
            results: results.into(),
            started: Time(started),
            stopped: Time(stopped),
        });
    }

    pub(crate) fn log(&mut self, time: u64, level: Level, text: &str) {
        self.records.push(Record::Log(Box::new(Log { time: Time(time), level, worker: None, text: text.into() })));
    }

    pub(crate) fn failed(&mut self, time: u64, worker: u32, error: &str) {
        let (time, worker, error) = (Time(time), Some(WorkerId(worker)), error.into());
        let (task, key) = (TaskId::new(0, 0), "key".into());
        self.records.push(Record::Failed(Box::new(Failed { time, task, key, place: None, worker, error })));
    }

    /// As [`Script::failed`], of a task whose key is known.
    pub(crate) fn failed_task(&mut self, time: u64, task: TaskId, error: &str) {
        let key = self.clone().run().names().key_text(task).into();
        let (time, worker, error) = (Time(time), Some(WorkerId(0)), error.into());
        self.records.push(Record::Failed(Box::new(Failed { time, task, key, place: None, worker, error })));
    }
}

/// Runs of up to 60 executions, some overlapping, empty or failed, on up to 4 workers within 1,000 ns.
pub(crate) fn runs() -> impl Strategy<Value = Run> {
    let execution = (0u32..4, 0u64..1_000, 0u64..200, 0u32..5, 0u32..4, any::<bool>());
    proptest::collection::vec(execution, 0..60).prop_map(|executions| {
        let mut script = Script::new(4);
        for (worker, from, time, group, line, ok) in executions {
            let task = script.at_line("a.rs", line + 1, ["a", "b", "c", "d", "e"][group as usize]);
            script.ran_at(task, worker, (from, from + time), ok);
        }
        script.run()
    })
}
