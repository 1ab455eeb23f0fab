//! Errors of tasks: those that workers reported, each with its key and line, and what they say.

use super::actor::SchedulerActor;
use partita_graph::{Key, TaskError, TaskErrorKind};
use partita_protocol::message::Failure;
use partita_protocol::{Cause, FaultId, LossCause, TaskId, WorkerId};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An error that a worker reported.
pub(super) struct Reported {
    error: TaskError,
    /// The same to be shown and searched: it says what the user's error said where it arose. No code of the user runs here.
    shown: TaskError,
}

/// What a user's error said, and the one behind it.
#[derive(Debug)]
struct Said(Arc<str>, Option<Box<Said>>);

impl Said {
    fn of(says: Vec<Arc<str>>) -> Option<Said> {
        says.into_iter().rev().fold(None, |behind, text| Some(Said(text, behind.map(Box::new))))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Said {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|behind| behind as _)
    }
}

impl SchedulerActor {
    /// Why a task failed.
    pub(super) fn error(&self, blame: TaskId, cause: Cause) -> TaskError {
        self.error_of(blame, cause, |reported| &reported.error)
    }

    /// The name of a worker, which may be gone.
    fn name_of(&self, worker: WorkerId) -> String {
        self.names.get(&worker).map_or_else(|| worker.to_string(), |name| name.to_string())
    }

    /// As [`SchedulerActor::error`], to be shown.
    pub(super) fn shown(&self, blame: TaskId, cause: Cause) -> TaskError {
        self.error_of(blame, cause, |reported| &reported.shown)
    }

    fn error_of(&self, blame: TaskId, cause: Cause, which: impl Fn(&Reported) -> &TaskError) -> TaskError {
        let kind = match cause {
            Cause::Reported(fault) => match self.errors.get(&fault) {
                Some(reported) => return which(reported).clone(),
                None => TaskErrorKind::DataLost,
            },
            Cause::WorkersDied { deaths, last, cause, before } => {
                let ((last, cause), before) = (self.told((last, cause)), self.all_told(before));
                TaskErrorKind::WorkersDied { deaths, last, cause, before }
            }
            Cause::NeverBegan { deaths, last, cause, before } => {
                let ((last, cause), before) = (self.told((last, cause)), self.all_told(before));
                TaskErrorKind::NeverBegan { deaths, last, cause, before }
            }
            Cause::Unsatisfiable { needs, best } => TaskErrorKind::Unsatisfiable { needs, best },
            Cause::NoWorkers { waited, full } => TaskErrorKind::NoWorkers { waited, full },
            Cause::TimedOut { limit } => TaskErrorKind::TimedOut { limit },
            Cause::DeadlinePassed { limit } => TaskErrorKind::DeadlinePassed { limit },
            Cause::DataLost => TaskErrorKind::DataLost,
            Cause::TooLarge { needs, limit } => TaskErrorKind::TooLarge { needs, limit },
        };
        let entry = self.registry.get(blame);
        let key = entry.map_or_else(|| Key::named(blame.to_string()), |entry| entry.key.clone());
        TaskError::new(key, entry.and_then(|entry| entry.place), kind)
    }

    /// The name of a worker that died, and of what.
    fn told(&self, (worker, cause): (WorkerId, LossCause)) -> (String, String) {
        (self.name_of(worker), cause.to_string())
    }

    fn all_told(&self, deaths: Vec<(WorkerId, LossCause)>) -> Vec<(String, String)> {
        deaths.into_iter().map(|death| self.told(death)).collect()
    }

    /// Keeps the error that a worker reports, with the task's key and line; says whether it is one after which the task
    /// is to be tried again.
    pub(super) fn keep_error(&mut self, worker: WorkerId, task: TaskId, fault: FaultId, failure: Failure) -> bool {
        let Some(entry) = self.registry.get(task) else { return true };
        let inputs = self.machine().dependencies(task);
        let (kind, said) = match failure {
            Failure::Panic(panic) => {
                (TaskErrorKind::Panicked { message: panic.message, location: panic.location }, None)
            }
            Failure::Fault { fault, says } => {
                let key = |input| Some(self.registry.get(*inputs.get(input)?)?.key.clone());
                (fault.kind(key), Said::of(says))
            }
        };
        let error = TaskError::new(entry.key.clone(), entry.place, kind);
        let shown = match said {
            Some(said) => TaskError::new(entry.key.clone(), entry.place, TaskErrorKind::Failed(Arc::new(said))),
            None => error.clone(),
        };
        let retry = self.machine().options(task).is_none_or(|options| options.retry_on.covers(shown.kind()));
        self.record_failure(worker, task, &shown);
        self.errors.insert(fault, Reported { error, shown });
        retry
    }
}
