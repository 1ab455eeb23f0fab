//! What a scheduler hands to a worker in another process, written for it and read by it.

use super::table::{Given, Taken};
use super::{NotPortable, NotRead, Packer, Travels, Unpacker};
use crate::checked::Work;
use crate::key::Token;
use crate::panics::catch;
use crate::portable::{PortableError, build_id};

/// Writes what tasks do for one receiver, and remembers what that has: a function or environment that several tasks share is
/// written once, then named by a number. What it wrote must be read in the same order, all of it.
#[derive(Default)]
pub struct WorkWriter {
    given: Given,
}

impl WorkWriter {
    /// A writer for a receiver that has nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes nothing for known any longer: the receiver failed to read something, and may lack what stood in it. Numbers that it
    /// was given are not given again.
    pub fn forget_all(&mut self) {
        self.given.forget_all();
    }

    /// How many functions and environments the receiver remembers; at most 65,536.
    pub fn remembered(&self) -> usize {
        self.given.len()
    }
}

/// Reads what one [`WorkWriter`] of another process wrote, in its order.
pub struct WorkReader {
    taken: Taken,
}

impl WorkReader {
    /// A reader of what a process of the build `theirs` writes.
    ///
    /// # Errors
    /// [`PortableError::BuildMismatch`] if that is another executable.
    pub fn new(theirs: Token) -> Result<Self, PortableError> {
        let ours = build_id();
        if theirs != ours {
            return Err(PortableError::BuildMismatch { theirs, ours });
        }
        Ok(WorkReader { taken: Taken::default() })
    }

    /// How many functions and environments are remembered.
    pub fn remembered(&self) -> usize {
        self.taken.len()
    }
}

/// What a task does, by number.
mod kind {
    pub(super) const VALUE: u8 = 0;
    pub(super) const CALL: u8 = 1;
    pub(super) const HELD: u8 = 2;
}

impl Work {
    /// Writes it for a receiver.
    ///
    /// # Errors
    /// [`NotPortable`], which says what cannot be written and what to do instead; the receiver is not told of this task then,
    /// and others can be written.
    pub fn write(&self, writer: &mut WorkWriter) -> Result<Vec<u8>, NotPortable> {
        let mut packer = Packer::default();
        let unused = writer.given.unused();
        packer.raw(&(unused.len() as u32).to_le_bytes());
        unused.iter().for_each(|number| packer.raw(&number.to_le_bytes()));
        packer.given = Some(std::mem::take(&mut writer.given));
        // To be written is code of the user's types.
        let result = catch(|| self.pack(&mut packer))
            .unwrap_or_else(|panic| Err(NotPortable::Panicked { message: panic.message.to_string() }));
        let Packer { bytes, given, .. } = packer;
        writer.given = given.unwrap_or_default();
        writer.given.settle(result.is_ok());
        result.map(|()| bytes)
    }

    fn pack(&self, into: &mut Packer) -> Result<(), NotPortable> {
        match self {
            Work::Value(value) => {
                into.raw(&[kind::VALUE]);
                value.pack(into)
            }
            Work::Call(function) => {
                into.raw(&[kind::CALL]);
                function.pack(into)
            }
            Work::Held(_) => {
                into.raw(&[kind::HELD]);
                Ok(())
            }
        }
    }

    /// Reads what [`Work::write`] wrote. The guard of a held result stays where it was. After an error the reader may lack
    /// what the writer takes for known; see [`WorkWriter::forget_all`].
    ///
    /// # Errors
    /// [`NotRead`] if the bytes are something else, or a type of the user panics when it is read.
    pub fn read(bytes: &[u8], reader: &mut WorkReader) -> Result<Self, NotRead> {
        catch(|| Work::unpack(bytes, reader))
            .unwrap_or_else(|panic| Err(NotRead::Panicked { message: panic.message.to_string() }))
    }

    fn unpack(bytes: &[u8], reader: &mut WorkReader) -> Result<Self, NotRead> {
        let mut from = Unpacker::new(bytes, &mut reader.taken);
        for _ in 0..u32::unpack(&mut from)? {
            from.forget()?;
        }
        let work = match from.array()? {
            [kind::VALUE] => Work::Value(Travels::unpack(&mut from)?),
            [kind::CALL] => Work::Call(Travels::unpack(&mut from)?),
            [kind::HELD] => Work::Held(None),
            [found] => return Err(NotRead::Invalid { what: "kind of work", found: found.into() }),
        };
        from.end()?;
        Ok(work)
    }
}
