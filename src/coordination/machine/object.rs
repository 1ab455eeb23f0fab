//! What a call is for: a kind of thing, and its name.

use std::fmt;
use std::sync::Arc;

/// A kind of named thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A queue.
    Queue,
    /// A variable.
    Variable,
    /// A lock.
    Lock,
    /// An event.
    Event,
    /// A semaphore.
    Semaphore,
    /// A published collection.
    Dataset,
    /// A note on the cluster.
    Metadata,
    /// The cluster's workers; they have no name.
    Workers,
}

/// A kind and a name; it is shown as ``queue `jobs` ``.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object {
    /// What kind of thing.
    pub kind: Kind,
    /// Its name, of its own among those of its kind.
    pub name: Arc<str>,
}

impl Object {
    pub(crate) fn new(kind: Kind, name: impl Into<Arc<str>>) -> Self {
        Object { kind, name: name.into() }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Queue => "queue",
            Kind::Variable => "variable",
            Kind::Lock => "lock",
            Kind::Event => "event",
            Kind::Semaphore => "semaphore",
            Kind::Dataset => "dataset",
            Kind::Metadata => "metadata",
            Kind::Workers => return f.write_str("the workers"),
        };
        write!(f, "{kind} `{}`", self.name)
    }
}
