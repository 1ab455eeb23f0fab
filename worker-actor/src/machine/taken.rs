//! What executions take of the worker's resources while they run.
//!
//! The scheduler hands out no more than there is. But when it takes an assignment back, it counts what that took as free,
//! and the execution goes on: until it ends, what it took is not there for others.

use super::Worker;
use super::config::Config;
use super::entry::Work;
use partita_protocol::Resources;

/// What executions have taken, orphans included.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken(Resources);

impl Taken {
    /// Whether an execution can have what it takes. Of a resource that the worker is not known to have there is no limit.
    pub(super) fn leaves(&self, work: &Work, config: &Config) -> bool {
        work.resources.as_ref().is_none_or(|needs| {
            needs.iter().all(|(name, amount)| {
                let total = config.resources.amount(name);
                total == 0 || self.0.amount(name).saturating_add(amount) <= total
            })
        })
    }

    /// An execution begins.
    pub(super) fn begin(&mut self, work: &Work) {
        if let Some(needs) = &work.resources {
            self.0.give(needs);
        }
    }

    /// Whether no more is taken than there is.
    pub(super) fn is_within(&self, config: &Config) -> bool {
        self.0
            .iter()
            .all(|(name, amount)| config.resources.amount(name) == 0 || amount <= config.resources.amount(name))
    }

    /// Whether both are the same amounts.
    pub(super) fn equals(&self, other: &Taken) -> bool {
        let mut names = self.0.iter().chain(other.0.iter()).map(|(name, _)| name);
        names.all(|name| self.0.amount(name) == other.0.amount(name))
    }
}

impl Worker {
    /// An execution ended, or was given up: what it took is free, and what was kept free for its result, and tasks that waited for some may start.
    pub(super) fn give_back(&mut self, work: &mut Work) {
        self.memory.end(work);
        if let Some(needs) = work.resources.take() {
            self.taken.0.take(&needs);
            self.ready.recall();
        }
    }
}
