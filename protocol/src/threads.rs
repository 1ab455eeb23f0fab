//! Which threads of the operating system run the tasks of which worker, for as long as they are there.

use crate::ids::WorkerId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The threads of all workers of a cluster. Threads enter themselves; whoever measures looks.
///
/// ```
/// use partita_protocol::WorkerId;
/// use partita_protocol::threads::Threads;
///
/// let threads = Threads::default();
/// let entered = threads.enter(4711, WorkerId(0));
/// assert_eq!(threads.all(), [(4711, WorkerId(0))]);
/// drop(entered);
/// assert!(threads.all().is_empty());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Threads(Arc<Mutex<BTreeMap<u32, WorkerId>>>);

impl Threads {
    /// The thread with this number works for this worker, until what this gives is dropped.
    pub fn enter(&self, thread: u32, worker: WorkerId) -> Entered {
        self.lock().insert(thread, worker);
        Entered { threads: self.clone(), thread }
    }

    /// The threads, by their numbers, and whose they are.
    pub fn all(&self) -> Vec<(u32, WorkerId)> {
        self.lock().iter().map(|(&thread, &worker)| (thread, worker)).collect()
    }

    /// A table of numbers is whole whoever panicked.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, WorkerId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread's entry in [`Threads`], while it is there. To be dropped on that thread, before the system gives its number to
/// another.
#[must_use = "the entry is there only as long as this"]
pub struct Entered {
    threads: Threads,
    thread: u32,
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.threads.lock().remove(&self.thread);
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entered({})", self.thread)
    }
}
