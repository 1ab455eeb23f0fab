//! One task on an executor thread: its function is called with its panic caught, and what came of it is sent back.

use super::current::{Home, enter, leave};
use super::limit::Limited;
use super::parts::Parts;
use super::spiller::Spilled;
use super::stop::{Stops, sit};
use super::{measure, thread};
use crate::executor::{Job, ThreadContext};
use crate::nanny::process::begin;
use crate::spill::Slot;
use crate::store::Store;
use partita_graph::{Fault, Value, Work, catch};
use partita_protocol::message::{Failure, Running};
use partita_protocol::threads::Threads;
use partita_protocol::{Attempt, Priority, TaskId, Time, WorkerId};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc::UnboundedSender;

/// What all jobs of a worker share.
pub(super) struct Shared {
    pub(super) worker: WorkerId,
    pub(super) start: Instant,
    pub(super) home: Home,
    pub(super) threads: Threads,
    pub(super) done: UnboundedSender<Done>,
    /// Executions that may not run for ever.
    pub(super) limited: Limited,
    /// Executions that nobody waits for.
    pub(super) stops: Stops,
    pub(super) store: Arc<Store<Value>>,
}

impl Shared {
    pub(super) fn new(parts: &Parts, done: UnboundedSender<Done>) -> Self {
        let (home, threads) = (parts.home.clone(), parts.threads.clone());
        let (limited, stops, store) = Default::default();
        Shared { worker: parts.id, start: parts.start, home, threads, done, limited, stops, store }
    }

    pub(super) fn now(&self) -> Time {
        Time(self.start.elapsed().as_nanos() as u64)
    }

    pub(super) fn seceded(&self, running: Running) {
        // If the worker is gone, nobody keeps count any longer.
        drop(self.done.send(Done::Seceded { task: running.task, attempt: running.attempt }));
    }
}

/// What an executor thread tells its worker.
pub(super) enum Done {
    /// A task ended.
    Ended(Ended),
    /// A task waits for others.
    Seceded { task: TaskId, attempt: Attempt },
    /// Values were written to disk, or not.
    Spilled(Spilled),
    /// Values could not be read back from disk.
    Vanished(Vec<TaskId>),
}

/// A task that ended.
pub(super) struct Ended {
    pub(super) task: TaskId,
    pub(super) attempt: Attempt,
    pub(super) result: Result<Value, Option<Failure>>,
    /// Whether it did not fail: it has a result, or returned early, and in time, because nobody waits for it.
    pub(super) ok: bool,
    /// The inputs, to be dropped where that does no harm.
    pub(super) inputs: SmallVec<[Value; 2]>,
    pub(super) started: Time,
    pub(super) stopped: Time,
    /// The thread that ran it; none if it was stopped or given up before it began.
    pub(super) thread: Option<u32>,
    /// Inputs that could not be read back from disk: it did not run because of that.
    pub(super) lost: Vec<TaskId>,
}

/// A task to run.
pub(super) struct TaskJob {
    pub(super) task: TaskId,
    pub(super) attempt: Attempt,
    pub(super) priority: Priority,
    /// When it is to be given up, if it may not run for ever.
    pub(super) due: Option<Time>,
    pub(super) work: Work,
    pub(super) inputs: SmallVec<[Value; 2]>,
    /// Which of the inputs are on disk, and have other values in their places till they were read.
    pub(super) on_disk: Vec<OnDisk>,
}

/// An input that is on disk.
pub(super) struct OnDisk {
    pub(super) position: usize,
    pub(super) task: TaskId,
    pub(super) version: u64,
    pub(super) slot: Slot,
}

impl Job for TaskJob {
    fn priority(&self) -> Priority {
        self.priority
    }

    fn is_urgent(&self) -> bool {
        self.due.is_some()
    }

    fn run(self, context: &ThreadContext) {
        let TaskJob { task, attempt, priority, due, work, mut inputs, on_disk } = self;
        let Some(shared) = context.shared.downcast_ref::<Arc<Shared>>() else { return };
        thread::enter(&shared.threads, shared.worker);
        let running = Running { task, attempt, generation: priority.generation, worker: shared.worker };
        let started = shared.now();
        let before = enter(running, shared);
        let seat = sit(&shared.stops, attempt, due.map(|due| shared.start + due.since(Time::ZERO)));
        let is_over = seat.is_over() || due.is_some() && !shared.limited.begin(task, attempt, context.thread);
        let mut lost = Vec::new();
        if !is_over {
            read_back(on_disk, &mut inputs, &shared.store, &mut lost);
        }
        let runs = !is_over && lost.is_empty();
        if runs {
            begin(attempt);
        }
        let result = if runs { call(&work, &inputs) } else { Err(None) };
        let returned_early = seat.leave();
        let stopped = shared.now();
        let ok = result.is_ok() || returned_early && due.is_none_or(|due| stopped < due);
        let result = match result {
            // What a function returns that knows that nobody waits for it means nothing.
            Ok(value) if returned_early => {
                inputs.push(value);
                Err(None)
            }
            Err(Some(failure)) if returned_early => {
                drop(catch(|| drop(failure)));
                Err(None)
            }
            result => result,
        };
        leave(before);
        if due.is_some() {
            shared.limited.end(task, attempt);
        }
        if let Ok(value) = &result {
            measure::told(running, &shared.home, value);
        }
        let thread = runs.then_some(context.thread);
        let ended = Ended { task, attempt, result, ok, inputs, started, stopped, thread, lost };
        // If the worker is gone, nobody wants the result.
        drop(shared.done.send(Done::Ended(ended)));
    }
}

/// Reads inputs that are on disk, and puts them back into memory if they are expected there.
fn read_back(on_disk: Vec<OnDisk>, inputs: &mut [Value], store: &Store<Value>, lost: &mut Vec<TaskId>) {
    for OnDisk { position, task, version, slot } in on_disk {
        // Another task may have read it meanwhile.
        let there = store.get(task).map(Ok).unwrap_or_else(|| slot.read());
        match there {
            Ok(value) => {
                store.restore(task, version, &value);
                inputs[position] = value;
            }
            Err(error) => {
                tracing::warn!(%task, %error, "a value on disk is lost");
                lost.push(task);
            }
        }
    }
}

fn call(work: &Work, inputs: &[Value]) -> Result<Value, Option<Failure>> {
    match work {
        Work::Value(value) => Ok(value.clone()),
        Work::Call(function) => match catch(|| function.call(inputs)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(Fault::Reschedule)) => Err(None),
            Ok(Err(fault)) => Err(Some(Failure::of(fault))),
            Err(panic) => Err(Some(Failure::Panic(panic))),
        },
        Work::Held(_) => Err(Some(Failure::of(Fault::failed("its value is held elsewhere")))),
    }
}
