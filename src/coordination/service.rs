//! The coordination actor: the machine on the control thread, with the slots of those who wait.

use super::machine::{Answer, Call, Event, Holder, Machine, Object, Post, Ticket};
use super::parcel::Parcel;
use super::slot::Filler;
use crate::post::post;
use actix::{Actor, Addr, Context, Handler, Message};
use parking_lot::Mutex;
use partita_graph::{RunError, catch};
use partita_protocol::message::ToScheduler;
use partita_protocol::{Closed, Link, WorkerId};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

/// Somebody who wants to know that a worker is gone.
pub(super) trait Mourner: Send + Sync {
    /// The worker is gone.
    fn lost(&self);
}

/// A message to the coordination actor.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) enum Mail {
    /// A call, and where its answer goes.
    Call { ticket: Ticket, holder: Holder, on: Object, call: Call<Parcel>, filler: Filler<Answer<Parcel>> },
    /// Something else happened.
    Event(Event<Parcel>),
    /// Somebody wants to know when a worker is gone.
    Watch { worker: WorkerId, mourner: Weak<dyn Mourner> },
}

/// The coordination actor.
#[derive(Default)]
pub(crate) struct CoordinationActor {
    machine: Machine<Parcel>,
    slots: Slots,
    /// Those who want to know when a worker is gone; a worker without an entry is gone.
    mourners: BTreeMap<WorkerId, Vec<Weak<dyn Mourner>>>,
}

/// The slots of those who wait.
#[derive(Default)]
struct Slots(FxHashMap<Ticket, Filler<Answer<Parcel>>>);

impl Post<Parcel> for Slots {
    fn offer(&mut self, ticket: Ticket, answer: Answer<Parcel>) -> Result<(), Answer<Parcel>> {
        match self.0.remove(&ticket) {
            Some(filler) => filler.fill(answer),
            None => Err(answer),
        }
    }
}

impl CoordinationActor {
    fn tell(&mut self, event: Event<Parcel>) {
        match &event {
            Event::WorkerJoined { worker } => drop(self.mourners.entry(*worker).or_default()),
            Event::WorkerLost { worker } => {
                let mourners = self.mourners.remove(worker).unwrap_or_default();
                tell(mourners);
            }
            Event::Ended(_) => tell(std::mem::take(&mut self.mourners).into_values().flatten()),
            Event::Withdrawn { ticket, .. } => drop(self.slots.0.remove(ticket)),
            _ => {}
        }
        self.machine.handle(event, &mut self.slots);
    }

    fn watch(&mut self, worker: WorkerId, mourner: Weak<dyn Mourner>) {
        match self.mourners.get_mut(&worker) {
            Some(known) => {
                known.retain(|mourner| mourner.strong_count() > 0);
                known.push(mourner);
            }
            None => tell([mourner]),
        }
    }
}

fn tell(mourners: impl IntoIterator<Item = Weak<dyn Mourner>>) {
    for mourner in mourners.into_iter().filter_map(|mourner| mourner.upgrade()) {
        // What he drops may panic; that concerns nobody else.
        drop(catch(move || mourner.lost()));
    }
}

impl Actor for CoordinationActor {
    type Context = Context<Self>;
}

impl Handler<Mail> for CoordinationActor {
    type Result = ();

    fn handle(&mut self, mail: Mail, _: &mut Self::Context) {
        match mail {
            Mail::Call { ticket, holder, on, call, filler } => {
                self.slots.0.insert(ticket, filler);
                self.tell(Event::Called { ticket, holder, on, call });
            }
            Mail::Event(event) => self.tell(event),
            Mail::Watch { worker, mourner } => self.watch(worker, mourner),
        }
    }
}

/// The way to the coordination actor.
#[derive(Clone)]
pub(crate) struct CoordinationLink {
    address: Addr<CoordinationActor>,
    pub(super) garbage: Arc<dyn Link<Box<dyn Send>>>,
    names: Arc<Mutex<BTreeMap<WorkerId, Arc<str>>>>,
}

impl CoordinationLink {
    /// Starts the actor on this thread; `garbage` takes what nobody wants.
    pub(crate) fn start(garbage: Arc<dyn Link<Box<dyn Send>>>) -> Self {
        CoordinationLink { address: CoordinationActor::default().start(), garbage, names: Arc::default() }
    }

    /// The cluster ended: every call ends with this error, those that wait and those to come.
    pub(crate) fn end(&self, error: RunError) {
        self.send(Mail::Event(Event::Ended(error)));
    }

    /// A way to the scheduler on which this actor hears who comes and who is gone.
    pub(crate) fn overhear(&self, scheduler: Arc<dyn Link<ToScheduler>>) -> Arc<dyn Link<ToScheduler>> {
        Arc::new(Overhear { scheduler, coordination: self.clone() })
    }

    /// The name of a worker that is there; of others their number.
    pub(super) fn name_of(&self, worker: WorkerId) -> Arc<str> {
        self.names.lock().get(&worker).cloned().unwrap_or_else(|| worker.to_string().into())
    }

    /// Sends a message. If the actor is gone the message is dropped, and so are the fillers in it, which says it.
    pub(super) fn send(&self, mail: Mail) {
        post(&self.address, mail);
    }
}

/// A way to the scheduler on which the coordination actor hears who comes and who is gone.
struct Overhear {
    scheduler: Arc<dyn Link<ToScheduler>>,
    coordination: CoordinationLink,
}

impl Link<ToScheduler> for Overhear {
    fn send(&self, message: ToScheduler) -> Result<(), Closed<ToScheduler>> {
        match &message {
            ToScheduler::WorkerJoined { worker, info, .. } => {
                self.coordination.names.lock().insert(*worker, info.name.clone());
            }
            ToScheduler::WorkerLost { worker, .. } => drop(self.coordination.names.lock().remove(worker)),
            _ => {}
        }
        let event = match &message {
            ToScheduler::WorkerJoined { worker, .. } => Some(Event::WorkerJoined { worker: *worker }),
            ToScheduler::WorkerLost { worker, .. } => Some(Event::WorkerLost { worker: *worker }),
            ToScheduler::ClientLeft { client } => Some(Event::ClientLeft { client: *client }),
            _ => None,
        };
        if let Some(event) = event {
            self.coordination.send(Mail::Event(event));
        }
        self.scheduler.send(message)
    }
}
