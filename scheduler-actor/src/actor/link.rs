//! The way to the scheduler's actor.

use super::actor::{Mail, SchedulerActor};
use actix::Addr;
use partita_protocol::message::ToScheduler;
use partita_protocol::request::Request;
use partita_protocol::{Closed, Link};

/// The way to the scheduler's actor: never blocks, and gives the message back if the actor is gone.
#[derive(Clone)]
pub struct SchedulerLink(pub Addr<SchedulerActor>);

impl SchedulerLink {
    /// What asks for a census, for the profiler. It does not keep the actor alive.
    pub fn census(&self) -> impl Fn() + Send + Sync + 'static {
        let scheduler = self.0.downgrade();
        move || {
            if let Some(scheduler) = scheduler.upgrade() {
                scheduler.do_send(Mail(ToScheduler::Request(Request::Census)));
            }
        }
    }
}

impl Link<ToScheduler> for SchedulerLink {
    fn send(&self, message: ToScheduler) -> Result<(), Closed<ToScheduler>> {
        if !self.0.connected() {
            return Err(Closed(message));
        }
        self.0.do_send(Mail(message));
        Ok(())
    }
}
