//! Writing records into blocks.

use super::block::Block;
use super::digest::task_number;
use super::names::NameWriter;
use super::{BLOCK_BYTES, Last, MAGIC, Machine, Tally, VERSION, kind, piece};
use partita_graph::Token;
use partita_protocol::journal::Naming;
use partita_protocol::scheduler::Event;
use partita_protocol::worker::{self, Outcome, Report};
use partita_protocol::{Attempt, TaskId, Time, WorkerId};
use partita_scheduler::machine::Config as SchedulerConfig;
use partita_worker::machine::Config as WorkerConfig;
use serde::Serialize;

/// Makes the blocks of a journal.
///
/// Each machine's events are handed in before the machine is told them, by [`Encoder::scheduler`] and
/// [`Encoder::worker`]. When [`Encoder::is_full`] says so, the block is to be taken by [`Encoder::block`] and written.
#[derive(Debug, Default)]
pub struct Encoder {
    block: Block,
    last: Last,
    names: NameWriter,
    /// Events of this block.
    events: u64,
}

/// A task's run, as it stands in a record.
struct Run {
    task: TaskId,
    attempt: Attempt,
    nbytes: u64,
    started: Time,
    stopped: Time,
}

impl Encoder {
    /// The encoder, and what is written first: the magic and the block with the settings.
    pub fn new(config: &SchedulerConfig) -> (Self, Vec<u8>) {
        let mut encoder = Encoder::default();
        encoder.header(VERSION, config);
        let mut first = MAGIC.to_vec();
        first.extend(encoder.block().unwrap_or_default());
        (encoder, first)
    }

    pub(super) fn header(&mut self, version: &str, config: &SchedulerConfig) {
        self.block.byte(kind::HEADER);
        self.block.counted(version.as_bytes());
        // The high half of such a token is the same for all of this process; see `names`.
        self.block.bytes(&Token::unique().to_bytes()[..8]);
        self.value(config);
    }

    /// Events of the block that is being filled.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Whether the block is to be taken.
    pub fn is_full(&self) -> bool {
        self.block.len() >= BLOCK_BYTES
    }

    /// Takes the block, framed as it is to be written; `None` if it is empty.
    pub fn block(&mut self) -> Option<Vec<u8>> {
        if self.block.len() == 0 {
            return None;
        }
        self.events = 0;
        Some(self.block.take_framed())
    }

    /// The names of the tasks of the piece that comes next.
    pub fn names(&mut self, names: &mut dyn Iterator<Item = Naming<'_>>) {
        self.block.byte(kind::NAMES);
        self.names.write(&mut self.block, names);
    }

    /// The scheduler's machine is told an event.
    pub fn scheduler(&mut self, tally: &mut Tally, now: Time, event: &Event) {
        self.count(Machine::Scheduler, tally);
        match event {
            Event::WorkerReported { worker, report: Report::Finished { task, attempt, nbytes, started, stopped } } => {
                let run = Run { task: *task, attempt: *attempt, nbytes: *nbytes, started: *started, stopped: *stopped };
                self.run(kind::FINISHED, now, *worker, &run);
            }
            Event::GraphSubmitted { client, piece } => {
                self.start(kind::PIECE, now);
                self.block.number(u64::from(client.0));
                piece::write(&mut self.block, piece);
            }
            event => {
                self.start(kind::SCHEDULER, now);
                self.value(event);
            }
        }
    }

    /// A worker was set up; its events follow.
    pub fn worker_started(&mut self, worker: WorkerId, config: &WorkerConfig) {
        self.block.byte(kind::WORKER_STARTED);
        self.block.number(u64::from(worker.0));
        self.value(config);
    }

    /// A worker's machine is told an event.
    pub fn worker(&mut self, tally: &mut Tally, worker: WorkerId, now: Time, event: &worker::Event) {
        self.count(Machine::Worker(worker), tally);
        match event {
            worker::Event::Ordered(_) => {
                self.start(kind::ORDERED, now);
                self.worker_id(worker);
            }
            worker::Event::Executed { task, attempt, outcome: Outcome::Value { nbytes }, started, stopped } => {
                let run = Run { task: *task, attempt: *attempt, nbytes: *nbytes, started: *started, stopped: *stopped };
                self.run(kind::EXECUTED, now, worker, &run);
            }
            event => {
                self.start(kind::WORKER, now);
                self.worker_id(worker);
                self.value(event);
            }
        }
    }

    /// The digest over what a machine answered so far.
    pub fn digest(&mut self, machine: Machine, tally: &Tally) {
        self.block.byte(kind::DIGEST);
        self.block.number(match machine {
            Machine::Scheduler => 0,
            Machine::Worker(worker) => u64::from(worker.0) + 1,
        });
        self.block.word(tally.digest());
    }

    /// Nothing more is written, because there is no more room.
    pub fn stopped(&mut self) {
        self.block.byte(kind::STOPPED);
    }

    /// The cluster was closed; so many events are missing since the journal stopped.
    pub fn closed(&mut self, missing: u64) {
        self.block.byte(kind::CLOSED);
        self.block.number(missing);
    }

    /// Counts an event, and writes the digest over those before it when it is time.
    #[inline]
    fn count(&mut self, machine: Machine, tally: &mut Tally) {
        if tally.is_due() {
            self.digest(machine, tally);
        }
        tally.count();
        self.events += 1;
    }

    #[inline]
    fn start(&mut self, kind: u8, now: Time) {
        self.block.byte(kind);
        self.block.signed(now.0.wrapping_sub(self.last.time.0));
        self.last.time = now;
    }

    #[inline]
    fn worker_id(&mut self, worker: WorkerId) {
        self.block.signed(u64::from(worker.0).wrapping_sub(u64::from(self.last.worker)));
        self.last.worker = worker.0;
    }

    #[inline]
    fn run(&mut self, kind: u8, now: Time, worker: WorkerId, run: &Run) {
        self.start(kind, now);
        self.worker_id(worker);
        let task = task_number(run.task);
        self.block.signed(task.wrapping_sub(self.last.task));
        self.block.signed(run.attempt.0.wrapping_sub(self.last.attempt));
        self.block.number(run.nbytes);
        self.block.signed(now.0.wrapping_sub(run.stopped.0));
        self.block.signed(run.stopped.0.wrapping_sub(run.started.0));
        (self.last.task, self.last.attempt) = (task, run.attempt.0);
    }

    fn value(&mut self, value: &impl Serialize) {
        // Plain data always has this form; if it had not, an empty value would be found out by the reader.
        let bytes = rmp_serde::to_vec(value).unwrap_or_default();
        self.block.counted(&bytes);
    }
}
