//! The reading side: bytes, and what was read before. Nothing that is read makes it panic or take more memory than the bytes
//! are worth.

use super::NotRead;
use super::error::MAX_DEPTH;
use super::packer::mark;
use super::table::{Kept, Taken};
use crate::portable::{Descriptor, Portable, conjured};
use crate::value::Data;
use crate::written;

/// Bytes of a function that is being read.
pub struct Unpacker<'a> {
    bytes: &'a [u8],
    taken: &'a mut Taken,
    depth: u32,
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(bytes: &'a [u8], taken: &'a mut Taken) -> Self {
        Unpacker { bytes, taken, depth: 0 }
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.bytes.len()
    }

    /// The next bytes.
    ///
    /// # Errors
    /// [`NotRead::Ended`] if there are not so many.
    pub fn raw(&mut self, count: usize) -> Result<&'a [u8], NotRead> {
        let ended = NotRead::Ended { wanted: count as u64, left: self.bytes.len() };
        let (bytes, rest) = self.bytes.split_at_checked(count).ok_or(ended)?;
        self.bytes = rest;
        Ok(bytes)
    }

    /// As many bytes as a number needs.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], NotRead> {
        let bytes = self.raw(N)?;
        let ended = NotRead::Ended { wanted: N as u64, left: bytes.len() };
        bytes.try_into().map_err(|_| ended)
    }

    /// A length, of something that takes a byte at least of what is left for each.
    pub(super) fn length(&mut self) -> Result<usize, NotRead> {
        let wanted = u64::from_le_bytes(self.array()?);
        let ended = NotRead::Ended { wanted, left: self.left() };
        usize::try_from(wanted).ok().filter(|&length| length <= self.left()).ok_or(ended)
    }

    /// Bytes that [`Packer::sized`](super::Packer::sized) wrote.
    ///
    /// # Errors
    /// [`NotRead::Ended`] if there are not so many as it says.
    pub fn sized(&mut self) -> Result<&'a [u8], NotRead> {
        let length = self.length()?;
        self.raw(length)
    }

    /// Data that [`Packer::data`](super::Packer::data) wrote.
    ///
    /// # Errors
    /// [`NotRead::Data`] if the bytes are something else.
    pub fn data<T: Data>(&mut self) -> Result<T, NotRead> {
        Ok(written::read(self.sized()?)?)
    }

    /// A function without captures, of which [`Packer::function_type`](super::Packer::function_type) noted that it is there.
    ///
    /// # Errors
    /// [`NotRead::Type`] if the type captures something: no such function was written.
    pub fn function_type<F: 'static>(&mut self) -> Result<F, NotRead> {
        if size_of::<F>() != 0 {
            let expected = "a function without captures";
            return Err(NotRead::Type { expected, found: std::any::type_name::<F>() });
        }
        // SAFETY: the type has size zero, and it is part of the type of a task function that was named by a process of this
        // executable, which held one.
        Ok(unsafe { conjured::<F>() })
    }

    /// Forgets what has the number that comes next.
    pub(super) fn forget(&mut self) -> Result<(), NotRead> {
        let number = u32::from_le_bytes(self.array()?);
        self.taken.forget(number);
        Ok(())
    }

    /// The descriptor whose offset comes next.
    pub(super) fn named(&mut self) -> Result<(Portable, &'static Descriptor), NotRead> {
        let offset = i64::from_le_bytes(self.array()?);
        let descriptor = Portable::find(offset)?;
        Ok((Portable::at(descriptor), descriptor))
    }

    pub(super) fn wrong_kind(&self, portable: Portable, found: &Descriptor, expected: &'static str) -> NotRead {
        NotRead::Kind { offset: portable.offset(), name: found.name(), found: found.entry().kind(), expected }
    }

    /// Reads something from the bytes whose length comes first, all of them.
    pub(super) fn within<R>(
        &mut self,
        read: impl FnOnce(&mut Unpacker<'_>) -> Result<R, NotRead>,
    ) -> Result<R, NotRead> {
        let bytes = self.sized()?;
        let mut inner = Unpacker { bytes, taken: &mut *self.taken, depth: self.depth };
        let result = read(&mut inner)?;
        inner.end()?;
        Ok(result)
    }

    /// Says so if something is left over.
    pub(super) fn end(&self) -> Result<(), NotRead> {
        match self.left() {
            0 => Ok(()),
            left => Err(NotRead::LeftOver { left }),
        }
    }

    /// Reads something shared, or finds what was read before.
    pub(super) fn shared<T: Clone>(
        &mut self,
        find: impl FnOnce(&Kept) -> Result<T, NotRead>,
        keep: impl FnOnce(T) -> Kept,
        read: impl FnOnce(&mut Self) -> Result<T, NotRead>,
    ) -> Result<T, NotRead> {
        let [mark] = self.array()?;
        let number = match mark {
            mark::ONCE => None,
            mark::FIRST => Some(u32::from_le_bytes(self.array()?)),
            mark::AGAIN => {
                let number = u32::from_le_bytes(self.array()?);
                return find(self.taken.find(number)?);
            }
            found => return Err(NotRead::Invalid { what: "mark of something shared", found: found.into() }),
        };
        if self.depth >= MAX_DEPTH {
            return Err(NotRead::Deep { most: MAX_DEPTH });
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        let result = result?;
        if let Some(number) = number {
            self.taken.add(number, keep(result.clone()))?;
        }
        Ok(result)
    }
}
