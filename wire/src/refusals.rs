//! How many were refused, and why.

use crate::handshake::error::HandshakeError;
use crate::limits::LOGGED_REFUSALS;
use std::sync::atomic::{AtomicU64, Ordering};

/// Refusals of a listener so far, by reason.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Refusals {
    /// Did not know the token.
    pub token: u64,
    /// Belonged to another user.
    pub uid: u64,
    /// Ran another executable.
    pub build: u64,
    /// Spoke another protocol.
    pub protocol: u64,
    /// Sent what is no handshake.
    pub garbage: u64,
    /// Took too long.
    pub timeout: u64,
    /// Made room for others.
    pub pending: u64,
    /// Hung up before they were known.
    pub hung_up: u64,
    /// Were connected already.
    pub taken: u64,
    /// Were not expected.
    pub not_expected: u64,
    /// Failed for reasons of the system.
    pub system: u64,
    /// Not a refusal of anybody: times that the system had no file descriptor or memory for a connection.
    pub exhausted: u64,
}

impl Refusals {
    /// All of them together, without [`Refusals::exhausted`].
    pub fn total(&self) -> u64 {
        let known = self.token + self.uid + self.build + self.protocol + self.garbage + self.timeout;
        known + self.pending + self.hung_up + self.taken + self.not_expected + self.system
    }
}

/// The kinds of refusals, in the order of the fields of [`Refusals`].
const KINDS: usize = 12;
/// The place of [`Refusals::exhausted`].
const EXHAUSTED: usize = 11;

/// The counters behind [`Refusals`].
#[derive(Default)]
pub(crate) struct Counters([AtomicU64; KINDS]);

impl Counters {
    /// Counts a refusal. Says whether it is to be logged.
    pub(crate) fn count(&self, error: &HandshakeError) -> bool {
        self.add(match error {
            HandshakeError::Token | HandshakeError::Refused => 0,
            HandshakeError::Uid { .. } => 1,
            HandshakeError::BuildMismatch { .. } => 2,
            HandshakeError::ProtocolMismatch { .. } => 3,
            HandshakeError::Garbage { .. } => 4,
            HandshakeError::Timeout { .. } => 5,
            HandshakeError::Crowd { .. } => 6,
            HandshakeError::HungUp => 7,
            HandshakeError::Taken { .. } => 8,
            HandshakeError::NotExpected { .. } => 9,
            HandshakeError::Random(_) | HandshakeError::Io(_) => 10,
        })
    }

    /// Counts that the system had no room for a connection. Says whether it is to be logged.
    pub(crate) fn count_exhausted(&self) -> bool {
        self.add(EXHAUSTED)
    }

    fn add(&self, kind: usize) -> bool {
        is_logged(self.0[kind].fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// All of them now.
    pub(crate) fn now(&self) -> Refusals {
        let [token, uid, build, protocol, garbage, timeout, pending, hung_up, taken, not_expected, system, exhausted] =
            std::array::from_fn(|kind| self.0[kind].load(Ordering::Relaxed));
        Refusals {
            token,
            uid,
            build,
            protocol,
            garbage,
            timeout,
            pending,
            hung_up,
            taken,
            not_expected,
            system,
            exhausted,
        }
    }
}

/// Whether the log shows the refusal of this number of its kind: the first few, then ever fewer. So a crowd writes no more
/// than some seventy lines of each kind, however long it goes on.
fn is_logged(number: u64) -> bool {
    number <= LOGGED_REFUSALS || number.is_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS M9, secure default 9: logs are bounded.
    #[test]
    fn a_crowd_of_refusals_writes_few_lines() {
        assert_eq!((1..=1_000_000).filter(|number| is_logged(*number)).count(), 8 + 16);
        let counters = Counters::default();
        assert!(counters.count(&HandshakeError::Token) && counters.count_exhausted());
        assert_eq!(counters.now(), Refusals { token: 1, exhausted: 1, ..Refusals::default() });
        assert_eq!(counters.now().total(), 1);
    }
}
