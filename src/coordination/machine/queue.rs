//! A queue: items in order, those who wait for some, and those who wait for room.

use super::line::Line;
use super::words::{Answer, Call, Holder, Post, Tag, Ticket};
use super::{Asked, Object, refuse};
use crate::coordination::error::CoordinationError;
use std::collections::VecDeque;

/// A queue.
pub(super) struct Queue<P> {
    tag: Option<Tag>,
    /// How many items there may be; none named means no limit.
    limit: Option<usize>,
    items: VecDeque<P>,
    /// With how many items each of them waits for at a time.
    takers: Line<usize>,
    /// With the item that each of them brings.
    givers: Line<P>,
    of: Option<Object>,
}

impl<P> Default for Queue<P> {
    fn default() -> Self {
        Queue {
            tag: None,
            limit: None,
            items: VecDeque::new(),
            takers: Line::default(),
            givers: Line::default(),
            of: None,
        }
    }
}

impl<P> Queue<P> {
    pub(super) fn called(&mut self, asked: Asked, call: Call<P>, post: &mut dyn Post<P>) {
        if let Err(error) = self.check(&asked.on, &call) {
            return refuse(asked.ticket, error, post);
        }
        self.of.get_or_insert_with(|| asked.on.clone());
        match call {
            Call::Put { item, .. } => self.givers.join(&asked, item),
            Call::Get { count, .. } => self.takers.join(&asked, count),
            Call::Drain { .. } => {
                let items = if self.takers.is_empty() { self.items.drain(..).collect() } else { Vec::new() };
                self.give(asked.ticket, items, post);
            }
            Call::Count => drop(post.offer(asked.ticket, Answer::Count(self.items.len()))),
            _ => self.close(&asked, post),
        }
        self.settle(post);
    }

    /// Whether the call is of the queue's type and limit.
    fn check(&mut self, object: &Object, call: &Call<P>) -> Result<(), CoordinationError> {
        let (tag, limit, count) = match call {
            Call::Put { tag, limit, .. } => (*tag, *limit, 1),
            Call::Get { tag, limit, count } => (*tag, *limit, *count),
            Call::Drain { tag } => (*tag, None, 0),
            _ => return Ok(()),
        };
        Tag::check(&mut self.tag, tag, object)?;
        if let Some(asked) = limit {
            let has = *self.limit.get_or_insert(asked);
            if has != asked {
                return Err(CoordinationError::OtherLimit { object: object.clone(), has, asked });
            }
        }
        match self.limit {
            Some(limit) if count > limit => {
                Err(CoordinationError::TooMany { object: object.clone(), asked: count, limit })
            }
            _ => Ok(()),
        }
    }

    fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| self.items.len() < limit)
    }

    /// Serves who can be served.
    pub(super) fn settle(&mut self, post: &mut dyn Post<P>) {
        loop {
            let there = self.items.len();
            if let Some(taker) = self.takers.pop_if(|count| *count <= there) {
                let items = self.items.drain(..taker.wish).collect();
                self.give(taker.ticket, items, post);
            } else if self.has_room()
                && let Some(giver) = self.givers.pop()
            {
                // Who gave up waiting for room keeps his item.
                if post.offer(giver.ticket, Answer::Done).is_ok() {
                    self.items.push_back(giver.wish);
                }
            } else {
                return;
            }
        }
    }

    /// Gives items to somebody; what he does not take is where it was.
    fn give(&mut self, ticket: Ticket, items: Vec<P>, post: &mut dyn Post<P>) {
        let Some(of) = self.of.clone() else { return };
        if let Err(Answer::Items { items, .. }) = post.offer(ticket, Answer::Items { of, items }) {
            items.into_iter().rev().for_each(|item| self.items.push_front(item));
        }
    }

    /// Items come back that somebody was given and did not look at.
    pub(super) fn put_back(&mut self, of: &Object, items: Vec<P>, post: &mut dyn Post<P>) {
        self.of.get_or_insert_with(|| of.clone());
        items.into_iter().rev().for_each(|item| self.items.push_front(item));
        self.settle(post);
    }

    /// Ends the queue: whoever waits is told, and whoever asked gets what is left.
    fn close(&mut self, asked: &Asked, post: &mut dyn Post<P>) {
        let mut left = Vec::new();
        self.takers.leave(&|_, _| true, &mut left);
        self.givers.leave(&|_, _| true, &mut left);
        for ticket in left {
            refuse(ticket, CoordinationError::Closed { object: asked.on.clone() }, post);
        }
        let items = self.items.drain(..).collect();
        drop(post.offer(asked.ticket, Answer::Items { of: asked.on.clone(), items }));
        *self = Queue::default();
    }

    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.takers.leave(leaves, left);
        self.givers.leave(leaves, left);
    }

    /// Whether it is as if it had never been used.
    pub(super) fn is_idle(&self) -> bool {
        self.items.is_empty() && self.takers.is_empty() && self.givers.is_empty() && self.limit.is_none()
    }

    #[cfg(test)]
    pub(super) fn items(&self) -> impl Iterator<Item = &P> {
        self.items.iter()
    }
}
