//! The writing side: bytes, and what was written before.

use super::error::MAX_DEPTH;
use super::table::{Given, Handle};
use super::{NotPortable, Travels};
use crate::function::TaskFn;
use crate::node::Block;
use crate::portable::Portable;
use crate::value::Data;
use crate::written;

/// Bytes of a function under way.
#[derive(Default)]
pub struct Packer {
    pub(super) bytes: Vec<u8>,
    depth: u32,
    /// What the receiver knows already, if it remembers.
    pub(super) given: Option<Given>,
}

/// What stands before something shared: nothing is known of it, it is to be remembered, or it is known.
pub(super) mod mark {
    pub(in super::super) const ONCE: u8 = 0;
    pub(in super::super) const FIRST: u8 = 1;
    pub(in super::super) const AGAIN: u8 = 2;
}

impl Packer {
    /// Writes bytes as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes bytes, and before them how many there are.
    pub fn sized(&mut self, bytes: &[u8]) {
        self.raw(&(bytes.len() as u64).to_le_bytes());
        self.raw(bytes);
    }

    /// Writes data as serde does it, in MessagePack; lists of numbers as their bytes.
    ///
    /// # Errors
    /// [`NotPortable::Data`] if the type refuses.
    pub fn data<T: Data>(&mut self, data: &T) -> Result<(), NotPortable> {
        self.within(|into| Ok(written::write_into(data, &mut into.bytes)?))
    }

    /// Notes that a function is there, of which there is nothing to write but its type, which the reader knows.
    ///
    /// # Errors
    /// [`NotPortable`] if it captures something or is a pointer.
    pub fn function_type<F: 'static>(&mut self, _: &F) -> Result<(), NotPortable> {
        if size_of::<F>() == 0 { Ok(()) } else { Err(NotPortable::captures::<F>()) }
    }

    /// Writes a task function; what its [`TaskFn::write`] does, if its type travels.
    ///
    /// # Errors
    /// Those of its parts.
    pub fn task<T: TaskFn + Travels>(&mut self, task: &T) -> Result<Portable, NotPortable> {
        task.pack(self)?;
        Ok(Portable::of_task::<T>())
    }

    /// Writes the function of a layer; what its [`Block::write`] does, if its type travels.
    ///
    /// # Errors
    /// Those of its parts.
    pub fn block<T: Block + Travels>(&mut self, block: &T) -> Result<Portable, NotPortable> {
        block.pack(self)?;
        Ok(Portable::of_block::<T>())
    }

    /// Writes something, and before it how long it got.
    pub(super) fn within<R>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<R, NotPortable>,
    ) -> Result<R, NotPortable> {
        let start = self.bytes.len();
        self.raw(&[0; 8]);
        let result = write(self)?;
        let length = (self.bytes.len() - start - 8) as u64;
        self.bytes[start..start + 8].copy_from_slice(&length.to_le_bytes());
        Ok(result)
    }

    /// Writes something that other functions may share: the second time only its number.
    pub(super) fn shared(
        &mut self,
        handle: Handle,
        write: impl FnOnce(&mut Self) -> Result<(), NotPortable>,
    ) -> Result<(), NotPortable> {
        if let Some(number) = self.given.as_ref().and_then(|given| given.find(&handle)) {
            self.raw(&[mark::AGAIN]);
            self.raw(&number.to_le_bytes());
            return Ok(());
        }
        if self.depth >= MAX_DEPTH {
            return Err(NotPortable::Deep { most: MAX_DEPTH });
        }
        let start = self.bytes.len();
        self.raw(&[mark::ONCE]);
        self.depth += 1;
        let result = write(self);
        self.depth -= 1;
        result?;
        if self.bytes.len() - start > handle.worth()
            && let Some(number) = self.given.as_mut().and_then(|given| given.add(handle))
        {
            self.bytes[start] = mark::FIRST;
            self.bytes.splice(start + 1..start + 1, number.to_le_bytes());
        }
        Ok(())
    }

    /// Writes a function of any type: its name after its contents, whose length comes first.
    pub(super) fn typed(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<Portable, NotPortable>,
    ) -> Result<(), NotPortable> {
        let start = self.bytes.len();
        self.raw(&[0; 8]);
        let portable = self.within(write)?;
        self.bytes[start..start + 8].copy_from_slice(&portable.offset().to_le_bytes());
        Ok(())
    }
}
