//! The source of a local profiler: engines without a cluster tell it what they do, and it taps clusters, those that are there
//! and those that come.

use super::clock::{moment, origin};
use super::engines::Ear;
use super::told::{Sink, TaskStart, Told};
use crate::client::Client;
use crate::cluster::ClusterInner;
use crate::error::{Error, Result};
use parking_lot::Mutex;
use partita_graph::RunError;
use partita_graph::callback::{Listening, listen, unheard};
use partita_profiler::Tap;
use partita_profiler::local::{Fact, Feed, Spot};
use partita_protocol::TaskId;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// Where a profiler hears of what is done, until this is dropped.
pub(super) struct Source {
    shared: Arc<Shared>,
    listening: Mutex<Option<Listening>>,
}

/// What a source shares with its taps.
pub(super) struct Shared {
    pub(super) sink: Arc<dyn Sink>,
    ended: AtomicBool,
    /// The only cluster that is heard, if it is one.
    only: Option<Weak<ClusterInner>>,
    tapped: Mutex<Vec<Weak<ClusterInner>>>,
    /// Records that never came.
    dropped: AtomicU64,
}

/// Sources that hear every cluster.
static SOURCES: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());

impl Source {
    /// Hears all clusters and engines of this process.
    pub(super) fn of_all(sink: Arc<dyn Sink>) -> Result<Self> {
        origin();
        let shared = Shared::new(sink, None);
        SOURCES.lock().push(Arc::downgrade(&shared));
        let listening = listen(Arc::new(Ear::new(shared.sink.clone())));
        let source = Source { shared, listening: Mutex::new(Some(listening)) };
        for client in Client::of_all() {
            match source.shared.tap_client(&client) {
                Err(Error::Run(RunError::Closed)) => {}
                Err(Error::Config(error)) => tracing::warn!(%error, "a profiler does not see this cluster"),
                tapped => tapped?,
            }
        }
        Ok(source)
    }

    /// Hears one cluster only.
    pub(super) fn of(client: &Client, sink: Arc<dyn Sink>) -> Result<Self> {
        origin();
        let shared = Shared::new(sink, Some(client.cluster().clone()));
        SOURCES.lock().push(Arc::downgrade(&shared));
        shared.tap_client(client)?;
        Ok(Source { shared, listening: Mutex::new(None) })
    }

    /// Waits until all that was done before this call was told. Where that cannot be waited for, it is not.
    pub(super) fn settle(&self) {
        let tapped: Vec<_> = self.shared.tapped.lock().iter().filter_map(Weak::upgrade).collect();
        for client in Client::of_all() {
            let known = tapped.iter().any(|cluster| std::ptr::eq(Arc::as_ptr(cluster), client.cluster().as_ptr()));
            if known && let Err(error) = client.settle_records("Profiler::results") {
                tracing::debug!(%error, "a cluster may have more to tell");
            }
        }
    }

    /// Hears no more.
    pub(super) fn stop(&self) {
        if !self.shared.ended.load(Ordering::Relaxed) {
            self.settle();
        }
        self.end();
    }

    fn end(&self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        drop(self.listening.lock().take());
        let own = Arc::downgrade(&self.shared);
        SOURCES.lock().retain(|source| source.strong_count() > 0 && !Weak::ptr_eq(source, &own));
    }

    /// Records of clusters that never came, because their profiler was slow.
    pub(super) fn dropped(&self) -> u64 {
        self.shared.dropped.load(Ordering::Relaxed)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.end();
    }
}

/// A cluster has started: all who hear every cluster hear it too.
pub(crate) fn joined(cluster: &Arc<ClusterInner>) {
    if cluster.has_telemetry() {
        for shared in sources(cluster) {
            if shared.is_new(cluster) {
                cluster.tap(shared.tap(cluster));
            }
        }
    }
}

/// The sources that hear a cluster.
pub(super) fn sources(cluster: &Arc<ClusterInner>) -> Vec<Arc<Shared>> {
    let all: Vec<Arc<Shared>> = SOURCES.lock().iter().filter_map(Weak::upgrade).collect();
    let hears = |shared: &Arc<Shared>| match &shared.only {
        None => true,
        Some(only) => std::ptr::eq(only.as_ptr(), Arc::as_ptr(cluster)),
    };
    all.into_iter().filter(hears).collect()
}

impl Shared {
    fn new(sink: Arc<dyn Sink>, only: Option<Weak<ClusterInner>>) -> Arc<Self> {
        let (ended, tapped, dropped) = Default::default();
        Arc::new(Shared { sink, ended, only, tapped, dropped })
    }

    /// Whether a cluster is not tapped yet; it is from now on.
    fn is_new(&self, cluster: &Arc<ClusterInner>) -> bool {
        let mut tapped = self.tapped.lock();
        let known = tapped.iter().any(|known| std::ptr::eq(known.as_ptr(), Arc::as_ptr(cluster)));
        if !known {
            tapped.push(Arc::downgrade(cluster));
        }
        !known
    }

    fn tap_client(self: &Arc<Self>, client: &Client) -> Result<()> {
        let cluster = client.cluster().upgrade().ok_or(RunError::Closed)?;
        match self.is_new(&cluster) {
            true => client.tap(self.tap(&cluster)),
            false => Ok(()),
        }
    }

    /// What the profiler of a cluster shows its records to.
    fn tap(self: &Arc<Self>, cluster: &Arc<ClusterInner>) -> Tap {
        let (shared, number) = (Arc::downgrade(self), cluster.number);
        let mut feed = Feed::new(moment(cluster.began));
        Box::new(move |batch| {
            let Some(shared) = shared.upgrade().filter(|shared| !shared.ended.load(Ordering::Relaxed)) else {
                return false;
            };
            shared.dropped.fetch_add(batch.dropped, Ordering::Relaxed);
            for fact in feed.take(batch) {
                shared.tell_fact(number, fact);
            }
            true
        })
    }

    fn tell_fact(&self, cluster: u64, fact: Fact) {
        match fact {
            Fact::Ran { task, row, nbytes } => {
                self.tell(&Told::Before(&TaskStart::from(&row)));
                self.tell(&Told::After { spot: spot(cluster, task), row: &row, nbytes, value: None });
            }
            Fact::Cached { task, key, at } => self.tell(&Told::Cached { spot: spot(cluster, task), key: &key, at }),
            Fact::Freed { task, at } => self.tell(&Told::Freed { spot: spot(cluster, task), at }),
        }
    }

    /// Tells the sink, unless it has ended; what it does itself is not heard.
    pub(super) fn tell(&self, told: &Told<'_>) {
        if !self.ended.load(Ordering::Relaxed) {
            unheard(|| self.sink.tell(told));
        }
    }
}

/// Even numbers are runs, odd ones clusters.
pub(super) fn spot(cluster: u64, task: TaskId) -> Spot {
    Spot { source: cluster * 2 + 1, task: (u64::from(task.generation()) << 32) | task.index() as u64 }
}
