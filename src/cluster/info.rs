//! What a cluster is like, kept up to date by its actor and read by anyone.

use parking_lot::Mutex;
use std::sync::Arc;

/// What a cluster is like now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSummary {
    /// Its name, as an address in this process.
    pub address: String,
    /// Workers that are there.
    pub workers: usize,
    /// Tasks that they run at a time, together.
    pub threads: u32,
    /// Bytes that they may hold, together.
    pub memory: u64,
}

/// The summary, shared by the cluster's handles.
#[derive(Clone, Default)]
pub(crate) struct ClusterInfo(Arc<Mutex<ClusterSummary>>);

impl ClusterInfo {
    pub(crate) fn now(&self) -> ClusterSummary {
        self.0.lock().clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ClusterSummary)) {
        change(&mut self.0.lock());
    }
}
