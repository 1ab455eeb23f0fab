//! The coordination machine: queues, variables, locks, semaphores, events and catalogues by name, without threads or a
//! clock.
//!
//! One door, [`Machine::handle`]. Whoever waits stands in line, first come first served. What is given is *offered*
//! through [`Post`]: a waiter who is gone does not take it, and it goes to the next one or stays where it was, so nothing
//! is lost between giving and taking. What a worker or a client held is free again when it is gone.

mod crew;
mod flag;
mod leases;
mod nearest;
mod object;
mod queue;
mod shelf;
mod variable;
mod words;

#[cfg(test)]
mod tests;

pub use object::{Kind, Object};
pub(super) use words::{Answer, Call, Event, Holder, Lease, Post, Tag, Ticket};

use super::error::CoordinationError;
use crew::Crew;
use flag::Flag;
use leases::Leases;
use partita_graph::RunError;
use queue::Queue;
use rustc_hash::FxHashMap;
use shelf::Shelf;
use std::sync::Arc;
use variable::Variable;

/// A call with who makes it, on its way to the thing that it is for.
pub(in crate::coordination) struct Asked {
    ticket: Ticket,
    holder: Holder,
    on: Object,
}

/// Whether a waiter stays in line.
type Stays<'a> = &'a dyn Fn(Ticket, Holder) -> bool;

/// All named things of a cluster. `P` is what is put into them.
pub(super) struct Machine<P> {
    queues: FxHashMap<Arc<str>, Queue<P>>,
    variables: FxHashMap<Arc<str>, Variable<P>>,
    leases: FxHashMap<Object, Leases>,
    flags: FxHashMap<Arc<str>, Flag>,
    datasets: Shelf<P>,
    metadata: Shelf<P>,
    crew: Crew,
    next_lease: u64,
    ended: Option<RunError>,
}

impl<P> Default for Machine<P> {
    fn default() -> Self {
        Machine {
            queues: FxHashMap::default(),
            variables: FxHashMap::default(),
            leases: FxHashMap::default(),
            flags: FxHashMap::default(),
            datasets: Shelf::default(),
            metadata: Shelf::default(),
            crew: Crew::default(),
            next_lease: 0,
            ended: None,
        }
    }
}

impl<P: Clone> Machine<P> {
    /// Takes in what happened, and offers what follows from it.
    pub(super) fn handle(&mut self, event: Event<P>, post: &mut dyn Post<P>) {
        match event {
            Event::Called { ticket, holder, on, call } => {
                let asked = Asked { ticket, holder, on };
                let gone = holder.worker.is_some_and(|worker| !self.crew.is_there(worker));
                if let Some(error) = &self.ended {
                    refuse_run(ticket, error, post);
                } else if gone {
                    refuse(ticket, CoordinationError::WorkerGone { object: asked.on }, post);
                } else {
                    self.called(asked, call, post);
                }
            }
            Event::Withdrawn { ticket, on } => {
                self.leave_lines(Some(&on), &|known, _| known != ticket, post);
                self.tidy(&on);
            }
            Event::Unwanted(answer) => self.take_back(answer, post),
            Event::Freed(lease) => {
                if let Some(leases) = self.leases.get_mut(&lease.of) {
                    leases.free(lease.id, post);
                }
                self.tidy(&lease.of);
            }
            Event::WorkerJoined { worker } => self.crew.join(worker, post),
            Event::WorkerLost { worker } => {
                self.crew.lose(worker);
                self.bury(&|holder| holder.worker == Some(worker), post);
            }
            Event::ClientLeft { client } => self.bury(&|holder| holder.client == client, post),
            Event::Ended(error) => {
                self.leave_lines(None, &|ticket, _| {
                    // The answer is the end of the cluster, told below.
                    let _ = ticket;
                    false
                }, &mut Telling { error: &error, post });
                self.ended = Some(error);
            }
        }
    }

    fn called(&mut self, asked: Asked, call: Call<P>, post: &mut dyn Post<P>) {
        let name = asked.on.name.clone();
        let on = asked.on.clone();
        match asked.on.kind {
            Kind::Queue => self.queues.entry(name).or_default().called(asked, call, post),
            Kind::Variable => self.variables.entry(name).or_default().called(asked, call, post),
            Kind::Lock | Kind::Semaphore => {
                let leases = self.leases.entry(on.clone()).or_default();
                leases.called(asked, call, &mut self.next_lease, post);
            }
            Kind::Event => self.flags.entry(name).or_default().called(asked, &call, post),
            Kind::Dataset => self.datasets.called(asked, call, post),
            Kind::Metadata => self.metadata.called(asked, call, post),
            Kind::Workers => self.crew.called(asked, &call, post),
        }
        self.tidy(&on);
    }

    /// Takes waiters out of line who do not stay, of one thing or of all; each is told why.
    fn leave_lines(&mut self, of: Option<&Object>, stays: Stays<'_>, post: &mut dyn Post<P>) {
        let is = |kind: Kind, name: &Arc<str>| of.is_none_or(|of| of.kind == kind && of.name == *name);
        self.queues.iter_mut().filter(|(name, _)| is(Kind::Queue, name)).for_each(|(_, queue)| queue.leave(stays, post));
        let variables = self.variables.iter_mut().filter(|(name, _)| is(Kind::Variable, name));
        variables.for_each(|(_, variable)| variable.leave(stays, post));
        let leases = self.leases.iter_mut().filter(|(object, _)| is(object.kind, &object.name));
        leases.for_each(|(_, leases)| leases.leave(stays, post));
        self.flags.iter_mut().filter(|(name, _)| is(Kind::Event, name)).for_each(|(_, flag)| flag.leave(stays, post));
        if of.is_none_or(|of| of.kind == Kind::Workers) {
            self.crew.leave(stays, post);
        }
    }

    /// Somebody is gone: waits for nothing any longer, and holds nothing.
    fn bury(&mut self, dead: &dyn Fn(Holder) -> bool, post: &mut dyn Post<P>) {
        self.leave_lines(None, &|_, holder| !dead(holder), post);
        self.leases.values_mut().for_each(|leases| leases.bury(dead, post));
        let objects: Vec<Object> = self.objects().collect();
        objects.iter().for_each(|object| self.tidy(object));
    }

    fn objects(&self) -> impl Iterator<Item = Object> {
        let queues = self.queues.keys().map(|name| Object::new(Kind::Queue, name.clone()));
        let variables = self.variables.keys().map(|name| Object::new(Kind::Variable, name.clone()));
        let flags = self.flags.keys().map(|name| Object::new(Kind::Event, name.clone()));
        queues.chain(variables).chain(flags).chain(self.leases.keys().cloned())
    }

    /// An answer that was delivered, and that nobody looked at: what it carries goes back.
    fn take_back(&mut self, answer: Answer<P>, post: &mut dyn Post<P>) {
        match answer {
            Answer::Items { of, items } => {
                self.queues.entry(of.name.clone()).or_default().put_back(&of, items, post);
            }
            Answer::Lease(Some(lease)) => self.handle(Event::Freed(lease), post),
            _ => {}
        }
    }

    /// Forgets a thing that is as if it had never been used.
    fn tidy(&mut self, object: &Object) {
        let name = &object.name;
        match object.kind {
            Kind::Queue if self.queues.get(name).is_some_and(Queue::is_idle) => drop(self.queues.remove(name)),
            Kind::Variable if self.variables.get(name).is_some_and(Variable::is_idle) => {
                self.variables.remove(name);
            }
            Kind::Lock if self.leases.get(object).is_some_and(Leases::is_idle) => drop(self.leases.remove(object)),
            Kind::Semaphore if self.leases.get(object).is_some_and(Leases::is_closed) => {
                self.leases.remove(object);
            }
            Kind::Event if self.flags.get(name).is_some_and(Flag::is_idle) => drop(self.flags.remove(name)),
            _ => {}
        }
    }
}

/// Tells everyone that the cluster ended, whatever else they are told.
struct Telling<'a, P> {
    error: &'a RunError,
    post: &'a mut dyn Post<P>,
}

impl<P> Post<P> for Telling<'_, P> {
    fn offer(&mut self, ticket: Ticket, _: Answer<P>) -> Result<(), Answer<P>> {
        self.post.offer(ticket, Answer::Ended(self.error.clone()))
    }
}

/// Tells a waiter that he will not get what he asked for; if he is gone, he does not mind.
fn refuse<P>(ticket: Ticket, error: CoordinationError, post: &mut dyn Post<P>) {
    drop(post.offer(ticket, Answer::Refused(error)));
}

fn refuse_run<P>(ticket: Ticket, error: &RunError, post: &mut dyn Post<P>) {
    drop(post.offer(ticket, Answer::Ended(error.clone())));
}
