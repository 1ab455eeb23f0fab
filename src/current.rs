//! Which cluster a computation runs on when none is named.

use crate::client::{Client, WeakClient};
use crate::cluster::LocalCluster;
use crate::error::Result;
use parking_lot::Mutex;
use partita_worker::actor::current;
use std::sync::Arc;

/// Clients of open clusters, the newest last; and the cluster that was started because there was none.
struct Defaults {
    clients: Vec<Client>,
    own: Option<LocalCluster>,
}

static DEFAULTS: Mutex<Defaults> = Mutex::new(Defaults { clients: Vec::new(), own: None });

/// What tasks find when they ask where they are.
pub(crate) struct Home(pub(crate) Arc<Mutex<Option<WeakClient>>>);

impl Home {
    /// The client of the cluster, while it is open.
    pub(crate) fn client(&self) -> Option<Client> {
        self.0.lock().as_ref()?.upgrade()
    }
}

/// The client that the code on this thread computes with: inside a task that of its cluster; else the one of the
/// cluster that was started last and is open; else that of a local cluster which is started now, once.
pub(crate) fn client() -> Result<Client> {
    if let Some(client) = inside() {
        return Ok(client);
    }
    if crate::process::is_worker() {
        return Err(partita_graph::RunError::InsideProcess.into());
    }
    let mut defaults = DEFAULTS.lock();
    if let Some(client) = defaults.clients.last() {
        return Ok(client.clone());
    }
    let cluster = LocalCluster::builder().without_default().start()?;
    let client = cluster.client();
    defaults.own = Some(cluster);
    defaults.clients.push(client.clone());
    Ok(client)
}

/// The client of the cluster whose task runs on this thread.
pub(crate) fn inside() -> Option<Client> {
    let (_, home) = current()?;
    home.downcast_ref::<Home>()?.client()
}

/// Makes a client the one to compute with.
pub(crate) fn push(client: Client) {
    DEFAULTS.lock().clients.push(client);
}

/// Takes the client of a closed cluster out.
pub(crate) fn remove(client: &Client) {
    let removed: Vec<Client> = {
        let mut defaults = DEFAULTS.lock();
        let (gone, kept) = std::mem::take(&mut defaults.clients).into_iter().partition(|known| known.same(client));
        defaults.clients = kept;
        gone
    };
    // Dropped without the lock: the last handle of a client writes to its actor.
    drop(removed);
}
