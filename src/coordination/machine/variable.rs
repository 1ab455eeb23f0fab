//! A variable: one value that can be replaced, and those who wait for the first.

use super::line::Line;
use super::words::{Answer, Call, Holder, Post, Tag, Ticket};
use super::{Asked, refuse};

/// A variable.
pub(super) struct Variable<P> {
    tag: Option<Tag>,
    value: Option<P>,
    readers: Line<()>,
}

impl<P> Default for Variable<P> {
    fn default() -> Self {
        Variable { tag: None, value: None, readers: Line::default() }
    }
}

impl<P: Clone> Variable<P> {
    pub(super) fn called(&mut self, asked: Asked, call: Call<P>, post: &mut dyn Post<P>) {
        let tag = match &call {
            Call::Put { tag, .. } | Call::Replace { tag, .. } | Call::Get { tag, .. } => Some(*tag),
            _ => None,
        };
        if let Some(Err(error)) = tag.map(|tag| Tag::check(&mut self.tag, tag, &asked.on)) {
            return refuse(asked.ticket, error, post);
        }
        match call {
            Call::Put { item, .. } | Call::Replace { item, .. } => {
                while let Some(reader) = self.readers.pop() {
                    drop(post.offer(reader.ticket, Answer::Value(Some(item.clone()))));
                }
                let before = self.value.replace(item);
                // Who asked drops what was there before: it may take time.
                drop(post.offer(asked.ticket, Answer::Value(before)));
            }
            Call::Get { .. } => match &self.value {
                Some(value) => drop(post.offer(asked.ticket, Answer::Value(Some(value.clone())))),
                None => self.readers.join(&asked, ()),
            },
            _ => drop(post.offer(asked.ticket, Answer::Value(self.value.take()))),
        }
    }

    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.readers.leave(leaves, left);
    }

    /// Whether it is as if it had never been used.
    pub(super) fn is_idle(&self) -> bool {
        self.value.is_none() && self.readers.is_empty()
    }
}
