//! The cluster's journal: a file that a thread of its own writes, fed by the actors.

use crate::error::ConfigError;
use parking_lot::{Condvar, Mutex};
use partita_protocol::journal::{Ledger, Naming};
use partita_protocol::{Time, WorkerId, scheduler, worker};
use partita_scheduler::machine::Config as SchedulerConfig;
use partita_simulator::journal::{Encoder, Machine, Tally};
use partita_worker::machine::Config as WorkerConfig;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How large a journal may become if it is not said.
pub(super) const LIMIT: u64 = 256 << 20;

/// The least that a journal may be limited to.
const LEAST: u64 = 64 << 10;

/// Bytes that may wait for the disk; when it is slower than that, the journal stops.
const BACKLOG: u64 = 64 << 20;

/// Bytes that are left free for the last words.
const RESERVE: u64 = 64;

/// How long a block may wait to become full. A cluster that is killed loses what is younger.
const DELAY: Duration = Duration::from_millis(100);

/// What was asked for.
#[derive(Clone, Debug)]
pub(super) struct JournalOptions {
    pub(super) path: PathBuf,
    pub(super) limit: u64,
    pub(super) replace: bool,
    pub(super) workers: bool,
}

/// A journal that is being written.
pub(super) struct Journal {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The way to a journal.
#[derive(Clone)]
pub(super) struct JournalLink(Arc<Shared>);

struct Shared {
    desk: Mutex<Desk>,
    /// Rung when a block is full or the journal is closed.
    bell: Condvar,
    path: PathBuf,
    limit: u64,
    workers: bool,
}

/// What actors and the writing thread share.
struct Desk {
    encoder: Encoder,
    /// Full blocks that wait to be written.
    blocks: VecDeque<Vec<u8>>,
    /// Bytes of these.
    waiting: u64,
    /// Bytes written, and to be written.
    length: u64,
    /// Whether nothing more is written.
    stopped: bool,
    /// Events that are missing since then.
    missing: u64,
    closed: bool,
}

impl Journal {
    /// Makes the file and starts its thread.
    pub(super) fn start(options: &JournalOptions, config: &SchedulerConfig) -> Result<Self, ConfigError> {
        let JournalOptions { path, limit, replace, workers } = options;
        if *limit < LEAST {
            let (field, allowed) = ("journal_limit", "at least 65,536 bytes");
            return Err(ConfigError::Value { field, value: limit.to_string(), allowed });
        }
        let refused = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => ConfigError::JournalExists { path: path.clone() },
            _ => ConfigError::Journal { path: path.clone(), cause: error.to_string() },
        };
        let mut file = create(path, *replace).map_err(refused)?;
        let (encoder, first) = Encoder::new(config);
        file.write_all(&first).map_err(refused)?;
        let desk = Desk {
            encoder,
            blocks: VecDeque::new(),
            waiting: 0,
            length: first.len() as u64,
            stopped: false,
            missing: 0,
            closed: false,
        };
        let (path, limit, workers) = (path.clone(), *limit, *workers);
        let shared = Arc::new(Shared { desk: Mutex::new(desk), bell: Condvar::new(), path, limit, workers });
        let writer = shared.clone();
        let threads = |error: std::io::Error| ConfigError::Threads { cause: error.to_string() };
        let thread = std::thread::Builder::new().name("partita-journal".into());
        let thread = thread.spawn(move || writer.write(&mut file)).map_err(threads)?;
        Ok(Journal { shared, thread: Some(thread) })
    }

    /// The way to it.
    pub(super) fn link(&self) -> JournalLink {
        JournalLink(self.shared.clone())
    }
}

impl Drop for Journal {
    /// Writes what waits and the last words, and ends. The machines have been told all that they will be.
    fn drop(&mut self) {
        self.shared.desk.lock().closed = true;
        self.shared.bell.notify_one();
        if let Some(thread) = self.thread.take() {
            // It does not panic; if it did, the file would end before, as after a crash.
            drop(thread.join());
        }
        let missing = self.shared.desk.lock().missing;
        if missing > 0 {
            tracing::warn!(missing, path = %self.shared.path.display(), "events are missing in the journal");
        }
    }
}

/// A new file that only its owner can read. Nothing that is there is followed or written over.
fn create(path: &Path, replace: bool) -> std::io::Result<File> {
    if replace && std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) {
        std::fs::remove_file(path)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl Shared {
    /// The thread: writes blocks until the journal is closed.
    fn write(&self, file: &mut File) {
        loop {
            let mut desk = self.desk.lock();
            if desk.blocks.is_empty() && !desk.closed {
                self.bell.wait_for(&mut desk, DELAY);
            }
            if desk.blocks.is_empty() {
                self.hand_on(&mut desk);
            }
            let blocks = std::mem::take(&mut desk.blocks);
            desk.waiting = 0;
            let closed = desk.closed;
            drop(desk);
            for block in &blocks {
                if let Err(error) = file.write_all(block) {
                    // A block that is not whole does not count, and no other may follow it.
                    return self.stop(&mut self.desk.lock(), &format!("it could not be written: {error}"));
                }
            }
            if closed && blocks.is_empty() {
                return self.say_goodbye(file);
            }
        }
    }

    /// The last block: that the cluster was closed, and what is missing.
    fn say_goodbye(&self, file: &mut File) {
        let mut desk = self.desk.lock();
        let missing = desk.missing;
        desk.encoder.closed(missing);
        let written = desk.encoder.block().map_or(Ok(()), |block| file.write_all(&block));
        if let Err(error) = written {
            tracing::warn!(%error, path = %self.path.display(), "the journal has no proper end");
        }
    }

    /// Puts the block that is being filled among those to be written, if there is room for it in the file.
    fn hand_on(&self, desk: &mut Desk) {
        let events = desk.encoder.events();
        let Some(block) = desk.encoder.block() else { return };
        let length = block.len() as u64;
        let why = match () {
            () if desk.length + length + RESERVE > self.limit => Some("it has reached its limit"),
            () if desk.waiting + length > BACKLOG => Some("the disk is too slow for it"),
            () => None,
        };
        if let Some(why) = why {
            desk.missing += events;
            desk.encoder.stopped();
            desk.blocks.extend(desk.encoder.block());
            return self.stop(desk, why);
        }
        desk.length += length;
        desk.waiting += length;
        desk.blocks.push_back(block);
    }

    #[cold]
    fn stop(&self, desk: &mut Desk, why: &str) {
        tracing::warn!(path = %self.path.display(), "the journal stops: {why}");
        desk.stopped = true;
    }

    /// Writes something down, unless the journal has stopped.
    #[inline]
    fn note(&self, events: u64, note: impl FnOnce(&mut Encoder)) {
        let mut desk = self.desk.lock();
        if desk.stopped {
            desk.missing += events;
            return;
        }
        note(&mut desk.encoder);
        if desk.encoder.is_full() {
            self.hand_on(&mut desk);
            self.bell.notify_one();
        }
    }
}

impl JournalLink {
    /// Where the scheduler's actor writes down its events.
    pub(super) fn scheduler(&self) -> Box<dyn Ledger<scheduler::Event, scheduler::Effect>> {
        Box::new(SchedulerLedger { shared: self.0.clone(), tally: Tally::default() })
    }

    /// Where a worker's actor writes down its events, if workers are kept.
    pub(super) fn worker(
        &self,
        worker: WorkerId,
        config: &WorkerConfig,
    ) -> Option<Box<dyn Ledger<worker::Event, worker::Effect>>> {
        self.0.workers.then(|| {
            self.0.note(0, |encoder| encoder.worker_started(worker, config));
            Box::new(WorkerLedger { shared: self.0.clone(), worker, tally: Tally::default() }) as _
        })
    }
}

struct SchedulerLedger {
    shared: Arc<Shared>,
    tally: Tally,
}

impl Ledger<scheduler::Event, scheduler::Effect> for SchedulerLedger {
    fn names(&mut self, names: &mut dyn Iterator<Item = Naming<'_>>) {
        self.shared.note(0, |encoder| encoder.names(names));
    }

    fn event(&mut self, now: Time, event: &scheduler::Event) {
        self.shared.note(1, |encoder| encoder.scheduler(&mut self.tally, now, event));
    }

    fn effects(&mut self, effects: &[scheduler::Effect]) {
        self.tally.scheduler(effects);
    }
}

impl Drop for SchedulerLedger {
    fn drop(&mut self) {
        self.shared.note(0, |encoder| encoder.digest(Machine::Scheduler, &self.tally));
    }
}

struct WorkerLedger {
    shared: Arc<Shared>,
    worker: WorkerId,
    tally: Tally,
}

impl Ledger<worker::Event, worker::Effect> for WorkerLedger {
    fn names(&mut self, _: &mut dyn Iterator<Item = Naming<'_>>) {}

    fn event(&mut self, now: Time, event: &worker::Event) {
        self.shared.note(1, |encoder| encoder.worker(&mut self.tally, self.worker, now, event));
    }

    fn effects(&mut self, effects: &[worker::Effect]) {
        self.tally.worker(effects);
    }
}

impl Drop for WorkerLedger {
    fn drop(&mut self) {
        let machine = Machine::Worker(self.worker);
        self.shared.note(0, |encoder| encoder.digest(machine, &self.tally));
    }
}
