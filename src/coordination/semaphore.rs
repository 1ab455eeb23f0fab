//! Semaphores that all clients and tasks of a cluster share by name.

use super::lock::{Guard, guard};
use super::machine::{Answer, Call, Kind, Object};
use super::reply::Reply;
use crate::client::Client;
use std::fmt;

/// A number of leases that all clients and tasks of a cluster share by name; as Dask's `Semaphore`.
///
/// Whoever asked first gets them first; who asks for many is not overtaken by who asks for few. Leases are free again
/// when their guard is dropped, and when the client or the worker that has them is gone.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let connections = cluster.client().semaphore("connections", 3);
/// let two = connections.acquire(2).wait()?;
/// assert_eq!(connections.in_use().wait()?, 2);
/// assert!(connections.try_acquire(2).wait()?.is_none());
/// drop(two);
/// assert!(connections.try_acquire(2).wait()?.is_some());
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Clone)]
pub struct Semaphore {
    client: Client,
    object: Object,
    leases: usize,
}

impl Semaphore {
    pub(crate) fn new(client: Client, name: &str, leases: usize) -> Self {
        Semaphore { client, object: Object::new(Kind::Semaphore, name), leases }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name
    }

    /// How many leases there are; all who use it must name the same.
    pub fn leases(&self) -> usize {
        self.leases
    }

    /// Takes so many leases at a time, once they are free.
    pub fn acquire(&self, count: usize) -> Reply<Guard> {
        let call = Call::Acquire { count, limit: self.leases, wait: true };
        let words = ("Semaphore::acquire", "semaphore.acquire(n).await");
        Reply::call(&self.client, self.object.clone(), words, |_| call, |answer, link| guard(answer, link)?)
    }

    /// Takes so many leases if they are free now and nobody waits for some.
    pub fn try_acquire(&self, count: usize) -> Reply<Option<Guard>> {
        let call = Call::Acquire { count, limit: self.leases, wait: false };
        let words = ("Semaphore::try_acquire", "semaphore.try_acquire(n).await");
        Reply::call(&self.client, self.object.clone(), words, |_| call, guard)
    }

    /// How many leases are in use; as Dask's `get_value`.
    pub fn in_use(&self) -> Reply<usize> {
        let words = ("Semaphore::in_use", "semaphore.in_use().await");
        Reply::call(
            &self.client,
            self.object.clone(),
            words,
            |_| Call::Count,
            |answer, _| match answer {
                Answer::Count(count) => Some(count),
                _ => None,
            },
        )
    }

    /// Ends it: whoever waits is told, leases in use count no longer, and the name is free for another one.
    pub fn close(&self) -> Reply<()> {
        let words = ("Semaphore::close", "semaphore.close().await");
        Reply::call(&self.client, self.object.clone(), words, |_| Call::Close, |_, _| Some(()))
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} of {}>", self.object, self.leases)
    }
}
