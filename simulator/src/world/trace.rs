//! What happened in a step of a simulation, for checkers and reports.

use crate::universe::Number;
use partita_protocol::scheduler::{Event, Notice};
use partita_protocol::telemetry::Record;
use partita_protocol::worker::{self, Order, Report};
use partita_protocol::{Attempt, ClientId, TaskId, Time, WorkerId};

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Trace {
    /// The scheduler's machine was told something.
    Told(Event),
    /// The scheduler ordered something.
    Ordered {
        /// Whom.
        worker: WorkerId,
        /// What.
        order: Order,
    },
    /// A worker's machine was told something.
    Heard {
        /// Which.
        worker: WorkerId,
        /// What.
        event: worker::Event,
    },
    /// A worker reports.
    Reported {
        /// Which.
        worker: WorkerId,
        /// What.
        report: Report,
    },
    /// A run began on a thread.
    Started {
        /// On which worker.
        worker: WorkerId,
        /// On which of its threads.
        thread: u32,
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// A run ended.
    Ended {
        /// On which worker.
        worker: WorkerId,
        /// On which of its threads.
        thread: u32,
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// Whether its result is kept.
        kept: bool,
    },
    /// The bytes that a worker holds changed.
    Holds {
        /// Which worker.
        worker: WorkerId,
        /// How many now.
        nbytes: u64,
        /// Of which task a value came or went.
        task: TaskId,
        /// By how many bytes.
        change: i64,
    },
    /// Values begin to travel between workers.
    Sent {
        /// From whom.
        from: WorkerId,
        /// To whom.
        to: WorkerId,
        /// Bytes.
        nbytes: u64,
        /// How many values.
        count: u32,
        /// When they will be there.
        until: Time,
    },
    /// The scheduler tells a client something.
    Notified {
        /// Whom.
        client: ClientId,
        /// About which task.
        task: TaskId,
        /// What.
        notice: Notice,
    },
    /// A client took note of something.
    Learned {
        /// Which client.
        client: ClientId,
        /// About which task.
        number: Number,
        /// What.
        notice: Notice,
    },
    /// A machine recorded something for the profiler, if it is set to.
    Recorded(Record),
    /// A worker began.
    Came(WorkerId),
    /// A worker ended, with all that it held.
    Died(WorkerId),
}
