//! A future: a result that is being computed, or is there.

use super::cell::{Callback, Cell, State};
use super::host::Host;
use crate::call::short_type;
use crate::collection::{Held, held_node};
use partita_graph::{Data, Input, Key, Place, RunError, TaskError, Value};
use std::any::Any;
use std::fmt;
use std::future::Future as StdFuture;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What the clones of a future share. When the last one is dropped the client releases the result.
pub struct FutureInner {
    cell: Arc<Cell>,
    host: Arc<dyn Host>,
}

impl FutureInner {
    /// A result whose cell its client fills.
    pub fn new(cell: Arc<Cell>, host: Arc<dyn Host>) -> Self {
        FutureInner { cell, host }
    }

    /// The state of the result.
    pub fn cell(&self) -> &Arc<Cell> {
        &self.cell
    }
}

impl Drop for FutureInner {
    fn drop(&mut self) {
        self.host.release(&self.cell);
    }
}

/// A result that a cluster computes or holds.
///
/// Clones are the same result; when the last one is dropped, the cluster may drop it too. A future can be given as an
/// argument to further calls, which then wait for it, and it can be awaited in async code.
pub struct Future<T> {
    inner: Arc<FutureInner>,
    place: Place,
    types: PhantomData<fn() -> T>,
}

impl<T> Future<T> {
    /// The future of a cell that its client fills.
    pub fn new(cell: Arc<Cell>, host: Arc<dyn Host>, place: Place) -> Self {
        Future::from_inner(Arc::new(FutureInner::new(cell, host)), place)
    }

    /// Another handle on the same result; the caller answers for its type.
    pub fn from_inner(inner: Arc<FutureInner>, place: Place) -> Self {
        Future { inner, place, types: PhantomData }
    }

    /// What its clones share.
    pub fn inner(&self) -> &Arc<FutureInner> {
        &self.inner
    }

    /// The state of the result.
    pub fn cell(&self) -> &Arc<Cell> {
        &self.inner.cell
    }

    /// The client that it belongs to.
    pub fn host(&self) -> &Arc<dyn Host> {
        &self.inner.host
    }

    /// The key of the result.
    pub fn key(&self) -> &Key {
        self.inner.cell.key()
    }

    /// What became of it: `"pending"`, `"finished"`, `"error"`, `"cancelled"` or `"lost"`.
    pub fn status(&self) -> &'static str {
        match self.inner.cell.state() {
            State::Pending => "pending",
            State::Finished => "finished",
            State::Erred(_) => "error",
            State::Cancelled(_) => "cancelled",
            State::Ended(_) => "lost",
        }
    }

    /// Whether it is known what became of it.
    pub fn done(&self) -> bool {
        !matches!(self.inner.cell.state(), State::Pending)
    }

    /// Whether it was cancelled.
    pub fn cancelled(&self) -> bool {
        matches!(self.inner.cell.state(), State::Cancelled(_))
    }

    /// Blocks until it is known what became of it; false if that took longer than `timeout`.
    ///
    /// # Errors
    /// [`RunError::BlockingInAsync`] on a thread of an async runtime.
    pub fn wait(&self, timeout: impl Into<Option<Duration>>) -> Result<bool, RunError> {
        if self.done() {
            return Ok(true);
        }
        // A moment that cannot be named is never.
        let deadline = timeout.into().and_then(|timeout| Instant::now().checked_add(timeout));
        let mut ended = false;
        let mut wait = || ended = self.inner.cell.wait_end(deadline).is_some();
        self.inner.host.block("Future::wait", "future.await", &mut wait)?;
        Ok(ended)
    }

    /// Blocks until it ended, and gives the error if it failed; `None` if it ended well.
    ///
    /// # Errors
    /// As [`Future::wait`], and if the result was cancelled or the cluster is gone.
    pub fn exception(&self) -> Result<Option<TaskError>, RunError> {
        self.wait(None)?;
        match self.inner.cell.state() {
            State::Erred(error) => Ok(Some(error)),
            State::Cancelled(reason) => Err(RunError::Cancelled { key: self.key().clone(), reason }),
            State::Ended(error) => Err(error),
            State::Pending | State::Finished => Ok(None),
        }
    }

    /// Cancels it: it will not be computed for this client. Others that want it still get it.
    pub fn cancel(&self) {
        self.inner.host.cancel(vec![self.inner.cell.clone()], false);
    }

    /// Runs it again if it failed, with whatever failed below it.
    pub fn retry(&self) {
        self.inner.host.retry(vec![self.inner.cell.clone()]);
    }

    /// Calls `callback` with this future once it ended; at once if it has. It runs on the cluster's control thread, and
    /// must be quick.
    pub fn add_done_callback(&self, callback: impl FnOnce(Future<T>) + Send + 'static)
    where
        T: 'static,
    {
        // A pending callback must not keep the result wanted: it is upgraded when the result is there.
        let weak = Arc::downgrade(&self.inner);
        let place = self.place;
        let call: Callback = Box::new(move |_| {
            if let Some(inner) = weak.upgrade() {
                callback(Future::from_inner(inner, place));
            }
        });
        self.inner.cell.on_end(call);
    }

    /// It, as an input of a task.
    pub fn input(&self) -> Input {
        let guard: Arc<dyn Any + Send + Sync> = self.inner.clone();
        let held = Held { key: self.key().clone(), guard };
        match held_node(vec![held], self.place) {
            Some(node) => Input { node, part: 0 },
            None => unreachable!("one result was given"),
        }
    }

    /// Asks for the value, without waiting for it.
    pub fn request(&self) {
        if self.inner.cell.want() {
            self.inner.host.fetch(vec![self.inner.cell.clone()]);
        }
    }
}

impl<T: Data> Future<T> {
    /// Blocks until the result is there, and gives it, shared, without a copy.
    ///
    /// # Errors
    /// The task's error; [`RunError::Cancelled`]; [`RunError::Closed`] if the cluster is gone;
    /// [`RunError::BlockingInAsync`] on a thread of an async runtime.
    pub fn value(&self) -> Result<Value, RunError> {
        self.outcome("Future::result", None).unwrap_or(Err(RunError::Closed))
    }

    /// Blocks until the result is there, and gives it.
    ///
    /// # Errors
    /// As [`Future::value`], and [`RunError::Type`] if the result is of another type.
    pub fn result(&self) -> Result<T, RunError>
    where
        T: Clone,
    {
        self.typed(self.value()?)
    }

    /// As [`Future::result`], but gives up after `timeout`.
    ///
    /// # Errors
    /// As [`Future::result`], and [`RunError::Timeout`].
    pub fn result_timeout(&self, timeout: Duration) -> Result<T, RunError>
    where
        T: Clone,
    {
        let outcome = self.outcome("Future::result_timeout", Instant::now().checked_add(timeout));
        let late = RunError::Timeout { what: self.key().to_string(), limit: timeout };
        self.typed(outcome.unwrap_or(Err(late))?)
    }

    /// Waits for the value, or why it will not come.
    fn outcome(&self, call: &'static str, deadline: Option<Instant>) -> Option<Result<Value, RunError>> {
        let cell = &self.inner.cell;
        if cell.start_reading() {
            self.inner.host.fetch(vec![cell.clone()]);
        }
        let mut outcome = cell.outcome();
        if outcome.is_none() {
            let mut wait = || outcome = cell.wait_outcome(deadline);
            if let Err(error) = self.inner.host.block(call, "future.await", &mut wait) {
                cell.pause_reading();
                return Some(Err(error));
            }
        }
        cell.done_reading();
        outcome
    }

    fn typed(&self, value: Value) -> Result<T, RunError>
    where
        T: Clone,
    {
        value.take().map_err(|mismatch| RunError::Type { key: self.key().clone(), mismatch })
    }
}

impl<T> Clone for Future<T> {
    fn clone(&self) -> Self {
        Future::from_inner(self.inner.clone(), self.place)
    }
}

impl<T> fmt::Display for Future<T> {
    /// As Dask's: `<Future: pending, key: inc-…>`, `<Future: finished, type: i64, key: inc-…>`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inner.cell.state() {
            State::Finished => write!(f, "<Future: finished, type: {}, key: {}>", short_type::<T>(), self.key()),
            _ => write!(f, "<Future: {}, key: {}>", self.status(), self.key()),
        }
    }
}

impl<T> fmt::Debug for Future<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Awaiting a [`Future`].
pub struct Awaited<T>(Future<T>);

impl<T: Data + Clone> StdFuture for Awaited<T> {
    type Output = Result<T, RunError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let future = &self.0;
        let cell = future.cell();
        cell.wake(context.waker());
        if cell.start_reading() {
            future.inner.host.fetch(vec![cell.clone()]);
        }
        match cell.outcome() {
            None => {
                cell.pause_reading();
                Poll::Pending
            }
            Some(outcome) => {
                cell.done_reading();
                Poll::Ready(outcome.and_then(|value| future.typed(value)))
            }
        }
    }
}

impl<T: Data + Clone> IntoFuture for Future<T> {
    type Output = Result<T, RunError>;
    type IntoFuture = Awaited<T>;

    fn into_future(self) -> Awaited<T> {
        Awaited(self)
    }
}

impl<T: Data + Clone> IntoFuture for &Future<T> {
    type Output = Result<T, RunError>;
    type IntoFuture = Awaited<T>;

    fn into_future(self) -> Awaited<T> {
        Awaited(self.clone())
    }
}
