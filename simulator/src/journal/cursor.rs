//! A block of the journal as it is read: numbers taken one after the other.

use super::error::Nonsense;

/// What is left of a block.
#[derive(Debug)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    /// Takes a byte.
    pub(super) fn byte(&mut self) -> Result<u8, Nonsense> {
        let (first, rest) = self.0.split_first().ok_or(Nonsense::Short)?;
        self.0 = rest;
        Ok(*first)
    }

    /// Takes a number, as `Block::number` wrote it.
    pub(super) fn number(&mut self) -> Result<u64, Nonsense> {
        let first = *self.0.first().ok_or(Nonsense::Short)?;
        if first == 0 {
            self.byte()?;
            return self.word();
        }
        let length = first.trailing_zeros() as usize + 1;
        let mut word = [0; 8];
        word[..length].copy_from_slice(self.bytes(length)?);
        Ok(u64::from_le_bytes(word) >> length)
    }

    /// Takes a number that may be negative.
    pub(super) fn signed(&mut self) -> Result<u64, Nonsense> {
        let number = self.number()?;
        Ok((number >> 1) ^ (number & 1).wrapping_neg())
    }

    /// Takes a number that must fit into 32 bits.
    pub(super) fn small(&mut self) -> Result<u32, Nonsense> {
        u32::try_from(self.number()?).map_err(|_| Nonsense::Range)
    }

    /// Takes the length of a list of which each element takes a byte at the least.
    pub(super) fn length(&mut self) -> Result<usize, Nonsense> {
        let length = self.number()?;
        match usize::try_from(length) {
            Ok(length) if length <= self.0.len() => Ok(length),
            _ => Err(Nonsense::Short),
        }
    }

    /// Takes eight bytes.
    pub(super) fn word(&mut self) -> Result<u64, Nonsense> {
        let (word, rest) = self.0.split_first_chunk::<8>().ok_or(Nonsense::Short)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*word))
    }

    /// Takes so many bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], Nonsense> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Nonsense::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// Takes bytes with their number before them.
    pub(super) fn counted(&mut self) -> Result<&'a [u8], Nonsense> {
        let length = self.length()?;
        self.bytes(length)
    }

    /// Takes a value that was written by serde.
    pub(super) fn value<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Nonsense> {
        rmp_serde::from_slice(self.counted()?).map_err(|_| Nonsense::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::Block;
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers: Vec<u64> = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]).collect();
        let mut block = Block::default();
        for &number in numbers.iter().chain([u64::MAX].iter()) {
            let before = block.len();
            block.number(number);
            assert!(block.len() - before <= 9);
            block.signed(number);
            block.signed(number.wrapping_neg());
        }
        let bytes = block.take();
        let mut cursor = Cursor(&bytes);
        for &number in numbers.iter().chain([u64::MAX].iter()) {
            assert_eq!(cursor.number(), Ok(number));
            assert_eq!(cursor.signed(), Ok(number));
            assert_eq!(cursor.signed(), Ok(number.wrapping_neg()));
        }
        assert!(cursor.0.is_empty());
        assert_eq!(cursor.number(), Err(Nonsense::Short));
    }

    #[test]
    fn small_numbers_take_one_byte() {
        let mut block = Block::default();
        (0..128).for_each(|number| block.number(number));
        assert_eq!(block.len(), 128);
        assert_eq!(block.take().len(), 128);
        assert_eq!(block.len(), 0);
    }
}
