//! What a worker's machine is told, and what it has done.

use crate::key::Key;
use crate::ops::{FromWorker, StartStop, ToWorker};
use bytes::Bytes;
use std::sync::Arc;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The scheduler said something.
    Said(ToWorker),
    /// A task ended.
    Ended {
        /// Which.
        key: Key,
        /// How.
        outcome: Outcome,
        /// When it ran, on the scheduler's clock.
        ran: StartStop,
        /// The thread that ran it.
        thread: u64,
    },
    /// A task waits for others, and gives its slot back.
    Seceded {
        /// Which.
        key: Key,
        /// Seconds for which it ran.
        seconds: f64,
    },
    /// Another worker answered: these values came, with their bytes. What else was asked of it it has not.
    Fetched {
        /// Which.
        peer: Arc<str>,
        /// What came.
        found: Vec<(Key, u64)>,
    },
    /// Another worker has too much to do, and is to be asked again later.
    PeerBusy {
        /// Which.
        peer: Arc<str>,
    },
    /// Later has come.
    PeerRested {
        /// Which.
        peer: Arc<str>,
    },
    /// Another worker cannot be reached, or broke off.
    PeerLost {
        /// Which.
        peer: Arc<str>,
    },
    /// Somebody put values here, with their bytes.
    Put(Vec<(Key, u64)>),
    /// A value is gone from here by itself: it could not be read from disk.
    ValueLost(Key),
    /// Memory is short, or no longer: nothing new is begun as long as it is.
    Paused(bool),
    /// It is time to ask again for what nobody is known to have.
    SearchDue,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With a value, which is held.
    Value {
        /// Its bytes.
        nbytes: u64,
        /// What it is called in statistics.
        typename: String,
        /// The pickle of its class, for clients in Python.
        class: Vec<u8>,
    },
    /// With an error.
    Failed {
        /// The pickle of an exception.
        exception: Vec<u8>,
        /// What it says.
        text: String,
    },
    /// It asks to be run again, somewhere.
    Reschedule,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the scheduler.
    Say(FromWorker),
    /// Run this task; all that it needs is held.
    Run {
        /// Which.
        key: Key,
        /// What it does.
        payload: Bytes,
        /// What it needs.
        needs: Vec<Key>,
    },
    /// A task that runs is not wanted any longer: it may stop.
    Stop(Key),
    /// Ask another worker for these values.
    Fetch {
        /// Which worker.
        peer: Arc<str>,
        /// Which values.
        keys: Vec<Key>,
    },
    /// Tell after a while that the busy worker can be asked again.
    Rest {
        /// Which.
        peer: Arc<str>,
    },
    /// Close all connections to another worker, also those in use.
    Disconnect {
        /// Which.
        peer: Arc<str>,
    },
    /// Drop a value.
    Drop(Key),
    /// Leave the cluster.
    End {
        /// Why.
        reason: String,
    },
}
