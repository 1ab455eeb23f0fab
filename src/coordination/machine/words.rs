//! The machine's words: what happens, what is asked, and what is answered.

use super::object::Object;
use crate::coordination::error::CoordinationError;
use partita_graph::RunError;
use partita_protocol::{ClientId, WorkerId};
use std::any::TypeId;
use std::sync::Arc;

/// The number of one call, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::coordination) struct Ticket(pub(in crate::coordination) u64);

/// Who waits for something or holds it: a client, or a task of his on a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::coordination) struct Holder {
    pub(in crate::coordination) client: ClientId,
    pub(in crate::coordination) worker: Option<WorkerId>,
}

/// The type of what is put into a thing.
#[derive(Clone, Copy, Debug)]
pub(in crate::coordination) struct Tag {
    id: TypeId,
    pub(in crate::coordination) name: &'static str,
}

impl Tag {
    pub(in crate::coordination) fn of<T: 'static>() -> Self {
        Tag { id: TypeId::of::<T>(), name: std::any::type_name::<T>() }
    }

    /// Whether `asked` is the same type; the first one who asks says which it is.
    pub(super) fn check(has: &mut Option<Tag>, asked: Tag, object: &Object) -> Result<(), CoordinationError> {
        let found = *has.get_or_insert(asked);
        if found.id == asked.id {
            return Ok(());
        }
        Err(CoordinationError::WrongType { object: object.clone(), found: found.name, asked: asked.name })
    }
}

/// What happened.
pub(in crate::coordination) enum Event<P> {
    /// Somebody calls.
    Called { ticket: Ticket, holder: Holder, on: Object, call: Call<P> },
    /// Somebody does not wait any longer.
    Withdrawn { ticket: Ticket, on: Object },
    /// An answer came, and nobody looked at it.
    Unwanted(Answer<P>),
    /// A lease ended.
    Freed(Lease),
    /// A worker came.
    WorkerJoined { worker: WorkerId },
    /// A worker is gone.
    WorkerLost { worker: WorkerId },
    /// A client left.
    ClientLeft { client: ClientId },
    /// The cluster ended; nothing will be given any longer.
    Ended(RunError),
}

/// What somebody asks for.
pub(in crate::coordination) enum Call<P> {
    /// Put something in: into a queue with this limit, if one is named; a variable; an empty place of a catalogue.
    Put { item: P, tag: Tag, limit: Option<usize> },
    /// Put something in, in the place of what may be there.
    Replace { item: P, tag: Tag },
    /// Take something out of a queue, so many at a time and not before; or look at a variable or a catalogue.
    Get { tag: Tag, count: usize, limit: Option<usize> },
    /// Take everything out that is there.
    Drain { tag: Tag },
    /// Take a thing away.
    Close,
    /// Have so many leases of so many, now or when they are free.
    Acquire { count: usize, limit: usize, wait: bool },
    /// How many: items of a queue, leases in use.
    Count,
    /// Whether: an event is set.
    IsSet,
    /// Set an event, or take it back.
    Set(bool),
    /// Wait until an event is set, or until there are so many workers.
    Wait { count: usize },
    /// The names in a catalogue that begin like this.
    List { prefix: Arc<str> },
}

/// What is answered.
#[derive(Debug)]
pub(in crate::coordination) enum Answer<P> {
    /// It is done.
    Done,
    /// Items of a queue.
    Items { of: Object, items: Vec<P> },
    /// What is there, or was.
    Value(Option<P>),
    /// A lease, if one was free.
    Lease(Option<Lease>),
    /// So many.
    Count(usize),
    /// Yes or no.
    Flag(bool),
    /// Names.
    Names(Vec<Arc<str>>),
    /// It is refused.
    Refused(CoordinationError),
    /// Who asked is known to be dead.
    Dead,
    /// The cluster ended.
    Ended(RunError),
}

/// A part of a lock or semaphore that somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::coordination) struct Lease {
    pub(in crate::coordination) of: Object,
    pub(in crate::coordination) id: u64,
}

/// The way to those who wait.
pub(in crate::coordination) trait Post<P> {
    /// Offers an answer; whoever is gone does not take it, and it comes back.
    fn offer(&mut self, ticket: Ticket, answer: Answer<P>) -> Result<(), Answer<P>>;
}
