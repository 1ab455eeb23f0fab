//! What a user may ask for each task: priority, retries, workers, resources.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
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
    /// How long the first of these runs again waits; each further one waits twice as long as the one before.
    pub retry_delay: Duration,
    /// After which errors the task is run again.
    pub retry_on: RetryOn,
    /// Whether it is run again on another worker, if there is one.
    pub retry_elsewhere: bool,
    /// How long one run may take.
    pub timeout: Option<Duration>,
    /// How long the result may take from the moment that it was asked for. Counts for what a client wants, not for what
    /// that depends on.
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
    /// After errors that the function returned, not after panics.
    Errors,
    /// After panics only.
    Panics,
    /// After errors and panics whose message contains this.
    Containing(String),
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

    /// Sets how long the first run after an error waits; each further one waits twice as long as the one before.
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

    /// Sets how long the result may take from the moment that it is asked for.
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
