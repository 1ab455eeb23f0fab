//! Signals that ask the program to end: clusters that were told so are closed first.

use super::builder::Builder;
use super::cluster::ClusterInner;
use crate::client::Client;
use crate::error::ConfigError;
use futures_util::future::select_all;
use parking_lot::{Condvar, Mutex};
use partita_graph::RunError;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that ask a program to end.
fn asking() -> [(&'static str, SignalKind); 3] {
    [("SIGINT", SignalKind::interrupt()), ("SIGTERM", SignalKind::terminate()), ("SIGHUP", SignalKind::hangup())]
}

/// A cluster that a signal closes.
struct Open {
    number: u64,
    limit: Duration,
    /// Begins to close it; what this gives waits for that.
    close: Arc<dyn Fn(RunError) -> Option<End> + Send + Sync>,
}

/// Waits until a cluster has ended.
type End = Box<dyn FnOnce() + Send>;

/// The clusters that a signal closes, and a bell for when one of them has ended.
static OPEN: (Mutex<Vec<Open>>, Condvar) = (Mutex::new(Vec::new()), Condvar::new());

/// Whether the program is about to exit because of a signal.
static EXITING: AtomicBool = AtomicBool::new(false);

impl Builder {
    /// Whether SIGINT (Ctrl-C), SIGTERM and SIGHUP close the cluster and then end the program; they do not if it is not said,
    /// and the program ends at once or does what it does with them.
    ///
    /// The first of them ends every pending future with [`RunError::Signalled`](crate::RunError::Signalled), closes the
    /// cluster as [`LocalCluster::close`](crate::LocalCluster::close) does, removes its files, and exits with 128 and the
    /// number of the signal; another one exits at once. Closing or dropping the cluster meanwhile does not return, so that
    /// nothing is cut short. A signal that the program was started to ignore, as SIGHUP by `nohup`, stays ignored. Once one
    /// cluster was started so, the signals are the library's until the program ends: with no cluster left they exit at once.
    /// Worker processes do not hear Ctrl-C: they have a process group of their own.
    pub fn close_on_signals(mut self, close: bool) -> Self {
        self.close_on_signals = close;
        self
    }
}

/// Has this process hear signals, if it does not yet.
///
/// # Errors
/// If the system does not allow it.
pub(super) fn hear() -> Result<(), ConfigError> {
    if EXITING.load(Ordering::SeqCst) {
        return Err(ConfigError::Signals { cause: "the program is about to end because of a signal".into() });
    }
    static HEARD: OnceLock<Result<(), String>> = OnceLock::new();
    let heard = HEARD.get_or_init(|| listen().map_err(|error| error.to_string()));
    heard.clone().map_err(|cause| ConfigError::Signals { cause })
}

/// Has signals close a cluster from now on.
pub(super) fn watch(cluster: &Arc<ClusterInner>, client: &Client) {
    let (weak, own) = (Arc::downgrade(cluster), client.downgrade());
    let close = move |why: RunError| {
        let (cluster, client) = (weak.upgrade()?, own.upgrade()?);
        cluster.begin_to_close(&client, why).map(|end| Box::new(end) as End)
    };
    let open = Open { number: cluster.number, limit: cluster.closing_time(), close: Arc::new(close) };
    OPEN.0.lock().push(open);
}

/// A cluster that was watched has ended.
pub(super) fn is_closed(number: u64) {
    OPEN.0.lock().retain(|open| open.number != number);
    OPEN.1.notify_all();
}

/// Does not return if the program is about to exit because of a signal.
pub(super) fn wait_for_exit() {
    while EXITING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Starts the thread that waits for signals.
fn listen() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut heard: Vec<(&'static str, i32, Signal)> = Vec::new();
    {
        // From here on they are heard, also before the thread runs.
        let _inside = runtime.enter();
        for (name, kind) in asking() {
            if !is_ignored(&status, kind.as_raw_value()) {
                heard.push((name, kind.as_raw_value(), signal(kind)?));
            }
        }
    }
    let hear = move || {
        runtime.block_on(async move {
            while !heard.is_empty() {
                let next = heard.iter_mut().map(|(name, number, signal)| {
                    let (name, number) = (*name, *number);
                    Box::pin(async move {
                        signal.recv().await;
                        (name, number)
                    })
                });
                let ((name, number), ..) = select_all(next).await;
                exit_on(name, number);
            }
        });
    };
    std::thread::Builder::new().name("partita-signals".into()).spawn(hear)?;
    Ok(())
}

/// The first signal closes all clusters and exits; the second exits.
fn exit_on(name: &'static str, number: i32) {
    let code = 128 + number;
    if EXITING.swap(true, Ordering::SeqCst) {
        std::process::exit(code);
    }
    tracing::warn!("{name}: clusters are closed, then the program ends; another signal ends it at once");
    let close = move || {
        close_all(name);
        std::process::exit(code)
    };
    if std::thread::Builder::new().name("partita-close".into()).spawn(close).is_err() {
        std::process::exit(code);
    }
}

/// Closes all clusters that are watched, and waits for those that somebody else closes.
fn close_all(name: &'static str) {
    let clusters: Vec<_> = OPEN.0.lock().iter().map(|open| (open.close.clone(), open.limit)).collect();
    let limit = clusters.iter().map(|(_, limit)| *limit).max().unwrap_or_default();
    // All begin before any is waited for: every pending future ends at once.
    let begin = |(close, _): (Arc<dyn Fn(RunError) -> Option<End> + Send + Sync>, Duration)| {
        close(RunError::Signalled { signal: name.into() })
    };
    let ends: Vec<End> = clusters.into_iter().filter_map(begin).collect();
    ends.into_iter().for_each(|end| end());
    // Nobody waits for ever for a thread that does not end.
    let deadline = Instant::now().checked_add(limit.saturating_add(limit));
    let mut open = OPEN.0.lock();
    while !open.is_empty() {
        match deadline {
            Some(deadline) if OPEN.1.wait_until(&mut open, deadline).timed_out() => return,
            Some(_) => {}
            None => OPEN.1.wait(&mut open),
        }
    }
}

/// Whether this process ignores a signal, by what the system says of it.
fn is_ignored(status: &str, number: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask >> (number - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ignored_is_read_from_the_system() {
        let status = "Name:\tx\nSigBlk:\t0000000000000002\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n";
        let ignored: Vec<i32> = (1..16).filter(|number| is_ignored(status, *number)).collect();
        assert_eq!(ignored, [1, 13]);
        assert!(!is_ignored("", 1) && !is_ignored("SigIgn: ?", 1));
    }
}
