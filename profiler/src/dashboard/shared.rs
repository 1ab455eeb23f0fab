//! What the profiler's thread and the dashboard's share: the run so far.

use super::gate::Gate;
use super::settings::Settings;
use crate::run::Run;
use parking_lot::Mutex;
use partita_graph::Key;
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// The cluster that a dashboard shows, as far as records do not tell.
pub trait Subject: Send + Sync {
    /// Why it ended, if it did; nothing is shown from then on.
    fn ended(&self) -> Option<String>;

    /// Asks why a task is where it is. Who does not know drops the answer.
    fn why(&self, key: Key, answer: Box<dyn FnOnce(Option<String>) + Send>);
}

/// What both threads share.
pub(super) struct Shared {
    /// The run so far. Whoever holds it keeps the profiler waiting: what is shown is worked out under the lock, and
    /// written down without it.
    pub(super) run: Mutex<Run>,
    /// Records in it, and nanoseconds that it took so far.
    news: (AtomicU64, AtomicU64),
    /// Pages that listen for news.
    pub(super) listeners: AtomicUsize,
    /// Whether the dashboard is closed, and what wakes those who listen then.
    closed: (AtomicBool, Notify),
    pub(super) subject: Arc<dyn Subject>,
    pub(super) gate: Gate,
}

impl Shared {
    pub(super) fn new(settings: &Settings, subject: Arc<dyn Subject>, gate: Gate) -> Self {
        let run = Mutex::new(Run::new(settings.limits));
        Shared {
            run,
            news: Default::default(),
            listeners: AtomicUsize::new(0),
            closed: Default::default(),
            subject,
            gate,
        }
    }

    /// Takes in records, on the profiler's thread; false when nobody looks any more.
    pub(super) fn take(&self, batch: &Batch) -> bool {
        if self.closed.0.load(Ordering::Relaxed) {
            return false;
        }
        let mut run = self.run.lock();
        run.add(batch);
        self.news.0.store(run.records().0, Ordering::Relaxed);
        self.news.1.store(u64::try_from(run.duration().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        true
    }

    /// Records that are in the run, and nanoseconds that it took so far.
    pub(super) fn news(&self) -> (u64, u64) {
        (self.news.0.load(Ordering::Relaxed), self.news.1.load(Ordering::Relaxed))
    }

    /// Why there is nothing more to be shown, if so.
    pub(super) fn ended(&self) -> Option<String> {
        let closed = || self.closed.0.load(Ordering::Acquire).then(|| "the dashboard is closed".to_string());
        self.subject.ended().or_else(closed)
    }

    /// Wakes who waits on this when the dashboard is closed later on.
    pub(super) fn closing(&self) -> Notified<'_> {
        self.closed.1.notified()
    }

    /// No more records are wanted, and those who listen are told.
    pub(super) fn close(&self) {
        self.closed.0.store(true, Ordering::Release);
        self.closed.1.notify_waiters();
    }
}
