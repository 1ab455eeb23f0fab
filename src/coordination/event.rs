//! Events that all clients and tasks of a cluster share by name.

use super::machine::{Answer, Call, Kind, Object};
use super::reply::Reply;
use crate::client::Client;
use std::fmt;

/// Something that happened or has not, shared by all clients and tasks of a cluster by name; as Dask's `Event`.
///
/// ```
/// use partita::prelude::*;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let client = cluster.client();
/// let go = client.event("go");
/// let inside = go.clone();
/// let task = client.try_submit(move || inside.wait().wait(), ());
/// assert!(!go.is_set().wait()?);
/// go.set().wait()?;
/// task.result()?;
/// # Ok::<(), partita::Error>(())
/// ```
#[derive(Clone)]
pub struct Event {
    client: Client,
    object: Object,
}

impl Event {
    pub(crate) fn new(client: Client, name: &str) -> Self {
        Event { client, object: Object::new(Kind::Event, name) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.object.name
    }

    /// Sets it: whoever waits goes on, and nobody waits from now on.
    pub fn set(&self) -> Reply<()> {
        self.ask(("Event::set", "event.set().await"), Call::Set(true), |_, _| Some(()))
    }

    /// Takes it back: whoever waits from now on waits for the next time that it is set.
    pub fn clear(&self) -> Reply<()> {
        self.ask(("Event::clear", "event.clear().await"), Call::Set(false), |_, _| Some(()))
    }

    /// Whether it is set.
    pub fn is_set(&self) -> Reply<bool> {
        self.ask(("Event::is_set", "event.is_set().await"), Call::IsSet, |answer, _| match answer {
            Answer::Flag(set) => Some(set),
            _ => None,
        })
    }

    /// Comes once it is set.
    pub fn wait(&self) -> Reply<()> {
        self.ask(("Event::wait", "event.wait().await"), Call::Wait { count: 1 }, |_, _| Some(()))
    }

    fn ask<R>(
        &self,
        words: super::reply::Words,
        call: Call<super::parcel::Parcel>,
        read: super::reply::Read<R>,
    ) -> Reply<R> {
        Reply::call(&self.client, self.object.clone(), words, |_| call, read)
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.object)
    }
}
