//! What stands before the records of a block: how many bytes they are, and what tells damage.

use super::error::Nonsense;

/// Bytes of a frame: a length, its checksum, and the checksum of the records.
pub(super) const FRAME_BYTES: usize = 12;

/// Records with their length and the checksums of both before them.
pub(super) fn framed(records: &[u8]) -> Vec<u8> {
    let length = (records.len() as u32).to_le_bytes();
    let mut framed = Vec::with_capacity(records.len() + FRAME_BYTES);
    framed.extend_from_slice(&length);
    framed.extend_from_slice(&crc32fast::hash(&length).to_le_bytes());
    framed.extend_from_slice(&crc32fast::hash(records).to_le_bytes());
    framed.extend_from_slice(records);
    framed
}

/// What stands before the records of a block.
pub(super) struct Frame {
    /// How many bytes of records follow.
    pub(super) length: u32,
    /// The checksum that they had.
    sum: u32,
}

impl Frame {
    /// The frame in these bytes, or that its length is not the one that was written.
    pub(super) fn read(bytes: [u8; FRAME_BYTES]) -> Result<Self, Nonsense> {
        let [a, b, c, d, rest @ ..] = bytes;
        let (length, word) = ([a, b, c, d], u64::from_le_bytes(rest));
        match crc32fast::hash(&length) == word as u32 {
            true => Ok(Frame { length: u32::from_le_bytes(length), sum: (word >> 32) as u32 }),
            false => Err(Nonsense::Length),
        }
    }

    /// Whether these are the records that were written.
    pub(super) fn fits(&self, records: &[u8]) -> bool {
        crc32fast::hash(records) == self.sum
    }
}
