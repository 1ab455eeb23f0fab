//! What a user may ask for each task: priority, retries, workers, resources.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Names of the workers that may run it; empty for all.
    pub workers: Vec<String>,
    /// Whether others may run it when none of `workers` is there.
    pub allow_other_workers: bool,
    /// What it takes from its worker while it runs.
    pub resources: BTreeMap<String, f64>,
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
