//! A handle on a cluster.

use super::actor::{ClientActor, Mail, Released};
use super::posted::Posted;
use crate::cluster::ClusterInner;
use crate::post::post;
use actix::Addr;
use hashbrown::HashMap;
use parking_lot::Mutex;
use partita_collections::future::FutureInner;
use partita_graph::{Key, TaskOptions, Token};
use partita_protocol::ClientId;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// A handle on a cluster: submits calls, computes collections, gathers results. Cloning it is a pointer copy.
///
/// More than one client can be on a cluster; equal pure calls of all of them share one task.
#[derive(Clone)]
pub struct Client {
    pub(super) inner: Arc<ClientInner>,
    pub(super) submit: SubmitOptions,
}

/// How calls are submitted.
#[derive(Clone, Debug, Default)]
pub struct SubmitOptions {
    /// Whether every call is a task of its own, even if an equal one is there.
    pub impure: bool,
    /// What is asked for the tasks.
    pub options: TaskOptions,
}

/// A client that does not keep its cluster's client alive.
#[derive(Clone)]
pub struct WeakClient(pub(crate) Weak<ClientInner>);

impl WeakClient {
    /// The client, if it is still there.
    pub fn upgrade(&self) -> Option<Client> {
        Some(Client { inner: self.0.upgrade()?, submit: SubmitOptions::default() })
    }
}

/// A future that is alive, with its definition if its key does not tell.
type Shared = (Weak<FutureInner>, Option<Token>);

/// What the clones of a client share.
pub(crate) struct ClientInner {
    pub(crate) id: ClientId,
    pub(crate) mail: Addr<ClientActor>,
    pub(crate) cluster: Weak<ClusterInner>,
    pub(super) info: crate::cluster::ClusterInfo,
    /// The futures that are alive, so that equal calls share one.
    pub(super) futures: Mutex<HashMap<Key, Shared, foldhash::fast::FixedState>>,
    /// Held from the moment that a future can be found by others until its call is on its way: whoever finds it may name
    /// it as an input at once.
    pub(super) submitting: Mutex<()>,
    /// Results that nobody holds any longer, not yet told to the actor.
    pub(super) released: Released,
    pub(super) number: u64,
    /// The process that it belongs to.
    pub(super) pid: u32,
}

static CLIENTS: AtomicU64 = AtomicU64::new(0);

impl ClientInner {
    pub(crate) fn new(
        id: ClientId,
        mail: Addr<ClientActor>,
        cluster: Weak<ClusterInner>,
        info: crate::cluster::ClusterInfo,
        released: Released,
    ) -> Self {
        ClientInner {
            id,
            mail,
            cluster,
            info,
            futures: Mutex::default(),
            submitting: Mutex::default(),
            released,
            number: CLIENTS.fetch_add(1, Ordering::Relaxed),
            pid: std::process::id(),
        }
    }
}

impl Drop for ClientInner {
    fn drop(&mut self) {
        post(&self.mail, Mail::Leave);
    }
}

impl Client {
    pub(crate) fn from_inner(inner: Arc<ClientInner>) -> Self {
        Client { inner, submit: SubmitOptions::default() }
    }

    /// A client that does not keep itself alive.
    pub fn downgrade(&self) -> WeakClient {
        WeakClient(Arc::downgrade(&self.inner))
    }

    /// The client of the cluster that runs the task on this thread.
    ///
    /// # Errors
    /// As for any computation, if there is no cluster and none can be started.
    pub fn current() -> crate::Result<Client> {
        crate::current::client()
    }

    /// Whether both are handles of one client.
    pub fn same(&self, other: &Client) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// The same client; what it submits is asked these wishes. Of a computation, every task that has none of its own is
    /// asked them; a deadline counts for the results.
    ///
    /// ```
    /// use partita::prelude::*;
    ///
    /// let cluster = LocalCluster::builder().workers(1).start()?;
    /// let urgent = cluster.client().with_options(TaskOptions::new().priority(10));
    /// assert_eq!(urgent.submit(|x: i64| x + 1, (1,)).result()?, 2);
    /// # Ok::<(), partita::Error>(())
    /// ```
    #[must_use]
    pub fn with_options(&self, options: TaskOptions) -> Client {
        Client { inner: self.inner.clone(), submit: SubmitOptions { options, ..self.submit.clone() } }
    }

    /// The same client; every call that it submits is a task of its own, even if an equal one is there.
    #[must_use]
    pub fn impure(&self) -> Client {
        Client { inner: self.inner.clone(), submit: SubmitOptions { impure: true, ..self.submit.clone() } }
    }

    /// The cluster, which it does not keep.
    pub(crate) fn cluster(&self) -> &Weak<ClusterInner> {
        &self.inner.cluster
    }

    pub(super) fn send(&self, mail: Mail) -> Result<(), partita_graph::RunError> {
        self.inner.send(mail)
    }
}

impl ClientInner {
    pub(super) fn send(&self, mail: Mail) -> Result<(), partita_graph::RunError> {
        if !self.mail.connected() {
            return Err(partita_graph::RunError::Closed);
        }
        post(&self.mail, Posted::new(mail));
        Ok(())
    }
}
