//! A reply: what a call on a queue, a lock or the like gives, to be waited for or awaited.

use super::error::CoordinationError;
use super::machine::{Answer, Call, Event, Holder, Object, Ticket};
use super::parcel::Parcel;
use super::service::{CoordinationLink, Mail};
use super::slot::Slot;
use crate::client::Client;
use crate::error::Result;
use partita_graph::RunError;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

static TICKETS: AtomicU64 = AtomicU64::new(0);

/// The call and what to write instead of blocking for it, as people write them.
pub(super) type Words = (&'static str, &'static str);

/// Makes of an answer what the caller asked for; `None` if it is not such an answer.
pub(super) type Read<T> = fn(Answer<Parcel>, &CoordinationLink) -> Option<T>;

/// What a call gives: [`wait`](Reply::wait) blocks for it, `.await` does so in async code.
///
/// The call is on its way when the reply is made, so calls stand in line in the order in which they were made. A reply
/// that is dropped, or that was not there in time, withdraws its call: an item that came nevertheless goes back to the
/// front of its queue, a lock is free again.
///
/// Inside a task the thread is free for other tasks while it waits.
///
/// ```
/// use partita::prelude::*;
/// use std::time::Duration;
///
/// let cluster = LocalCluster::builder().workers(1).start()?;
/// let queue = cluster.client().queue::<i64>("numbers");
/// let (first, second) = (queue.get(), queue.get());
/// queue.put(1).wait()?;
/// assert!(second.wait_timeout(Duration::from_millis(1)).is_err(), "it is behind the first");
/// assert_eq!(first.wait()?, 1);
/// # Ok::<(), partita::Error>(())
/// ```
#[must_use = "a reply that is dropped withdraws its call: `wait()` for it or `.await` it"]
pub struct Reply<T> {
    /// Where the answer will be; `None` once it was taken.
    slot: Option<Arc<Slot<Answer<Parcel>>>>,
    ticket: Ticket,
    on: Object,
    words: Words,
    read: Read<T>,
    client: Client,
    /// `None` if the cluster was gone when the call was made.
    link: Option<CoordinationLink>,
}

impl<T> Reply<T> {
    /// Makes a call.
    pub(super) fn call(
        client: &Client,
        on: Object,
        words: Words,
        call: impl FnOnce(&CoordinationLink) -> Call<Parcel>,
        read: Read<T>,
    ) -> Self {
        let ticket = Ticket(TICKETS.fetch_add(1, Ordering::Relaxed));
        let (slot, filler) = Slot::new(|| Answer::Ended(RunError::Closed));
        let link = client.coordination();
        match &link {
            Some(link) => {
                let (client, worker) = client.holder();
                let (holder, call) = (Holder { client, worker }, call(link));
                link.send(Mail::Call { ticket, holder, on: on.clone(), call, filler });
            }
            None => drop(filler),
        }
        Reply { slot: Some(slot), ticket, on, words, read, client: client.clone(), link }
    }

    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// [`CoordinationError`]; [`RunError::Closed`] if the cluster is gone; [`RunError::BlockingInAsync`] on a thread of
    /// an async runtime.
    pub fn wait(mut self) -> Result<T> {
        match self.block(None)? {
            Some(answer) => self.finish(answer),
            None => Err(RunError::Closed.into()),
        }
    }

    /// Blocks until the answer is there, and withdraws the call if that takes longer than `limit`.
    ///
    /// # Errors
    /// As [`Reply::wait`], and [`CoordinationError::Timeout`].
    pub fn wait_timeout(mut self, limit: Duration) -> Result<T> {
        let late = match self.block(Instant::now().checked_add(limit))? {
            Some(answer) => Some(answer),
            // It may have come between the last look and now.
            None => self.slot.as_ref().and_then(|slot| slot.give_up()),
        };
        match late {
            Some(answer) => self.finish(answer),
            None => {
                let (object, call) = (self.on.clone(), self.words.0);
                Err(CoordinationError::Timeout { object, call, limit }.into())
            }
        }
    }

    /// Whether the answer is there.
    pub fn is_ready(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.is_full())
    }

    fn block(&self, deadline: Option<Instant>) -> Result<Option<Answer<Parcel>>> {
        let Some(slot) = &self.slot else { return Ok(None) };
        let mut answer = slot.take();
        if answer.is_none() {
            let (call, instead) = self.words;
            self.client.block(call, instead, &mut || answer = slot.wait(deadline))?;
        }
        Ok(answer)
    }

    /// Reads the answer.
    fn finish(&mut self, answer: Answer<Parcel>) -> Result<T> {
        self.slot = None;
        match answer {
            Answer::Refused(error) => Err(error.into()),
            Answer::Dead => Err(CoordinationError::WorkerGone { object: self.on.clone() }.into()),
            Answer::Ended(error) => Err(error.into()),
            answer => {
                let read = self.link.as_ref().and_then(|link| (self.read)(answer, link));
                read.ok_or_else(|| RunError::Closed.into())
            }
        }
    }
}

impl<T> Future for Reply<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(slot) = &self.slot else { return Poll::Pending };
        match slot.poll(context.waker()) {
            None => Poll::Pending,
            Some(answer) => Poll::Ready(self.finish(answer)),
        }
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        let (Some(slot), Some(link)) = (self.slot.take(), &self.link) else { return };
        link.send(Mail::Event(match slot.give_up() {
            Some(answer) => Event::Unwanted(answer),
            None => Event::Withdrawn { ticket: self.ticket, on: self.on.clone() },
        }));
    }
}
