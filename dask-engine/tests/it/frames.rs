//! Frames of any size, and what is no message.

use super::fixtures;
use bytes::{BufMut, Bytes, BytesMut};
use partita_dask::frame::{Assembler, FrameError, Limits, prelude};
use partita_dask::message::{Message, MessageError};
use proptest::prelude::*;

fn written(messages: &[Vec<Bytes>]) -> Vec<u8> {
    let parts = messages.iter().flat_map(|frames| std::iter::once(prelude(frames)).chain(frames.iter().cloned()));
    parts.flat_map(|part| part.to_vec()).collect()
}

/// Reads all messages, so many bytes at a time as the pieces say, again and again.
fn read(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Vec<Bytes>>, FrameError> {
    let mut assembler = Assembler::new(Limits::SCHEDULER);
    let (mut messages, mut rest) = (Vec::new(), bytes);
    let mut pieces = pieces.iter().cycle();
    loop {
        while let Some(frames) = assembler.message()? {
            messages.push(frames);
        }
        if rest.is_empty() {
            return assembler.finish().map(|()| messages);
        }
        let mut space = assembler.space();
        assert!(space.remaining_mut() > 0);
        let taken = (*pieces.next().unwrap()).min(rest.len()).min(space.remaining_mut());
        space.put_slice(&rest[..taken]);
        rest = &rest[taken..];
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn frames_come_as_they_were_sent(
        lengths in prop::collection::vec(prop::collection::vec(prop_oneof![0..100_usize, 0..300_000_usize], 1..5), 1..5),
        pieces in prop::collection::vec(1..100_000_usize, 1..5),
    ) {
        let frame = |length: &usize| Bytes::from((0..*length).map(|at| (at * 31 + length) as u8).collect::<Vec<u8>>());
        let messages: Vec<Vec<Bytes>> = lengths.iter().map(|lengths| lengths.iter().map(frame).collect()).collect();
        prop_assert_eq!(read(&written(&messages), &pieces).unwrap(), messages);
    }

    #[test]
    fn what_is_damaged_is_an_error_or_another_message(at in 0..1000_usize, to: u8, which in 0..220_usize) {
        let mut bytes = fixtures::all()[which].bytes.clone();
        let at = at % bytes.len();
        bytes[at] = to;
        if let Ok(messages) = read(&bytes, &[usize::MAX]) {
            for message in messages.into_iter().filter_map(|frames| Message::read(frames).ok()) {
                let _ = (message.opaque(&message.head), message.pickled(&message.head), message.op());
            }
        }
    }
}

#[test]
fn a_large_frame_is_whole_and_the_next_message_is_not_touched() {
    let large = Bytes::from(vec![7; 150 << 20]);
    let messages =
        vec![vec![Bytes::from_static(b"\xc0"), large, Bytes::from_static(b"end")], vec![Bytes::from_static(b"\xc3")]];
    assert!(read(&written(&messages), &[usize::MAX]).unwrap() == messages);
}

/// What says this of itself; its error.
fn told(numbers: &[u64]) -> FrameError {
    let mut bytes = BytesMut::new();
    numbers.iter().for_each(|number| bytes.put_u64_le(*number));
    read(&bytes, &[usize::MAX]).unwrap_err()
}

#[test]
fn lengths_are_not_believed() {
    let most = Limits::SCHEDULER;
    let table = [
        (told(&[8, 0]), FrameError::Empty { offset: 0 }),
        (told(&[8, u64::MAX]), FrameError::TooManyFrames { offset: 0, frames: u64::MAX, most: most.frames }),
        (told(&[16, 1, 1 << 40]), FrameError::HeadTooLong { offset: 0, length: 1 << 40, most: most.head_bytes }),
        (told(&[24, 2, 1, u64::MAX]), FrameError::TooLong { offset: 0, length: u64::MAX, most: most.message_bytes }),
        (
            told(&[24, 2, 1, most.message_bytes]),
            FrameError::TooLong { offset: 0, length: most.message_bytes + 1, most: most.message_bytes },
        ),
        (told(&[24, 2, 1, 1 << 30]), FrameError::Cut { offset: 32 }),
    ];
    for (seen, expected) in table {
        assert_eq!(seen, expected);
    }
    let http = read(b"HTTP/1.1 400 Bad Request\r\n", &[usize::MAX]).unwrap_err();
    assert!(http.to_string().contains("this is no Dask peer, or another protocol"), "{http}");
}

#[test]
fn what_is_no_message_says_why() {
    let message =
        |frames: &[&'static [u8]]| Message::read(frames.iter().map(|frame| Bytes::from_static(frame)).collect());
    let deep: &'static [u8] = Box::leak(vec![0x91; 100_000].into_boxed_slice());
    for (frames, expected) in [
        (&[b"".as_slice()][..], "frame 0 of the message is no msgpack"),
        (&[b"\xdf\xff\xff\xff\xff"], "frame 0 of the message is no msgpack"),
        (&[deep], "frame 0 of the message is no msgpack"),
        (&[b"\xc0\xc0"], "frame 0 of the message has 1 bytes behind its value"),
    ] {
        let error = message(frames).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    // `{"__Serialized__": 1}`, or another frame
    let refers = |frame: u8, rest: &[&'static [u8]]| {
        let head: &'static [u8] =
            Box::leak([b"\x81\xae__Serialized__".as_slice(), &[frame]].concat().into_boxed_slice());
        let message = message(&[&[head], rest].concat()).unwrap();
        message.opaque(&message.head).unwrap_err()
    };
    assert!(matches!(refers(0, &[]), MessageError::NoFrame { frame: 0, frames: 1, .. }));
    assert!(matches!(refers(9, &[b"\x80"]), MessageError::NoFrame { frame: 9, frames: 2, .. }));
    assert!(matches!(
        refers(1, &[b"\x81\xaenum-sub-frames\x05"]),
        MessageError::NoFrame { frame: 1, data: 5, frames: 2 }
    ));
    assert!(matches!(refers(1, &[b"\xc0"]), MessageError::Form { .. }));
}
