//! A catalogue: things by name that stay until they are taken away.

use super::nearest::nearest;
use super::words::{Answer, Call, Post, Tag};
use super::{Asked, Object, refuse};
use crate::coordination::error::CoordinationError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A catalogue.
pub(super) struct Shelf<P> {
    things: BTreeMap<Arc<str>, (Tag, P)>,
}

impl<P> Default for Shelf<P> {
    fn default() -> Self {
        Shelf { things: BTreeMap::new() }
    }
}

impl<P: Clone> Shelf<P> {
    pub(super) fn called(&mut self, asked: Asked, call: Call<P>, post: &mut dyn Post<P>) {
        match self.answer(&asked.on, call) {
            Ok(answer) => drop(post.offer(asked.ticket, answer)),
            Err(error) => refuse(asked.ticket, error, post),
        }
    }

    fn answer(&mut self, object: &Object, call: Call<P>) -> Result<Answer<P>, CoordinationError> {
        let name = &object.name;
        match call {
            Call::Put { item, tag, .. } => {
                if self.things.contains_key(name) {
                    return Err(CoordinationError::Taken { object: object.clone() });
                }
                self.things.insert(name.clone(), (tag, item));
                Ok(Answer::Value(None))
            }
            Call::Replace { item, tag } => {
                let before = self.things.insert(name.clone(), (tag, item));
                Ok(Answer::Value(before.map(|(_, item)| item)))
            }
            Call::Get { tag: asked, .. } => {
                let (tag, item) = self.things.get(name).ok_or_else(|| self.missing(object))?;
                Tag::check(&mut Some(*tag), asked, object)?;
                Ok(Answer::Value(Some(item.clone())))
            }
            Call::List { prefix } => {
                let names = self.things.keys().filter(|name| name.starts_with(&*prefix));
                Ok(Answer::Names(names.cloned().collect()))
            }
            _ => {
                let taken = self.things.remove(name).ok_or_else(|| self.missing(object))?;
                Ok(Answer::Value(Some(taken.1)))
            }
        }
    }

    fn missing(&self, object: &Object) -> CoordinationError {
        let near = nearest(&object.name, self.things.keys());
        CoordinationError::Missing { object: object.clone(), near }
    }
}
