//! The form of a value on disk: a head that says whose it is, and blocks with checksums, compressed where that pays.
//!
//! ```text
//! head   "PTS1" · task u64 · version u64 · bytes of the value u64 · checksum of all this u64
//! block  bytes in the file u32 · bytes of the value u32 · checksum of what follows u64 · what follows
//! ```
//! Numbers are little-endian, checksums XXH3 with 64 bits (Yann Collet, <https://xxhash.com>). A block of as many bytes in the
//! file as of the value is not compressed; others are blocks of LZ4 (<https://lz4.org>).

use super::slot::NewFile;
use std::io::{self, Read};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: &[u8; 4] = b"PTS1";

/// Bytes of a head.
pub(super) const HEAD: usize = 4 + 8 + 8 + 8 + 8;

/// Bytes before what stands in a block.
const FRONT: usize = 4 + 4 + 8;

/// Bytes of a value that one block holds at the most.
pub(super) const BLOCK: usize = 1 << 20;

/// Blocks of a value that are not compressed in a row, after one that did not get smaller by it.
const PATIENCE: u32 = 15;

/// Why a value could not be read back.
#[derive(Debug, thiserror::Error)]
pub enum SpillError {
    /// The system does not give the file.
    #[error("it cannot be read: {0}")]
    Unread(#[from] io::Error),
    /// What stands there is damaged, or another value.
    #[error("{0}")]
    Damaged(&'static str),
    /// It was read, and is no value of its type.
    #[error(transparent)]
    Codec(#[from] partita_graph::CodecError),
}

/// Whose value stands in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) task: u64,
    pub(super) version: u64,
    /// Bytes of the value.
    pub(super) nbytes: u64,
}

fn head(owner: Owner) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    let numbers = [owner.task, owner.version, owner.nbytes];
    head[..4].copy_from_slice(MAGIC);
    numbers
        .iter()
        .zip(head[4..].chunks_exact_mut(8))
        .for_each(|(number, at)| at.copy_from_slice(&number.to_le_bytes()));
    let checksum = xxh3_64(&head[..HEAD - 8]);
    head[HEAD - 8..].copy_from_slice(&checksum.to_le_bytes());
    head
}

/// Writes a value behind what stands in a file. Beside the value this takes memory for one block.
pub(super) fn write(file: &mut NewFile, owner: Owner, value: &[u8]) -> io::Result<()> {
    file.write(&head(owner))?;
    let mut packed = Vec::new();
    let mut plain = 0;
    for block in value.chunks(BLOCK) {
        let bytes = if plain == 0 { pack(block, &mut packed) } else { None };
        plain = if bytes.is_some() { 0 } else { (plain + 1) % PATIENCE };
        let bytes = bytes.unwrap_or(block);
        let mut front = [0; FRONT];
        front[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        front[4..8].copy_from_slice(&(block.len() as u32).to_le_bytes());
        front[8..].copy_from_slice(&xxh3_64(bytes).to_le_bytes());
        file.write(&front)?;
        file.write(bytes)?;
    }
    Ok(())
}

/// A block, compressed; nothing if it hardly gets smaller: then it costs more to unpack than to read.
fn pack<'a>(block: &[u8], packed: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    packed.resize(lz4_flex::block::get_maximum_output_size(block.len()), 0);
    let nbytes = lz4_flex::block::compress_into(block, packed).ok()?;
    (nbytes < block.len() - block.len() / 8).then(|| &packed[..nbytes])
}

/// Reads a value of a file, from where it begins; it is `owner`'s, of as many bytes as there is room for, or damaged.
pub(super) fn read(file: &mut dyn Read, owner: Owner, room: &mut [u8]) -> Result<(), SpillError> {
    let mut found = [0; HEAD];
    file.read_exact(&mut found)?;
    if found != head(owner) {
        return Err(SpillError::Damaged("another value stands in its place"));
    }
    let mut packed = Vec::new();
    for block in room.chunks_mut(BLOCK) {
        let mut front = [0; FRONT];
        file.read_exact(&mut front)?;
        let number = |at: usize| u32::from_le_bytes([front[at], front[at + 1], front[at + 2], front[at + 3]]) as usize;
        let (stored, plain) = (number(0), number(4));
        if plain != block.len() || stored > plain {
            return Err(SpillError::Damaged("a block has a wrong size"));
        }
        let is_packed = stored < plain;
        if is_packed {
            packed.resize(stored, 0);
        }
        let bytes = if is_packed { &mut packed[..] } else { &mut *block };
        file.read_exact(bytes)?;
        if xxh3_64(bytes).to_le_bytes() != front[8..] {
            return Err(SpillError::Damaged("a checksum is wrong"));
        }
        if is_packed && !lz4_flex::block::decompress_into(&packed, block).is_ok_and(|nbytes| nbytes == plain) {
            return Err(SpillError::Damaged("a block cannot be unpacked"));
        }
    }
    Ok(())
}
