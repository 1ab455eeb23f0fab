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

/// The summary and what else is known, shared by the cluster's handles.
#[derive(Clone, Default)]
pub(crate) struct ClusterInfo(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    summary: ClusterSummary,
    /// The address of the dashboard, with its token.
    link: Option<Arc<str>>,
    /// Why the cluster ended.
    ended: Option<String>,
}

impl ClusterInfo {
    pub(crate) fn now(&self) -> ClusterSummary {
        self.0.lock().summary.clone()
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut ClusterSummary)) {
        change(&mut self.0.lock().summary);
    }

    /// The address of the dashboard, with its token, while the cluster is there.
    pub(crate) fn dashboard(&self) -> Option<Arc<str>> {
        let known = self.0.lock();
        known.link.clone().filter(|_| known.ended.is_none())
    }

    /// The cluster ends, or ended, for this reason; the first counts.
    pub(super) fn end(&self, why: impl ToString) {
        self.0.lock().ended.get_or_insert_with(|| why.to_string());
    }

    /// There is a dashboard at this address.
    #[cfg(feature = "dashboard")]
    pub(super) fn link(&self, link: &str) {
        self.0.lock().link = Some(link.into());
    }

    /// Why the cluster ended.
    #[cfg(feature = "dashboard")]
    pub(super) fn ended(&self) -> Option<String> {
        self.0.lock().ended.clone()
    }
}
