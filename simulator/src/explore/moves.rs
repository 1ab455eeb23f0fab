//! The moves: everything that can happen, one thing at a time.

use crate::universe::Number;
use partita_protocol::scheduler::Event;
use partita_protocol::worker::Order;
use partita_protocol::{Attempt, ClientId, LossCause, TaskId, WorkerId};

/// One thing that happens on a [`Board`](super::Board).
#[derive(Clone, Debug)]
pub enum Move {
    /// A worker with so many threads comes.
    Join(u32),
    /// A client asks for results, with all that they depend on.
    Submit(ClientId, Vec<Number>),
    /// A client wants results that are known already.
    Want(ClientId, Vec<Number>),
    /// A client no longer wants results.
    Release(ClientId, Vec<Number>),
    /// A client cancels results, for itself or for everyone.
    Cancel(ClientId, Vec<Number>, bool),
    /// A client asks to run failed tasks again.
    Retry(ClientId, Vec<Number>),
    /// A client puts data into a worker; it travels behind the orders.
    Scatter(ClientId, WorkerId, Number),
    /// A client leaves.
    Leave(ClientId),
    /// Results are to be held by so many workers.
    Copies(Vec<Number>, u32),
    /// Results are to be spread evenly over the workers.
    Rebalance,
    /// The next thing that was sent to a worker arrives.
    Order(WorkerId),
    /// The next thing that a worker said arrives.
    Report(WorkerId),
    /// A run ends with a value.
    Finish(WorkerId, TaskId, Attempt),
    /// A run ends with an error.
    Fail(WorkerId, TaskId, Attempt),
    /// A run ends with the wish to be run somewhere else.
    Reschedule(WorkerId, TaskId, Attempt),
    /// A run gives its thread back and goes on.
    Secede(WorkerId, TaskId, Attempt),
    /// What the first worker asked for arrives at the second, which looks into its store.
    Serve(WorkerId, WorkerId),
    /// The answer of the second worker arrives at the first.
    Arrive(WorkerId, WorkerId),
    /// The first worker gives up what it asked of the second.
    Break(WorkerId, WorkerId),
    /// A worker dies with all that it holds; the scheduler hears of it behind all that it said.
    Kill(WorkerId),
    /// What a dead worker said, and has not arrived, is lost.
    Hush(WorkerId),
    /// The scheduler takes a worker for lost, for this reason, and it lives on.
    Declare(WorkerId, LossCause),
    /// A worker's memory is full.
    Pause(WorkerId),
    /// A worker's memory has room again.
    Resume(WorkerId),
    /// A worker is asked to leave.
    Retire(WorkerId),
    /// A value vanishes from a worker's store.
    Lose(WorkerId, TaskId),
    /// The moment comes that the scheduler waits for.
    Tick,
    /// The moment comes that a worker waits for.
    WorkerTick(WorkerId),
    /// An order that the scheduler did not give goes to a worker.
    Command(WorkerId, Order),
    /// The scheduler is told something past everyone.
    Tell(Event),
}

impl Move {
    /// Whether a run beyond the first one of a task may follow from it, whatever ran before.
    pub(super) fn is_cause(&self) -> bool {
        use Move::{Arrive, Copies, Finish, Join, Order, Pause, Rebalance, Report, Resume, Scatter, Secede, Serve};
        use Move::{Submit, Tick, Want, WorkerTick};
        !matches!(
            self,
            Arrive(..)
                | Copies(..)
                | Finish(..)
                | Join(_)
                | Order(_)
                | Pause(_)
                | Rebalance
                | Report(_)
                | Resume(_)
                | Scatter(..)
                | Secede(..)
                | Serve(..)
                | Submit(..)
                | Tick
                | Want(..)
                | WorkerTick(_)
        )
    }
}
