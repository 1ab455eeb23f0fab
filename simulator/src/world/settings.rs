//! What a world is set up with.

use super::{Network, Storage};
use std::time::Duration;

/// What a world is set up with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The scheduler's settings.
    pub scheduler: partita_scheduler::machine::Config,
    /// The workers' settings; each has threads of its own number.
    pub worker: partita_worker::machine::Config,
    /// What links are like.
    pub network: Network,
    /// How memory and disk are used.
    pub storage: Storage,
    /// How long the scheduler takes for one message, which delays what it sends.
    pub overhead: Duration,
    /// Where what is drawn comes from.
    pub seed: u64,
    /// What is traced.
    pub detail: Detail,
    /// Whether every invariant of a machine is checked after each event.
    pub validate: bool,
    /// Whether the transitions of both machines are counted; see [`World::cells`](super::World::cells).
    pub cells: bool,
}

/// What is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Runs, bytes, transfers.
    Runs,
    /// Every event and every effect as well.
    All,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            scheduler: Default::default(),
            worker: partita_worker::machine::Config::new(1),
            network: Network::default(),
            storage: Storage::default(),
            overhead: Duration::ZERO,
            seed: 0,
            detail: Detail::Runs,
            validate: false,
            cells: false,
        }
    }
}
