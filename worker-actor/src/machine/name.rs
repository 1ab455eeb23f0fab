//! The state of a task on a worker, as a word.

use std::fmt;

/// The state of a task on a worker, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateName {
    /// It is to run here, and waits for inputs that are not here.
    Waiting,
    /// It is an input of a waiting task or a copy that is wanted, and some worker that holds it is to be asked for it.
    Fetch,
    /// A transfer that is under way brings it.
    Flight,
    /// It is an input of a waiting task or a copy that is wanted, and no holder is known.
    Missing,
    /// It is to run here, its inputs are here, and it waits for a thread.
    Ready,
    /// It was handed to the executor threads.
    Executing,
    /// It runs, and gave its thread back while it waits for other tasks.
    LongRunning,
    /// Its value is in the store.
    Memory,
    /// Its value was freed, and is still in the store because something that is to run here reads it.
    Released,
}

impl StateName {
    /// All of them.
    pub const ALL: [StateName; 9] = [
        StateName::Waiting,
        StateName::Fetch,
        StateName::Flight,
        StateName::Missing,
        StateName::Ready,
        StateName::Executing,
        StateName::LongRunning,
        StateName::Memory,
        StateName::Released,
    ];
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            StateName::Waiting => "waiting",
            StateName::Fetch => "fetch",
            StateName::Flight => "flight",
            StateName::Missing => "missing",
            StateName::Ready => "ready",
            StateName::Executing => "executing",
            StateName::LongRunning => "long-running",
            StateName::Memory => "memory",
            StateName::Released => "released",
        })
    }
}
