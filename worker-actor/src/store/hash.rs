//! Where a task's value stands in the store: values of tasks that follow each other stand next to each other.

use std::hash::{BuildHasherDefault, Hasher};

/// Parts of the store that can be changed at the same time; a power of two.
pub(super) const SHARDS: usize = 16;

/// Tasks that follow each other and share a part.
const RUN: u64 = 64;

pub(super) type StoreHasher = BuildHasherDefault<TaskHasher>;

/// Hashes task ids for dashmap, which takes the top seven bits to tell values apart, those below them for the part, and
/// the low bits for the place in the part. Runs of ids share a part and stand in a row there, so that a large graph is
/// stored and freed without missing the cache for each of its tasks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TaskHasher(u64);

impl Hasher for TaskHasher {
    fn finish(&self) -> u64 {
        const TAG: u32 = 57;
        let (index, generation) = (self.0 & 0xffff_ffff, self.0 >> 32);
        let (run, at) = (index / RUN, index % RUN);
        let part = run % SHARDS as u64;
        let place = (run / SHARDS as u64) * RUN + at;
        let tag = (index ^ generation).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> TAG;
        (tag << TAG) | (part << (TAG - SHARDS.ilog2())) | place
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use partita_protocol::TaskId;
    use std::collections::HashMap;
    use std::hash::BuildHasher;

    #[test]
    fn runs_stand_in_a_row_and_parts_are_filled_evenly() {
        let hash = |index| StoreHasher::default().hash_one(TaskId::new(index, 0));
        let low = |index| hash(index) & 0xffff_ffff;
        assert_eq!(low(1), low(0) + 1);
        let part = |index| (hash(index) << 7) >> 60;
        let mut parts: HashMap<u64, u32> = HashMap::new();
        (0..16 * 1024).for_each(|index| *parts.entry(part(index)).or_default() += 1);
        assert_eq!(parts.len(), SHARDS);
        assert!(parts.values().all(|count| *count == 1024), "{parts:?}");
        let places: std::collections::HashSet<_> = (0..4096).map(|index| (part(index), low(index))).collect();
        assert_eq!(places.len(), 4096, "no two tasks share a place");
    }
}
