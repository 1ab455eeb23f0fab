//! All clients of this process, to find the one that a future belongs to.

use super::client::{Client, ClientInner, SubmitOptions};
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

    /// The profiler of its cluster, while it is there.
    pub(crate) fn profiler(&self) -> Option<ProfilerLink> {
        self.inner.cluster.upgrade().map(|cluster| cluster.profiler.clone())
    }
}
