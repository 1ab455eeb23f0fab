//! Journals by chance: all that a small cluster tells, as scheduler and workers do, for tests of past moments.

use crate::run::{Limits, Run};
use partita_graph::{Key, Token};
use partita_protocol::telemetry::State::{Erred, Forgotten, Memory, Processing, Released, Waiting};
use partita_protocol::telemetry::{Batch, Failed, Record, State, Usage};
use partita_protocol::{Attempt, PlaceId, PrefixId, TaskId, Time, WorkerId};
use proptest::prelude::*;
use std::fmt;

/// Milliseconds that the scheduler's records are under way, and those of each worker.
const LATE: u64 = 20;
const LAGS: [u64; 3] = [0, 13, 41];

/// When the last worker comes, in milliseconds.
const JOINS: u64 = 130;

/// Records with the moment that each is of, in the order in which they came.
#[derive(Clone)]
pub(super) struct Journal(Vec<(Time, Record)>);

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(time, record)| writeln!(f, "{} {record:?}", time.0))
    }
}

impl Journal {
    /// The run of the records that are of moments before one, or of all.
    pub(super) fn run(&self, limits: Limits, until: Option<Time>) -> Run {
        let told = self.0.iter().filter(|(time, _)| until.is_none_or(|until| *time < until));
        let mut run = Run::new(limits);
        run.add(&Batch { records: told.map(|(_, record)| record.clone()).collect(), dropped: 0 });
        run
    }

    /// The records of moments before one.
    pub(super) fn before(&self, until: Time) -> impl Iterator<Item = &Record> {
        self.0.iter().filter(move |(time, _)| *time < until).map(|(_, record)| record)
    }
}

/// What becomes of a task.
#[derive(Clone, Copy, Debug)]
struct Plan {
    group: u32,
    worker: u32,
    /// When it is known, how long it waits, runs, and is as it is then, in units of 0.11 ms.
    times: (u64, u64, u64, u64),
    ok: bool,
    stolen: bool,
    sent: bool,
    /// What comes after it ended: nothing, it is forgotten, or it is computed again.
    then: u32,
    input: Option<u32>,
}

impl Plan {
    /// When it is known. What has to do with the last worker comes after it.
    fn known(&self) -> u64 {
        unit(self.times.0) + if self.worker == 0 { 0 } else { ms(JOINS) }
    }
}

fn plans() -> impl Strategy<Value = Vec<Plan>> {
    let who = (0u32..4, 0u32..3, prop::option::of(0u32..30));
    let when = (0u64..3_000, 0u64..600, 0u64..900, 0u64..900);
    let how = (prop::bool::weighted(0.8), any::<bool>(), any::<bool>(), 0u32..3);
    let plan = |((group, worker, input), times, (ok, stolen, sent, then))| Plan {
        group,
        worker,
        times,
        ok,
        stolen,
        sent,
        then,
        input,
    };
    prop::collection::vec((who, when, how).prop_map(plan), 1..30)
}

/// Journals of up to 30 tasks in 4 groups on 3 workers within half a second.
pub(super) fn journals() -> impl Strategy<Value = Journal> {
    plans().prop_map(|mut plans| {
        let mut book = Book::default();
        for group in 0..4 {
            book.tell(0, 0, Record::Prefix { prefix: PrefixId(group), name: format!("group-{group}").into() });
        }
        for line in 0..3 {
            book.tell(0, 0, Record::Place { place: PlaceId(line), file: "a.rs".into(), line: line + 1 });
        }
        for worker in 0..3 {
            // The last of them comes later, after records of whatever else.
            let (time, name) = (if worker == 2 { ms(JOINS) } else { 0 }, format!("worker-{worker}").into());
            let (worker, threads, memory_limit) = (WorkerId(worker), 2, 1 << 30);
            book.tell(time, 0, Record::WorkerJoined { time: Time(time), worker, name, threads, memory_limit });
        }
        for nth in 0..8 {
            let usage = Usage { time: Time(ms(40 * nth)), cpu: nth as f32, ..Usage::default() };
            book.tell(ms(40 * nth), 0, Record::Usage(usage));
        }
        // A task that is needed is known before those that need it.
        plans.sort_by_key(Plan::known);
        plans.iter().enumerate().for_each(|(nth, plan)| book.task(nth as u32, plan));
        let lost = Record::WorkerLost { time: Time(ms(200)), worker: WorkerId(1), cause: "it fell".into() };
        book.tell(ms(200), LATE, lost);
        book.records.sort_by_key(|(came, ..)| *came);
        Journal(book.records.into_iter().map(|(_, time, record)| (Time(time), record)).collect())
    })
}

fn ms(ms: u64) -> u64 {
    ms * 1_000_000
}

fn token() -> Token {
    Token::of(b"journal")
}

fn unit(count: u64) -> u64 {
    count * 110_017
}

/// Records in the making: when each came, and of which moment it is.
#[derive(Default)]
struct Book {
    records: Vec<(u64, u64, Record)>,
}

impl Book {
    fn tell(&mut self, time: u64, late: u64, record: Record) {
        self.records.push((time + ms(late), time, record));
    }

    fn step(&mut self, time: u64, (task, prefix): (TaskId, PrefixId), from: State, to: State) {
        self.tell(time, LATE, Record::Transition { time: Time(time), task, prefix, from, to });
    }

    fn task(&mut self, nth: u32, plan: &Plan) {
        let own = (TaskId::new(nth, 0), PrefixId(plan.group));
        let (known, waits, runs, stays) = (plan.known(), unit(plan.times.1), unit(plan.times.2), unit(plan.times.3));
        let dependencies = plan.input.filter(|input| *input < nth).map(|input| TaskId::new(input, 0)).into_iter();
        let (place, token) = (PlaceId(nth % 3), token());
        let dependencies = dependencies.collect();
        let (before, task) = (State::Forgotten, own.0);
        self.tell(known, LATE, Record::Task { task, before, prefix: own.1, place, token, part: nth, dependencies });
        self.step(known, own, Released, Waiting);
        let start = known + waits;
        if plan.stolen {
            let (time, from) = (Time(start), WorkerId((plan.worker + 1) % 3));
            self.tell(start, LATE, Record::Stolen { time, task: own.0, from });
        }
        self.execution(own, plan, (start, start + runs), plan.ok);
        let (end, after) = (start + runs, start + runs + stays);
        match (plan.ok, plan.then) {
            (_, 0) => {}
            (ok, 1) => {
                self.step(after, own, if ok { Memory } else { Erred }, Released);
                self.step(after, own, Released, Forgotten);
            }
            (true, _) => {
                // Its result is lost.
                self.step(after, own, Memory, Released);
                self.step(after, own, Released, Waiting);
                self.execution(own, plan, (after + unit(300), after + unit(600)), true);
            }
            (false, _) => {
                // It is wished for once more.
                self.step(after, own, Erred, Released);
                self.step(after, own, Released, Waiting);
                self.execution(own, plan, (after, after + runs), true);
            }
        }
        if plan.sent && plan.ok {
            let (from, to) = (WorkerId(plan.worker), WorkerId((plan.worker + 1) % 3));
            let (started, stopped) = (Time(end), Time(end + stays));
            let results = vec![(own.0, 70 + u64::from(nth))].into();
            let nbytes = 70 + u64::from(nth);
            self.tell(
                end + stays,
                LAGS[plan.worker as usize],
                Record::Transfer { from, to, count: 1, nbytes, results, started, stopped },
            );
        }
    }

    fn execution(&mut self, own: (TaskId, PrefixId), plan: &Plan, (start, end): (u64, u64), ok: bool) {
        let (worker, thread, nbytes) = (WorkerId(plan.worker), plan.group % 2, 8 + end % 100);
        let (started, stopped, attempt) = (Time(start), Time(end), Attempt(0));
        self.step(start, own, Waiting, Processing);
        let ran = Record::Compute { task: own.0, attempt, worker, thread, started, stopped, nbytes, ok };
        self.tell(end, LAGS[plan.worker as usize], ran);
        self.tell(
            end,
            LAGS[plan.worker as usize],
            Record::Store {
                time: stopped,
                worker,
                count: end % 7,
                nbytes: end % 1_000,
                on_disk: end % 3,
                running: (end % 5) as u32,
            },
        );
        self.step(end, own, Processing, if ok { Memory } else { Erred });
        if !ok {
            let key = Key::new(format!("group-{}", own.1.0), token()).part(own.0.index() as u32).to_string().into();
            let (time, task, worker, error) = (stopped, own.0, Some(worker), "no luck".into());
            self.tell(end, LATE, Record::Failed(Box::new(Failed { time, task, key, place: None, worker, error })));
        }
    }
}
