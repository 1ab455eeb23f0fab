//! What a client's handles say to its actor. What nobody hears any longer ends the futures that wait for it.

use super::actor::{ClientActor, Mail};
use actix::{Context, Handler, Message};
use partita_collections::future::{Cell, State};
use partita_graph::RunError;
use std::sync::Arc;

/// A message on its way. A mailbox drops what is in it when its actor ends with the cluster, and tells nobody.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Posted(Option<Mail>);

impl Posted {
    pub(super) fn new(mail: Mail) -> Self {
        Posted(Some(mail))
    }
}

impl Drop for Posted {
    fn drop(&mut self) {
        let cells: Vec<Arc<Cell>> = match self.0.take() {
            Some(Mail::Submit { wanted, .. }) => wanted.into_iter().map(|(_, cell)| cell).collect(),
            Some(Mail::Scatter(items, ..)) => items.into_iter().map(|(_, _, cell)| cell).collect(),
            Some(Mail::Fetch(cells) | Mail::Retry(cells) | Mail::Cancel { cells, .. }) => cells,
            _ => return,
        };
        end(&cells, &RunError::Closed);
    }
}

/// Nothing will come: whoever waits for one of these is told so.
pub(super) fn end(cells: &[Arc<Cell>], error: &RunError) {
    for cell in cells {
        if matches!(cell.state(), State::Pending | State::Finished) {
            cell.set(State::Ended(error.clone()));
        }
    }
}

impl Handler<Posted> for ClientActor {
    type Result = ();

    fn handle(&mut self, mut posted: Posted, context: &mut Context<Self>) {
        if let Some(mail) = posted.0.take() {
            Handler::<Mail>::handle(self, mail, context);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::actor::Released;
    use actix::{Actor, System};
    use partita_graph::Key;
    use partita_protocol::message::ToScheduler;
    use partita_protocol::{ClientId, Closed, Link};

    /// A scheduler that says nothing.
    struct Deaf;

    impl Link<ToScheduler> for Deaf {
        fn send(&self, _: ToScheduler) -> Result<(), Closed<ToScheduler>> {
            Ok(())
        }
    }

    fn cell(name: &str) -> Arc<Cell> {
        Arc::new(Cell::new(Key::named(name)))
    }

    /// FAULTS G15: what is in the mailbox when the cluster ends, or comes later, is told to whoever waits.
    #[test]
    fn what_nobody_hears_any_longer_ends_its_futures() {
        let system = System::new();
        let actor =
            system.block_on(async { ClientActor::new(ClientId(1), Arc::new(Deaf), Released::default()).start() });
        let cells = ["heard", "unheard", "late", "done"].map(cell);
        let [heard, unheard, late, done] = &cells;
        actor.do_send(Posted::new(Mail::Fetch(vec![heard.clone()])));
        system.block_on(async {
            tokio::task::yield_now().await;
            actor.send(Posted::new(Mail::ReleaseQueued)).await.unwrap();
        });
        assert!(matches!(heard.state(), State::Pending));
        done.set(State::Cancelled("by hand".into()));
        actor.do_send(Posted::new(Mail::Retry(vec![unheard.clone(), done.clone()])));
        drop(system);
        actor.do_send(Posted::new(Mail::Cancel { cells: vec![late.clone()], force: false }));
        for cell in [unheard, late] {
            assert!(matches!(cell.state(), State::Ended(RunError::Closed)), "{:?}", cell.key());
        }
        assert!(matches!(done.state(), State::Cancelled(_)), "what has ended stays as it is");
    }
}
