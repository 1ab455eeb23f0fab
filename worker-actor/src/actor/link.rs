//! The way to a worker's actor.

use super::actor::{Mail, WorkerActor};
use actix::Addr;
use partita_protocol::message::{Delivery, ToWorker};
use partita_protocol::{Closed, Link};

/// The way to a worker's actor: never blocks, and gives the message back if the actor is gone.
#[derive(Clone)]
pub struct WorkerLink(pub Addr<WorkerActor>);

impl Link<ToWorker> for WorkerLink {
    fn send(&self, message: ToWorker) -> Result<(), Closed<ToWorker>> {
        if !self.0.connected() {
            return Err(Closed(message));
        }
        self.0.do_send(Mail::Order(message));
        Ok(())
    }
}

impl Link<Delivery> for WorkerLink {
    fn send(&self, message: Delivery) -> Result<(), Closed<Delivery>> {
        if !self.0.connected() {
            return Err(Closed(message));
        }
        self.0.do_send(Mail::Delivery(message));
        Ok(())
    }
}
