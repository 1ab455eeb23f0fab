//! Waiting for all futures, or for the first.

use crate::error::Result;
use parking_lot::{Condvar, Mutex};
use partita_collections::Future;
use partita_graph::RunError;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Futures that ended, and those that have not.
#[derive(Clone, Debug)]
pub struct Waited<T> {
    /// What ended, in the order in which it was given.
    pub done: Vec<Future<T>>,
    /// What has not ended.
    pub not_done: Vec<Future<T>>,
}

/// Blocks until all futures ended, well or not; as Dask's `wait`.
///
/// # Errors
/// [`RunError::Timeout`] if some have not ended after `timeout` (`None`: no limit); [`RunError::BlockingInAsync`].
pub fn wait<T>(futures: &[Future<T>], timeout: impl Into<Option<Duration>>) -> Result<Waited<T>> {
    wait_for(futures, futures.len(), timeout.into())
}

/// Blocks until one future ended, well or not; as Dask's `wait` with `FIRST_COMPLETED`.
///
/// # Errors
/// As [`wait`].
pub fn wait_first<T>(futures: &[Future<T>], timeout: impl Into<Option<Duration>>) -> Result<Waited<T>> {
    wait_for(futures, futures.len().min(1), timeout.into())
}

fn wait_for<T>(futures: &[Future<T>], count: usize, timeout: Option<Duration>) -> Result<Waited<T>> {
    let ended = Arc::new((Mutex::new(0usize), Condvar::new()));
    for future in futures {
        let ended = ended.clone();
        future.cell().on_end(Box::new(move |_| {
            *ended.0.lock() += 1;
            ended.1.notify_all();
        }));
    }
    // A limit beyond what the clock can say is none.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut enough = false;
    let mut wait = || enough = wait_until(&ended, count, deadline);
    match futures.first() {
        Some(first) if *ended.0.lock() < count => first.host().block("wait", "future.await", &mut wait)?,
        _ => enough = true,
    }
    if !enough {
        let what = format!("{count} of {} futures", futures.len());
        return Err(RunError::Timeout { what, limit: timeout.unwrap_or_default() }.into());
    }
    let (done, not_done) = futures.iter().cloned().partition(Future::done);
    Ok(Waited { done, not_done })
}

fn wait_until(ended: &(Mutex<usize>, Condvar), count: usize, deadline: Option<Instant>) -> bool {
    let mut seen = ended.0.lock();
    while *seen < count {
        match deadline {
            None => ended.1.wait(&mut seen),
            Some(deadline) => {
                if ended.1.wait_until(&mut seen, deadline).timed_out() {
                    return *seen >= count;
                }
            }
        }
    }
    true
}
