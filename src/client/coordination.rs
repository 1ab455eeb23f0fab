//! What a client opens by name: queues, variables, locks, events and semaphores.

use super::client::{Client, ClientInner};
use crate::coordination::{CoordinationError, CoordinationLink, Event, Lock, Queue, Semaphore, Variable};
use crate::error::Result;
use partita_collections::future::Host;
use partita_graph::RunError;
use partita_protocol::{ClientId, WorkerId};
use std::sync::{Arc, Weak};

/// The client that a cluster makes first: its own.
const OWN: ClientId = ClientId(0);

impl Client {
    /// The queue of this name, made when it is first used. See [`Queue`].
    pub fn queue<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Queue<T> {
        Queue::new(self.clone(), name)
    }

    /// The variable of this name, made when it is first used. See [`Variable`].
    pub fn variable<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Variable<T> {
        Variable::new(self.clone(), name)
    }

    /// The lock of this name, made when it is first used. See [`Lock`].
    pub fn lock(&self, name: &str) -> Lock {
        Lock::new(self.clone(), name)
    }

    /// The event of this name, made when it is first used. See [`Event`].
    pub fn event(&self, name: &str) -> Event {
        Event::new(self.clone(), name)
    }

    /// The semaphore of this name with so many leases, made when it is first used. See [`Semaphore`].
    pub fn semaphore(&self, name: &str, leases: usize) -> Semaphore {
        Semaphore::new(self.clone(), name, leases)
    }

    /// Leaves the cluster: what only this client wants is dropped, its locks are free, and its pending futures and all
    /// later calls end with [`RunError::Closed`]. All clones are closed with it.
    ///
    /// # Errors
    /// [`CoordinationError::OwnClient`]: the cluster's own client stays as long as the cluster.
    pub fn close(&self) -> Result<()> {
        if self.inner.id == OWN {
            return Err(CoordinationError::OwnClient.into());
        }
        match self.send(super::actor::Mail::Leave) {
            Ok(()) | Err(RunError::Closed) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The way to the coordination actor, while the cluster is there.
    pub(crate) fn coordination(&self) -> Option<CoordinationLink> {
        // A client that left asks for nothing any longer.
        if !self.inner.mail.connected() {
            return None;
        }
        self.inner.cluster.upgrade().map(|cluster| cluster.coordination.clone())
    }

    /// Who waits or holds: this client, and the worker whose task runs on this thread, if it is on this cluster.
    pub(crate) fn holder(&self) -> (ClientId, Option<WorkerId>) {
        (self.inner.id, running_on(&self.inner))
    }

    /// Blocks this thread, if it may be blocked; inside a task the thread is free for others meanwhile.
    pub(crate) fn block(&self, call: &'static str, instead: &'static str, wait: &mut dyn FnMut()) -> Result<()> {
        Ok(self.inner.block(call, instead, wait)?)
    }
}

/// The worker whose task runs on this thread, if it is on the client's cluster.
fn running_on(client: &Arc<ClientInner>) -> Option<WorkerId> {
    let (running, home) = partita_worker::actor::current()?;
    let home = home.downcast_ref::<crate::current::Home>()?.client()?;
    Weak::ptr_eq(&home.inner.cluster, &client.cluster).then_some(running.worker)
}
