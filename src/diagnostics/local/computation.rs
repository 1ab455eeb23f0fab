//! A computation on a cluster: its beginning and its end, told on the profiler's thread, before and after what its tasks tell.

use super::clock::now;
use super::engines::groups;
use super::source::{Shared, sources};
use super::told::Told;
use crate::client::Client;
use partita_graph::{CheckedGraph, Engine, RunError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many want to be told of computations.
static WANTED: AtomicUsize = AtomicUsize::new(0);

/// While it lives, computations on clusters tell when they begin and end, which has them wait for what their tasks told.
pub(super) struct Wanting(());

impl Wanting {
    pub(super) fn new() -> Self {
        WANTED.fetch_add(1, Ordering::Relaxed);
        Wanting(())
    }
}

impl Drop for Wanting {
    fn drop(&mut self) {
        WANTED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A computation that somebody wants to be told of.
pub(crate) struct Computation {
    client: Client,
    told: Vec<Arc<Shared>>,
}

impl Computation {
    /// A graph is about to be computed. Nothing if nobody wants to know.
    pub(crate) fn begin(client: &Client, graph: &CheckedGraph) -> Option<Self> {
        if WANTED.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let cluster = client.cluster().upgrade().filter(|cluster| cluster.has_telemetry())?;
        let told = sources(&cluster);
        let (at, groups, name) = (now(), groups(graph), client.name().to_string());
        let listeners = told.clone();
        cluster.profiler.look(move |_| {
            listeners.iter().for_each(|shared| shared.tell(&Told::Begin { groups: &groups, engine: &name, at }));
        });
        Some(Computation { client: client.clone(), told })
    }

    /// It has ended. Waits until that was told, after all that its tasks told.
    pub(crate) fn end(self, error: Option<&RunError>) {
        let Computation { client, told } = self;
        let (at, error, name) = (now(), error.map(ToString::to_string), client.name().to_string());
        let settled = client.settle_records_then("compute", move || {
            let end = |shared: &Arc<Shared>| {
                shared.tell(&Told::End { error: error.clone(), engine: &name, at });
            };
            told.iter().for_each(end);
        });
        if let Err(error) = settled {
            tracing::debug!(%error, "nobody could be told that a computation has ended");
        }
    }
}
