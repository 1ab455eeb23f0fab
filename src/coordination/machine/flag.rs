//! An event: set or not, and those who wait until it is.

use super::Asked;
use super::line::Line;
use super::words::{Answer, Call, Holder, Post, Ticket};

/// An event.
#[derive(Default)]
pub(super) struct Flag {
    set: bool,
    waiting: Line<()>,
}

impl Flag {
    pub(super) fn called<P>(&mut self, asked: Asked, call: &Call<P>, post: &mut dyn Post<P>) {
        match call {
            Call::Set(set) => {
                self.set = *set;
                drop(post.offer(asked.ticket, Answer::Done));
            }
            Call::Wait { .. } => self.waiting.join(&asked, ()),
            _ => drop(post.offer(asked.ticket, Answer::Flag(self.set))),
        }
        while self.set
            && let Some(waiter) = self.waiting.pop()
        {
            drop(post.offer(waiter.ticket, Answer::Done));
        }
    }

    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.waiting.leave(leaves, left);
    }

    /// Whether it is as if it had never been used.
    pub(super) fn is_idle(&self) -> bool {
        !self.set && self.waiting.is_empty()
    }
}
