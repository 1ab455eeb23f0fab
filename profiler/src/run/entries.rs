//! Entries: a small table by key, in the order of the keys and in one piece of memory.

use serde::{Deserialize, Serialize};

/// What can take in what came after it.
pub trait Merge: Default {
    /// Takes in what came after it. Sums that do not fit stay the most that there is.
    fn merge(&mut self, later: &Self);
}

/// A table of some hundred entries at the most, which is copied as one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entries<K, V>(Vec<(K, V)>);

impl<K, V> Default for Entries<K, V> {
    fn default() -> Self {
        Entries(Vec::new())
    }
}

impl<K: Ord + Copy, V: Default> Entries<K, V> {
    /// The value of a key, made if there is none.
    pub(super) fn at(&mut self, key: K) -> &mut V {
        let index = match self.0.binary_search_by(|(own, _)| own.cmp(&key)) {
            Ok(index) => index,
            Err(index) => {
                // An eighth more at a time: a table that is half empty would be so in each of a thousand stretches.
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact((self.0.len() / 8).max(4));
                }
                self.0.insert(index, (key, V::default()));
                index
            }
        };
        &mut self.0[index].1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes all out, and keeps the memory.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = (K, V)> {
        self.0.drain(..)
    }

    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.0.binary_search_by(|(own, _)| own.cmp(&key)).ok().map(|index| &self.0[index].1)
    }

    /// Keys and values, in the order of the keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (K, &V)> {
        self.0.iter().map(|(key, value)| (*key, value))
    }

    /// The values, in the order of the keys.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

impl<K: Ord + Copy, V: Merge> Entries<K, V> {
    /// Takes in what came after it, key by key.
    pub(super) fn merge(&mut self, later: &Self) {
        later.iter().for_each(|(key, value)| self.at(key).merge(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    impl Merge for u64 {
        fn merge(&mut self, later: &Self) {
            *self += later;
        }
    }

    proptest! {
        #[test]
        fn they_are_a_map(first in prop::collection::vec((0u32..300, 1u64..9), 0..400), later in prop::collection::vec((0u32..300, 1u64..9), 0..400)) {
            let mut known: BTreeMap<u32, u64> = BTreeMap::new();
            let mut add = |entries: &mut Entries<u32, u64>, key, value| {
                *entries.at(key) += value;
                *known.entry(key).or_default() += value;
            };
            let (mut own, mut other) = (Entries::default(), Entries::default());
            first.into_iter().for_each(|(key, value)| add(&mut own, key, value));
            later.into_iter().for_each(|(key, value)| add(&mut other, key, value));
            own.merge(&other);
            prop_assert_eq!(own.iter().map(|(key, value)| (key, *value)).collect::<BTreeMap<_, _>>(), known.clone());
            prop_assert!((0..300).all(|key| own.get(key) == known.get(&key)));
            prop_assert_eq!(own.values().sum::<u64>(), known.values().sum::<u64>());
            prop_assert!(own.0.capacity() <= own.0.len() + own.0.len() / 8 + 4);
        }
    }
}
