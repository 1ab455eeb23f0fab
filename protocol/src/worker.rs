//! What a worker's machine is told and what it answers, and the words between scheduler and worker.

use crate::ids::{Attempt, FaultId, TaskId, WorkerId};
use crate::priority::Priority;
use crate::scheduler::{Assignment, Input};
use crate::telemetry::Record;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

/// What the scheduler tells a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Order {
    /// Run a task.
    Compute(Assignment),
    /// Drop a result, or stop wanting a task that has not ended. The worker answers nothing.
    Free {
        /// Which.
        task: TaskId,
    },
    /// Who holds a result that the worker reported missing; empty if nobody does.
    Holders {
        /// Which result.
        task: TaskId,
        /// Who holds it now.
        holders: SmallVec<[WorkerId; 2]>,
    },
    /// Another worker is gone: nothing can be fetched from it.
    PeerLost {
        /// Which.
        peer: WorkerId,
    },
    /// Give an assignment back if it has not started. Answered by [`Report::StealAnswered`], always.
    Steal {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// Get copies of results and keep them until they are freed. Answered as for the inputs of a task, by
    /// [`Report::Added`] or [`Report::Missing`].
    Hold {
        /// Which results, and where they are.
        inputs: Vec<Input>,
    },
}

/// What a worker tells the scheduler.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// A task ended well; its result is in this worker's memory.
    Finished {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// The size of the result in bytes.
        nbytes: u64,
        /// When it began.
        started: Time,
        /// When it ended.
        stopped: Time,
    },
    /// A task failed.
    Failed {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// The id of its error.
        fault: FaultId,
        /// Whether the error is one after which the task may be tried again. The worker says yes; the scheduler's
        /// actor, which knows the error and the task's options, may say no.
        retry: bool,
        /// When it began.
        started: Time,
        /// When it ended.
        stopped: Time,
    },
    /// A task asked to be run somewhere else.
    Rescheduled {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// A task waits for other tasks and has given its thread back.
    Seceded {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// A task ran for longer than it may; its execution is given up, whatever comes of it.
    TimedOut {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// When it began.
        started: Time,
        /// When it was given up.
        stopped: Time,
    },
    /// What became of an [`Order::Steal`].
    StealAnswered {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// Whether the assignment is given back: this worker no longer has it. Otherwise it has started, has ended, or
        /// is not known here.
        given: bool,
    },
    /// Results were fetched from other workers: this worker holds copies.
    Added {
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// Results were not found where they should be.
    Missing {
        /// Who should have had them.
        holder: WorkerId,
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// Copies that were asked for came and cannot be read here: this worker holds none.
    Unreadable {
        /// Which results.
        tasks: Vec<TaskId>,
    },
    /// So many of the worker's threads are taken by executions that nobody waits for any longer, and that go on all the same.
    Orphaned {
        /// How many; told whenever it is another number.
        threads: u32,
    },
    /// The worker starts nothing new (its memory is full).
    Paused,
    /// The worker starts tasks again.
    Resumed,
}

/// Something that happened, as told to a worker's machine.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// The scheduler sent an order.
    Ordered(Order),
    /// A task ended on an executor thread.
    Executed {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// How.
        outcome: Outcome,
        /// When it began.
        started: Time,
        /// When it ended.
        stopped: Time,
    },
    /// A running task waits for other tasks and gave its thread back.
    Seceded {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// A transfer ended: results are in this worker's store, others were not there.
    Gathered {
        /// From whom.
        peer: WorkerId,
        /// Results that came, with their sizes in bytes.
        found: Vec<(TaskId, u64)>,
        /// Results that the peer did not have, and those of `found` in whose place something came that tells why they could not
        /// be read.
        missing: Vec<TaskId>,
    },
    /// A transfer failed: the peer is gone.
    GatherFailed {
        /// From whom.
        peer: WorkerId,
        /// What was asked for.
        tasks: Vec<TaskId>,
    },
    /// A client put data into this worker's store.
    DataPut {
        /// Which, with their sizes in bytes.
        tasks: Vec<(TaskId, u64)>,
    },
    /// Values were looked for in this worker's store, and are not there.
    Vanished {
        /// Which; those that are not thought to be there do not matter.
        tasks: Vec<TaskId>,
    },
    /// What [`Effect::Spill`] asked for was done, as far as it could be done.
    Spilled {
        /// The number of the file.
        file: u32,
        /// Values that are on disk now.
        written: Vec<TaskId>,
        /// Values that are not, with the reason.
        kept: Vec<(TaskId, Unspilled)>,
    },
    /// The process holds too much, whatever the store holds: start nothing new.
    MemoryFilled,
    /// The process has room again.
    MemoryFreed,
    /// Somebody looked how much memory the process of this worker alone has.
    Resident {
        /// Bytes that are in memory, of whatever kind.
        nbytes: u64,
    },
    /// Time passed: the moment that `next_timeout` named is here.
    TimePassed,
}

/// Why a value is not on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unspilled {
    /// It cannot be written: it stays in memory as long as it is there.
    Unwritable,
    /// The disk did not take it: another time it may.
    Disk,
    /// It was no longer in the store.
    Gone,
}

/// How a task ended on an executor thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// Well: its result is at hand (not yet in the store), with its size in bytes.
    Value {
        /// Its size in bytes.
        nbytes: u64,
    },
    /// With an error.
    Error {
        /// The id of the error.
        fault: FaultId,
    },
    /// It wants to be run somewhere else.
    Reschedule,
}

/// Something to do, as told by a worker's machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    /// Run a task on an executor thread. Its inputs are in the store and stay there until it ended; those that are on disk
    /// are read, and are in memory again from then on.
    Execute {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
        /// When it starts among those handed to the threads.
        priority: Priority,
        /// Its inputs, in the order of the task's arguments.
        inputs: Vec<TaskId>,
    },
    /// Give the thread of an execution up: it ran for longer than it may. Another thread takes its place; what comes of
    /// the execution is told by [`Event::Executed`] all the same.
    Abandon {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// Tell an execution that nobody waits for what comes of it any longer, so that its function may return early. One that
    /// has not begun never will. What comes of it is told by [`Event::Executed`] all the same; a function that returned
    /// early ends with [`Outcome::Reschedule`].
    Stop {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// Keep the result of an execution that just ended: it is wanted.
    Keep {
        /// Which task.
        task: TaskId,
        /// Of which assignment.
        attempt: Attempt,
    },
    /// Fetch results from another worker.
    Gather {
        /// From whom.
        peer: WorkerId,
        /// Which.
        tasks: Vec<TaskId>,
    },
    /// Write results to disk, as one file, and keep them in memory all the same. Answered by [`Event::Spilled`], once.
    Spill {
        /// The number of the file.
        file: u32,
        /// Which.
        tasks: Vec<TaskId>,
    },
    /// Drop a result from memory: what was written of it stays on disk, and is read by whoever needs it.
    Evict {
        /// Which.
        task: TaskId,
    },
    /// Drop a result from the store, from memory and from disk.
    Drop {
        /// Which.
        task: TaskId,
    },
    /// The task is no longer known here: its function can go.
    Forget {
        /// Which.
        task: TaskId,
    },
    /// Tell the scheduler.
    Report(Report),
    /// A record for the profiler.
    Record(Record),
}

/// The effects of an event, in order.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// The list; the actor drains it after each event.
    pub list: Vec<Effect>,
}

impl Effects {
    /// No effects yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// Adds a report to the scheduler.
    pub fn report(&mut self, report: Report) {
        self.list.push(Effect::Report(report));
    }

    /// Takes all.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Effect> {
        self.list.drain(..)
    }
}
