//! A head that has something of everything, to be read from anything.

use crate::frame::head::{self, LENGTH_BYTES, Opened};
use crate::limits::Limits;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something of everything that heads are made of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) enum Probe {
    Nothing,
    Number(i64),
    Text(String),
    Pair(u8, Option<Box<Probe>>),
    Many(Vec<Probe>),
    Map(BTreeMap<u32, Probe>),
    Fields { key: String, bytes: Vec<u8>, flag: bool, units: Vec<()> },
}

impl Probe {
    /// One of a kind by number.
    pub(super) fn of(number: u8) -> Probe {
        let small = i64::from(number);
        match number % 7 {
            0 => Probe::Nothing,
            1 => Probe::Number(small << (number % 56)),
            2 => Probe::Text("partita ".repeat(usize::from(number % 40))),
            3 => Probe::Pair(number, Some(Box::new(Probe::Number(-small)))),
            4 => Probe::Many(vec![Probe::Nothing; usize::from(number)]),
            5 => {
                Probe::Map((0..u32::from(number % 9)).map(|key| (key << (number % 30), Probe::Number(small))).collect())
            }
            _ => Probe::Fields {
                key: format!("key-{number}"),
                bytes: vec![number; usize::from(number)],
                flag: number > 100,
                units: vec![(); usize::from(number % 5)],
            },
        }
    }
}

/// Limits under which little data is already too much.
pub(super) fn limits() -> Limits {
    Limits { head_bytes: 4 << 10, bulk_bytes: 1 << 20, segments: 8, queue_bytes: 64 << 10 }
}

/// The frame of a message.
pub(super) fn frame(probe: &Probe, segments: &[Bytes]) -> BytesMut {
    let mut frame = BytesMut::new();
    let written = head::write(&mut frame, probe, segments, &limits());
    assert!(written.is_ok(), "{written:?}");
    frame
}

pub(super) fn corpus() -> Vec<Vec<u8>> {
    let segments = [Bytes::from_static(b"one"), Bytes::new(), Bytes::from_static(b"three")];
    (0..28)
        .map(|number| frame(&Probe::of(number * 9), &segments[..usize::from(number % 4)])[LENGTH_BYTES..].to_vec())
        .collect()
}

/// What can be read can be written, and read again as the same.
pub(super) fn heads(input: &[u8]) -> bool {
    let Ok(Opened { head: probe, segments }) = head::read::<Probe>(input, 0, &limits()) else { return false };
    let bulk: u64 = segments.iter().sum();
    assert!(bulk <= limits().bulk_bytes && segments.len() <= limits().segments);
    let mut again = BytesMut::new();
    // Written, it may be longer than it was: then it is refused.
    if head::write(&mut again, &probe, &[], &limits()).is_ok() {
        let read = head::read::<Probe>(&again[LENGTH_BYTES..], 0, &limits());
        assert!(matches!(&read, Ok(opened) if opened.head == probe), "{probe:?}");
    } else {
        assert!(again.is_empty());
    }
    true
}
