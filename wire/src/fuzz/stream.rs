//! Streams of messages: cut anywhere on their way in, written in parts on their way out.

use super::probe::{Probe, frame, limits};
use crate::frame::assembler::{Assembler, Message};
use crate::frame::error::SendError;
use crate::frame::outbox::{Outbox, Taken};
use crate::limits::{READ_BYTES, SEGMENT_GROWTH, SEGMENT_START_BYTES};
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;

pub(super) fn corpus() -> Vec<Vec<u8>> {
    let message = |number: u8| {
        let segments: Vec<Bytes> = (0..number % 3).map(|n| Bytes::from(vec![n; usize::from(number) * 11])).collect();
        let mut bytes = frame(&Probe::of(number), &segments).to_vec();
        segments.iter().for_each(|segment| bytes.extend_from_slice(segment));
        bytes
    };
    // The first byte says how the stream is cut.
    (0..24).map(|n| [vec![n], message(n), message(n * 5), message(n * 10)].concat()).collect()
}

/// All messages of a stream that comes in pieces of this length, and how it ends.
fn assemble(stream: &[u8], piece: usize) -> (Vec<Message<Probe>>, String) {
    let mut assembler = Assembler::new(limits(), BytesMut::new());
    let mut messages = Vec::new();
    for (number, bytes) in stream.chunks(piece).enumerate() {
        assert!(assembler.feed(bytes).is_ok());
        loop {
            match assembler.next() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, error.to_string()),
            }
        }
        let come = ((number + 1) * piece).min(stream.len());
        assert_eq!(assembler.offset(), come as u64);
        let most = SEGMENT_GROWTH * come + 2 * READ_BYTES + SEGMENT_START_BYTES;
        assert!(assembler.memory() <= most, "{} bytes of memory for {come} bytes", assembler.memory());
    }
    (messages, assembler.finish().map_or_else(|error| error.to_string(), |()| "whole".to_string()))
}

/// The same comes out however a stream is cut.
pub(super) fn frames(input: &[u8]) -> bool {
    let Some((cut, stream)) = input.split_first() else { return false };
    let whole = assemble(stream, stream.len().max(1));
    let cut = assemble(stream, usize::from(*cut) + 1);
    assert_eq!(whole, cut);
    !whole.0.is_empty()
}

/// An outbox and an assembler with a pipe between them that holds little.
struct Pair {
    outbox: Outbox,
    taken: VecDeque<Bytes>,
    assembler: Assembler<Probe>,
    sent: VecDeque<Message<Probe>>,
    /// Bytes that were sent, and those that were written.
    bytes: (u64, u64),
    arrived: u64,
}

impl Pair {
    fn send(&mut self, number: u8, length: u8) {
        let head = Probe::of(number);
        let segments: Vec<Bytes> = match number % 4 {
            0 => Vec::new(),
            count => (0..count).map(|n| Bytes::from(vec![n; usize::from(length) << (number % 7)])).collect(),
        };
        let bulk: usize = segments.iter().map(Bytes::len).sum();
        let bytes = (frame(&head, &segments).len() + bulk) as u64;
        match self.outbox.push(&head, segments.clone(), &limits()) {
            Ok(_) => {
                self.bytes.0 += bytes;
                self.sent.push_back(Message { head, segments });
            }
            Err(SendError::QueueFull { queued, most }) => assert!(queued > most, "{queued} of {most}"),
            Err(error) => assert!(matches!(error, SendError::Ended) && self.outbox.why().is_some(), "{error}"),
        }
    }

    fn write(&mut self, mut most: usize) {
        let ended = self.outbox.why().is_some();
        let found = self.outbox.take(&mut self.taken);
        assert_eq!(ended, found == Taken::Finished);
        while most > 0
            && let Some(piece) = self.taken.front_mut()
        {
            let here = piece.len().min(most);
            assert!(self.assembler.feed(&piece[..here]).is_ok());
            piece.advance(here);
            most -= here;
            if piece.is_empty() {
                self.taken.pop_front();
            }
            self.bytes.1 += here as u64;
            self.outbox.written(here);
            self.receive();
        }
    }

    fn receive(&mut self) {
        while let Some(message) = self.assembler.next().unwrap_or_else(|error| panic!("{error}")) {
            assert_eq!(self.sent.pop_front(), Some(message));
            self.arrived += 1;
        }
    }
}

/// What is sent arrives in order, and what waits is counted right.
pub(super) fn sequences(input: &[u8]) -> bool {
    let assembler = Assembler::new(limits(), BytesMut::new());
    let mut pair = Pair {
        outbox: Outbox::default(),
        taken: VecDeque::new(),
        assembler,
        sent: VecDeque::new(),
        bytes: (0, 0),
        arrived: 0,
    };
    for step in input.chunks_exact(3).take(1000) {
        match step[0] % 3 {
            0 => pair.write(usize::from(step[1]) << (step[2] % 12)),
            _ => pair.send(step[1], step[2]),
        }
        if pair.outbox.why().is_none() {
            assert_eq!(pair.outbox.queued(), pair.bytes.0 - pair.bytes.1);
        }
    }
    if pair.outbox.why().is_none() {
        pair.write(usize::MAX);
        assert!(pair.sent.is_empty() && pair.assembler.finish().is_ok());
    }
    pair.arrived > 0
}
