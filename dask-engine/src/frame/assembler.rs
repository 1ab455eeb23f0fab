//! Puts the frames of messages together from what comes, in pieces of any size.

use super::error::FrameError;
use super::limits::Limits;
use bytes::buf::Limit;
use bytes::{Buf, BufMut, Bytes, BytesMut};

/// How much is read at a time as long as it is not known what comes.
const UNKNOWN: usize = 64 << 10;

/// A frame up to this size gets its memory at once, a longer one as it comes: lengths are not believed. It is the size in which
/// Python splits its own large frames.
const AT_ONCE: usize = 64 << 20;

/// Puts the frames of messages together. It neither reads nor waits: whoever has a socket fills [`Assembler::space`].
///
/// ```
/// use bytes::{BufMut, Bytes};
/// use partita_dask::frame::{Assembler, Limits, prelude};
///
/// let frames = vec![Bytes::from_static(b"\x93\x01\x02\x03"), Bytes::from_static(b"data")];
/// let mut assembler = Assembler::new(Limits::SCHEDULER);
/// for part in [&prelude(&frames), &frames[0], &frames[1]] {
///     assert!(assembler.message()?.is_none());
///     assembler.space().put_slice(part);
/// }
/// assert_eq!(assembler.message()?, Some(frames));
/// assembler.finish()?;
/// # Ok::<(), partita_dask::frame::FrameError>(())
/// ```
#[derive(Debug)]
pub struct Assembler {
    limits: Limits,
    /// What came and is not taken yet.
    buffer: BytesMut,
    /// A large frame that is not whole yet, and how long it will be.
    large: Option<(BytesMut, usize)>,
    /// The lengths of the frames of the message that is being read, the next one last.
    lengths: Vec<usize>,
    frames: Vec<Bytes>,
    /// Bytes that were taken, to tell where an error is.
    taken: u64,
}

impl Assembler {
    /// An assembler at the beginning of a connection.
    pub fn new(limits: Limits) -> Self {
        let (buffer, lengths, frames) = Default::default();
        Assembler { limits, buffer, large: None, lengths, frames, taken: 0 }
    }

    /// From the next message on, these limits hold.
    pub fn limit(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Memory for what comes next, and not for what comes after it. It has no room if a message may be whole: ask
    /// [`Assembler::message`] first.
    pub fn space(&mut self) -> Limit<&mut BytesMut> {
        match &mut self.large {
            Some((frame, length)) => {
                let room = (*length - frame.len()).min(frame.len().max(AT_ONCE));
                frame.reserve(room);
                frame.limit(room)
            }
            None => {
                self.buffer.reserve(UNKNOWN);
                let room = self.buffer.capacity() - self.buffer.len();
                (&mut self.buffer).limit(room)
            }
        }
    }

    /// The frames of the next message, if all of it has come.
    ///
    /// # Errors
    /// [`FrameError`] if it cannot be a message, or is more than allowed.
    pub fn message(&mut self) -> Result<Option<Vec<Bytes>>, FrameError> {
        if self.lengths.is_empty() && !self.begins()? {
            return Ok(None);
        }
        while let Some(length) = self.lengths.last().copied() {
            let Some(frame) = self.frame(length) else { return Ok(None) };
            self.lengths.pop();
            self.taken += length as u64;
            self.frames.push(frame);
        }
        Ok(Some(std::mem::take(&mut self.frames)))
    }

    /// The connection has ended.
    ///
    /// # Errors
    /// [`FrameError::Cut`] if that was within a message.
    pub fn finish(&self) -> Result<(), FrameError> {
        let waiting = self.buffer.len() + self.large.as_ref().map_or(0, |(frame, _)| frame.len());
        let is_between = waiting == 0 && self.lengths.is_empty();
        is_between.then_some(()).ok_or(FrameError::Cut { offset: self.taken + waiting as u64 })
    }

    /// Reads the lengths of a message, if all of them have come.
    fn begins(&mut self) -> Result<bool, FrameError> {
        let offset = self.taken;
        let Some([_, frames]) = self.buffer.first_chunk::<16>().map(numbers) else { return Ok(false) };
        let most = self.limits.frames;
        match frames {
            0 => return Err(FrameError::Empty { offset }),
            frames if frames > most => return Err(FrameError::TooManyFrames { offset, frames, most }),
            _ => {}
        }
        let prelude = 16 + 8 * frames as usize;
        if self.buffer.len() < prelude {
            return Ok(false);
        }
        let mut told = self.buffer.split_to(prelude);
        told.advance(16);
        let mut total = 0_u64;
        for index in 0..frames {
            let length = told.get_u64_le();
            let (head, message) = (self.limits.head_bytes, self.limits.message_bytes);
            total = total.saturating_add(length);
            if index == 0 && length > head {
                return Err(FrameError::HeadTooLong { offset, length, most: head });
            }
            if total > message {
                return Err(FrameError::TooLong { offset, length: total, most: message });
            }
            self.lengths.push(length as usize);
        }
        self.lengths.reverse();
        self.taken += prelude as u64;
        Ok(true)
    }

    /// The next frame, if all of it has come.
    fn frame(&mut self, length: usize) -> Option<Bytes> {
        if let Some((frame, _)) = self.large.take_if(|(frame, _)| frame.len() == length) {
            return Some(frame.freeze());
        }
        if self.large.is_some() {
            return None;
        }
        if self.buffer.len() >= length {
            // A small frame does not hold the whole buffer in memory for as long as it lives.
            let small = length < UNKNOWN / 16;
            let frame = self.buffer.split_to(length);
            return Some(if small { Bytes::copy_from_slice(&frame) } else { frame.freeze() });
        }
        if length > UNKNOWN {
            let mut frame = BytesMut::with_capacity(length.min(AT_ONCE));
            frame.put_slice(&self.buffer);
            self.buffer.clear();
            self.large = Some((frame, length));
        }
        None
    }
}

fn numbers(bytes: &[u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(*bytes);
    [number as u64, (number >> 64) as u64]
}
