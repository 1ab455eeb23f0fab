//! What an executor runs, and what it is told about where it runs.

use partita_protocol::Priority;
use std::any::Any;
use std::sync::Arc;

/// Something that an executor runs once, on one of its threads.
pub trait Job: Send + 'static {
    /// When it starts among those that wait; among equals, first come, first served.
    fn priority(&self) -> Priority;

    /// Whether it is to start at once, even if for a while more jobs run than there are slots: the time that it takes is
    /// counted from the moment at which it was handed over.
    fn is_urgent(&self) -> bool {
        false
    }

    /// Runs it. It should catch its own panics: one that escapes is swallowed, and the thread goes on.
    fn run(self, context: &ThreadContext);
}

/// The thread that a job runs on.
#[derive(Clone, Debug)]
pub struct ThreadContext {
    /// The executor's name.
    pub executor: Arc<str>,
    /// The thread's number in its executor.
    pub thread: u32,
    /// What all jobs of the executor share; see [`Executor::with_shared`](super::Executor::with_shared).
    pub shared: Arc<dyn Any + Send + Sync>,
}
