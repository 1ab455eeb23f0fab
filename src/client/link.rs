//! The way to a client's actor.

use super::actor::{ClientActor, Mail};
use actix::Addr;
use partita_protocol::message::{Delivery, ToClient};
use partita_protocol::{Closed, Link};

/// The way to a client's actor.
#[derive(Clone)]
pub(crate) struct ClientLink(pub(crate) Addr<ClientActor>);

impl Link<ToClient> for ClientLink {
    fn send(&self, message: ToClient) -> Result<(), Closed<ToClient>> {
        if !self.0.connected() {
            return Err(Closed(message));
        }
        self.0.do_send(Mail::News(message));
        Ok(())
    }
}

impl Link<Delivery> for ClientLink {
    fn send(&self, message: Delivery) -> Result<(), Closed<Delivery>> {
        if !self.0.connected() {
            return Err(Closed(message));
        }
        self.0.do_send(Mail::Delivery(message));
        Ok(())
    }
}
