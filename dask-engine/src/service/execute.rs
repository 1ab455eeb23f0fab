//! What runs tasks.

use crate::key::Key;
use crate::message::Opaque;
use bytes::Bytes;

/// A task to run, with all that it needs.
pub struct Task {
    /// Which.
    pub key: Key,
    /// What it does.
    pub payload: Bytes,
    /// What it needs.
    pub inputs: Vec<(Key, Opaque)>,
}

/// What a task gave.
#[derive(Debug)]
pub enum Given {
    /// A value.
    Value(Opaque),
    /// An error, in words.
    Error(String),
    /// The wish to be run again, somewhere.
    Reschedule,
}

/// How to tell what a task gave; from any thread.
pub type Done = Box<dyn FnOnce(Given) + Send>;

/// Runs tasks, as many at a time as it is given.
pub trait Execute: Send + Sync + 'static {
    /// Runs a task on a thread of its own; returns at once.
    fn run(&self, task: Task, done: Done);

    /// A task that runs is not wanted any longer.
    fn stop(&self, key: &Key);
}
