//! A block of the journal under construction: numbers packed one after the other.

/// Bytes that one number takes at the most.
const WIDEST: usize = 9;

/// Bytes, filled from the front.
#[derive(Debug, Default)]
pub(super) struct Block {
    bytes: Vec<u8>,
    at: usize,
}

impl Block {
    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// Adds a byte.
    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.grow(1);
        self.bytes[self.at] = byte;
        self.at += 1;
    }

    /// Adds a number in as few bytes as it needs, seven bits in each: as many low zeros of the first byte as there are
    /// bytes after it. A number of more than 56 bits is a zero byte and eight others.
    #[inline]
    pub(super) fn number(&mut self, number: u64) {
        self.grow(WIDEST);
        let bits = 64 - (number | 1).leading_zeros() as usize;
        let length = bits.div_ceil(7);
        if length <= 8 {
            let word = (number << length) | (1 << (length - 1));
            self.bytes[self.at..self.at + 8].copy_from_slice(&word.to_le_bytes());
            self.at += length;
        } else {
            self.bytes[self.at] = 0;
            self.bytes[self.at + 1..self.at + WIDEST].copy_from_slice(&number.to_le_bytes());
            self.at += WIDEST;
        }
    }

    /// Adds a number that may be negative, as it is after subtracting.
    #[inline]
    pub(super) fn signed(&mut self, number: u64) {
        let number = number as i64;
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    /// Adds eight bytes.
    #[inline]
    pub(super) fn word(&mut self, word: u64) {
        self.bytes(&word.to_le_bytes());
    }

    /// Adds bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.grow(bytes.len());
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Adds bytes with their number before them.
    pub(super) fn counted(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes(bytes);
    }

    /// Takes all bytes, framed as they are to be written; the block is empty then.
    pub(super) fn take_framed(&mut self) -> Vec<u8> {
        super::frame::framed(&self.take())
    }

    /// Takes all bytes; the block is empty then.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.truncate(self.at);
        self.at = 0;
        bytes
    }

    /// Makes room for so many bytes more.
    #[inline]
    fn grow(&mut self, more: usize) {
        if self.at + more > self.bytes.len() {
            self.enlarge(more);
        }
    }

    #[cold]
    fn enlarge(&mut self, more: usize) {
        let length = (self.at + more).max(2 * self.bytes.len()).max(super::BLOCK_BYTES + super::BLOCK_BYTES / 4);
        self.bytes.resize(length, 0);
    }
}
