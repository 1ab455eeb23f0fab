//! All clients of this process, to find the one that a future belongs to.

use super::client::{Client, ClientInner, SubmitOptions};
use crate::cluster::{ClusterInner, ClusterSummary};
use parking_lot::Mutex;
use partita_profiler::ProfilerLink;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

static KNOWN: Mutex<BTreeMap<u64, Weak<ClientInner>>> = Mutex::new(BTreeMap::new());

impl Client {
    /// Lets futures find this client.
    pub(crate) fn make_known(&self) {
        let mut known = KNOWN.lock();
        known.retain(|_, client| client.strong_count() > 0);
        known.insert(self.inner.number, Arc::downgrade(&self.inner));
    }

    /// The client with this number, as a future's host tells it.
    pub(crate) fn of(number: u64) -> Option<Client> {
        let inner = KNOWN.lock().get(&number)?.upgrade()?;
        Some(Client { inner, submit: SubmitOptions::default() })
    }

    /// What its cluster is like, as far as everyone may know.
    pub(crate) fn info(&self) -> ClusterSummary {
        self.inner.info.now()
    }

    /// A client of each cluster of this process.
    pub(crate) fn of_all() -> Vec<Client> {
        let inners: Vec<_> = KNOWN.lock().values().filter_map(Weak::upgrade).collect();
        let mut clusters: Vec<Weak<ClusterInner>> = Vec::new();
        let mut clients = Vec::new();
        for inner in inners {
            if !clusters.iter().any(|known| Weak::ptr_eq(known, &inner.cluster)) {
                clusters.push(inner.cluster.clone());
                clients.push(Client::from_inner(inner));
            }
        }
        clients
    }

    /// The profiler of its cluster, while it is there.
    pub(crate) fn profiler(&self) -> Option<ProfilerLink> {
        self.inner.cluster.upgrade().map(|cluster| cluster.profiler.clone())
    }
}
