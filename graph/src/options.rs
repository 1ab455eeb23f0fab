//! What a user may ask for each task: priority, retries, workers, resources.

use crate::error::TaskErrorKind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

/// Wishes for one task, a call or a collection. The default asks for nothing.
///
/// ```
/// use partita_graph::TaskOptions;
///
/// let options = TaskOptions::new().priority(10).retries(2).resource("GPU", 1.0);
/// assert_eq!(options.retries, 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskOptions {
    /// Higher starts earlier, before any other rule; 0 if not set.
    pub priority: i32,
    /// How often the task is run again after an error of its own.
    pub retries: u32,
    /// How long the first of these runs again waits; each further one waits twice as long as the one before, up to a
    /// minute.
    pub retry_delay: Duration,
    /// After which errors the task is run again.
    pub retry_on: RetryOn,
    /// Whether it is run again on another worker than the one that failed, if there is one that may run it and has the
    /// resources free.
    pub retry_elsewhere: bool,
    /// How long one run may take, time in which it waits for tasks of its own included. A run that takes longer is given
    /// up, and is an error of the task. The function itself is told, if it asks (`partita::task`); else its thread is busy
    /// until it returns.
    pub timeout: Option<Duration>,
    /// How long the result may take from the moment that it was asked for. It is a wish of the client that asks, for what
    /// it asks for, not for what that depends on: each client has its own, also for a task that another one asked for
    /// before. When it passes, the client is told that the result is late. If nobody else needs the task, it fails, and what
    /// only it needed is cancelled; otherwise it goes on for the others. Who asks again for what it waits for keeps its
    /// first deadline; a retry starts it anew.
    pub deadline: Option<Duration>,
    /// Names of the workers that may run it; empty for all.
    pub workers: Vec<String>,
    /// Whether others may run it when none of `workers` is there.
    pub allow_other_workers: bool,
    /// What it takes from its worker while it runs.
    pub resources: BTreeMap<String, f64>,
}

/// After which errors a task is run again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RetryOn {
    /// After every error.
    #[default]
    All,
    /// After errors that the function returned and runs that took too long, not after panics.
    Errors,
    /// After panics only.
    Panics,
    /// After errors and panics whose message, or that of an error behind it, contains this.
    Containing(String),
}

impl RetryOn {
    /// Whether a task that failed so is run again.
    ///
    /// ```
    /// use partita_graph::{RetryOn, TaskErrorKind};
    ///
    /// let panic = TaskErrorKind::Panicked { message: "connection reset".into(), location: None };
    /// assert!(RetryOn::All.covers(&panic) && RetryOn::Panics.covers(&panic) && !RetryOn::Errors.covers(&panic));
    /// assert!(RetryOn::Containing("reset".into()).covers(&panic));
    /// ```
    pub fn covers(&self, kind: &TaskErrorKind) -> bool {
        let is_panic = matches!(kind, TaskErrorKind::Panicked { .. });
        match self {
            RetryOn::All => true,
            RetryOn::Errors => !is_panic,
            RetryOn::Panics => is_panic,
            RetryOn::Containing(text) => match kind {
                TaskErrorKind::Panicked { message, .. } => message.contains(text),
                TaskErrorKind::Failed(error) => says(&**error, text),
                TaskErrorKind::TypeMismatch { mismatch, .. } => says(mismatch, text),
                TaskErrorKind::Codec(error) => says(error, text),
                _ => false,
            },
        }
    }
}

/// Whether an error, or one behind it, contains the text.
fn says(error: &(dyn Error + 'static), text: &str) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.to_string().contains(text) {
            return true;
        }
        next = error.source();
    }
    false
}

impl TaskOptions {
    /// No wishes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the priority: higher starts earlier.
    #[must_use]
    pub fn priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how often the task is run again after an error of its own.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sets how long the first run after an error waits; each further one waits twice as long as the one before, up to a
    /// minute.
    #[must_use]
    pub fn retry_delay(mut self, delay: Duration) -> Self {
        self.retry_delay = delay;
        self
    }

    /// Sets after which errors the task is run again.
    #[must_use]
    pub fn retry_on(mut self, errors: RetryOn) -> Self {
        self.retry_on = errors;
        self
    }

    /// Runs it again on another worker than the one that failed, if there is one.
    #[must_use]
    pub fn retry_elsewhere(mut self) -> Self {
        self.retry_elsewhere = true;
        self
    }

    /// Sets how long one run may take.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets how long the client that asks is ready to wait for the result.
    #[must_use]
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Names the workers that may run it.
    #[must_use]
    pub fn workers<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.workers = names.into_iter().map(Into::into).collect();
        self
    }

    /// Lets other workers run it when none of the named ones is there.
    #[must_use]
    pub fn allow_other_workers(mut self) -> Self {
        self.allow_other_workers = true;
        self
    }

    /// Names an amount of a resource that the task takes while it runs.
    #[must_use]
    pub fn resource(mut self, name: impl Into<String>, amount: f64) -> Self {
        self.resources.insert(name.into(), amount);
        self
    }

    /// Whether nothing is asked for.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
