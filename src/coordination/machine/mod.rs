//! The coordination machine: queues, variables, locks, semaphores, events and catalogues by name, without threads or a
//! clock.
//!
//! One door, [`Machine::handle`]. Whoever waits stands in line, first come first served. What is given is *offered*
//! through [`Post`]: a waiter who is gone does not take it, and it goes to the next one or stays where it was, so nothing
//! is lost between giving and taking. What a worker or a client held is free again when it is gone.

mod crew;
mod flag;
mod leases;
mod line;
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
use partita_protocol::ClientId;
use queue::Queue;
use rustc_hash::FxHashMap;
use shelf::Shelf;
use std::collections::BTreeSet;
use std::sync::Arc;
use variable::Variable;

/// A call with who makes it, on its way to the thing that it is for.
struct Asked {
    ticket: Ticket,
    holder: Holder,
    on: Object,
}

/// All named things of a cluster. `P` is what is put into them.
pub(super) struct Machine<P> {
    queues: FxHashMap<Arc<str>, Queue<P>>,
    variables: FxHashMap<Arc<str>, Variable<P>>,
    leases: FxHashMap<Object, Leases>,
    flags: FxHashMap<Arc<str>, Flag>,
    datasets: Shelf<P>,
    metadata: Shelf<P>,
    crew: Crew,
    /// Clients that left.
    left: BTreeSet<ClientId>,
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
            left: BTreeSet::new(),
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
                if let Some(error) = &self.ended {
                    drop(post.offer(ticket, Answer::Ended(error.clone())));
                } else if self.is_dead(holder) {
                    drop(post.offer(ticket, Answer::Dead));
                } else {
                    self.called(Asked { ticket, holder, on: on.clone() }, call, post);
                    self.tidy(&on);
                }
            }
            Event::Withdrawn { ticket, on } => {
                self.leave_line(&on, ticket);
                self.settle(&on, post);
            }
            Event::Unwanted(Answer::Items { of, items }) => {
                self.queues.entry(of.name.clone()).or_default().put_back(&of, items, post);
            }
            Event::Unwanted(Answer::Lease(Some(lease))) | Event::Freed(lease) => {
                if let Some(leases) = self.leases.get_mut(&lease.of) {
                    leases.free(lease.id);
                }
                self.settle(&lease.of, post);
            }
            Event::Unwanted(_) => {}
            Event::WorkerJoined { worker } => self.crew.join(worker, post),
            Event::WorkerLost { worker } => {
                self.crew.lose(worker);
                self.bury(&|holder| holder.worker == Some(worker), post);
            }
            Event::ClientLeft { client } => {
                self.left.insert(client);
                self.bury(&|holder| holder.client == client, post);
            }
            Event::Ended(error) => {
                for ticket in self.leave_lines(&|_, _| true) {
                    drop(post.offer(ticket, Answer::Ended(error.clone())));
                }
                self.ended = Some(error);
            }
        }
    }

    fn is_dead(&self, holder: Holder) -> bool {
        self.left.contains(&holder.client) || holder.worker.is_some_and(|worker| !self.crew.is_there(worker))
    }

    fn called(&mut self, asked: Asked, call: Call<P>, post: &mut dyn Post<P>) {
        let name = asked.on.name.clone();
        match asked.on.kind {
            Kind::Queue => self.queues.entry(name).or_default().called(asked, call, post),
            Kind::Variable => self.variables.entry(name).or_default().called(asked, call, post),
            Kind::Lock | Kind::Semaphore => {
                let leases = self.leases.entry(asked.on.clone()).or_default();
                leases.called(asked, call, &mut self.next_lease, post);
            }
            Kind::Event => self.flags.entry(name).or_default().called(asked, &call, post),
            Kind::Dataset => self.datasets.called(asked, call, post),
            Kind::Metadata => self.metadata.called(asked, call, post),
            Kind::Workers => self.crew.called(asked, &call, post),
        }
    }

    /// Takes one waiter out of line; he knows why.
    fn leave_line(&mut self, on: &Object, ticket: Ticket) {
        let leaves = |known: Ticket, _: Holder| known == ticket;
        let left = &mut Vec::new();
        match on.kind {
            Kind::Queue => self.queues.get_mut(&on.name).into_iter().for_each(|queue| queue.leave(&leaves, left)),
            Kind::Variable => {
                self.variables.get_mut(&on.name).into_iter().for_each(|variable| variable.leave(&leaves, left));
            }
            Kind::Lock | Kind::Semaphore => {
                self.leases.get_mut(on).into_iter().for_each(|leases| leases.leave(&leaves, left));
            }
            Kind::Event => self.flags.get_mut(&on.name).into_iter().for_each(|flag| flag.leave(&leaves, left)),
            Kind::Workers => self.crew.leave(&leaves, left),
            Kind::Dataset | Kind::Metadata => {}
        }
    }

    /// Takes waiters out of all lines.
    fn leave_lines(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool) -> Vec<Ticket> {
        let left = &mut Vec::new();
        self.queues.values_mut().for_each(|queue| queue.leave(leaves, left));
        self.variables.values_mut().for_each(|variable| variable.leave(leaves, left));
        self.leases.values_mut().for_each(|leases| leases.leave(leaves, left));
        self.flags.values_mut().for_each(|flag| flag.leave(leaves, left));
        self.crew.leave(leaves, left);
        std::mem::take(left)
    }

    /// Somebody is gone: waits for nothing any longer, and holds nothing.
    fn bury(&mut self, dead: &dyn Fn(Holder) -> bool, post: &mut dyn Post<P>) {
        for ticket in self.leave_lines(&|_, holder| dead(holder)) {
            drop(post.offer(ticket, Answer::Dead));
        }
        self.leases.values_mut().for_each(|leases| leases.bury(dead));
        let queues = self.queues.keys().map(|name| Object::new(Kind::Queue, name.clone()));
        let variables = self.variables.keys().map(|name| Object::new(Kind::Variable, name.clone()));
        let flags = self.flags.keys().map(|name| Object::new(Kind::Event, name.clone()));
        let mut objects: Vec<Object> =
            queues.chain(variables).chain(flags).chain(self.leases.keys().cloned()).collect();
        objects.sort();
        objects.iter().for_each(|object| self.settle(object, post));
    }

    /// Serves those who can be now that somebody left, and forgets a thing that nobody uses.
    fn settle(&mut self, object: &Object, post: &mut dyn Post<P>) {
        match object.kind {
            Kind::Queue => self.queues.get_mut(&object.name).into_iter().for_each(|queue| queue.settle(post)),
            Kind::Lock | Kind::Semaphore => {
                let next = &mut self.next_lease;
                self.leases.get_mut(object).into_iter().for_each(|leases| leases.settle(next, post));
            }
            _ => {}
        }
        self.tidy(object);
    }

    /// Forgets a thing that is as if it had never been used.
    fn tidy(&mut self, object: &Object) {
        let name = &object.name;
        match object.kind {
            Kind::Queue if self.queues.get(name).is_some_and(Queue::is_idle) => drop(self.queues.remove(name)),
            Kind::Variable if self.variables.get(name).is_some_and(Variable::is_idle) => {
                drop(self.variables.remove(name));
            }
            Kind::Lock if self.leases.get(object).is_some_and(Leases::is_idle) => drop(self.leases.remove(object)),
            Kind::Semaphore if self.leases.get(object).is_some_and(Leases::is_closed) => {
                drop(self.leases.remove(object));
            }
            Kind::Event if self.flags.get(name).is_some_and(Flag::is_idle) => drop(self.flags.remove(name)),
            _ => {}
        }
    }
}

/// Tells a waiter that he will not get what he asked for; if he is gone, he does not mind.
fn refuse<P>(ticket: Ticket, error: CoordinationError, post: &mut dyn Post<P>) {
    drop(post.offer(ticket, Answer::Refused(error)));
}
