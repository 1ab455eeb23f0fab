//! The form of a value on disk: a head that says whose it is, and blocks with checksums, compressed where that pays.
//!
//! ```text
//! head   "PTS1" · task u64 · version u64 · bytes of the value u64 · checksum of all this u64
//! block  bytes in the file u32 · bytes of the value u32 · checksum of what follows u64 · what follows
//! ```
//! Numbers are little-endian, checksums XXH3 with 64 bits (Yann Collet, <https://xxhash.com>). A block of as many bytes in the
//! file as of the value is not compressed; others are blocks of LZ4 (<https://lz4.org>).

use super::disk::Disk;
use super::slot::NewFile;
use std::io;
use std::path::Path;
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

/// Writes a value behind what stands in a file.
pub(super) fn write(file: &mut NewFile, owner: Owner, value: &[u8]) -> io::Result<()> {
    file.write(&head(owner))?;
    let mut plain = 0;
    for block in value.chunks(BLOCK) {
        let packed = (plain == 0).then(|| lz4_flex::block::compress(block));
        // A block that hardly gets smaller costs more to unpack than to read.
        let packed = packed.filter(|packed| packed.len() < block.len() - block.len() / 8);
        plain = if packed.is_some() { 0 } else { (plain + 1) % PATIENCE };
        let bytes = packed.as_deref().unwrap_or(block);
        let mut front = [0; FRONT];
        front[..4].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        front[4..8].copy_from_slice(&(block.len() as u32).to_le_bytes());
        front[8..].copy_from_slice(&xxh3_64(bytes).to_le_bytes());
        file.write(&front)?;
        file.write(bytes)?;
    }
    Ok(())
}

/// Reads a value of a file; it begins at `offset`, and is `owner`'s or damaged.
pub(super) fn read(disk: &dyn Disk, path: &Path, offset: u64, owner: Owner) -> Result<Vec<u8>, SpillError> {
    let mut found = [0; HEAD];
    disk.read(path, offset, &mut found)?;
    if found != head(owner) {
        return Err(SpillError::Damaged("another value stands in its place"));
    }
    let mut at = offset + HEAD as u64;
    let size = usize::try_from(owner.nbytes).map_err(|_| SpillError::Damaged("it is larger than memory"))?;
    let mut value = Vec::new();
    let mut packed = Vec::new();
    value.try_reserve_exact(size).map_err(|_| SpillError::Damaged("there is no memory for it"))?;
    while value.len() < size {
        let mut front = [0; FRONT];
        disk.read(path, at, &mut front)?;
        at += FRONT as u64;
        let number = |at: usize| u32::from_le_bytes([front[at], front[at + 1], front[at + 2], front[at + 3]]) as usize;
        let (stored, plain) = (number(0), number(4));
        let begin = value.len();
        if plain != BLOCK.min(size - begin) || stored > plain {
            return Err(SpillError::Damaged("a block has a wrong size"));
        }
        value.resize(begin + plain, 0);
        let block = &mut value[begin..];
        let is_packed = stored < plain;
        packed.resize(if is_packed { stored } else { 0 }, 0);
        disk.read(path, at, if is_packed { &mut packed } else { block })?;
        at += stored as u64;
        let checksum = xxh3_64(if is_packed { &packed } else { block });
        if checksum.to_le_bytes() != front[8..] {
            return Err(SpillError::Damaged("a checksum is wrong"));
        }
        if is_packed && !lz4_flex::block::decompress_into(&packed, block).is_ok_and(|nbytes| nbytes == plain) {
            return Err(SpillError::Damaged("a block cannot be unpacked"));
        }
    }
    Ok(value)
}
