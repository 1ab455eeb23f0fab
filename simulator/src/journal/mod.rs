//! The journal: what the machines of a cluster were told, in order, in one file.
//!
//! A journal begins with [`MAGIC`] and goes on with blocks: four bytes of length, four bytes of checksum of the length
//! (CRC 32), four bytes of checksum of the records, and records. The first block tells the version and the scheduler's
//! settings. A block counts whole or not at all, so a journal that was cut off, or whose cluster died, is read up to the
//! last block that is whole. As the length has a checksum of its own, a damaged length is told apart from a cut.
//!
//! Records are packed: most numbers are written as the difference to the one before, and what is asked a million times
//! (a task is handed in, ends, is run by a worker) has a form of its own of a few bytes. All else is written by serde.
//! The orders of a worker are not written: they are what the scheduler's machine answers, and replaying finds them again.
//! From time to time a record tells the digest over what a machine answered; see [`Tally`].
//!
//! [`Encoder`] makes blocks, [`Reader`] reads a file. Neither knows how a cluster keeps its journal, nor what is done
//! with it.

mod block;
mod cursor;
mod decode;
mod digest;
mod encode;
mod error;
mod frame;
mod names;
mod piece;
mod read;

#[cfg(test)]
mod tests;

pub use decode::Entry;
pub use digest::Tally;
pub use encode::Encoder;
pub use error::{JournalError, Nonsense};
pub use names::Named;
pub use read::{Ending, Reader};

use partita_protocol::{Time, WorkerId};

/// The first bytes of a journal; the last one is the form of what follows.
pub const MAGIC: [u8; 8] = *b"PARTITA\x02";

/// The bytes of a block after which it is handed on.
pub const BLOCK_BYTES: usize = 1 << 16;

/// The version whose journals this one reads: another one may decide otherwise.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One of the machines of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Machine {
    /// The scheduler's.
    Scheduler,
    /// That of one incarnation of a worker.
    Worker(WorkerId),
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Machine::Scheduler => f.write_str("the scheduler"),
            Machine::Worker(worker) => write!(f, "worker {worker}"),
        }
    }
}

/// What the records before a record leave to be said: both sides keep the same.
#[derive(Debug, Default)]
struct Last {
    time: Time,
    worker: u32,
    task: u64,
    attempt: u64,
}

/// The kinds of records; the first byte of each.
mod kind {
    pub(super) const HEADER: u8 = 1;
    pub(super) const SCHEDULER: u8 = 2;
    pub(super) const NAMES: u8 = 3;
    pub(super) const PIECE: u8 = 4;
    pub(super) const FINISHED: u8 = 5;
    pub(super) const WORKER_STARTED: u8 = 6;
    pub(super) const WORKER: u8 = 7;
    pub(super) const ORDERED: u8 = 8;
    pub(super) const EXECUTED: u8 = 9;
    pub(super) const DIGEST: u8 = 10;
    pub(super) const STOPPED: u8 = 11;
    pub(super) const CLOSED: u8 = 12;
}
