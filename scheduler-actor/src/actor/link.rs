//! The way to the scheduler's actor.

use super::actor::SchedulerActor;
use super::lanes::Lanes;
use super::turn::Wake;
use actix::{Actor, Addr};
use partita_protocol::message::ToScheduler;
use partita_protocol::request::Request;
use partita_protocol::{Closed, Link};

/// The way to the scheduler's actor: never blocks, and gives the message back if the actor is gone.
#[derive(Clone)]
pub struct SchedulerLink {
    address: Addr<SchedulerActor>,
    lanes: Lanes,
}

impl SchedulerLink {
    /// Starts a scheduler on this thread.
    pub fn start(scheduler: SchedulerActor) -> Self {
        let lanes = scheduler.lanes();
        SchedulerLink { address: scheduler.start(), lanes }
    }

    /// Whether it has not taken all that it was sent.
    #[cfg(test)]
    pub(super) fn waits(&self) -> bool {
        self.lanes.are_awake()
    }

    /// What asks for a census, for the profiler. It does not keep the actor alive.
    pub fn census(&self) -> impl Fn() + Send + Sync + 'static {
        let (scheduler, lanes) = (self.address.downgrade(), self.lanes.clone());
        move || {
            if let Some(address) = scheduler.upgrade() {
                // A scheduler that ended is not counted.
                drop(SchedulerLink { address, lanes: lanes.clone() }.send(ToScheduler::Request(Request::Census)));
            }
        }
    }
}

impl Link<ToScheduler> for SchedulerLink {
    fn send(&self, message: ToScheduler) -> Result<(), Closed<ToScheduler>> {
        if !self.address.connected() {
            return Err(Closed(message));
        }
        if self.lanes.put(message)? {
            self.address.do_send(Wake);
        }
        Ok(())
    }
}
