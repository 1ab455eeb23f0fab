//! What both sides say of themselves: fixed places in fixed frames, which no version of the protocol moves.

use partita_graph::Token;
use std::fmt;

/// What stands at the front of each frame of a handshake.
pub const MAGIC: [u8; 8] = *b"\x89PARTITA";

/// The version of what follows a handshake: frames of messages.
pub const VERSION: u16 = 1;

/// Bytes of random numbers that make each handshake another one.
pub(super) const NONCE_BYTES: usize = 32;

/// What the listening side says first.
pub(super) const GREETING_BYTES: usize = 8 + 6 + NONCE_BYTES;

/// What the connecting side answers, without its proof.
pub(super) const HELLO_BYTES: usize = 8 + 6 + 16 + 16 + NONCE_BYTES;

/// What the listening side ends with, without its proof.
pub(super) const ANSWER_BYTES: usize = 8 + 6 + 1 + 16 + 16;

/// What a process is within its cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u16)]
pub enum Role {
    /// The process of the user, which has the scheduler.
    Scheduler = 1,
    /// A worker that speaks to the scheduler.
    Worker = 2,
    /// A worker that fetches results from another one.
    Peer = 3,
    /// A process that hands in graphs.
    Client = 4,
    /// A process that watches workers.
    Nanny = 5,
}

impl Role {
    fn of(number: u16) -> Option<Self> {
        [Role::Scheduler, Role::Worker, Role::Peer, Role::Client, Role::Nanny]
            .into_iter()
            .find(|role| *role as u16 == number)
    }
}

/// Who somebody is: no two connections of one listener have the same.
///
/// ```
/// use partita_wire::{Identity, Role};
///
/// let identity = Identity { role: Role::Worker, number: 3, incarnation: 17, lane: 0 };
/// assert_eq!(identity.to_string(), "worker 3, incarnation 17, lane 0");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Identity {
    /// What it is.
    pub role: Role,
    /// Which of those that are the same.
    pub number: u32,
    /// Which of its processes that came one after the other.
    pub incarnation: u64,
    /// Which of its connections to the same listener.
    pub lane: u16,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Scheduler => "scheduler",
            Role::Worker => "worker",
            Role::Peer => "peer",
            Role::Client => "client",
            Role::Nanny => "nanny",
        };
        write!(f, "{role} {}, incarnation {}, lane {}", self.number, self.incarnation, self.lane)
    }
}

/// How a side speaks: both must do it in the same way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protocol {
    /// The version of the frames of messages.
    pub version: u16,
    /// The order of bytes in the machine's words: 1 is the lowest first, 2 the highest.
    pub order: u8,
    /// Bits of the machine's addresses.
    pub bits: u8,
    /// The kind of the machine's processor: 1 is x86-64, 2 is AArch64, 0 any other.
    pub processor: u16,
}

impl Protocol {
    /// That of this process.
    pub const fn ours() -> Self {
        let processor = match (cfg!(target_arch = "x86_64"), cfg!(target_arch = "aarch64")) {
            (true, _) => 1,
            (_, true) => 2,
            _ => 0,
        };
        let order = if cfg!(target_endian = "little") { 1 } else { 2 };
        Protocol { version: VERSION, order, bits: usize::BITS as u8, processor }
    }

    fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&[self.order, self.bits]);
        bytes.extend_from_slice(&self.processor.to_le_bytes());
    }

    pub(super) fn read(from: &mut Fields<'_>) -> Option<Self> {
        let (version, [order, bits]) = (u16::from_le_bytes(from.take()?), from.take()?);
        Some(Protocol { version, order, bits, processor: u16::from_le_bytes(from.take()?) })
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = match self.order {
            1 => "little-endian",
            2 => "big-endian",
            _ => "unknown order of bytes",
        };
        write!(f, "version {} ({order}, {} bits, processor {})", self.version, self.bits, self.processor)
    }
}

/// What each side says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Card {
    /// How it speaks.
    pub protocol: Protocol,
    /// Who it is.
    pub identity: Identity,
    /// The executable that it runs, as [`partita_graph::build_id`] gives it.
    pub build: Token,
}

impl Card {
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        let Identity { role, number, incarnation, lane } = self.identity;
        self.protocol.write(bytes);
        bytes.extend_from_slice(&(role as u16).to_le_bytes());
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&incarnation.to_le_bytes());
        bytes.extend_from_slice(&lane.to_le_bytes());
        bytes.extend_from_slice(&self.build.to_bytes());
    }

    pub(super) fn read(from: &mut Fields<'_>) -> Option<Self> {
        let protocol = Protocol::read(from)?;
        let role = Role::of(u16::from_le_bytes(from.take()?))?;
        let (number, incarnation) = (u32::from_le_bytes(from.take()?), u64::from_le_bytes(from.take()?));
        let identity = Identity { role, number, incarnation, lane: u16::from_le_bytes(from.take()?) };
        Some(Card { protocol, identity, build: Token::from_bytes(from.take()?) })
    }
}

/// A frame of a handshake, read field by field.
#[derive(Clone)]
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// What follows the magic number in a frame of exactly so many bytes.
    pub(super) fn of(frame: &'a [u8], length: usize) -> Option<Self> {
        let rest = frame.strip_prefix(&MAGIC)?;
        (frame.len() == length).then_some(Fields(rest))
    }

    /// The next field.
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

/// The first frame: how the listening side speaks, and its random number.
pub(crate) fn greeting(protocol: Protocol, nonce: [u8; NONCE_BYTES]) -> Vec<u8> {
    let mut frame = MAGIC.to_vec();
    protocol.write(&mut frame);
    frame.extend_from_slice(&nonce);
    frame
}
