//! How patient clients are: they may ask for the same task and set themselves different deadlines.

use partita_graph::TaskOptions;
use partita_protocol::ClientId;
use std::sync::Arc;
use std::time::Duration;

/// How long a client waits for a task, measured by the deadline that is defined for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// As long as is defined.
    Defined,
    /// A tenth of it.
    Hasty,
    /// For ever: it sets itself no deadline.
    Endless,
}

impl Patience {
    /// How patient a client is: the first one as is defined, the others in turn, so that clients that are there at the
    /// same time differ.
    pub(crate) fn of(client: ClientId) -> Self {
        [Patience::Defined, Patience::Hasty, Patience::Endless][client.0 as usize % 3]
    }

    /// The deadline that the client sets itself, where this one is defined.
    pub(crate) fn deadline(self, defined: Option<Duration>) -> Option<Duration> {
        match self {
            Patience::Defined => defined,
            Patience::Hasty => defined.map(|limit| limit / 10),
            Patience::Endless => None,
        }
    }

    /// What the client asks for a task, of which this is defined.
    pub(crate) fn ask(self, options: Option<&Arc<TaskOptions>>) -> Option<Arc<TaskOptions>> {
        let options = options?;
        let deadline = self.deadline(options.deadline);
        Some(match deadline == options.deadline {
            true => options.clone(),
            false => Arc::new(TaskOptions { deadline, ..TaskOptions::clone(options) }),
        })
    }
}
