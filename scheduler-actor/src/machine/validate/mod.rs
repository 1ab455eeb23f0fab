//! Proof: every invariant recounted from the bare tasks, in both directions.

mod copies;
mod large;
mod queues;
mod tasks;
mod workers;

use super::Scheduler;
use partita_protocol::{TaskId, WorkerId};
use std::fmt::Debug;

/// A rule that holds between any two events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// S1: a task is in one state, and in exactly the lists of that state.
    Membership,
    /// S2: a task in memory has holders, an erred one a failure to blame on a task that is known.
    StateData,
    /// S3: links go both ways, between tasks that are known, without cycle.
    Links,
    /// S4: a waiting task counts exactly the dependencies that are not in memory, and there are some.
    Missing,
    /// S5: the dependencies of a task that is queued, without worker or processing are in memory.
    Inputs,
    /// S6: waiters are counted right.
    Waiters,
    /// S7: a needed task is not released, and no waiting task depends on a released or erred one.
    Progress,
    /// S8: what is in memory, under way or without dependents is needed.
    Need,
    /// S9: holders and workers' contents, wanting clients and their wants mirror each other.
    Mirror,
    /// S9: copies that are asked for come or cannot; copies that come, and workers that leave, are counted right.
    Copies,
    /// S10: bytes and expected work are counted right.
    Sums,
    /// S11: slots are counted right, and a worker with a free thread is not left without work that is queued.
    Slots,
    /// S12: free resources and those taken make the total.
    Resources,
    /// S13: tasks run where they may, and those without worker have none.
    Restrictions,
    /// S14: of the tasks without worker, the one that has waited longest is the first to be given up.
    Patience,
    /// S16: counters per state, class and failure equal a recount.
    Counters,
    /// S17: attempts are unique and were all given out.
    Attempts,
    /// S18: no task that may still run had begun on more workers that died than allowed.
    Deaths,
    /// S20: no turn took more steps than it may.
    Steps,
    /// S23: at most one worker is to get a task from another, and both count with it.
    Stealing,
    /// Workers are listed by how busy they are.
    Levels,
    /// S22: nothing mentions a worker that is gone.
    Gone,
}

impl Invariant {
    /// Its name in the list of invariants.
    pub fn id(self) -> &'static str {
        match self {
            Invariant::Membership => "S1",
            Invariant::StateData => "S2",
            Invariant::Links => "S3",
            Invariant::Missing => "S4",
            Invariant::Inputs => "S5",
            Invariant::Waiters => "S6",
            Invariant::Progress => "S7",
            Invariant::Need => "S8",
            Invariant::Mirror | Invariant::Copies => "S9",
            Invariant::Sums => "S10",
            Invariant::Slots | Invariant::Levels => "S11",
            Invariant::Resources => "S12",
            Invariant::Restrictions => "S13",
            Invariant::Patience => "S14",
            Invariant::Counters => "S16",
            Invariant::Attempts => "S17",
            Invariant::Deaths => "S18",
            Invariant::Steps => "S20",
            Invariant::Gone => "S22",
            Invariant::Stealing => "S23",
        }
    }
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {invariant:?} is broken: {message} (tasks {tasks:?}, workers {workers:?})", invariant.id())]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// The tasks that it is about.
    pub tasks: Vec<TaskId>,
    /// The workers that it is about.
    pub workers: Vec<WorkerId>,
    /// What was found and what was expected.
    pub message: String,
}

impl Violation {
    fn task(invariant: Invariant, task: TaskId, message: String) -> Self {
        Violation { invariant, tasks: vec![task], workers: Vec::new(), message }
    }

    fn worker(invariant: Invariant, worker: WorkerId, message: String) -> Self {
        Violation { invariant, tasks: Vec::new(), workers: vec![worker], message }
    }

    fn general(invariant: Invariant, message: String) -> Self {
        Violation { invariant, tasks: Vec::new(), workers: Vec::new(), message }
    }
}

/// Says no with a violation, unless both are equal.
fn same<T: PartialEq + Debug>(
    kept: T,
    counted: T,
    what: &str,
    violation: impl FnOnce(String) -> Violation,
) -> Result<(), Violation> {
    match kept == counted {
        true => Ok(()),
        false => Err(violation(format!("{what}: kept {kept:?}, counted {counted:?}"))),
    }
}

/// Says no with a violation, unless it holds.
fn ensure(holds: bool, violation: impl FnOnce() -> Violation) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(violation()) }
}

impl Scheduler {
    /// Recounts every invariant. Takes time in proportion to tasks and dependencies.
    ///
    /// # Errors
    /// The first invariant that is found broken.
    pub fn validate(&self) -> Result<(), Violation> {
        ensure(!self.agenda.ran_away, || {
            Violation::general(Invariant::Steps, "a turn was ended because it took too many steps".into())
        })?;
        ensure(self.agenda.is_empty() && self.untidy.is_empty() && self.refill.is_empty(), || {
            Violation::general(Invariant::Steps, "something was left undone at the end of a turn".into())
        })?;
        self.validate_tasks()?;
        self.validate_pairs()?;
        self.validate_order()?;
        self.validate_failures()?;
        self.validate_deaths()?;
        self.validate_clients()?;
        self.validate_bounds()?;
        self.validate_copies()?;
        self.validate_leaves()?;
        self.validate_classes()?;
        self.validate_shares()?;
        self.validate_holds()?;
        self.validate_decisions()?;
        self.validate_large()?;
        self.validate_workers()
    }
}
