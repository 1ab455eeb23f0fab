//! The hash that shuffles divide keys by: fixed, so that every process of a cluster, and every run, agrees.
//!
//! `HashMap`'s own hashers are free to change with each release of their crates. This one is written down here and held
//! by golden values in its tests; a change of it is a new [`VERSION`], which is part of every shuffle's key. Integers
//! are hashed by value whatever the byte order of the machine. Floats are no keys in Rust; what stands for them (bits,
//! say) decides about `-0.0` and NaN.

use std::hash::{Hash, Hasher};

/// The version of the hash.
pub(crate) const VERSION: u32 = 1;

/// Odd, and as irregular as can be: the first digits of π and e.
const SEED: u64 = 0x243f_6a88_85a3_08d3;
const FACTOR: u64 = 0xb7e1_5162_8aed_2a6b;

/// Which of `parts` partitions a key belongs to.
pub(crate) fn partition_of<K: Hash + ?Sized>(key: &K, parts: usize) -> usize {
    let mut hasher = Folding::default();
    key.hash(&mut hasher);
    hasher.part(parts)
}

/// Each word is mixed in by a multiplication to twice the width, folded (as wyhash and foldhash do).
#[derive(Clone, Copy)]
pub(crate) struct Folding(u64);

impl Default for Folding {
    fn default() -> Self {
        Folding(SEED)
    }
}

impl Folding {
    /// Which of `parts` partitions what was written belongs to.
    #[inline]
    pub(crate) fn part(self, parts: usize) -> usize {
        ((u128::from(self.finish()) * parts as u128) >> 64) as usize
    }
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        // The length tells `ab` from `ab\0`.
        self.write_u64(u64::from_le_bytes(last) ^ (bytes.len() as u64).rotate_left(56));
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }

    fn write_u16(&mut self, n: u16) {
        self.write_u64(n.into());
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(n.into());
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.0 = fold(self.0 ^ n, FACTOR).wrapping_add(n);
    }

    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64);
        self.write_u64((n >> 64) as u64);
    }

    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }

    fn finish(&self) -> u64 {
        fold(self.0 ^ SEED, FACTOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FAULTS D19.
    #[test]
    fn golden_values_hold() {
        let keys: [usize; 4] = [
            partition_of(&0u64, 1 << 30),
            partition_of(&-1i32, 1 << 30),
            partition_of("partita", 1 << 30),
            partition_of(&(3u8, "a long enough key".to_string()), 1 << 30),
        ];
        assert_eq!(keys, [231_697_941, 219_522_423, 745_777_323, 672_286_345]);
    }

    #[test]
    fn keys_are_spread_evenly() {
        for parts in [2, 3, 16, 1000] {
            let mut sizes = vec![0; parts];
            (0..100_000u64).for_each(|key| sizes[partition_of(&key, parts)] += 1);
            let expected = 100_000 / parts;
            assert!(sizes.iter().all(|&size| size > expected / 2 && size < expected * 2), "{parts}: {sizes:?}");
        }
        assert_eq!(partition_of("a", 1), 0);
    }
}
