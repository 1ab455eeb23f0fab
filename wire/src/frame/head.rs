//! The frame of a message's head: how many bytes it is, how long its segments are, and the head itself.
//!
//! ```text
//! u32   bytes of what follows in this frame
//! u16   segments
//! u64   length of each segment
//! ..    the head, as msgpack by position
//! ```
//!
//! All numbers have their lowest byte first. The segments follow the frame, one after the other, with nothing between.

use super::error::{SendError, WireError};
use crate::hex::FirstBytes;
use crate::limits::{HEAD_DEPTH, Limits};
use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

/// Bytes of the length at the front of a frame.
pub(crate) const LENGTH_BYTES: usize = 4;
/// Bytes of the number of segments.
const COUNT_BYTES: usize = 2;
/// Bytes of the length of a segment.
const SEGMENT_BYTES: usize = 8;

/// The most that a frame may hold behind its length.
fn most(limits: &Limits) -> u64 {
    let table = COUNT_BYTES + SEGMENT_BYTES * limits.segments.min(usize::from(u16::MAX));
    (table as u64).saturating_add(limits.head_bytes as u64).min(u64::from(u32::MAX))
}

/// Appends the frame of a message; nothing, if that fails.
pub(crate) fn write<Head: Serialize + ?Sized>(
    into: &mut BytesMut,
    head: &Head,
    segments: &[Bytes],
    limits: &Limits,
) -> Result<(), SendError> {
    let start = into.len();
    let written = append(into, head, segments, limits);
    if written.is_err() {
        into.truncate(start);
    }
    written
}

fn append<Head: Serialize + ?Sized>(
    into: &mut BytesMut,
    head: &Head,
    segments: &[Bytes],
    limits: &Limits,
) -> Result<(), SendError> {
    let most_segments = limits.segments.min(usize::from(u16::MAX));
    if segments.len() > most_segments {
        return Err(SendError::TooManySegments { count: segments.len(), most: most_segments });
    }
    let bulk = segments.iter().map(|segment| segment.len() as u64).fold(0, u64::saturating_add);
    if bulk > limits.bulk_bytes {
        return Err(SendError::BulkTooLong { length: bulk, most: limits.bulk_bytes });
    }
    let start = into.len();
    into.put_u32_le(0);
    into.put_u16_le(segments.len() as u16);
    for segment in segments {
        into.put_u64_le(segment.len() as u64);
    }
    let before = into.len();
    head.serialize(&mut rmp_serde::Serializer::new((&mut *into).writer()))?;
    let length = into.len() - before;
    // A length that no u32 holds is over `most`, too.
    if length > limits.head_bytes || (into.len() - start - LENGTH_BYTES) as u64 > most(limits) {
        return Err(SendError::HeadTooLong { length, most: limits.head_bytes });
    }
    let told = (into.len() - start - LENGTH_BYTES) as u32;
    into[start..start + LENGTH_BYTES].copy_from_slice(&told.to_le_bytes());
    Ok(())
}

/// A head that has come, and the segments that follow.
pub(crate) struct Opened<Head> {
    pub(crate) head: Head,
    pub(crate) segments: Vec<u64>,
}

/// How many bytes follow the length, once it is there.
pub(crate) fn length(buffer: &[u8], offset: u64, limits: &Limits) -> Result<Option<usize>, WireError> {
    let Some(length) = buffer.first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
    let (length, most) = (u64::from(u32::from_le_bytes(*length)), most(limits));
    if length > most {
        return Err(WireError::HeadTooLong { offset, length, most });
    }
    Ok(Some(length as usize))
}

/// Reads what stands behind the length of a frame.
pub(crate) fn read<Head: DeserializeOwned>(
    mut body: &[u8],
    offset: u64,
    limits: &Limits,
) -> Result<Opened<Head>, WireError> {
    let shown = FirstBytes::of(body);
    let broken = |problem: String| WireError::Head { offset, problem, first: shown };
    let count = body.try_get_u16_le().map_err(|_| broken("it has no number of segments".to_string()))?;
    let count = usize::from(count);
    if count > limits.segments {
        return Err(WireError::TooManySegments { offset, count, most: limits.segments });
    }
    if body.len() < count * SEGMENT_BYTES {
        return Err(broken(format!("it has no room for the lengths of its {count} segments")));
    }
    let segments: Vec<u64> = (0..count).map(|_| body.get_u64_le()).collect();
    let bulk = segments.iter().copied().fold(0, u64::saturating_add);
    if bulk > limits.bulk_bytes {
        return Err(WireError::BulkTooLong { offset, length: bulk, most: limits.bulk_bytes });
    }
    let head = decode(body).map_err(|problem| WireError::Head { offset, problem, first: FirstBytes::of(body) })?;
    Ok(Opened { head, segments })
}

/// One value of msgpack, no deeper than allowed, and nothing behind it.
fn decode<Head: DeserializeOwned>(bytes: &[u8]) -> Result<Head, String> {
    let mut reader = rmp_serde::Deserializer::from_read_ref(bytes);
    reader.set_max_depth(HEAD_DEPTH);
    let head = Head::deserialize(&mut reader).map_err(|error| error.to_string())?;
    match IgnoredAny::deserialize(&mut reader) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(head),
        _ => Err("something stands behind the head".to_string()),
    }
}
