//! The ids of tasks, workers, clients, attempts and faults: small numbers, each a type of its own.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};

/// Makes a number a type of its own, with the letter it is printed with.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $letter:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self, f)
            }
        }
    };
}

id!(
    /// One incarnation of a worker. A restarted worker gets a new id, so whatever still speaks for the old one is
    /// recognised and ignored.
    WorkerId(u32), "w"
);
id!(
    /// One client of a scheduler.
    ClientId(u32), "c"
);
id!(
    /// The number of one assignment of a task to a worker. Unique over the life of a scheduler; a report of an old
    /// attempt is ignored by rule.
    Attempt(u64), "a"
);
id!(
    /// The interned name of a group of tasks (`"inc"` of `inc-5f3…`).
    PrefixId(u32), "p"
);
id!(
    /// An interned line of user code.
    PlaceId(u32), "l"
);
id!(
    /// A failure whose error value is kept by the scheduler's actor.
    FaultId(u64), "f"
);

/// A task, by its place in the scheduler's table and the generation of that place.
///
/// Places are used again after a task is forgotten; the generation tells the old task from the new one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TaskId(u64);

impl TaskId {
    /// The id of the `generation`-th task that stands at `index`.
    pub const fn new(index: u32, generation: u32) -> Self {
        TaskId(((generation as u64) << 32) | index as u64)
    }

    /// The place in the scheduler's table.
    pub const fn index(self) -> usize {
        self.0 as u32 as usize
    }

    /// How many tasks stood at this place before.
    pub const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.generation() {
            0 => write!(f, "t{}", self.index()),
            generation => write!(f, "t{}.{generation}", self.index()),
        }
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A map by ids; see [`IdHasher`].
pub type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// Hashes ids so that those that follow each other stand next to each other: tables of millions of tasks are walked in
/// order, and a spread hash would miss the cache each time. Ids are given out by the scheduler, so nobody can choose
/// them to collide.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        // The low bits choose the place, the top seven tell apart what stands there.
        const PLACE: u64 = (1 << 57) - 1;
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(SPREAD);
        // Places of tasks are used again: those of one generation stand together, and apart from those of others.
        let place = self.0.wrapping_add((self.0 >> 32).wrapping_mul(SPREAD));
        (place & PLACE) | (mixed & !PLACE)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = self.0.rotate_left(13) ^ n;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_follow_each_other_stand_next_to_each_other() {
        use std::hash::BuildHasher;
        let hasher = BuildHasherDefault::<IdHasher>::default();
        let place = |index, generation| hasher.hash_one(TaskId::new(index, generation)) & 0xffff_ffff;
        assert_eq!(place(8, 0), place(7, 0) + 1);
        let tag = |generation| hasher.hash_one(TaskId::new(7, generation)) >> 57;
        assert!((1..20).any(|generation| tag(generation) != tag(0)));
        // A table that keeps tasks that are gone is not crowded at the places that are used again and again.
        let used: std::collections::HashSet<u64> = (0..1_000)
            .flat_map(|generation| (0..16).map(move |index| (index, generation)))
            .map(|(i, g)| place(i, g) & 0xffff)
            .collect();
        assert!(used.len() > 10_000, "{}", used.len());
    }

    #[test]
    fn a_task_id_keeps_both_halves() {
        let id = TaskId::new(7, 3);
        assert_eq!((id.index(), id.generation()), (7, 3));
        assert_eq!(format!("{id} {}", TaskId::new(u32::MAX, 0)), "t7.3 t4294967295");
        assert_ne!(TaskId::new(7, 3), TaskId::new(7, 4));
    }
}
