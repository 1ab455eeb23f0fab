//! Locks that all clients and tasks of a cluster share by name.

use super::machine::{Answer, Call, Event, Kind, Lease, Object};
use super::parcel::Parcel;
use super::reply::Reply;
use super::service::{CoordinationLink, Mail};
use crate::client::Client;
use std::fmt;

/// A lock that all clients and tasks of a cluster share by name; as Dask's `Lock`.
///
/// Whoever asked first gets it first. It is free again when its guard is dropped, and when the client or the worker that
/// has it is gone.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let lock = cluster.client().lock("database");
/// let guard = lock.acquire().wait()?;
/// assert!(lock.is_locked().wait()?);
/// assert!(lock.try_acquire().wait()?.is_none());
/// drop(guard);
/// assert!(lock.try_acquire().wait()?.is_some());
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Clone)]
pub struct Lock {
    client: Client,
    object: Object,
}

/// A lock or a part of a semaphore that somebody has, until this is dropped.
#[must_use = "it is given back as soon as the guard is dropped"]
pub struct Guard {
    /// `None` once it was given back.
    lease: Option<Lease>,
    link: CoordinationLink,
}

impl Guard {
    /// Gives it back; so does dropping the guard.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.link.send(Mail::Event(Event::Freed(lease)));
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lease {
            Some(lease) => write!(f, "<{}, held>", lease.of),
            None => f.write_str("<given back>"),
        }
    }
}

/// A guard, if a lease was given.
pub(super) fn guard(answer: Answer<Parcel>, link: &CoordinationLink) -> Option<Option<Guard>> {
    match answer {
        Answer::Lease(lease) => Some(lease.map(|lease| Guard { lease: Some(lease), link: link.clone() })),
        _ => None,
    }
}

impl Lock {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Lock { client, object: Object::new(Kind::Lock, name) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name
    }

    /// Takes the lock, once it is free.
    pub fn acquire(&self) -> Reply<Guard> {
        let call = Call::Acquire { count: 1, limit: 1, wait: true };
        let words = ("Lock::acquire", "lock.acquire().await");
        Reply::call(&self.client, self.object.clone(), words, |_| call, |answer, link| guard(answer, link)?)
    }

    /// Takes the lock if it is free now.
    pub fn try_acquire(&self) -> Reply<Option<Guard>> {
        let call = Call::Acquire { count: 1, limit: 1, wait: false };
        let words = ("Lock::try_acquire", "lock.try_acquire().await");
        Reply::call(&self.client, self.object.clone(), words, |_| call, guard)
    }

    /// Whether somebody has it.
    pub fn is_locked(&self) -> Reply<bool> {
        let words = ("Lock::is_locked", "lock.is_locked().await");
        Reply::call(
            &self.client,
            self.object.clone(),
            words,
            |_| Call::Count,
            |answer, _| match answer {
                Answer::Count(count) => Some(count > 0),
                _ => None,
            },
        )
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.object)
    }
}
