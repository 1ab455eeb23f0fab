//! X3, X5, L4 of runs again: after an error of its own a task is run again as often and as late as was asked for, and it
//! is stolen a few times at the most.

use super::assignment::Assignments;
use super::turn::Turn;
use super::{Broken, ensure};
use crate::universe::{Number, Universe};
use crate::world::World;
use partita_graph::{TaskErrorKind, TaskOptions};
use partita_protocol::limits::RETRY_DELAY_MAX;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, TaskId, Time, WorkerId};
use rustc_hash::FxHashMap;
use std::time::Duration;

/// How often a task is taken from a worker to be given to another, before it is left to run where it is.
const MOST_STEALS: u32 = 3;

/// How often each task was tried again.
#[derive(Debug, Default)]
pub(super) struct Tries {
    tasks: FxHashMap<TaskId, Tried>,
}

/// How often a task was tried again.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    /// Runs again after errors of its own.
    retries: u32,
    /// When it may be run again, while it waits for that.
    due: Option<Time>,
    /// How often it was given back since it was left to run.
    steals: u32,
}

/// How the present assignment of a task ended.
enum End {
    /// With an error, after which it may be tried again or not.
    Error(bool),
    /// It was given back to be run elsewhere.
    Stolen,
}

impl Tries {
    /// Looks at a turn before assignments are taken back.
    pub(super) fn turn(&mut self, world: &World, turn: &Turn, assignments: &Assignments) -> Result<(), Broken> {
        let ended = match turn.event {
            Event::WorkerReported { worker, report } => ended(world.universe(), *worker, report, assignments),
            _ => None,
        };
        let mut stolen = None;
        match ended {
            Some((task, End::Error(may_retry))) => self.failed(world, turn, task, may_retry)?,
            Some((task, End::Stolen)) => {
                stolen = Some(task);
                let tried = self.tasks.entry(task).or_default();
                tried.steals += 1;
                ensure!(tried.steals <= MOST_STEALS, "L4", task, "{task} was stolen {} times", tried.steals);
            }
            None => {}
        }
        for (task, from, to) in turn.moves() {
            let Some(tried) = self.tasks.get_mut(&task) else { continue };
            if to == State::Forgotten {
                self.tasks.remove(&task);
                continue;
            }
            if from == State::Processing && stolen != Some(task) {
                tried.steals = 0;
            }
            if from == State::Waiting
                && let Some(due) = tried.due.take()
                && matches!(to, State::Queued | State::NoWorker | State::Processing)
            {
                let now = world.now();
                ensure!(now >= due, "X3", task, "{task} is tried again at {now:?}, and was to wait until {due:?}");
            }
            if from == State::Erred {
                tried.retries = 0;
            }
        }
        Ok(())
    }

    /// A task failed by itself: it waits to be run again while it may be, and errs when not.
    fn failed(&mut self, world: &World, turn: &Turn, task: TaskId, may_retry: bool) -> Result<(), Broken> {
        let tried = self.tasks.entry(task).or_default();
        let (left, first) = options(world.universe(), task).map_or((0, Duration::ZERO), |options| {
            (options.retries.saturating_sub(tried.retries), options.retry_delay)
        });
        let became = turn.moves().find(|(other, from, _)| *other == task && *from == State::Processing);
        let became = became.map(|(_, _, to)| to);
        if may_retry && left > 0 {
            ensure!(
                became == Some(State::Waiting),
                "X5",
                task,
                "{task} failed, could be tried again, and is {became:?}"
            );
            let wait = first.saturating_mul(2u32.saturating_pow(tried.retries)).min(RETRY_DELAY_MAX);
            tried.due = Some(world.now() + wait);
            tried.retries += 1;
        } else {
            let retries = tried.retries;
            ensure!(
                became == Some(State::Erred),
                "X3",
                task,
                "{task} failed after {retries} tries again, and is {became:?}"
            );
        }
        Ok(())
    }
}

/// The task whose present assignment ended by a report with an error or by being given back.
fn ended(universe: &Universe, worker: WorkerId, report: &Report, assignments: &Assignments) -> Option<(TaskId, End)> {
    let is_current = |task: &TaskId, attempt: &Attempt| {
        let current = assignments.current.get(task);
        current.is_some_and(|current| (current.worker, current.attempt) == (worker, *attempt))
    };
    match report {
        Report::Failed { task, attempt, retry, .. } if is_current(task, attempt) => Some((*task, End::Error(*retry))),
        Report::TimedOut { task, attempt, .. } if is_current(task, attempt) => {
            let options = options(universe, *task)?;
            let kind = TaskErrorKind::TimedOut { limit: options.timeout? };
            Some((*task, End::Error(options.retry_on.covers(&kind))))
        }
        Report::StealAnswered { task, attempt, given: true } if is_current(task, attempt) => Some((*task, End::Stolen)),
        _ => None,
    }
}

/// What a user asked for a task.
fn options(universe: &Universe, task: TaskId) -> Option<&TaskOptions> {
    universe.definition(task.index() as Number).options.as_deref()
}
