//! What machines, executors and stores tell the profiler: typed records in bounded batches.

use crate::census::Census;
use crate::ids::{Attempt, PlaceId, PrefixId, TaskId, WorkerId};
use crate::limits::RECORD_TEXT;
use crate::steps::{GroupSteps, Moves};
use crate::time::Time;
use partita_graph::{Token, catch};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A task's state in the scheduler, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum State {
    /// Known, and not asked to be computed.
    Released,
    /// Waits for dependencies.
    Waiting,
    /// Could run, and waits on the scheduler for a free thread.
    Queued,
    /// Could run, and no worker may run it.
    NoWorker,
    /// Handed to a worker.
    Processing,
    /// Its result is in some worker's memory.
    Memory,
    /// It failed, or something that it needs did.
    Erred,
    /// It is no longer known.
    Forgotten,
}

impl State {
    /// All states, each at its number.
    pub const ALL: [State; 8] = [
        State::Released,
        State::Waiting,
        State::Queued,
        State::NoWorker,
        State::Processing,
        State::Memory,
        State::Erred,
        State::Forgotten,
    ];
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Record {
    /// A prefix got its id.
    Prefix {
        /// The id.
        prefix: PrefixId,
        /// The name.
        name: Arc<str>,
    },
    /// A line of user code got its id.
    Place {
        /// The id.
        place: PlaceId,
        /// The file.
        file: Arc<str>,
        /// The line, from 1.
        line: u32,
    },
    /// A task was handed in; told while somebody listens.
    Task {
        /// Which task.
        task: TaskId,
        /// The state that it was in before; [`State::Forgotten`] of one that became known only now, and is released.
        before: State,
        /// Of which group: the name of its key.
        prefix: PrefixId,
        /// The line of user code that made it.
        place: PlaceId,
        /// The token of its key.
        token: Token,
        /// The partition of its key; [`WHOLE`] if it has none.
        part: u32,
        /// The tasks whose results it takes.
        dependencies: Box<[TaskId]>,
    },
    /// A task failed, for good or to be tried again.
    Failed(Box<Failed>),
    /// A task was taken back from a worker, to be given to another.
    Stolen {
        /// When.
        time: Time,
        /// Which task.
        task: TaskId,
        /// From whom.
        from: WorkerId,
    },
    /// A task changed its state in the scheduler.
    Transition {
        /// When.
        time: Time,
        /// Which task.
        task: TaskId,
        /// Of which group.
        prefix: PrefixId,
        /// The state that it left.
        from: State,
        /// The state that it entered.
        to: State,
    },
    /// Transitions, each as it was; told instead of as many records while somebody listens.
    Moves(Box<Moves>),
    /// Transitions since the last such record, added up; told instead of each while nobody listens.
    Steps {
        /// When.
        time: Time,
        /// By group.
        groups: Box<[GroupSteps]>,
    },
    /// A task ran.
    Compute {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// On which worker.
        worker: WorkerId,
        /// On which of its threads.
        thread: u32,
        /// When it began.
        started: Time,
        /// When it ended.
        stopped: Time,
        /// The size of its result in bytes.
        nbytes: u64,
        /// Whether it ended well.
        ok: bool,
    },
    /// Results went from worker to worker.
    Transfer {
        /// From whom.
        from: WorkerId,
        /// To whom.
        to: WorkerId,
        /// How many results.
        count: u32,
        /// How many bytes.
        nbytes: u64,
        /// Which results, and the bytes of each.
        results: Box<[(TaskId, u64)]>,
        /// When it was asked for.
        started: Time,
        /// When it was there.
        stopped: Time,
    },
    /// What a worker's store holds, and what its threads do.
    Store {
        /// When.
        time: Time,
        /// Which worker's.
        worker: WorkerId,
        /// How many results.
        count: u64,
        /// How many bytes in memory.
        nbytes: u64,
        /// How many bytes on disk and not in memory.
        on_disk: u64,
        /// How many tasks its threads run.
        running: u32,
    },
    /// A worker came.
    WorkerJoined {
        /// When.
        time: Time,
        /// Which.
        worker: WorkerId,
        /// Its name.
        name: Arc<str>,
        /// Tasks that it runs at a time.
        threads: u32,
        /// Bytes that it may hold.
        memory_limit: u64,
    },
    /// A worker went.
    WorkerLost {
        /// When.
        time: Time,
        /// Which.
        worker: WorkerId,
        /// Why.
        cause: Arc<str>,
    },
    /// What the process and the machine use.
    Usage(Usage),
    /// What the threads of a worker use, or its process if it has one of its own; told where the operating system says it.
    WorkerUsage {
        /// When.
        time: Time,
        /// Which worker.
        worker: WorkerId,
        /// Cores that its threads, or all of its process, kept busy since it was told before.
        cpu: f32,
        /// Bytes that its process has in memory, if it has one of its own.
        memory: Option<u64>,
    },
    /// Something that is worth a line in a log.
    Log(Box<Log>),
    /// The states of all tasks, as records before it were lost.
    Census(Box<Census>),
}

impl Record {
    /// How many things it tells of.
    pub fn count(&self) -> u64 {
        if let Record::Moves(moves) = self { moves.len() as u64 } else { 1 }
    }

    /// How many records take as much room.
    pub fn weight(&self) -> u64 {
        if let Record::Moves(moves) = self { 1 + moves.len() as u64 / 4 } else { 1 }
    }
}

/// The partition of a key that has none.
pub const WHOLE: u32 = u32::MAX;

/// A failure of a task, for good or to be tried again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// When.
    pub time: Time,
    /// Which task.
    pub task: TaskId,
    /// Its key, as it is printed.
    pub key: Arc<str>,
    /// The line of user code that made it, as it is printed.
    pub place: Option<Arc<str>>,
    /// On which worker, if it failed on one.
    pub worker: Option<WorkerId>,
    /// What the error says.
    pub error: Arc<str>,
}

/// What a process and its machine use at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// When.
    pub time: Time,
    /// Cores that the process keeps busy; 1.5 is one and a half.
    pub cpu: f32,
    /// Bytes of the process that are in memory.
    pub memory: u64,
    /// Cores of the machine that are busy.
    pub machine_cpu: f32,
    /// Bytes of the machine that are in use.
    pub machine_memory: u64,
    /// Bytes that the machine has.
    pub machine_total: u64,
}

/// How much a line of a log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Of interest to those who look for something.
    Debug,
    /// What happens in the course of things.
    Info,
    /// Something that should not be.
    Warn,
    /// Something that ends something.
    Error,
}

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Log {
    /// When.
    pub time: Time,
    /// How much it matters.
    pub level: Level,
    /// Whose it is: a worker's, or the scheduler's.
    pub worker: Option<WorkerId>,
    /// The line.
    pub text: Arc<str>,
}

impl Log {
    /// The record of a line, which is [`shortened`].
    pub fn record(time: Time, level: Level, worker: Option<WorkerId>, text: impl fmt::Display) -> Record {
        Record::Log(Box::new(Log { time, level, worker, text: shortened(text) }))
    }
}

/// A text as a record has it: what is beyond [`RECORD_TEXT`] bytes is left out, and not even made, as errors may hold
/// thousands of others. One that panics while it is made, as a user's may, is cut there.
pub fn shortened(text: impl fmt::Display) -> Arc<str> {
    let mut short = Short::default();
    let whole = catch(|| write!(short, "{text}"));
    match whole {
        Ok(Ok(())) => short.0.into(),
        Ok(Err(fmt::Error)) => (short.0 + " …").into(),
        Err(panic) => (short.0 + " … (showing it panicked: " + &panic.message + ")").into(),
    }
}

/// A text that takes no more than a record has.
#[derive(Default)]
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.floor_char_boundary(RECORD_TEXT - self.0.len());
        self.0.push_str(&text[..end]);
        if end == text.len() { Ok(()) } else { Err(fmt::Error) }
    }
}

/// How many listen to the records one by one. What only they need is not told while there are none, or added up.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Arc<AtomicUsize>);

impl Listeners {
    /// One more listens from now on.
    pub fn join(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So many listen no longer.
    pub fn leave(&self, count: usize) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }

    /// Whether anybody listens.
    pub fn any(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }
}

/// Records that travel together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// The records, oldest first.
    pub records: Vec<Record>,
    /// Records that were dropped since the last batch because the profiler was slow.
    pub dropped: u64,
}

impl Batch {
    /// How many things its records tell of.
    pub fn count(&self) -> u64 {
        self.records.iter().map(Record::count).sum()
    }

    /// How much of a backlog it takes, in records.
    pub fn weight(&self) -> u64 {
        self.records.iter().map(Record::weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_their_numbers() {
        assert!(State::ALL.iter().enumerate().all(|(number, state)| *state as usize == number));
    }

    #[test]
    fn texts_of_records_are_bounded_and_end_between_letters() {
        assert_eq!(&*shortened("short"), "short");
        let exact = "x".repeat(RECORD_TEXT);
        assert_eq!(*shortened(&exact), *exact);
        let long = format!("x{}", "é".repeat(RECORD_TEXT));
        let shown = shortened(&long);
        assert!(shown.len() < RECORD_TEXT + 40, "{}", shown.len());
        assert!(shown.ends_with("é …"), "{}", &shown[RECORD_TEXT - 9..]);
        assert_eq!(*shortened(format_args!("{long}{long}")), *shown);
    }

    #[test]
    fn texts_that_panic_are_cut_there() {
        struct Panics;
        impl fmt::Display for Panics {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("so far")?;
                panic!("no further")
            }
        }
        assert_eq!(&*shortened(Panics), "so far … (showing it panicked: no further)");
    }
}
