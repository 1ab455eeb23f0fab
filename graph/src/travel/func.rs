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
