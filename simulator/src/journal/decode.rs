//! Reading records from blocks.

use super::cursor::Cursor;
use super::error::Nonsense;
use super::names::{NameReader, Named};
use super::piece::task_id;
use super::{Last, Machine, VERSION, kind, piece};
use partita_protocol::scheduler::Event;
use partita_protocol::worker::{self, Outcome, Report};
use partita_protocol::{Attempt, ClientId, Time, WorkerId};
use partita_scheduler::machine::Config as SchedulerConfig;
use partita_worker::machine::Config as WorkerConfig;

/// A record of a journal.
#[derive(Clone, Debug)]
pub enum Entry {
    /// The names of the tasks of the piece that the next event hands in, in its order.
    Names(Vec<Named>),
    /// The scheduler's machine was told an event.
    Scheduler {
        /// When.
        time: Time,
        /// What.
        event: Event,
    },
    /// A worker was set up.
    WorkerStarted {
        /// Which incarnation.
        worker: WorkerId,
        /// What it was set up with.
        config: WorkerConfig,
    },
    /// A worker's machine was told an event that is no order.
    Worker {
        /// Which incarnation.
        worker: WorkerId,
        /// When.
        time: Time,
        /// What.
        event: worker::Event,
    },
    /// A worker's machine was told the next order that the scheduler's machine gave for it.
    Ordered {
        /// Which incarnation.
        worker: WorkerId,
        /// When.
        time: Time,
    },
    /// The digest over what a machine answered so far.
    Digest {
        /// Which machine.
        machine: Machine,
        /// The digest's number.
        number: u64,
    },
    /// The journal stopped here, because there was no more room.
    Stopped,
    /// The cluster was closed.
    Closed {
        /// Events that are missing since the journal stopped.
        missing: u64,
    },
}

/// Makes records of blocks.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    last: Last,
    names: NameReader,
}

/// A task's run, as it stands in a record.
struct Run {
    task: partita_protocol::TaskId,
    attempt: Attempt,
    nbytes: u64,
    started: Time,
    stopped: Time,
}

/// What the first block tells.
pub(super) enum Header {
    /// Another version wrote the journal: which.
    OtherVersion(String),
    /// This version wrote it, with these settings.
    Config(Box<SchedulerConfig>),
}

impl Decoder {
    /// Reads the first block.
    pub(super) fn header(&mut self, cursor: &mut Cursor<'_>) -> Result<Header, Nonsense> {
        if cursor.byte()? != kind::HEADER {
            return Err(Nonsense::Kind);
        }
        let version = std::str::from_utf8(cursor.counted()?).map_err(|_| Nonsense::Value)?;
        if version != VERSION {
            return Ok(Header::OtherVersion(version.into()));
        }
        let seed = cursor.bytes(8)?;
        self.names.seed = seed.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        Ok(Header::Config(Box::new(cursor.value()?)))
    }

    /// Reads the next record.
    pub(super) fn entry(&mut self, cursor: &mut Cursor<'_>) -> Result<Entry, Nonsense> {
        Ok(match cursor.byte()? {
            kind::NAMES => Entry::Names(self.names.read(cursor)?),
            kind::SCHEDULER => Entry::Scheduler { time: self.time(cursor)?, event: cursor.value()? },
            kind::PIECE => {
                let time = self.time(cursor)?;
                let client = ClientId(cursor.small()?);
                Entry::Scheduler { time, event: Event::GraphSubmitted { client, piece: piece::read(cursor)? } }
            }
            kind::FINISHED => {
                let time = self.time(cursor)?;
                let worker = self.worker(cursor)?;
                let Run { task, attempt, nbytes, started, stopped } = self.run(time, cursor)?;
                let report = Report::Finished { task, attempt, nbytes, started, stopped };
                Entry::Scheduler { time, event: Event::WorkerReported { worker, report } }
            }
            kind::WORKER_STARTED => Entry::WorkerStarted { worker: WorkerId(cursor.small()?), config: cursor.value()? },
            kind::WORKER => {
                let time = self.time(cursor)?;
                Entry::Worker { time, worker: self.worker(cursor)?, event: cursor.value()? }
            }
            kind::ORDERED => {
                let time = self.time(cursor)?;
                Entry::Ordered { time, worker: self.worker(cursor)? }
            }
            kind::EXECUTED => {
                let time = self.time(cursor)?;
                let worker = self.worker(cursor)?;
                let Run { task, attempt, nbytes, started, stopped } = self.run(time, cursor)?;
                let outcome = Outcome::Value { nbytes };
                let event = worker::Event::Executed { task, attempt, outcome, started, stopped };
                Entry::Worker { worker, time, event }
            }
            kind::DIGEST => {
                let machine = match cursor.number()?.checked_sub(1) {
                    None => Machine::Scheduler,
                    Some(worker) => Machine::Worker(WorkerId(u32::try_from(worker).map_err(|_| Nonsense::Range)?)),
                };
                Entry::Digest { machine, number: cursor.word()? }
            }
            kind::STOPPED => Entry::Stopped,
            kind::CLOSED => Entry::Closed { missing: cursor.number()? },
            _ => return Err(Nonsense::Kind),
        })
    }

    fn time(&mut self, cursor: &mut Cursor<'_>) -> Result<Time, Nonsense> {
        self.last.time = Time(self.last.time.0.wrapping_add(cursor.signed()?));
        Ok(self.last.time)
    }

    fn worker(&mut self, cursor: &mut Cursor<'_>) -> Result<WorkerId, Nonsense> {
        let worker = u64::from(self.last.worker).wrapping_add(cursor.signed()?);
        self.last.worker = u32::try_from(worker).map_err(|_| Nonsense::Range)?;
        Ok(WorkerId(self.last.worker))
    }

    fn run(&mut self, now: Time, cursor: &mut Cursor<'_>) -> Result<Run, Nonsense> {
        self.last.task = self.last.task.wrapping_add(cursor.signed()?);
        self.last.attempt = self.last.attempt.wrapping_add(cursor.signed()?);
        let nbytes = cursor.number()?;
        let stopped = Time(now.0.wrapping_sub(cursor.signed()?));
        let started = Time(stopped.0.wrapping_sub(cursor.signed()?));
        Ok(Run { task: task_id(self.last.task), attempt: Attempt(self.last.attempt), nbytes, started, stopped })
    }
}
