//! What came of a seed.

use crate::cells::Cells;
use partita_protocol::{TaskId, Time, WorkerId};
use std::collections::BTreeMap;
use std::fmt;

/// The part of a seed's run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Faults happen.
    #[default]
    Safety,
    /// No fault happens: everything that is wanted must end.
    Calm,
    /// Clients leave: nothing may be left.
    Drain,
}

/// An invariant that was found broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which, by its name in the list of invariants.
    pub id: &'static str,
    /// What was found.
    pub text: String,
    /// The tasks that it is about.
    pub tasks: Vec<TaskId>,
    /// The workers that it is about.
    pub workers: Vec<WorkerId>,
    /// When.
    pub at: Time,
    /// In which phase.
    pub phase: Phase,
}

/// What came of a seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Which.
    pub seed: u64,
    /// Tasks that were asked for.
    pub tasks: usize,
    /// Workers that there were at a time, at the most.
    pub workers: usize,
    /// Faults that happened, by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Things that the machines were told.
    pub events: u64,
    /// Runs that were started.
    pub runs: u64,
    /// The virtual time at the end.
    pub time: Time,
    /// A hash of everything that happened.
    pub hash: u64,
    /// The first invariant that was found broken, if one was.
    pub found: Option<Found>,
    /// The transitions of the machines, if they were counted.
    pub cells: Cells,
}

impl Outcome {
    /// How many faults happened.
    pub fn fault_count(&self) -> u64 {
        self.faults.values().sum()
    }

    /// Whether the seed is as large as a seed that counts must be: 100 tasks, 10 workers, 10 faults, 1,000 events.
    pub fn counts(&self) -> bool {
        self.tasks >= 100 && self.workers >= 10 && self.fault_count() >= 10 && self.events >= 1000
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is broken at {:.6} s, in the phase {:?}: {}",
            self.id,
            self.at.as_secs_f64(),
            self.phase,
            self.text
        )
    }
}
