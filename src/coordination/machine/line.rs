//! A line of waiters: first come, first served.

use super::Asked;
use super::words::{Holder, Ticket};
use std::collections::VecDeque;

/// Somebody who waits, and what for.
pub(super) struct Waiter<W> {
    pub(super) ticket: Ticket,
    pub(super) holder: Holder,
    pub(super) wish: W,
}

/// Those who wait for one thing.
pub(super) struct Line<W>(VecDeque<Waiter<W>>);

impl<W> Default for Line<W> {
    fn default() -> Self {
        Line(VecDeque::new())
    }
}

impl<W> Line<W> {
    /// Somebody stands in line.
    pub(super) fn join(&mut self, asked: &Asked, wish: W) {
        self.0.push_back(Waiter { ticket: asked.ticket, holder: asked.holder, wish });
    }

    /// Takes out who is served next.
    pub(super) fn pop(&mut self) -> Option<Waiter<W>> {
        self.0.pop_front()
    }

    /// Takes out who is served next, if he can be.
    pub(super) fn pop_if(&mut self, can: impl FnOnce(&W) -> bool) -> Option<Waiter<W>> {
        self.0.pop_front_if(|waiter| can(&waiter.wish))
    }

    /// Serves everyone who can be, whoever stands before him.
    pub(super) fn serve(&mut self, can: impl Fn(&W) -> bool, mut serve: impl FnMut(Ticket)) {
        self.0.retain(|waiter| {
            let served = can(&waiter.wish);
            if served {
                serve(waiter.ticket);
            }
            !served
        });
    }

    /// Takes out those who leave.
    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.0.retain(|waiter| {
            let gone = leaves(waiter.ticket, waiter.holder);
            if gone {
                left.push(waiter.ticket);
            }
            !gone
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
