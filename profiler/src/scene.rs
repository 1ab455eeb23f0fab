//! A scripted run for tests: two workers, three squares, a sum, a task that failed, hostile names.

use crate::run::{Limits, Run};
use partita_graph::Token;
use partita_protocol::telemetry::{Batch, Failed, Level, Log, Record, State, Usage, WHOLE};
use partita_protocol::{Attempt, PlaceId, PrefixId, TaskId, Time, WorkerId};

/// Names that are trouble for formats.
pub(crate) const HOSTILE: [&str; 12] = [
    "=HYPERLINK(\"http://evil.example\",\"x\")",
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "</script><script>alert(1)</script>",
    "a,b;c\"d'e",
    "two\nlines\r\nand more",
    "nul\0 bell\x07 \u{2028}\u{2029} \u{202e}",
    "<img src=x onerror=alert(1)>&amp;",
    "日本 🦀 é",
    "",
];

/// Records made one by one.
#[derive(Default)]
pub(crate) struct Scene {
    records: Vec<Record>,
    tasks: u32,
    names: u32,
}

impl Scene {
    /// Workers of these names, with two threads each, that came at the beginning.
    pub(crate) fn with_workers(names: &[&str]) -> Scene {
        let mut scene = Scene::default();
        for (number, name) in names.iter().enumerate() {
            let (worker, name) = (WorkerId(number as u32), (*name).into());
            let joined = Record::WorkerJoined { time: Time(1), worker, name, threads: 2, memory_limit: 1 << 30 };
            scene.records.push(joined);
        }
        scene.records.push(Record::Place { place: PlaceId(0), file: "src/main.rs".into(), line: 7 });
        scene
    }

    /// A group of this name.
    pub(crate) fn group(&mut self, name: &str) -> PrefixId {
        let prefix = PrefixId(self.names);
        self.names += 1;
        self.records.push(Record::Prefix { prefix, name: name.into() });
        prefix
    }

    /// A task that ran from one microsecond to another.
    pub(crate) fn ran(
        &mut self,
        (prefix, token, part): (PrefixId, Token, u32),
        inputs: &[TaskId],
        (worker, thread): (u32, u32),
        (from, to): (u64, u64),
        ok: bool,
    ) -> TaskId {
        let (task, place, worker) = (TaskId::new(self.tasks, 0), PlaceId(0), WorkerId(worker));
        self.tasks += 1;
        let (started, stopped) = (Time(from * 1000 + 1), Time(to * 1000 + 1));
        let dependencies = inputs.into();
        self.records.push(Record::Task { task, before: State::Forgotten, prefix, place, token, part, dependencies });
        let end = if ok { State::Memory } else { State::Erred };
        let steps = [(State::Released, State::Processing, started), (State::Processing, end, stopped)];
        let steps = steps.map(|(from, to, time)| Record::Transition { time, task, prefix, from, to });
        self.records.extend(steps);
        let attempt = Attempt(u64::from(self.tasks));
        let nbytes = if ok { 8 } else { 0 };
        self.records.push(Record::Compute { task, attempt, worker, thread, started, stopped, nbytes, ok });
        task
    }

    /// Anything else.
    pub(crate) fn push(&mut self, record: Record) {
        self.records.push(record);
    }

    /// The run of all that.
    pub(crate) fn run(self) -> Run {
        let mut run = Run::new(Limits::default());
        run.add(&Batch { records: self.records, dropped: 0 });
        run
    }
}

/// A run with something of everything; a task of each hostile name, that took `slower` microseconds more than 10.
pub(crate) fn scripted(slower: u64) -> Run {
    let mut scene = Scene::with_workers(&["worker-0", "w<1>,\"=x"]);
    let (square, sum, fails) = (scene.group("square"), scene.group("sum"), scene.group("fails"));
    let (squares, total) = (Token::of(b"squares"), Token::of(b"sum"));
    let parts: Vec<TaskId> = (0..3)
        .map(|part| {
            let from = 100 * u64::from(part);
            scene.ran((square, squares, part), &[], (part % 2, 0), (from, from + 50 + slower), true)
        })
        .collect();
    scene.ran((sum, total, WHOLE), &parts, (0, 1), (1_000, 1_200), true);
    let failed = scene.ran((fails, Token::unique(), WHOLE), &[], (1, 1), (1_100, 1_101), false);
    for (number, name) in HOSTILE.iter().enumerate() {
        let group = scene.group(name);
        let from = 2_000 + 100 * number as u64;
        scene.ran((group, Token::NONE, WHOLE), &[], (0, 0), (from, from + 10 + slower), true);
    }
    let (time, worker) = (Time(1_300_000), WorkerId(1));
    let error = "no luck".into();
    scene.push(Record::Failed(Box::new(Failed {
        time,
        task: failed,
        key: "fails".into(),
        place: None,
        worker: None,
        error,
    })));
    let log = Log { time, level: Level::Warn, worker: Some(worker), text: "=careful".into() };
    scene.push(Record::Log(Box::new(log)));
    scene.push(Record::Store { time, worker, count: 3, nbytes: 24, on_disk: 5, running: 0 });
    scene.push(Record::Usage(Usage {
        time,
        cpu: 1.5,
        memory: 1 << 20,
        machine_cpu: 2.0,
        machine_memory: 2,
        machine_total: 3,
    }));
    let (from, to) = (WorkerId(1), WorkerId(0));
    let (started, stopped) = (Time(900_000), Time(950_000));
    scene.push(Record::Transfer { from, to, count: 1, nbytes: 8, results: Box::default(), started, stopped });
    scene.run()
}
