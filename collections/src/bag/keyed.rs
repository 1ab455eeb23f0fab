//! Maps that remember the order in which keys came first; all reductions by key are built on them.

use indexmap::IndexMap;
use std::hash::Hash;

/// Hashes are the same in every run, so that the same program gives the same order and the same time.
pub(super) type Map<K, V> = IndexMap<K, V, foldhash::fast::FixedState>;

/// What stands under a key, made by `first` if nothing does; the key is cloned only then.
#[inline]
pub(super) fn entry<'a, K: Hash + Eq + Clone, V>(
    map: &'a mut Map<K, V>,
    key: &K,
    first: impl FnOnce() -> V,
) -> (&'a mut V, bool) {
    use indexmap::map::raw_entry_v1::{RawEntryApiV1, RawEntryMut};
    match map.raw_entry_mut_v1().from_key(key) {
        RawEntryMut::Occupied(there) => (there.into_mut(), false),
        RawEntryMut::Vacant(free) => (free.insert(key.clone(), first()).1, true),
    }
}
