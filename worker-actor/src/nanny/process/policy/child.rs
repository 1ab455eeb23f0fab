//! The process that has a place now.

use super::event::{Incarnation, Why};
use partita_protocol::{LossCause, Time};
use std::sync::Arc;
use std::time::Duration;

/// How far a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It said no hello yet.
    Starting,
    /// It is a worker.
    Ready,
    /// It was asked to leave.
    Leaving(Asked),
    /// It got SIGTERM, maybe after it was asked to leave.
    Terminating(Option<Asked>),
    /// It got SIGKILL, or gets it as soon as it is there.
    Killed {
        /// When.
        at: Time,
    },
}

/// That a process was asked to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// When.
    pub(super) at: Time,
    /// Why.
    pub(super) why: Why,
    /// The time from SIGTERM to SIGKILL.
    pub(super) rest: Duration,
}

/// What follows the end of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Another one, unless too many died.
    Record,
    /// Another one, and what was before is forgotten.
    Restart,
    /// Nothing.
    End,
}

/// A process.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) incarnation: Incarnation,
    /// Its number in the system, once it was started.
    pub(super) pid: Option<u32>,
    pub(super) phase: Phase,
    pub(super) after: After,
    /// What follows once its data is with others, while that is under way.
    pub(super) retiring: Option<After>,
    /// Why it is lost, once that was told.
    pub(super) fenced: Option<LossCause>,
    /// When it said hello.
    pub(super) ready: Option<Time>,
    /// When it last told something.
    pub(super) heard: Time,
    /// Since when it is stopped.
    pub(super) stopped: Option<Time>,
    /// Whether it had to be killed.
    pub(super) killed: bool,
    /// What it said it was doing.
    pub(super) doing: Arc<str>,
}

impl Child {
    pub(super) fn new(incarnation: Incarnation, now: Time) -> Self {
        Child {
            incarnation,
            pid: None,
            phase: Phase::Starting,
            after: After::Record,
            retiring: None,
            fenced: None,
            ready: None,
            heard: now,
            stopped: None,
            killed: false,
            doing: "".into(),
        }
    }

    /// Puts all moments off by the time that the nanny slept.
    pub(super) fn shift(&mut self, by: Duration) {
        self.heard = self.heard + by;
        self.ready = self.ready.map(|at| at + by);
        self.stopped = self.stopped.map(|at| at + by);
        match &mut self.phase {
            Phase::Leaving(asked) | Phase::Terminating(Some(asked)) => asked.at = asked.at + by,
            Phase::Killed { at } => *at = *at + by,
            Phase::Starting | Phase::Ready | Phase::Terminating(None) => {}
        }
    }
}
