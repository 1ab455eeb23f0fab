//! A lock or a semaphore: so many leases, who has them, and who waits for some.

use super::line::Line;
use super::words::{Answer, Call, Holder, Lease, Post, Ticket};
use super::{Asked, Object, refuse};
use crate::coordination::error::CoordinationError;
use std::collections::BTreeMap;

/// The leases of a lock or of a semaphore.
#[derive(Default)]
pub(super) struct Leases {
    limit: Option<usize>,
    used: usize,
    /// Who has how many, by the number of the lease.
    held: BTreeMap<u64, (Holder, usize)>,
    /// With how many each of them waits for.
    waiting: Line<usize>,
    of: Option<Object>,
}

impl Leases {
    pub(super) fn called<P>(&mut self, asked: Asked, call: Call<P>, next: &mut u64, post: &mut dyn Post<P>) {
        match call {
            Call::Acquire { count, limit, wait } => {
                if let Err(error) = self.check(&asked.on, count, limit) {
                    return refuse(asked.ticket, error, post);
                }
                self.of.get_or_insert_with(|| asked.on.clone());
                let free = self.waiting.is_empty() && self.used + count <= limit;
                if free || wait {
                    self.waiting.join(&asked, count);
                    self.settle(next, post);
                } else {
                    drop(post.offer(asked.ticket, Answer::Lease(None)));
                }
            }
            Call::Count => drop(post.offer(asked.ticket, Answer::Count(self.used))),
            _ => {
                let mut left = Vec::new();
                self.waiting.leave(&|_, _| true, &mut left);
                for ticket in left {
                    refuse(ticket, CoordinationError::Closed { object: asked.on.clone() }, post);
                }
                *self = Leases::default();
                drop(post.offer(asked.ticket, Answer::Done));
            }
        }
    }

    fn check(&mut self, object: &Object, count: usize, asked: usize) -> Result<(), CoordinationError> {
        let has = *self.limit.get_or_insert(asked);
        if has != asked {
            return Err(CoordinationError::OtherLimit { object: object.clone(), has, asked });
        }
        if count > has {
            return Err(CoordinationError::TooMany { object: object.clone(), asked: count, limit: has });
        }
        Ok(())
    }

    /// Serves who can be served. Who asks for many is not overtaken by who asks for few.
    pub(super) fn settle<P>(&mut self, next: &mut u64, post: &mut dyn Post<P>) {
        let (Some(limit), Some(of)) = (self.limit, self.of.clone()) else { return };
        while let Some(waiter) = self.waiting.pop_if(|count| self.used + count <= limit) {
            *next += 1;
            let lease = Lease { of: of.clone(), id: *next };
            if post.offer(waiter.ticket, Answer::Lease(Some(lease))).is_ok() {
                self.used += waiter.wish;
                self.held.insert(*next, (waiter.holder, waiter.wish));
            }
        }
    }

    /// A lease ended, unless it was taken from its holder before.
    pub(super) fn free(&mut self, id: u64) {
        if let Some((_, count)) = self.held.remove(&id) {
            self.used -= count;
        }
    }

    /// Whoever is dead holds nothing.
    pub(super) fn bury(&mut self, dead: &dyn Fn(Holder) -> bool) {
        self.held.retain(|_, (holder, _)| !dead(*holder));
        self.used = self.held.values().map(|(_, count)| count).sum();
    }

    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.waiting.leave(leaves, left);
    }

    /// Whether nobody has or waits for any.
    pub(super) fn is_idle(&self) -> bool {
        self.held.is_empty() && self.waiting.is_empty()
    }

    /// Whether it was closed or never used.
    pub(super) fn is_closed(&self) -> bool {
        self.limit.is_none()
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> (usize, Option<usize>) {
        assert_eq!(self.used, self.held.values().map(|(_, count)| count).sum::<usize>());
        (self.used, self.limit)
    }
}
