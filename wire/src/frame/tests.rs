//! Tests of frames without sockets: cuts, lengths, bombs, and what waits.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::assembler::{Assembler, Message, Space};
use super::error::{SendError, WireError};
use super::outbox::{End, Outbox, Taken};
use super::room::Spare;
use super::{head, room};
use crate::limits::{HEAD_DEPTH, Limits, MAPPED_BYTES};
use bytes::{BufMut, Bytes, BytesMut};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// A head of many kinds, and one that is as deep as it likes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Head {
    Number(u64),
    Text(String, Vec<u32>),
    Map(BTreeMap<String, i64>),
    Deep(Vec<Head>),
}

fn limits() -> Limits {
    Limits::default()
}

fn write(messages: &[Message<Head>]) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    for message in messages {
        head::write(&mut bytes, &message.head, &message.segments, &limits()).unwrap();
        message.segments.iter().for_each(|segment| bytes.extend_from_slice(segment));
    }
    bytes.to_vec()
}

/// Feeds bytes as a socket does, and takes the messages that are whole.
fn feed(assembler: &mut Assembler<Head>, bytes: &[u8], into: &mut Vec<Message<Head>>) -> Result<(), WireError> {
    assembler.feed(bytes)?;
    while let Some(message) = assembler.next()? {
        into.push(message);
    }
    Ok(())
}

fn assembler() -> Assembler<Head> {
    Assembler::new(limits(), BytesMut::new())
}

fn message() -> impl Strategy<Value = Message<Head>> {
    let head = prop_oneof![
        any::<u64>().prop_map(Head::Number),
        ("[a-z]{0,30}", prop::collection::vec(any::<u32>(), 0..30))
            .prop_map(|(text, numbers)| Head::Text(text, numbers)),
        prop::collection::btree_map("[a-z]{1,4}", any::<i64>(), 0..5).prop_map(Head::Map),
    ];
    let segment = prop_oneof![Just(0usize), 1..200usize, 4_000..5_000usize, 60_000..200_000usize];
    let segments = prop::collection::vec((any::<u8>(), segment), 0..4);
    (head, segments).prop_map(|(head, segments)| {
        let segments = segments.into_iter().map(|(byte, length)| Bytes::from(vec![byte; length])).collect();
        Message { head, segments }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// FAULTS M2.
    #[test]
    fn messages_come_out_however_the_stream_is_cut(
        messages in prop::collection::vec(message(), 0..6),
        cuts in prop::collection::vec(1..100_000usize, 1..20),
    ) {
        let stream = write(&messages);
        let (mut assembler, mut got, mut rest) = (assembler(), Vec::new(), &stream[..]);
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            feed(&mut assembler, now, &mut got).unwrap();
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert!(assembler.finish().is_ok());
        prop_assert_eq!(assembler.offset(), stream.len() as u64);
        prop_assert_eq!(got, messages);
    }
}

/// FAULTS M2, without a socket: the end at each byte is the end of a message or a cut, which tells what is missing.
#[test]
fn a_stream_may_end_at_each_byte() {
    let segments = vec![Bytes::from_static(b"segment"), Bytes::new(), Bytes::from_static(b"another")];
    let message = Message { head: Head::Text("head".into(), vec![1, 2, 300]), segments };
    let (one, stream) = (write(std::slice::from_ref(&message)).len(), write(&[message.clone(), message]));
    for end in 0..=stream.len() {
        let (mut assembler, mut got) = (assembler(), Vec::new());
        feed(&mut assembler, &stream[..end], &mut got).unwrap();
        assert_eq!(got.len(), end / one, "{end}");
        match assembler.finish() {
            Ok(()) => assert_eq!(end % one, 0),
            Err(WireError::Cut { offset, missing }) => {
                assert_eq!(offset, end as u64);
                assert!(missing > 0 && missing <= (one - end % one) as u64, "{end}: {missing}");
            }
            Err(error) => panic!("{end}: {error}"),
        }
    }
}

/// A frame with a table of segments and a head that need not be right.
fn frame(segments: &[u64], head: &[u8]) -> Vec<u8> {
    let mut body = (segments.len() as u16).to_le_bytes().to_vec();
    segments.iter().for_each(|length| body.extend_from_slice(&length.to_le_bytes()));
    body.extend_from_slice(head);
    [&(body.len() as u32).to_le_bytes()[..], &body].concat()
}

fn refusal(bytes: &[u8]) -> (WireError, usize) {
    let mut assembler = assembler();
    let error = feed(&mut assembler, bytes, &mut Vec::new()).unwrap_err();
    (error, assembler.memory())
}

/// FAULTS M4.
#[test]
fn lengths_are_refused_before_memory_is_taken() {
    let (least, many) = (1 << 20, u64::from(u16::MAX));
    for length in [(64 << 20) + 2 + 8 * 4096 + 1, u32::MAX - 1, u32::MAX, i32::MAX as u32 + 1] {
        let (error, memory) = refusal(&length.to_le_bytes());
        assert!(matches!(error, WireError::HeadTooLong { length: told, .. } if told == u64::from(length)), "{error}");
        assert!(memory < least, "{memory}");
    }
    for length in [0u32, 1] {
        let (error, _) = refusal(&[&length.to_le_bytes()[..], &[0; 1]].concat());
        assert!(matches!(error, WireError::Head { .. }), "{length}: {error}");
    }
    for lengths in [vec![u64::MAX], vec![1 << 63], vec![u64::MAX, u64::MAX], vec![(64 << 30) + 1], vec![1 << 62; 9]] {
        let (error, memory) = refusal(&frame(&lengths, &[0xc0]));
        assert!(matches!(error, WireError::BulkTooLong { .. }), "{lengths:?}: {error}");
        assert!(memory < least, "{memory}");
    }
    let (error, _) = refusal(&frame(&vec![0; 4097], &[0xc0]));
    assert!(matches!(error, WireError::TooManySegments { count: 4097, most: 4096, .. }), "{error}");
    let (error, _) = refusal(&[&8u32.to_le_bytes()[..], &(many as u16 / 32).to_le_bytes(), &[0; 6]].concat());
    assert!(matches!(error, WireError::Head { .. }), "a table that is not there: {error}");
}

/// FAULTS M4: who announces 8 GiB and sends nothing costs nothing; what comes later costs in proportion.
#[test]
fn what_is_announced_costs_nothing_until_it_comes() {
    let mut bytes = BytesMut::new();
    head::write(&mut bytes, &Head::Number(1), &[], &limits()).unwrap();
    let announced = frame(&[8 << 30], &bytes[6..]);
    let (mut assembler, mut got) = (assembler(), Vec::new());
    feed(&mut assembler, &announced, &mut got).unwrap();
    feed(&mut assembler, b"one byte", &mut got).unwrap();
    assert!(assembler.memory() < 1 << 20, "{}", assembler.memory());
    for come in 1..=400usize {
        feed(&mut assembler, &[7; 50_000], &mut got).unwrap();
        let memory = assembler.memory();
        assert!(memory <= 4 * 50_000 * come + (1 << 20), "{memory} bytes for {come} times 50,000");
    }
    assert!(got.is_empty() && matches!(assembler.finish(), Err(WireError::Cut { .. })));
}

/// FAULTS T19.
/// Large segments move into pages of their own on the way, and nothing of them is lost.
#[test]
fn large_segments_are_whole() {
    let length = 3 * MAPPED_BYTES + 12_345;
    let bytes: Bytes = (0..length).map(|n| (n % 251) as u8).collect::<Vec<u8>>().into();
    let message = Message { head: Head::Number(3), segments: vec![bytes, Bytes::from_static(b"behind")] };
    let (stream, mut assembler, mut got) = (write(std::slice::from_ref(&message)), assembler(), Vec::new());
    for piece in stream.chunks(70_001) {
        feed(&mut assembler, piece, &mut got).unwrap();
    }
    assert!(assembler.finish().is_ok());
    assert!(got == [message], "they differ");
    let mut room = room::Room::new();
    assert!(room.grow(u64::MAX) && matches!(room.spare(9), Spare::Heap(heap) if heap.remaining_mut() == 9));
    assert!(matches!(assembler.space().unwrap(), Space::Unknown(_)));
}

/// FAULTS M5.
#[test]
fn bombs_of_msgpack_are_refused_at_once() {
    let nested = |depth: usize| [vec![0x81, 0xa4], b"Deep".to_vec(), vec![0x91]].concat().repeat(depth);
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("list of 4 G", [&b"\x81\xa4Deep"[..], &[0xdd, 0xff, 0xff, 0xff, 0xff]].concat()),
        ("map of 4 G", [&b"\x81\xa3Map"[..], &[0xdf, 0xff, 0xff, 0xff, 0xff]].concat()),
        ("bytes of 4 G", [&b"\x81\xa3Map"[..], &[0xc6, 0xff, 0xff, 0xff, 0xff]].concat()),
        ("text of 4 G", [&b"\x81\xa4Text\x92"[..], &[0xdb, 0xff, 0xff, 0xff, 0xff]].concat()),
        ("extension", [&b"\x81\xa6Number"[..], &[0xc9, 0xff, 0xff, 0xff, 0xff, 1]].concat()),
        ("bare list", vec![0xdd, 0xff, 0xff, 0xff, 0xff]),
        ("bare map", vec![0xdf, 0xff, 0xff, 0xff, 0xff]),
        ("never used", vec![0xc1]),
        ("100,000 deep", nested(100_000)),
        ("lists, 100,000 deep", vec![0x91; 100_000]),
        ("maps, 100,000 deep", vec![0x81; 100_000]),
        ("nothing", vec![]),
        ("something behind it", [&b"\x81\xa6Number\x07"[..], &[0xc0]].concat()),
    ];
    for (name, bomb) in table {
        let start = Instant::now();
        let (error, _) = refusal(&frame(&[], &bomb));
        assert!(matches!(error, WireError::Head { .. }), "{name}: {error}");
        assert!(error.to_string().len() < 1000, "{name}: {error}");
        assert!(start.elapsed() < Duration::from_secs(2), "{name}: {:?}", start.elapsed());
    }
}

/// FAULTS M5: depth has a limit on both sides of which it is known what happens.
#[test]
fn heads_may_be_somewhat_deep() {
    let deep = |levels: usize| (0..levels).fold(Head::Number(1), |inner, _| Head::Deep(vec![inner]));
    // A level is a map of the variant's name and a list.
    let fine = Message { head: deep(HEAD_DEPTH / 2 - 4), segments: vec![] };
    let (mut assembler, mut got) = (assembler(), Vec::new());
    feed(&mut assembler, &write(std::slice::from_ref(&fine)), &mut got).unwrap();
    assert_eq!(got, [fine]);
    let (error, _) = refusal(&write(&[Message { head: deep(HEAD_DEPTH + 1), segments: vec![] }]));
    assert!(error.to_string().contains("depth"), "{error}");
}

/// FAULTS T19.
/// Messages that are too large are an error of the one who sends them, and leave the connection as it was.
#[test]
fn what_is_too_large_is_not_sent() {
    let limits = Limits { head_bytes: 16, bulk_bytes: 8, segments: 2, queue_bytes: 1000 };
    let mut outbox = Outbox::default();
    let long = outbox.push(&Head::Text("x".repeat(99), vec![]), vec![], &limits);
    assert!(matches!(long, Err(SendError::HeadTooLong { most: 16, .. })), "{long:?}");
    let bulk = outbox.push(&Head::Number(1), vec![Bytes::from_static(b"123456789")], &limits);
    assert!(matches!(bulk, Err(SendError::BulkTooLong { length: 9, most: 8 })), "{bulk:?}");
    let many = outbox.push(&Head::Number(1), vec![Bytes::new(); 3], &limits);
    assert!(matches!(many, Err(SendError::TooManySegments { count: 3, most: 2 })), "{many:?}");
    assert_eq!((outbox.queued(), outbox.take(&mut VecDeque::new())), (0, Taken::Nothing));
    assert!(outbox.push(&Head::Number(1), vec![], &limits).unwrap(), "the writer waits and must be woken");
    assert!(!outbox.push(&Head::Number(1), vec![], &limits).unwrap(), "once");
}

/// FAULTS M14, without a socket.
#[test]
fn what_waits_is_counted_and_too_much_ends_it() {
    let limits = Limits { queue_bytes: 10_000, ..limits() };
    let (mut outbox, mut taken) = (Outbox::default(), VecDeque::new());
    for _ in 0..10 {
        outbox.push(&Head::Number(1), vec![Bytes::from(vec![0; 50_000])], &limits).unwrap();
    }
    assert!(outbox.queued() > 500_000, "large segments are not copied");
    for _ in 0..20 {
        assert!(matches!(outbox.take(&mut taken), Taken::Pieces));
        outbox.push(&Head::Number(1), vec![Bytes::from(vec![0; 4_000])], &limits).unwrap();
    }
    outbox.push(&Head::Number(1), vec![Bytes::from(vec![0; 4_000])], &limits).unwrap();
    outbox.push(&Head::Number(1), vec![Bytes::from(vec![0; 4_000])], &limits).unwrap();
    taken.clear();
    let full = outbox.push(&Head::Number(2), vec![], &limits);
    assert!(matches!(full, Err(SendError::QueueFull { most: 10_000, queued: 12_001.. })), "{full:?}");
    assert!(matches!(outbox.why(), Some(End::QueueFull { most: 10_000, .. })));
    assert!(matches!(outbox.push(&Head::Number(3), vec![], &limits), Err(SendError::Ended)));
    assert_eq!((outbox.take(&mut taken), taken.len(), outbox.queued()), (Taken::Finished, 0, 0), "nothing is kept");
}

/// Small messages become one piece, large segments go as they are.
#[test]
fn small_messages_go_out_together_and_large_segments_uncopied() {
    let (mut outbox, mut taken) = (Outbox::default(), VecDeque::new());
    let large = Bytes::from(vec![1; 100_000]);
    for number in 0..100 {
        outbox.push(&Head::Number(number), vec![Bytes::from_static(b"small")], &limits()).unwrap();
    }
    outbox.push(&Head::Number(100), vec![large.clone()], &limits()).unwrap();
    outbox.push(&Head::Number(101), vec![], &limits()).unwrap();
    assert_eq!(outbox.take(&mut taken), Taken::Pieces);
    assert_eq!(taken.len(), 3);
    assert_eq!(taken[1].as_ptr(), large.as_ptr(), "not copied");
}
