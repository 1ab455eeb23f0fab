//! Constants that have no written form, as pointers to functions, named by the function that makes them.

use super::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::portable::{Entry, Portable};
use crate::value::Reader;
use std::any::type_name;
use std::ops::Deref;

/// Something that is made by a function without captures, and is named by that function.
///
/// ```
/// use partita_graph::Named;
///
/// let double: Named<fn(i64) -> i64> = Named::new(|| (|n| n * 2) as fn(i64) -> i64);
/// assert_eq!(double(21), 42);
/// ```
pub struct Named<T> {
    value: T,
    portable: Portable,
}

impl<T: 'static> Named<T> {
    /// What `make` gives. It does not build if `make` captures something.
    pub fn new<F: Fn() -> T + 'static>(make: F) -> Self {
        Named { portable: Portable::of_maker(&make), value: make() }
    }
}

impl<T: Clone> Clone for Named<T> {
    fn clone(&self) -> Self {
        Named { value: self.value.clone(), portable: self.portable }
    }
}

impl<T> Deref for Named<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Send + Sync + 'static> Travels for Named<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.raw(&self.portable.offset().to_le_bytes());
        Ok(())
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let (portable, descriptor) = from.named()?;
        let Entry::Made(make) = descriptor.entry() else {
            return Err(from.wrong_kind(portable, descriptor, "a constant"));
        };
        let made = make().downcast::<T>();
        let value = *made.map_err(|_| NotRead::Type { expected: type_name::<T>(), found: descriptor.name() })?;
        Ok(Named { value, portable })
    }
}

impl Travels for Reader {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        Named { value: (), portable: self.portable() }.pack(into)
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        Named::<Reader>::unpack(from).map(|named| named.value)
    }
}
