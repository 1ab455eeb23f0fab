//! An operation: what a call that changes the cluster gives, to be waited for or awaited.

use super::client::Client;
use crate::coordination::slot::{Filler, Slot};
use crate::error::{Error, Result};
use partita_graph::RunError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// A change of the cluster that is under way: [`wait`](Operation::wait) blocks until it is done, `.await` does so in async
/// code. It goes on whether or not this is kept.
pub struct Operation<T> {
    slot: Arc<Slot<Result<T>>>,
    client: Client,
    /// The call, as people write it.
    call: &'static str,
}

impl<T> Operation<T> {
    /// An operation, and the way to end it.
    pub(super) fn new(client: &Client, call: &'static str) -> (Self, Filler<Result<T>>) {
        let (slot, filler) = Slot::new(|| Err(RunError::Closed.into()));
        (Operation { slot, client: client.clone(), call }, filler)
    }

    /// Whether it is done.
    pub fn done(&self) -> bool {
        self.slot.is_full()
    }

    /// Blocks until it is done. Inside a task the thread is free for other tasks meanwhile.
    ///
    /// # Errors
    /// What the operation says; [`RunError::Closed`] if the cluster is gone; [`RunError::BlockingInAsync`] on a thread of
    /// an async runtime.
    pub fn wait(self) -> Result<T> {
        self.block(None)?.unwrap_or_else(|| Err(RunError::Closed.into()))
    }

    /// Blocks until it is done, for so long at the most. It goes on if it is not done by then.
    ///
    /// # Errors
    /// As [`Operation::wait`], and [`RunError::Timeout`].
    pub fn wait_timeout(self, limit: Duration) -> Result<T> {
        let late = || Err(Error::from(RunError::Timeout { what: self.call.into(), limit }));
        self.block(Instant::now().checked_add(limit))?.unwrap_or_else(late)
    }

    fn block(&self, deadline: Option<Instant>) -> Result<Option<Result<T>>> {
        let mut result = self.slot.take();
        if result.is_none() {
            self.client.block(self.call, "operation.await", &mut || result = self.slot.wait(deadline))?;
        }
        Ok(result)
    }
}

impl<T> Future for Operation<T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.slot.poll(context.waker()).map_or(Poll::Pending, Poll::Ready)
    }
}
