//! Who is connected to a listener: no identity twice.

use crate::handshake::card::Identity;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The identities that are connected now.
#[derive(Clone, Default)]
pub(crate) struct Seats(Arc<Mutex<BTreeSet<Identity>>>);

/// The place of one connection; free again when it is dropped.
pub(crate) struct Seat {
    seats: Seats,
    identity: Identity,
}

impl Seats {
    /// A seat for this identity, unless it has one.
    pub(crate) fn take(&self, identity: Identity) -> Option<Seat> {
        self.0.lock().insert(identity).then(|| Seat { seats: self.clone(), identity })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.0.lock().remove(&self.identity);
    }
}
