//! Functions and data as parts of what travels.

use super::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::value::Data;
use std::ops::Deref;

/// A function as part of an environment. It travels if it captures nothing; its type is that of the whole.
pub struct Func<F>(pub F);

impl<F> Deref for Func<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F: Send + Sync + 'static> Travels for Func<F> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.function_type(&self.0)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        from.function_type().map(Func)
    }
}

/// The environment of a function that stays in its process: writing it is refused, and the error says what stays.
///
/// ```
/// use partita_graph::{NotPortable, Packer, Stays, Travels};
///
/// let refused = Stays("an open file").pack(&mut Packer::default());
/// assert_eq!(refused, Err(NotPortable::Stays { what: "an open file" }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stays(pub &'static str);

impl Travels for Stays {
    fn pack(&self, _: &mut Packer) -> Result<(), NotPortable> {
        Err(NotPortable::Stays { what: self.0 })
    }

    fn unpack(_: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Err(NotRead::Type { expected: "something that has a written form", found: "something that has none" })
    }
}

/// Data as part of an environment, written as serde does it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain<T>(pub T);

impl<T> Deref for Plain<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Data> Travels for Plain<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.data(&self.0)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        from.data().map(Plain)
    }
}
