//! A feed: what a cluster's records say of single tasks, with keys and lines, whatever order scheduler and workers told it in.

use super::rows::TaskRow;
use crate::run::{Line, Names, Waiting};
use partita_graph::Key;
use partita_protocol::telemetry::{Batch, Record, State};
use partita_protocol::{IdMap, PrefixId, TaskId, Time, WorkerId};
use std::sync::Arc;
use std::time::Duration;

/// Tasks whose names are kept, of more only the names of their groups; and tasks that may wait for a name.
const MOST: usize = 1 << 20;

/// What happened to a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// It ran.
    Ran {
        /// Which.
        task: TaskId,
        /// How.
        row: TaskRow,
        /// The bytes of its result.
        nbytes: u64,
    },
    /// Its result is held.
    Cached {
        /// Which.
        task: TaskId,
        /// Its key.
        key: Key,
        /// When.
        at: Duration,
    },
    /// Its result is no longer held.
    Freed {
        /// Which.
        task: TaskId,
        /// When.
        at: Duration,
    },
}

/// An execution whose task has no name yet.
struct Unnamed {
    worker: WorkerId,
    thread: u32,
    started: Time,
    stopped: Time,
    nbytes: u64,
    ok: bool,
}

/// Makes facts of the records of one cluster.
#[derive(Default)]
pub struct Feed {
    /// The moment at which the cluster's time began.
    began: Duration,
    names: Names,
    workers: IdMap<WorkerId, Arc<str>>,
    waiting: Waiting<Unnamed>,
    dropped: u64,
}

impl Feed {
    /// The feed of a cluster whose time began at this moment.
    pub fn new(began: Duration) -> Self {
        Feed { began, ..Feed::default() }
    }

    /// Takes a batch, and gives what is known by now.
    pub fn take(&mut self, batch: &Batch) -> Vec<Fact> {
        self.dropped += batch.dropped;
        let mut facts = Vec::new();
        batch.records.iter().for_each(|record| self.record(record, &mut facts));
        facts
    }

    /// Records that were dropped on the way because the profiler was slow.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn record(&mut self, record: &Record, facts: &mut Vec<Fact>) {
        match record {
            Record::Prefix { prefix, name } => self.names.prefix(*prefix, name.clone()),
            Record::Place { place, file, line } => {
                self.names.place(*place, Line { file: file.clone(), line: *line });
            }
            Record::Task { task, prefix, place, token, part, .. } => {
                // What it takes is of no interest here.
                self.names.task(*task, (*prefix, *token, *part), *place, Box::default(), MOST);
                self.named(*task, *prefix, facts);
            }
            Record::WorkerJoined { worker, name, .. } => drop(self.workers.insert(*worker, name.clone())),
            Record::Transition { time, task, prefix, from, to } => {
                self.moved(*time, (*task, *prefix), (*from, *to), facts)
            }
            Record::Moves(moves) => {
                for (time, moves) in moves.turns() {
                    for step in moves {
                        self.moved(time, (step.task, step.prefix), (step.from, step.to), facts);
                    }
                }
            }
            Record::Compute { task, worker, thread, started, stopped, nbytes, ok, .. } => {
                let (worker, thread, nbytes, ok) = (*worker, *thread, *nbytes, *ok);
                let run = Unnamed { worker, thread, started: *started, stopped: *stopped, nbytes, ok };
                match self.names.key(*task) {
                    Some(key) => facts.push(self.ran(*task, key, &run)),
                    // So many tasks have no name only if the records with the names were dropped.
                    None => self.dropped += u64::from(self.waiting.put(*task, run, MOST).is_err()),
                }
            }
            _ => {}
        }
    }

    fn moved(&mut self, time: Time, (task, prefix): (TaskId, PrefixId), step: (State, State), facts: &mut Vec<Fact>) {
        self.named(task, prefix, facts);
        match step {
            (State::Memory, State::Memory) => {}
            (_, State::Memory) => facts.push(Fact::Cached { task, key: self.key(task, prefix), at: self.moment(time) }),
            (State::Memory, _) => facts.push(Fact::Freed { task, at: self.moment(time) }),
            _ => {}
        }
    }

    /// A task has a name now, and so have its executions.
    fn named(&mut self, task: TaskId, prefix: PrefixId, facts: &mut Vec<Fact>) {
        for run in self.waiting.take(task) {
            facts.push(self.ran(task, self.key(task, prefix), &run));
        }
    }

    /// The key of a task; of one that was known before anybody listened, the name of its group.
    fn key(&self, task: TaskId, prefix: PrefixId) -> Key {
        self.names.key(task).unwrap_or_else(|| Key::named(&*self.names.group(prefix)))
    }

    fn ran(&self, task: TaskId, key: Key, run: &Unnamed) -> Fact {
        let worker = self.workers.get(&run.worker).cloned().unwrap_or_else(|| run.worker.to_string().into());
        let row = TaskRow {
            key,
            line: self.names.line_of(task).cloned(),
            start: self.moment(run.started),
            end: self.moment(run.stopped),
            worker,
            thread: run.thread,
            ok: run.ok,
        };
        Fact::Ran { task, row, nbytes: run.nbytes }
    }

    fn moment(&self, time: Time) -> Duration {
        self.began + time.since(Time::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_graph::Token;
    use partita_protocol::telemetry::WHOLE;
    use partita_protocol::{Attempt, PlaceId};

    fn compute(task: TaskId, started: u64, stopped: u64) -> Record {
        Record::Compute {
            task,
            attempt: Attempt(0),
            worker: WorkerId(3),
            thread: 1,
            started: Time(started),
            stopped: Time(stopped),
            nbytes: 8,
            ok: true,
        }
    }

    fn step(task: TaskId, at: u64, from: State, to: State) -> Record {
        Record::Transition { time: Time(at), task, prefix: PrefixId(0), from, to }
    }

    fn names(task: TaskId) -> Vec<Record> {
        let (prefix, place, token, part) = (PrefixId(0), PlaceId(0), Token::NONE, WHOLE);
        vec![
            Record::WorkerJoined {
                time: Time(0),
                worker: WorkerId(3),
                name: "alice".into(),
                threads: 2,
                memory_limit: 0,
            },
            Record::Prefix { prefix, name: "inc".into() },
            Record::Place { place, file: "main.rs".into(), line: 7 },
            Record::Task { task, before: State::Forgotten, prefix, place, token, part, dependencies: Box::default() },
        ]
    }

    #[test]
    fn the_same_facts_come_of_records_in_any_order_of_senders() {
        let task = TaskId::new(0, 0);
        let scheduler =
            [step(task, 9, State::Processing, State::Memory), step(task, 12, State::Memory, State::Forgotten)];
        let mut told = Vec::new();
        for worker_first in [false, true] {
            let mut feed = Feed::new(Duration::from_nanos(100));
            let mut records: Vec<Record> = names(task).into_iter().chain(scheduler.clone()).collect();
            records.insert(if worker_first { 0 } else { records.len() }, compute(task, 1, 8));
            let mut facts = Vec::new();
            for record in records {
                facts.extend(feed.take(&Batch { records: vec![record], dropped: 1 }));
            }
            assert_eq!(feed.dropped(), 7);
            facts.sort_by_key(|fact| !matches!(fact, Fact::Ran { .. }));
            told.push(facts);
        }
        assert_eq!(told[0], told[1]);
        let nanos = Duration::from_nanos;
        let [Fact::Ran { row, nbytes: 8, .. }, Fact::Cached { at, key, .. }, Fact::Freed { at: freed, .. }] =
            &told[0][..]
        else {
            panic!("{told:?}")
        };
        assert_eq!((row.start, row.end, *at, *freed), (nanos(101), nanos(108), nanos(109), nanos(112)));
        assert_eq!((row.key.to_string(), key, &*row.worker, row.thread), ("inc".into(), &row.key, "alice", 1));
        assert_eq!(row.line.as_ref().unwrap().to_string(), "main.rs:7");
    }

    #[test]
    fn a_task_from_before_goes_by_the_name_of_its_group() {
        let task = TaskId::new(5, 0);
        let mut feed = Feed::new(Duration::ZERO);
        let mut records = names(TaskId::new(0, 0));
        records.extend([compute(task, 1, 2), step(task, 3, State::Processing, State::Memory)]);
        let facts = feed.take(&Batch { records, dropped: 0 });
        let [Fact::Ran { row, .. }, Fact::Cached { key, .. }] = &facts[..] else { panic!("{facts:?}") };
        assert_eq!((row.key.to_string(), key.to_string(), &row.line), ("inc".into(), "inc".into(), &None));
    }
}
