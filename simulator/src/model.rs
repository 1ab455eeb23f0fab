//! How long tasks take, how large their results are and how they end: given, drawn by seed, or as measured.

use crate::universe::Number;
use partita_protocol::{Attempt, WorkerId};
use std::time::Duration;

/// A run of a task that is about to start.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Which task.
    pub number: Number,
    /// Of which assignment.
    pub attempt: Attempt,
    /// On which worker.
    pub worker: WorkerId,
    /// How often a run of this task has started before.
    pub before: u32,
}

/// How a run goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// How long it takes.
    pub duration: Duration,
    /// When it gives its thread back before it ends, if it does.
    pub secede: Option<Duration>,
    /// How it ends.
    pub end: End,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With a value of so many bytes.
    Value {
        /// Its size.
        nbytes: u64,
    },
    /// With an error.
    Error,
    /// With the wish to be run somewhere else.
    Reschedule,
}

/// Says how each run of a task goes.
pub trait Model {
    /// How this run goes.
    fn run(&mut self, start: Start) -> Run;

    /// The size of data that is put in by hand.
    fn data_nbytes(&mut self, number: Number) -> u64 {
        let _ = number;
        8
    }
}

/// Every task takes the same time and gives a value of the same size.
///
/// ```
/// use partita_simulator::{End, Model, Same, Start};
/// use partita_protocol::{Attempt, WorkerId};
/// use std::time::Duration;
///
/// let mut model = Same { duration: Duration::from_millis(5), nbytes: 100 };
/// let run = model.run(Start { number: 0, attempt: Attempt(1), worker: WorkerId(0), before: 0 });
/// assert_eq!((run.duration.as_millis(), run.end), (5, End::Value { nbytes: 100 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Same {
    /// How long each takes.
    pub duration: Duration,
    /// How large each result is, in bytes.
    pub nbytes: u64,
}

impl Model for Same {
    fn run(&mut self, _: Start) -> Run {
        Run { duration: self.duration, secede: None, end: End::Value { nbytes: self.nbytes } }
    }
}

impl<F: FnMut(Start) -> Run> Model for F {
    fn run(&mut self, start: Start) -> Run {
        self(start)
    }
}
