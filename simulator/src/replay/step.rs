//! A step of a replay: one event of one machine.

use crate::journal::Machine;
use partita_protocol::{Time, scheduler, worker};

/// One event of one machine.
#[derive(Clone, Debug)]
pub struct Step {
    /// The number of the event, from 1.
    pub event: u64,
    /// When it happened.
    pub time: Time,
    /// Which machine was told it.
    pub machine: Machine,
    /// What it was told.
    pub told: Told,
}

/// What a machine was told.
#[derive(Clone, Debug)]
pub enum Told {
    /// The scheduler's machine.
    Scheduler(scheduler::Event),
    /// A worker's.
    Worker(worker::Event),
}

/// Letters of an event that are shown.
const SHOWN: usize = 160;

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match &self.told {
            Told::Scheduler(scheduler::Event::GraphSubmitted { client, piece }) => {
                format!("GraphSubmitted {{ client: {client}, {} tasks }}", piece.tasks.len())
            }
            Told::Scheduler(event) => format!("{event:?}"),
            Told::Worker(event) => format!("{event:?}"),
        };
        let shown: String = text.chars().take(SHOWN).collect();
        let more = if shown.len() < text.len() { "…" } else { "" };
        write!(f, "{:>8} {:.6} s {}: {shown}{more}", self.event, self.time.as_secs_f64(), self.machine)
    }
}
