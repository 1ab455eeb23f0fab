//! Frames as they travel: large ones in pieces, some compressed.

use super::error::ValueError;
use crate::message::Opaque;
use bytes::{Bytes, BytesMut};
use flate2::read::ZlibDecoder;
use rmpv::Value;
use std::io::Read;

/// How large a piece of a frame may be when it is decompressed: Python cuts frames before it compresses them, at 64 MiB.
const MOST: u64 = 1 << 30;

/// The logical frames of a value: decompressed, and joined where they were cut.
pub(super) fn frames(value: &Opaque) -> Result<Vec<Bytes>, ValueError> {
    let pieces = decompressed(value)?;
    let numbers = |what| value.says(what).and_then(Value::as_array);
    let (Some(counts), Some(offsets)) = (numbers("split-num-sub-frames"), numbers("split-offsets")) else {
        return Ok(pieces);
    };
    if counts.len() != offsets.len() {
        return Err(ValueError::Header("it has another number of offsets than of counts of frames".to_owned()));
    }
    let joined = counts.iter().zip(offsets).map(|(count, offset)| {
        let (count, offset) = (count.as_u64()? as usize, offset.as_u64()? as usize);
        Some(join(pieces.get(offset..offset.checked_add(count)?)?))
    });
    let joined: Option<Vec<Bytes>> = joined.collect();
    joined.ok_or_else(|| ValueError::Header(format!("it refers to frames that did not come: {} did", pieces.len())))
}

/// These pieces in one.
pub(super) fn join(pieces: &[Bytes]) -> Bytes {
    if let [piece] = pieces {
        return piece.clone();
    }
    let mut whole = BytesMut::with_capacity(pieces.iter().map(Bytes::len).sum());
    pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
    whole.freeze()
}

fn decompressed(value: &Opaque) -> Result<Vec<Bytes>, ValueError> {
    let Some(methods) = value.says("compression").and_then(Value::as_array) else { return Ok(value.frames.clone()) };
    let methods = methods.iter().map(Some).chain(std::iter::repeat(None));
    let pieces = value.frames.iter().zip(methods).enumerate();
    pieces
        .map(|(part, (piece, method))| match method.and_then(Value::as_str) {
            None => Ok(piece.clone()),
            Some("lz4") => lz4(part, piece),
            Some("zlib") => zlib(part, piece),
            Some(other) => Err(ValueError::Compression(other.to_owned())),
        })
        .collect()
}

/// A block of LZ4, with its size in front.
fn lz4(part: usize, piece: &Bytes) -> Result<Bytes, ValueError> {
    let damaged = |reason: String| ValueError::Damaged { part, how: "lz4", reason };
    let (size, block) = lz4_flex::block::uncompressed_size(piece).map_err(|error| damaged(error.to_string()))?;
    allowed(size as u64)?;
    // A byte of LZ4 stands for 255 at most.
    if size / 255 > block.len() {
        return Err(damaged(format!("it says that {} bytes become {size}", block.len())));
    }
    lz4_flex::block::decompress(block, size).map(Bytes::from).map_err(|error| damaged(error.to_string()))
}

fn zlib(part: usize, piece: &Bytes) -> Result<Bytes, ValueError> {
    let mut whole = Vec::new();
    let read = ZlibDecoder::new(&piece[..]).take(MOST + 1).read_to_end(&mut whole);
    read.map_err(|error| ValueError::Damaged { part, how: "zlib", reason: error.to_string() })?;
    allowed(whole.len() as u64)?;
    Ok(whole.into())
}

fn allowed(bytes: u64) -> Result<(), ValueError> {
    if bytes > MOST { Err(ValueError::TooLarge { bytes, most: MOST }) } else { Ok(()) }
}
