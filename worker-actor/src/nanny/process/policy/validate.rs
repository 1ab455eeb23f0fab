//! The invariant of a place, N1: of a process, a timer for the next start, and having failed, it has exactly one.

use super::child::Phase;
use super::timer::{Timer, Timers};
use super::{Child, Place, Policy};
use crate::machine::Violation;
use partita_protocol::limits;

/// Returns a [`Violation`] of N1 unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(Violation { rule: "N1", message: format!($($message)+) });
        }
    };
}

impl Policy {
    /// Checks every invariant.
    ///
    /// # Errors
    /// The first [`Violation`] that is found.
    pub fn validate(&self) -> Result<(), Violation> {
        match &self.place {
            Place::Taken(child) => self.validate_child(child)?,
            Place::Waiting => {
                let mut only = Timers::default();
                self.timers.get(Timer::Restart).into_iter().for_each(|at| only.set(Timer::Restart, at));
                ensure!(only.next().is_some(), "nobody is there, and no start is due");
                ensure!(only == self.timers, "a place that waits for a start waits for more: {:?}", self.timers);
            }
            Place::New | Place::Failed { .. } | Place::Ended => {
                ensure!(self.timers.next().is_none(), "{:?} waits for {:?}", self.place, self.timers);
            }
        }
        let open = u32::from(self.current().is_some());
        ensure!(
            self.started == self.fenced + open,
            "{} were started, {} told to be lost, {open} count",
            self.started,
            self.fenced
        );
        let (failed_starts, deaths, causes) = self.record.sizes();
        let most = self.config.failed_starts.max(self.config.starved_starts);
        ensure!(failed_starts <= most.saturating_add(1), "{failed_starts} starts failed one after the other");
        ensure!(deaths <= self.config.deaths + 1, "{deaths} deaths in the window");
        ensure!(causes <= limits::TOLD_DEATHS, "{causes} causes are kept");
        Ok(())
    }

    /// In each phase there is a time at which the next one comes; a process that is to go is told to be lost.
    fn validate_child(&self, child: &Child) -> Result<(), Violation> {
        ensure!(self.timers.get(Timer::Restart).is_none(), "a process is there, and another start is due");
        ensure!(child.incarnation.0 == self.started, "{} has the place of {}", child.incarnation, self.started);
        let timer = match child.phase {
            Phase::Starting => Timer::Hello,
            Phase::Ready => Timer::Silence,
            Phase::Leaving(_) => Timer::Terminate,
            Phase::Terminating(_) => Timer::Kill,
            Phase::Killed { .. } => Timer::Stuck,
        };
        ensure!(self.timers.get(timer).is_some(), "nothing ends {:?}: {:?}", child.phase, self.timers);
        let goes = !matches!(child.phase, Phase::Starting | Phase::Ready);
        ensure!(goes == child.fenced.is_some(), "{:?}, and told to be lost: {:?}", child.phase, child.fenced);
        let looked_at = goes || child.pid.is_none() || self.timers.get(Timer::Look).is_some();
        ensure!(looked_at, "nobody looks at {}", child.incarnation);
        let stopped = self.timers.get(Timer::Stopped).is_some();
        ensure!(!stopped || child.stopped.is_some(), "a stop is timed of a process that goes on");
        Ok(())
    }
}
