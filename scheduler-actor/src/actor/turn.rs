//! The scheduler's turns: it takes mail for a while, then the others of its thread come first.

use super::actor::SchedulerActor;
use actix::{AsyncContext, Context, Handler, Message};
use partita_protocol::message::{ToClient, ToScheduler};
use std::time::{Duration, Instant};

/// How long the scheduler takes mail before the others of its thread have their turn.
const TURN: Duration = Duration::from_micros(500);

/// There is mail in the lanes.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Wake;

impl SchedulerActor {
    /// Takes mail for one turn. True if some may be left.
    fn take_mail(&mut self, context: &mut Context<Self>) -> bool {
        let begin = Instant::now();
        while let Some(mail) = self.reader.0.next() {
            match (&self.failed, mail) {
                (None, mail) => self.guarded(context, |actor| actor.handle_mail(mail)),
                // Whoever comes now is told at once.
                (Some(cause), ToScheduler::ClientJoined { link, .. }) => {
                    drop(link.send(ToClient::Ended(cause.clone())));
                }
                _ => {}
            }
            if begin.elapsed() >= TURN {
                return true;
            }
        }
        false
    }
}

impl Handler<Wake> for SchedulerActor {
    type Result = ();

    fn handle(&mut self, _: Wake, context: &mut Self::Context) {
        if self.take_mail(context) {
            let own = context.address();
            // A task of its own comes after all that wait for their turn; what an actor waits for itself may come at once.
            actix::spawn(async move { own.do_send(Wake) });
        }
    }
}
