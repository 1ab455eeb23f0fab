//! What a call of an actor gives.

use super::error::ActorError;
use crate::client::Client;
use crate::coordination::slot::Slot;
use crate::error::Result;
use partita_graph::RunError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// What a call of an actor gives: [`result`](ActorFuture::result) blocks for it, `.await` does so in async code.
///
/// The call runs whether or not this is kept.
pub struct ActorFuture<R> {
    pub(super) slot: Arc<Slot<Result<R, ActorError>>>,
    pub(super) client: Client,
    pub(super) actor: Arc<str>,
    /// Whether this thread runs a call of the same actor.
    pub(super) is_calling: Box<dyn Fn() -> bool + Send + Sync>,
}

impl<R> ActorFuture<R> {
    /// Whether the call has ended.
    pub fn done(&self) -> bool {
        self.slot.is_full()
    }

    /// Blocks until the call ended; false if that took longer than `timeout`.
    ///
    /// # Errors
    /// [`RunError::BlockingInAsync`] on a thread of an async runtime; [`ActorError::WaitsForItself`].
    pub fn wait(&self, timeout: impl Into<Option<Duration>>) -> Result<bool> {
        let deadline = timeout.into().and_then(|timeout| Instant::now().checked_add(timeout));
        if self.slot.is_full() {
            return Ok(true);
        }
        if (self.is_calling)() {
            return Err(ActorError::WaitsForItself { actor: self.actor.clone() }.into());
        }
        let mut full = false;
        self.client.block("ActorFuture::result", "future.await", &mut || full = self.slot.wait_full(deadline))?;
        Ok(full)
    }

    /// Blocks until the call ended, and gives what it returned.
    ///
    /// # Errors
    /// [`ActorError`]; [`RunError::BlockingInAsync`] on a thread of an async runtime.
    pub fn result(self) -> Result<R> {
        self.wait(None)?;
        match self.slot.take() {
            Some(result) => Ok(result?),
            None => Err(RunError::Closed.into()),
        }
    }
}

impl<R> Future for ActorFuture<R> {
    type Output = Result<R>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.slot.poll(context.waker()).map_or(Poll::Pending, |result| Poll::Ready(result.map_err(Into::into)))
    }
}
