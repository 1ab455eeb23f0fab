//! Task functions, layers' functions, values and what they share, as parts of other functions.

use super::table::{Handle, Kept};
use super::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::function::Function;
use crate::node::Block;
use crate::portable::Entry;
use crate::value::Value;
use std::any::{Any, TypeId, type_name};
use std::sync::Arc;

impl Travels for Function {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.shared(Handle::Function(Arc::downgrade(self)), |into| into.typed(|into| self.write(into)))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let find = |kept: &Kept| match kept {
            Kept::Function(function) => Ok(function.clone()),
            _ => Err(NotRead::Type { expected: "a task function", found: "something else of the same number" }),
        };
        from.shared(find, Kept::Function, |from| {
            let (portable, descriptor) = from.named()?;
            match descriptor.entry() {
                Entry::Task(read) => from.within(read),
                _ => Err(from.wrong_kind(portable, descriptor, "a type of task functions")),
            }
        })
    }
}

impl Travels for Arc<dyn Block> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.shared(Handle::Block(Arc::downgrade(self)), |into| into.typed(|into| self.write(into)))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let find = |kept: &Kept| match kept {
            Kept::Block(block) => Ok(block.clone()),
            _ => Err(NotRead::Type { expected: "a layer", found: "something else of the same number" }),
        };
        from.shared(find, Kept::Block, |from| {
            let (portable, descriptor) = from.named()?;
            match descriptor.entry() {
                Entry::Block(read) => from.within(read),
                _ => Err(from.wrong_kind(portable, descriptor, "a type of layers")),
            }
        })
    }
}

/// What is shared is written once for each receiver, and is shared there too.
impl<T: Travels> Travels for Arc<T> {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        if size_of::<T>() == 0 {
            return T::pack(self, into);
        }
        let any: Arc<dyn Any + Send + Sync> = self.clone();
        let handle = Handle::Data(Arc::downgrade(&any), TypeId::of::<T>());
        // Who holds it besides are those that may write it again.
        drop(any);
        into.shared(handle, |into| T::pack(self, into))
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        if size_of::<T>() == 0 {
            return T::unpack(from).map(Arc::new);
        }
        let wrong = || NotRead::Type { expected: type_name::<T>(), found: "something else of the same number" };
        let find = |kept: &Kept| match kept {
            Kept::Data(data) => data.clone().downcast::<T>().map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        from.shared(find, |data| Kept::Data(data), |from| T::unpack(from).map(Arc::new))
    }
}

impl Travels for Value {
    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        into.raw(&(self.nbytes() as u64).to_le_bytes());
        into.typed(|into| {
            self.write_into(&mut into.bytes)?;
            Ok(self.portable())
        })
    }

    fn unpack(from: &mut Unpacker<'_>) -> Result<Self, NotRead> {
        let nbytes = u64::from_le_bytes(from.array()?);
        let (portable, descriptor) = from.named()?;
        match descriptor.entry() {
            Entry::Value(read) => Ok(read(from.sized()?, nbytes as usize)?),
            _ => Err(from.wrong_kind(portable, descriptor, "a type of values")),
        }
    }
}
