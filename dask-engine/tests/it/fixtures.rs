//! All recorded messages, read and written again: the same bytes.

use bytes::{BufMut, Bytes, BytesMut};
use partita_dask::frame::{Assembler, FrameError, Limits, prelude};
use partita_dask::message::{Message, Opaque, Outgoing, Pickled};
use rmpv::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A recorded message: its name, and its bytes.
pub(crate) struct Fixture {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

static ALL: LazyLock<Vec<Fixture>> = LazyLock::new(read_all);

pub(crate) fn all() -> &'static [Fixture] {
    &ALL
}

fn read_all() -> Vec<Fixture> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let files = [folder.clone(), folder.join("real"), folder.join("offline")]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "hex")).collect();
    files.sort();
    assert_eq!(files.len(), 220);
    files.iter().map(|path| read(path)).collect()
}

pub(crate) fn named(name: &str) -> Message {
    let fixture = all().iter().find(|fixture| fixture.name == name);
    let fixture = fixture.unwrap_or_else(|| panic!("no fixture {name}"));
    Message::read(frames(&fixture.bytes, usize::MAX).unwrap()).unwrap()
}

fn read(path: &Path) -> Fixture {
    let text = std::fs::read_to_string(path).unwrap();
    let digits: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let digit = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes = (0..digits.len()).step_by(2).map(digit).collect();
    Fixture { name: path.file_stem().unwrap().to_string_lossy().into_owned(), bytes }
}

/// The frames of a message that comes in pieces of so many bytes.
pub(crate) fn frames(bytes: &[u8], piece: usize) -> Result<Vec<Bytes>, FrameError> {
    let mut assembler = Assembler::new(Limits::SCHEDULER);
    let mut rest = bytes;
    loop {
        if let Some(frames) = assembler.message()? {
            assert!(rest.is_empty());
            assembler.finish()?;
            return Ok(frames);
        }
        let mut space = assembler.space();
        let taken = piece.min(rest.len()).min(space.remaining_mut());
        space.put_slice(&rest[..taken]);
        rest = &rest[taken..];
        if taken == 0 {
            return Err(assembler.finish().unwrap_err());
        }
    }
}

/// The opaque values and pickles of a message.
pub(crate) fn references(message: &Message) -> (Vec<Opaque>, Vec<Pickled>) {
    let (mut opaque, mut pickled) = (Vec::new(), Vec::new());
    let mut left = vec![&message.head];
    while let Some(value) = left.pop() {
        opaque.extend(message.opaque(value).unwrap());
        pickled.extend(message.pickled(value).unwrap());
        match value {
            Value::Array(items) => left.extend(items),
            Value::Map(entries) => left.extend(entries.iter().map(|(_, value)| value)),
            _ => {}
        }
    }
    (opaque, pickled)
}

/// The same value, with what it refers to written into another message.
fn again(message: &Message, value: &Value, to: &mut Outgoing) -> Value {
    if let Some(opaque) = message.opaque(value).unwrap() {
        return to.opaque(&opaque).into();
    }
    if let Some(pickled) = message.pickled(value).unwrap() {
        return to.pickled(&pickled).into();
    }
    match value {
        Value::Array(items) => Value::Array(items.iter().map(|item| again(message, item, to)).collect()),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), again(message, value, to)));
            Value::Map(entries.collect())
        }
        other => other.clone(),
    }
}

#[test]
fn every_message_is_read_and_written_byte_for_byte() {
    for Fixture { name, bytes } in all() {
        for piece in [1, 7, 4096, usize::MAX] {
            if piece == 1 && bytes.len() > 20_000 {
                continue;
            }
            let message =
                Message::read(frames(bytes, piece).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            let mut outgoing = Outgoing::default();
            let head = again(&message, &message.head, &mut outgoing);
            let written = outgoing.say(&head).unwrap();
            let mut whole = BytesMut::from(&prelude(&written)[..]);
            // How much is to be read in one piece is for the writer to say, up to the end of any frame. Of a message of less than
            // 128 KiB, Python says all of it, though it has a large frame.
            let told = u64::from_le_bytes(bytes[..8].try_into().unwrap());
            if told == bytes.len() as u64 - 8 && bytes.len() < 128 << 10 {
                whole[..8].copy_from_slice(&bytes[..8]);
            }
            written.iter().for_each(|frame| whole.extend_from_slice(frame));
            assert!(
                whole == *bytes,
                "{name}:\n{:02x?}\n{:02x?}",
                &whole[..whole.len().min(400)],
                &bytes[..bytes.len().min(400)]
            );
        }
    }
}

#[test]
fn a_message_that_is_cut_anywhere_is_an_error_that_tells_where() {
    for Fixture { name, bytes } in all().iter().filter(|fixture| fixture.bytes.len() < 1000) {
        for cut in 1..bytes.len() {
            let error = frames(&bytes[..cut], usize::MAX).unwrap_err();
            assert_eq!(error, FrameError::Cut { offset: cut as u64 }, "{name} at {cut}");
        }
    }
}
