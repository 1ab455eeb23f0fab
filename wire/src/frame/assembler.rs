//! Messages from the bytes that arrive, however they are cut; without a socket and without trust in any length.

use super::error::WireError;
use super::head::{self, LENGTH_BYTES, Opened};
use super::room::{Room, Spare};
use crate::limits::{CHUNK_BYTES, KEPT_BYTES, Limits, READ_BYTES};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::de::DeserializeOwned;

/// A message that has come whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message<Head> {
    /// What it says.
    pub head: Head,
    /// The large data that goes with it.
    pub segments: Vec<Bytes>,
}

/// Where the next bytes are to be read into.
pub(crate) enum Space<'a> {
    /// Bytes of which it is not known yet what they are.
    Unknown(&'a mut BytesMut),
    /// Bytes of a segment, right into what becomes the segment.
    Segment(Spare<'a>),
}

/// The segments of a message that are still to come.
struct Bulk<Head> {
    head: Head,
    lengths: std::vec::IntoIter<u64>,
    /// How many segments there are, and those that are here.
    count: usize,
    done: Vec<Bytes>,
    /// The segment that is coming: what is there, and how long it will be.
    current: Room,
    length: u64,
}

impl<Head> Bulk<Head> {
    fn missing(&self) -> u64 {
        self.length - self.current.len() as u64
    }

    fn make_room(&mut self, offset: u64) -> Result<(), WireError> {
        let is_there = self.current.grow(self.missing());
        if is_there { Ok(()) } else { Err(WireError::NoMemory { offset, length: self.length }) }
    }
}

/// Bytes in, messages out.
pub(crate) struct Assembler<Head> {
    limits: Limits,
    buffer: BytesMut,
    bulk: Option<Bulk<Head>>,
    /// Bytes of whole messages, and of the frame of one whose segments are coming.
    taken: u64,
}

impl<Head: DeserializeOwned> Assembler<Head> {
    /// One that has these bytes already.
    pub(crate) fn new(limits: Limits, rest: BytesMut) -> Self {
        Assembler { limits, buffer: rest, bulk: None, taken: 0 }
    }

    /// Bytes that have come.
    pub(crate) fn offset(&self) -> u64 {
        self.taken + self.buffer.len() as u64 + self.bulk.as_ref().map_or(0, |bulk| bulk.current.len() as u64)
    }

    /// Where to read into, next.
    ///
    /// # Errors
    /// [`WireError::NoMemory`] if the system has none for the segment that is coming.
    pub(crate) fn space(&mut self) -> Result<Space<'_>, WireError> {
        if let Some(bulk) = &mut self.bulk
            && self.buffer.is_empty()
            && bulk.missing() >= READ_BYTES as u64
        {
            bulk.make_room(self.taken)?;
            let most = usize::try_from(bulk.missing()).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            return Ok(Space::Segment(bulk.current.spare(most)));
        }
        if self.buffer.is_empty() && self.buffer.capacity() > KEPT_BYTES {
            self.buffer = BytesMut::new();
        }
        // Memory grows with what has come: at most twice of it, not with what a length announces.
        if self.buffer.capacity() - self.buffer.len() < READ_BYTES / 2 {
            self.buffer.reserve(READ_BYTES);
        }
        Ok(Space::Unknown(&mut self.buffer))
    }

    /// The next message, if it is here whole.
    ///
    /// # Errors
    /// [`WireError`] if what came is not allowed or makes no sense. Nothing can be read after that.
    pub(crate) fn next(&mut self) -> Result<Option<Message<Head>>, WireError> {
        if self.bulk.is_none() && !self.open()? {
            return Ok(None);
        }
        self.fill()
    }

    /// Reads a head; says whether there was one.
    fn open(&mut self) -> Result<bool, WireError> {
        let Some(length) = head::length(&self.buffer, self.taken, &self.limits)? else { return Ok(false) };
        let whole = LENGTH_BYTES + length;
        let Some(frame) = self.buffer.get(LENGTH_BYTES..whole) else { return Ok(false) };
        let Opened { head, segments } = head::read(frame, self.taken, &self.limits)?;
        self.buffer.advance(whole);
        self.taken += whole as u64;
        let (count, done) = (segments.len(), Vec::with_capacity(segments.len()));
        let mut bulk = Bulk { head, lengths: segments.into_iter(), count, done, current: Room::new(), length: 0 };
        bulk.length = bulk.lengths.next().unwrap_or(0);
        self.bulk = Some(bulk);
        Ok(true)
    }

    /// Moves what has come into segments; the message, if that was the last of it.
    fn fill(&mut self) -> Result<Option<Message<Head>>, WireError> {
        let Some(bulk) = self.bulk.as_mut() else { return Ok(None) };
        loop {
            let here = usize::try_from(bulk.missing()).unwrap_or(usize::MAX).min(self.buffer.len());
            if here > 0 {
                bulk.make_room(self.taken)?;
                let moved = bulk.current.put(&self.buffer[..here]);
                self.buffer.advance(moved);
                continue;
            }
            if bulk.missing() > 0 {
                return Ok(None);
            }
            if bulk.done.len() < bulk.count {
                self.taken += bulk.length;
                bulk.done.push(std::mem::replace(&mut bulk.current, Room::new()).into_bytes());
            }
            match bulk.lengths.next() {
                Some(length) => bulk.length = length,
                None => break,
            }
        }
        Ok(self.bulk.take().map(|Bulk { head, done, .. }| Message { head, segments: done }))
    }

    /// What the end of the stream means here: the end of a message, or a cut through one.
    pub(crate) fn finish(&self) -> Result<(), WireError> {
        let missing = match &self.bulk {
            Some(bulk) => bulk.lengths.as_slice().iter().copied().fold(bulk.missing(), u64::saturating_add),
            None if self.buffer.is_empty() => return Ok(()),
            None => match head::length(&self.buffer, self.taken, &self.limits)? {
                Some(length) => (LENGTH_BYTES + length - self.buffer.len()) as u64,
                None => (LENGTH_BYTES - self.buffer.len()) as u64,
            },
        };
        Err(WireError::Cut { offset: self.offset(), missing })
    }

    /// Memory that is held for what has come and what is coming, in bytes.
    pub(crate) fn memory(&self) -> usize {
        let segments = |bulk: &Bulk<Head>| bulk.current.capacity() + bulk.done.iter().map(Bytes::len).sum::<usize>();
        self.buffer.capacity() + self.bulk.as_ref().map_or(0, segments)
    }

    /// So many bytes were read into pages that [`Assembler::space`] gave.
    pub(crate) fn filled(&mut self, bytes: usize) {
        if let Some(bulk) = &mut self.bulk {
            bulk.current.filled(bytes);
        }
    }

    /// Adds bytes as a socket would. For tests and fuzzers: it copies.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let (mut here, mut is_mapped) = (0, false);
        match self.space()? {
            Space::Unknown(_) => {}
            Space::Segment(Spare::Heap(mut heap)) => {
                here = bytes.len().min(heap.remaining_mut());
                heap.put_slice(&bytes[..here]);
            }
            Space::Segment(Spare::Mapped(pages)) => {
                (here, is_mapped) = (bytes.len().min(pages.len()), true);
                pages[..here].copy_from_slice(&bytes[..here]);
            }
        }
        if is_mapped {
            self.filled(here);
        }
        self.buffer.put_slice(&bytes[here..]);
        Ok(())
    }
}
