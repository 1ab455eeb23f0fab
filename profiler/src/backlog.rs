//! Records on their way to the profiler: how many there are, what was lost, and when a census is to make up for it.

use partita_protocol::limits::TELEMETRY_BACKLOG;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What asks for a census.
type Ask = Box<dyn Fn() + Send + Sync>;

/// Records on their way to the profiler, counted by those who send them and by the profiler.
pub struct Backlog {
    waiting: AtomicU64,
    limit: u64,
    /// Records that were lost and of which the profiler has not been told.
    lost: AtomicU64,
    /// Whether records were lost since a census was asked for.
    is_short: AtomicBool,
    ask: OnceLock<Ask>,
}

impl Default for Backlog {
    fn default() -> Self {
        Backlog::of(TELEMETRY_BACKLOG as u64)
    }
}

impl Backlog {
    /// A backlog of so many records at the most.
    pub fn of(limit: u64) -> Self {
        Backlog {
            waiting: AtomicU64::new(0),
            limit,
            lost: AtomicU64::new(0),
            is_short: false.into(),
            ask: OnceLock::new(),
        }
    }

    /// What asks for a census from now on; the first that is given counts.
    pub fn asks(&self, ask: impl Fn() + Send + Sync + 'static) {
        // Who comes second is not needed.
        drop(self.ask.set(Box::new(ask)));
    }

    /// Whether so many records fit in.
    pub(crate) fn has_room(&self, count: u64) -> bool {
        self.waiting.load(Ordering::SeqCst) + count <= self.limit
    }

    /// So many records are sent: how many were lost before, of which nobody has told yet.
    pub(crate) fn sent(&self, count: u64) -> u64 {
        self.waiting.fetch_add(count, Ordering::SeqCst);
        self.lost.swap(0, Ordering::Relaxed)
    }

    /// So many records are lost.
    pub(crate) fn lose(&self, count: u64) {
        self.lost.fetch_add(count, Ordering::Relaxed);
        self.is_short.store(true, Ordering::SeqCst);
        // The profiler may have taken in the last of all others meanwhile, and would not look again.
        self.recover();
    }

    /// So many records were taken in.
    pub(crate) fn taken(&self, count: u64) {
        self.waiting.fetch_sub(count, Ordering::SeqCst);
        self.recover();
    }

    /// Asks for a census, once, if records were lost and half of the backlog is free again.
    fn recover(&self) {
        if self.is_short.load(Ordering::SeqCst)
            && self.waiting.load(Ordering::SeqCst) * 2 <= self.limit
            && self.is_short.swap(false, Ordering::SeqCst)
            && let Some(ask) = self.ask.get()
        {
            ask();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_census_is_asked_for_once_when_half_of_the_backlog_is_free_again() {
        let (backlog, asked) = (Backlog::of(10), Arc::new(AtomicU64::new(0)));
        let counter = asked.clone();
        backlog.asks(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let asked = || asked.load(Ordering::Relaxed);
        assert!(backlog.has_room(10) && !backlog.has_room(11));
        assert_eq!(backlog.sent(10), 0);
        assert!(!backlog.has_room(1));
        backlog.lose(3);
        backlog.taken(4);
        assert_eq!(asked(), 0, "6 of 10 wait");
        backlog.lose(1);
        backlog.taken(1);
        assert_eq!((asked(), backlog.sent(0), backlog.sent(0)), (1, 4, 0));
        backlog.taken(5);
        assert_eq!(asked(), 1, "once for each recovery");
        backlog.lose(1);
        assert_eq!(asked(), 2, "nothing waits that could be taken in");
    }
}
