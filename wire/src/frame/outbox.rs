//! What waits to be written to a peer: small messages in one buffer, large segments as they are.

use super::error::SendError;
use super::head;
use crate::limits::{INLINE_BYTES, KEPT_BYTES, Limits};
use bytes::{Bytes, BytesMut};
use serde::Serialize;
use std::collections::VecDeque;

/// Why a connection takes nothing more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// More waited than allowed.
    QueueFull { queued: u64, most: u64 },
    /// This side closed it.
    Closed,
    /// The socket failed, or the peer is gone.
    Broken(std::io::ErrorKind),
}

/// What the writer finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// Something to write.
    Pieces,
    /// Nothing so far: it is woken when there is.
    Nothing,
    /// Nothing, and there never will be.
    Finished,
}

/// Messages on their way out, in their order.
#[derive(Default)]
pub(crate) struct Outbox {
    pieces: VecDeque<Bytes>,
    /// The end of the row: what small messages are written into.
    tail: BytesMut,
    queued: u64,
    /// Bytes among them that were copied here since the writer took something the last time.
    copied: u64,
    is_finishing: bool,
    end: Option<End>,
    writer_waits: bool,
}

impl Outbox {
    /// Adds a message. Says whether the writer must be woken.
    ///
    /// # Errors
    /// [`SendError::QueueFull`] if more than allowed was copied and waits *already*; from then on [`SendError::Ended`]. Others
    /// leave everything as it was.
    pub(crate) fn push<Head: Serialize + ?Sized>(
        &mut self,
        head: &Head,
        segments: Vec<Bytes>,
        limits: &Limits,
    ) -> Result<bool, SendError> {
        if self.end.is_some() {
            return Err(SendError::Ended);
        }
        let (queued, most) = (self.copied, limits.queue_bytes);
        if queued > most {
            self.end(End::QueueFull { queued, most });
            return Err(SendError::QueueFull { queued, most });
        }
        let before = self.tail.len();
        head::write(&mut self.tail, head, &segments, limits)?;
        let head = (self.tail.len() - before) as u64;
        (self.queued, self.copied) = (self.queued + head, self.copied + head);
        for segment in segments {
            self.queued += segment.len() as u64;
            if segment.len() <= INLINE_BYTES {
                self.tail.extend_from_slice(&segment);
                self.copied += segment.len() as u64;
            } else {
                self.close_tail();
                self.pieces.push_back(segment);
            }
        }
        Ok(std::mem::take(&mut self.writer_waits))
    }

    fn close_tail(&mut self) {
        if !self.tail.is_empty() {
            self.pieces.push_back(self.tail.split().freeze());
        }
    }

    /// Hands all that waits to the writer.
    pub(crate) fn take(&mut self, into: &mut VecDeque<Bytes>) -> Taken {
        if self.end.is_some() {
            return Taken::Finished;
        }
        self.close_tail();
        if self.tail.capacity() > KEPT_BYTES {
            self.tail = BytesMut::new();
        }
        if !self.pieces.is_empty() {
            into.append(&mut self.pieces);
            self.copied = 0;
            return Taken::Pieces;
        }
        if self.is_finishing {
            return Taken::Finished;
        }
        self.writer_waits = true;
        Taken::Nothing
    }

    /// So many bytes were written.
    pub(crate) fn written(&mut self, bytes: usize) {
        self.queued = self.queued.saturating_sub(bytes as u64);
    }

    /// Bytes that were sent and are not written yet.
    pub(crate) fn queued(&self) -> u64 {
        self.queued
    }

    /// Nobody sends any more: what waits is written, then it ends.
    pub(crate) fn finish(&mut self) {
        self.is_finishing = true;
    }

    /// Whether nobody sends any more.
    pub(crate) fn is_finishing(&self) -> bool {
        self.is_finishing
    }

    /// Ends it now, and lets go of what waits. The first reason counts; says whether this is it.
    pub(crate) fn end(&mut self, end: End) -> bool {
        if self.end.is_some() {
            return false;
        }
        self.end = Some(end);
        self.pieces = VecDeque::new();
        self.tail = BytesMut::new();
        (self.queued, self.copied) = (0, 0);
        true
    }

    /// Why it ended.
    pub(crate) fn why(&self) -> Option<End> {
        self.end
    }
}
