//! Why a task failed and why a worker was lost, as far as the machines know.

use crate::death::ProcessLoss;
use crate::ids::{Attempt, FaultId, WorkerId};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Why a task ended in an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The task reported an error or panicked; the actor keeps the error under this id.
    Reported(FaultId),
    /// More workers than allowed died while they ran the task.
    WorkersDied {
        /// How many.
        deaths: u32,
        /// The last of them.
        last: WorkerId,
        /// What killed the last of them.
        cause: LossCause,
        /// Those before it, oldest first, without what they wrote: the newest [`TOLD_BLAMES`](crate::limits::TOLD_BLAMES).
        before: Vec<(WorkerId, LossCause)>,
    },
    /// The task never began: again and again the worker that had it died while nothing ran there. Reading its inputs may
    /// be what kills them.
    NeverBegan {
        /// How many died.
        deaths: u32,
        /// The last of them.
        last: WorkerId,
        /// What killed the last of them.
        cause: LossCause,
        /// Those before it, as for `WorkersDied`.
        before: Vec<(WorkerId, LossCause)>,
    },
    /// No worker of the cluster can ever run the task: what it asks for, and the best that there is.
    Unsatisfiable {
        /// What the task asks for.
        needs: String,
        /// The best that the cluster has.
        best: String,
    },
    /// No worker that could run the task came in time.
    NoWorkers {
        /// How long the task waited.
        waited: Duration,
        /// Workers that were there and started nothing, as their memory was full.
        full: u32,
    },
    /// The task ran for longer than it may.
    TimedOut {
        /// How long it may run.
        limit: Duration,
    },
    /// The result was not there in time for the client that is told so.
    DeadlinePassed {
        /// How long it could take since the client asked for it.
        limit: Duration,
    },
    /// Data that was put into the cluster by hand, and so cannot be computed again, was lost with its worker.
    DataLost,
    /// What the task takes does not fit into the memory of any worker that may run it.
    TooLarge {
        /// Bytes of all that it takes.
        needs: u64,
        /// Bytes that the largest worker that may run it can hold.
        limit: u64,
    },
}

/// Why a worker is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LossCause {
    /// It was asked to leave.
    Retired,
    /// Its actor died: the panic's message, if it is known.
    Died(String),
    /// It did not answer in time.
    Silent(Duration),
    /// Its process ended, or had to be ended.
    Process(Box<ProcessLoss>),
}

/// Which executions had begun on a worker that is gone. Only their tasks can have been its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Begun {
    /// Nobody can tell: any of those that it was given may have.
    #[default]
    Unknown,
    /// These at the most, each by the number of its assignment. Some may be over, and told of.
    These(Vec<Attempt>),
}

impl Begun {
    /// That none had.
    pub fn none() -> Self {
        Begun::These(Vec::new())
    }

    /// Whether this one may have.
    ///
    /// ```
    /// use partita_protocol::{Attempt, Begun};
    ///
    /// assert!(Begun::Unknown.may_have(Attempt(3)));
    /// assert!(Begun::These(vec![Attempt(3)]).may_have(Attempt(3)));
    /// assert!(!Begun::none().may_have(Attempt(3)));
    /// ```
    pub fn may_have(&self, attempt: Attempt) -> bool {
        match self {
            Begun::Unknown => true,
            Begun::These(attempts) => attempts.contains(&attempt),
        }
    }
}

impl LossCause {
    /// The cause without what the worker wrote last.
    #[must_use]
    pub fn without_words(&self) -> Self {
        match self {
            LossCause::Process(loss) => LossCause::Process(Box::new(loss.without_words())),
            other => other.clone(),
        }
    }
}

impl std::fmt::Display for LossCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LossCause::Retired => f.write_str("it was retired"),
            LossCause::Died(message) => write!(f, "it died: {message}"),
            LossCause::Silent(time) => write!(f, "it did not answer for {time:?}"),
            LossCause::Process(loss) => write!(f, "{loss}"),
        }
    }
}
