//! What the profiler's thread and the dashboard's share: the run so far.

use super::answers::Answers;
use super::gate::Gate;
use super::settings::Settings;
use crate::run::Live;
use partita_graph::Key;
use partita_protocol::telemetry::Batch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    /// The run so far.
    pub(super) run: Live,
    /// What was answered last.
    pub(super) answers: Answers,
    /// Pages that listen for news.
    pub(super) listeners: AtomicUsize,
    /// Whether the dashboard is closed, and what wakes those who listen then.
    closed: (AtomicBool, Notify),
    pub(super) subject: Arc<dyn Subject>,
    pub(super) gate: Gate,
}

impl Shared {
    pub(super) fn new(settings: &Settings, subject: Arc<dyn Subject>, gate: Gate) -> Self {
        Shared {
            run: Live::new(settings.limits),
            answers: Answers::default(),
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
        self.run.add(batch);
        true
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
