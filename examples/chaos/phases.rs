//! Phases of a worker process in which it can be killed, and how they are known from outside of it.

use super::traces::{age, has_open, runs_a_task};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::time::Duration;

/// How old a process is at the most that is hit at its start: it is loaded, connects, and says that it is a worker.
const YOUNG: Duration = Duration::from_millis(30);

/// When a process is killed or stopped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub(crate) enum Phase {
    /// At any time
    Any,
    /// It was born within the last 30 ms, by the system's clock of processes; for this, another one is killed first
    Start,
    /// One of its threads for tasks is on a core, or waits for one
    Compute,
    /// Values of 16 MiB were asked for on all workers and are not all there
    Transfer,
    /// It has a file of spilled values open, to write or to read it
    Spill,
    /// Nothing is to be computed
    Idle,
    /// The cluster is being closed, while tasks run
    End,
}

impl Phase {
    /// All of which one can tell whether a process is in it; the first ones say more than the last ones.
    const KNOWN: [Phase; 6] = [Phase::End, Phase::Start, Phase::Spill, Phase::Transfer, Phase::Idle, Phase::Compute];

    /// What a process is in now; `Any` if it is in none of the others.
    pub(crate) fn of(pid: i32, stage: &Stage, spill: &Path) -> Phase {
        Phase::KNOWN.into_iter().find(|phase| phase.has(pid, stage, spill)).unwrap_or(Phase::Any)
    }

    /// Whether a process is in it now.
    pub(crate) fn has(self, pid: i32, stage: &Stage, spill: &Path) -> bool {
        match self {
            Phase::Any => true,
            Phase::Start => age(pid).is_some_and(|age| age <= YOUNG),
            Phase::Compute => runs_a_task(pid),
            Phase::Spill => has_open(pid, spill),
            Phase::Transfer | Phase::Idle | Phase::End => stage.is(self),
        }
    }
}

/// What the program does now, for the killer: a phase that cannot be seen from outside of the processes.
#[derive(Debug, Default)]
pub(crate) struct Stage(AtomicU8);

/// Ends a stage when it is dropped.
pub(crate) struct Entered<'a>(&'a Stage);

impl Stage {
    /// From now on, until what comes back is dropped.
    pub(crate) fn enter(&self, phase: Phase) -> Entered<'_> {
        self.0.store(phase as u8, Relaxed);
        Entered(self)
    }

    fn is(&self, phase: Phase) -> bool {
        self.0.load(Relaxed) == phase as u8
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        self.0.0.store(Phase::Any as u8, Relaxed);
    }
}
