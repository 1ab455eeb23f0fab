//! Workers that come, that seem to be gone, and that are.

use super::actor::SchedulerActor;
use actix::{AsyncContext, Context};
use partita_protocol::message::ToWorker;
use partita_protocol::request::Retired;
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::{Begun, Link, LossCause, WorkerId, limits};
use std::sync::Arc;

impl SchedulerActor {
    pub(super) fn worker_joined(&mut self, worker: WorkerId, info: WorkerInfo, link: Arc<dyn Link<ToWorker>>) {
        for (&peer, desk) in &self.outbox.workers {
            // A peer that is gone is met again when it is written to.
            drop(desk.link.send(ToWorker::PeerJoined { peer: worker, link: link.clone() }));
            drop(link.send(ToWorker::PeerJoined { peer, link: desk.link.clone() }));
        }
        self.names.insert(worker, info.name.clone());
        self.outbox.add_worker(worker, info.name.clone(), link);
        tracing::debug!(%worker, name = &*info.name, "worker joined");
        self.record_joined(worker, &info);
        self.tell(Event::WorkerJoined { worker, info });
    }

    /// A worker is gone, as it is told.
    pub(super) fn worker_lost(&mut self, worker: WorkerId, cause: LossCause, begun: Begun) {
        if self.outbox.workers.remove(&worker).is_some() {
            tracing::debug!(%worker, %cause, ?begun, "worker lost");
            self.record_lost(worker, &cause);
            self.tell(Event::WorkerLost { worker, cause, begun });
            self.leave_ended(worker, Retired::Gone);
            self.outbox.holder_lost = true;
        }
    }

    /// A worker did not take its mail. Its nanny knows why, and what had begun there: that is waited for, for a moment.
    pub(super) fn suspect(&mut self, worker: WorkerId) {
        if self.outbox.suspect(worker) {
            self.suspects.push(worker);
        }
    }

    /// Workers that seem to be gone since this turn are lost in any case, a while from now.
    pub(super) fn await_losses(&mut self, context: &mut Context<Self>) {
        for worker in self.suspects.drain(..) {
            context.run_later(limits::LOSS_GRACE, move |actor, context| {
                let cause = LossCause::Died("its actor is gone".into());
                actor.guarded(context, |actor| actor.worker_lost(worker, cause, Begun::Unknown));
            });
        }
    }
}
