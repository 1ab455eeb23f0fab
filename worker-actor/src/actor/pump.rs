//! The pump: takes what executor threads send, many at a time, and feeds it to the worker.

use super::actor::WorkerActor;
use super::job::Done;
use actix::{ActorFuture, Context};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// How much is taken at a time; then others on the control thread have their turn.
const BATCH: usize = 256;

/// How long the pump looks again and again before it sleeps. A wake-up costs 5 to 10 µs, more than most tiny tasks: a
/// chain of them runs several times faster if the control thread does not sleep between two links.
const SPIN: Duration = Duration::from_micros(30);

/// Looks without finding anything, after which the thread lets others have its core for once. In between, other actors
/// of the control thread have their turn: giving the core away each time would delay their mail.
const PATIENCE: u32 = 4;

/// Feeds a worker with what its threads send.
pub(super) struct Pump {
    done: UnboundedReceiver<Done>,
    batch: Vec<Done>,
    spin: bool,
    looks: u32,
}

impl Pump {
    pub(super) fn new(done: UnboundedReceiver<Done>) -> Self {
        let spin = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        Pump { done, batch: Vec::with_capacity(BATCH), spin, looks: 0 }
    }
}

impl ActorFuture<WorkerActor> for Pump {
    type Output = ();

    fn poll(
        mut self: Pin<&mut Self>,
        actor: &mut WorkerActor,
        context: &mut Context<WorkerActor>,
        task: &mut std::task::Context<'_>,
    ) -> Poll<()> {
        let Pump { done, batch, spin, looks } = &mut *self;
        match done.poll_recv_many(task, batch, BATCH) {
            Poll::Ready(0) => Poll::Ready(()),
            Poll::Ready(_) => {
                actor.guarded(context, |actor| actor.ended(batch));
                task.waker().wake_by_ref();
                Poll::Pending
            }
            Poll::Pending => {
                if *spin && Instant::now() < actor.busy_until {
                    *looks += 1;
                    if looks.is_multiple_of(PATIENCE) {
                        std::thread::yield_now();
                    }
                    task.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }
}

/// The moment until which something is likely to come.
pub(super) fn soon() -> Instant {
    Instant::now() + SPIN
}
