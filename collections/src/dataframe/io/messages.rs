//! Messages: the pieces of an Arrow IPC file or stream, found without reading their bodies.

use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

/// What a file, unlike a stream, begins with; 2 bytes follow that fill it up.
const MAGIC: &[u8; 6] = b"ARROW1";
/// What a message begins with, but for those of old writers.
const CONTINUES: u32 = 0xffff_ffff;

/// What a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    Schema,
    Dictionary,
    Batch { rows: usize },
}

/// A message and where it is.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) header: Header,
    pub(super) range: Range<u64>,
}

impl Message {
    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }
}

/// The messages of a file or stream of this size, in their order.
pub(super) fn messages(file: &mut (impl Read + Seek), size: u64) -> Result<Vec<Message>, String> {
    let mut start = vec![0; size.min(8) as usize];
    at(file, 0, &mut start)?;
    let is_file = start.starts_with(MAGIC);
    let mut offset = if is_file { 8 } else { 0 };
    let mut found = Vec::new();
    loop {
        let mut word = [0; 4];
        if size - offset.min(size) < 4 {
            // A stream may end without saying so.
            return if is_file || found.is_empty() { Err(short(size)) } else { Ok(found) };
        }
        at(file, offset, &mut word)?;
        let mut prefix = 4;
        let mut length = u32::from_le_bytes(word);
        if length == CONTINUES {
            at(file, offset + 4, &mut word)?;
            (prefix, length) = (8, u32::from_le_bytes(word));
        }
        if length == 0 {
            return Ok(found);
        }
        let body = offset + prefix + u64::from(length);
        if body > size {
            return Err(short(size));
        }
        let mut bytes = vec![0; length as usize];
        at(file, offset + prefix, &mut bytes)?;
        let (header, length) = read(&bytes).ok_or("a message makes no sense")?;
        let end = body.checked_add(length).filter(|&end| end <= size).ok_or_else(|| short(size))?;
        found.push(Message { header, range: offset..end });
        offset = end;
    }
}

fn short(size: u64) -> String {
    format!("it has {size} bytes and ends within a message, or is of another format")
}

fn at(file: &mut (impl Read + Seek), offset: u64, bytes: &mut [u8]) -> Result<(), String> {
    file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(bytes)).map_err(|error| error.to_string())
}

/// What a message says, and the length of its body.
fn read(bytes: &[u8]) -> Option<(Header, u64)> {
    let table = Table::root(bytes)?;
    let body = table.field(3).map_or(Some(0), |at| number(bytes, at))?;
    let kind = *bytes.get(table.field(1)?)?;
    let header = match kind {
        1 => Header::Schema,
        2 => Header::Dictionary,
        3 => {
            let batch = Table::at(bytes, table.field(2)?)?;
            let rows = batch.field(0).map_or(Some(0), |at| number(bytes, at))?;
            Header::Batch { rows: usize::try_from(rows).ok()? }
        }
        _ => return None,
    };
    Some((header, u64::try_from(body).ok()?))
}

/// How many times as long as what it was compressed to something can be; more is damage.
const MAX_RATIO: u64 = 1 << 16;

/// Whether the lengths that a message tells of fit its body; decoders believe them.
pub(super) fn is_sound(message: &[u8]) -> bool {
    lengths_fit(message).is_some()
}

fn lengths_fit(message: &[u8]) -> Option<()> {
    let first = u32::from_le_bytes(array(message, 0)?);
    let (prefix, length) = if first == CONTINUES { (8, u32::from_le_bytes(array(message, 4)?)) } else { (4, first) };
    let (bytes, body) = message.get(prefix..)?.split_at_checked(length as usize)?;
    let table = Table::root(bytes)?;
    let batch = match *bytes.get(table.field(1)?)? {
        2 => {
            let dictionary = Table::at(bytes, table.field(2)?)?;
            Table::at(bytes, dictionary.field(1)?)?
        }
        3 => Table::at(bytes, table.field(2)?)?,
        _ => return Some(()),
    };
    let is_compressed = batch.field(3).is_some();
    let ratio = if is_compressed { MAX_RATIO } else { 1 };
    let rows = batch.field(0).map_or(Some(0), |at| number(bytes, at))?;
    let longest = (body.len() as u64).checked_mul(8 * ratio)?.checked_add(u64::try_from(rows).ok()?)?;
    for (length, nulls) in batch.pairs(1)? {
        if length > longest || nulls > length {
            return None;
        }
    }
    for (offset, length) in batch.pairs(2)? {
        let buffer = body.get(usize::try_from(offset).ok()?..)?.get(..usize::try_from(length).ok()?)?;
        if is_compressed && length > 0 {
            // Before what is compressed stands how long it was; -1, if it was left as it is.
            let plain = number(buffer, 0)?;
            if plain != -1 && u64::try_from(plain).ok()? > length * MAX_RATIO {
                return None;
            }
        }
    }
    Some(())
}

/// A table of a flat buffer.
struct Table<'a> {
    bytes: &'a [u8],
    place: usize,
    fields: usize,
    length: usize,
}

impl<'a> Table<'a> {
    fn root(bytes: &'a [u8]) -> Option<Self> {
        Table::at(bytes, 0)
    }

    /// The table that an offset at `at` points to.
    fn at(bytes: &'a [u8], at: usize) -> Option<Self> {
        let place = at.checked_add(u32::from_le_bytes(array(bytes, at)?) as usize)?;
        let back = i32::from_le_bytes(array(bytes, place)?);
        let fields = usize::try_from(i64::try_from(place).ok()? - i64::from(back)).ok()?;
        let length = usize::from(u16::from_le_bytes(array(bytes, fields)?));
        Some(Table { bytes, place, fields, length })
    }

    /// Where a field is, if it was written.
    fn field(&self, number: usize) -> Option<usize> {
        let slot = 4 + 2 * number;
        if slot + 2 > self.length {
            return None;
        }
        match u16::from_le_bytes(array(self.bytes, self.fields + slot)?) {
            0 => None,
            offset => Some(self.place + usize::from(offset)),
        }
    }
}

impl Table<'_> {
    /// A list of pairs of numbers that are not negative.
    fn pairs(&self, number_of_field: usize) -> Option<Vec<(u64, u64)>> {
        let Some(at) = self.field(number_of_field) else { return Some(Vec::new()) };
        let list = at.checked_add(u32::from_le_bytes(array(self.bytes, at)?) as usize)?;
        let length = u32::from_le_bytes(array(self.bytes, list)?) as usize;
        let pairs = self.bytes.get(list + 4..)?.get(..length.checked_mul(16)?)?;
        let positive = |bytes, at| u64::try_from(number(bytes, at)?).ok();
        pairs.chunks_exact(16).map(|pair| Some((positive(pair, 0)?, positive(pair, 8)?))).collect()
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn number(bytes: &[u8], at: usize) -> Option<i64> {
    array(bytes, at).map(i64::from_le_bytes)
}
