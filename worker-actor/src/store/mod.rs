//! The partition store: the values that a worker holds, in memory and on disk, by task, with their sizes.
//!
//! The only code that names dashmap. Any thread may read and write it; no lock is held beyond one call.

mod hash;
#[cfg(test)]
mod tests;

use crate::spill::Slot;
use dashmap::DashMap;
use hash::{SHARDS, StoreHasher};
use partita_protocol::TaskId;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Values by task. `V` is a handle that is cheap to clone, `D` one of a place on disk.
///
/// Values that leave the store are given back, so that the caller can drop them where that does no harm.
///
/// ```
/// use partita_protocol::TaskId;
/// use partita_worker::store::Store;
/// use std::sync::Arc;
///
/// let store: Store<_> = Store::new();
/// let task = TaskId::new(0, 0);
/// store.insert(task, Arc::new("a value"), 7);
/// assert_eq!(store.get(task).as_deref(), Some(&"a value"));
/// assert_eq!((store.count(), store.nbytes()), (1, 7));
/// assert!(store.remove(task).value.is_some());
/// assert_eq!((store.count(), store.nbytes()), (0, 0));
/// ```
#[derive(Debug)]
pub struct Store<V, D = Slot> {
    values: DashMap<TaskId, Held<V, D>, StoreHasher>,
    /// Values in memory and on disk, and their bytes.
    count: AtomicU64,
    nbytes: AtomicU64,
    /// Bytes on disk alone.
    on_disk: AtomicU64,
    versions: AtomicU64,
}

#[derive(Debug)]
struct Held<V, D> {
    place: Place<V, D>,
    nbytes: u64,
    /// A number that no other value of this store had.
    version: u64,
}

#[derive(Debug)]
enum Place<V, D> {
    Memory(V),
    Both(V, D),
    /// On disk; whether it is to come back to memory when somebody reads it.
    Disk(D, bool),
}

/// What left the store: to be dropped where that does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gone<V, D> {
    /// The value, if it was in memory.
    pub value: Option<V>,
    /// Its place on disk, if it had one.
    pub on_disk: Option<D>,
}

/// A value that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<V, D> {
    /// In memory.
    Value(V),
    /// On disk, of this version.
    OnDisk(D, u64),
}

impl<V: Clone, D: Clone> Store<V, D> {
    /// A store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value in, into memory; gives back what was there.
    pub fn insert(&self, task: TaskId, value: V, nbytes: u64) -> Gone<V, D> {
        // Counted before it can be removed by another thread, so that no total falls below zero.
        self.count.fetch_add(1, Relaxed);
        self.nbytes.fetch_add(nbytes, Relaxed);
        let version = self.versions.fetch_add(1, Relaxed);
        let replaced = self.values.insert(task, Held { place: Place::Memory(value), nbytes, version });
        replaced.map_or_else(Gone::nothing, |held| self.uncount(held))
    }

    /// The value of a task, if it is in memory.
    pub fn get(&self, task: TaskId) -> Option<V> {
        self.values.get(&task)?.in_memory().cloned()
    }

    /// The value of a task, wherever it is.
    pub fn find(&self, task: TaskId) -> Option<Found<V, D>> {
        self.values.get(&task).map(|held| held.found())
    }

    /// As [`Store::find`], by somebody who will read it and [`Store::restore`] it.
    pub fn want(&self, task: TaskId) -> Option<Found<V, D>> {
        let held = self.values.get(&task)?;
        if held.in_memory().is_some() {
            return Some(held.found());
        }
        drop(held);
        let mut held = self.values.get_mut(&task)?;
        if let Place::Disk(_, wanted) = &mut held.place {
            *wanted = true;
        }
        Some(held.found())
    }

    /// The value of a task in memory that is not on disk, with its version.
    pub fn unwritten(&self, task: TaskId) -> Option<(V, u64)> {
        let held = self.values.get(&task)?;
        match &held.place {
            Place::Memory(value) => Some((value.clone(), held.version)),
            _ => None,
        }
    }

    /// A value was written; false if this version is no longer there, or is on disk already.
    pub fn written(&self, task: TaskId, version: u64, slot: D) -> bool {
        let Some(mut held) = self.values.get_mut(&task) else { return false };
        let Place::Memory(value) = &held.place else { return false };
        if held.version != version {
            return false;
        }
        held.place = Place::Both(value.clone(), slot);
        true
    }

    /// A value that is on disk leaves memory; it is given back. `None` if it is not on disk, or not in memory: then it is not
    /// expected there any longer, either.
    pub fn evict(&self, task: TaskId) -> Option<V> {
        let mut held = self.values.get_mut(&task)?;
        let slot = match &mut held.place {
            Place::Memory(_) => return None,
            Place::Disk(_, wanted) => {
                *wanted = false;
                return None;
            }
            Place::Both(_, slot) => slot.clone(),
        };
        let nbytes = held.nbytes;
        let before = std::mem::replace(&mut held.place, Place::Disk(slot, false));
        self.on_disk.fetch_add(nbytes, Relaxed);
        Gone::from(before).value
    }

    /// A value was read back from disk, and comes back to memory if it is expected there and still the same version.
    pub fn restore(&self, task: TaskId, version: u64, value: &V) {
        let Some(mut held) = self.values.get_mut(&task) else { return };
        if held.version != version {
            return;
        }
        if let Place::Disk(slot, true) = &held.place {
            let slot = slot.clone();
            held.place = Place::Both(value.clone(), slot);
            self.on_disk.fetch_sub(held.nbytes, Relaxed);
        }
    }

    /// The value of a task in memory and its size in bytes.
    pub fn get_sized(&self, task: TaskId) -> Option<(V, u64)> {
        let held = self.values.get(&task)?;
        Some((held.in_memory().cloned()?, held.nbytes))
    }

    /// Takes the value of a task out, from memory and from disk.
    pub fn remove(&self, task: TaskId) -> Gone<V, D> {
        self.values.remove(&task).map_or_else(Gone::nothing, |(_, held)| self.uncount(held))
    }

    /// Whether the value of a task is here.
    pub fn contains(&self, task: TaskId) -> bool {
        self.values.contains_key(&task)
    }

    /// How many values are here.
    pub fn count(&self) -> u64 {
        self.count.load(Relaxed)
    }

    /// How many bytes they have together.
    pub fn nbytes(&self) -> u64 {
        self.nbytes.load(Relaxed)
    }

    /// How many of these bytes are on disk and not in memory.
    pub fn on_disk(&self) -> u64 {
        self.on_disk.load(Relaxed)
    }

    /// Takes all values out, in no order. What other threads put in meanwhile may stay.
    pub fn drain(&self) -> Vec<Gone<V, D>> {
        let tasks: Vec<TaskId> = self.values.iter().map(|held| *held.key()).collect();
        tasks.into_iter().map(|task| self.remove(task)).collect()
    }

    fn uncount(&self, held: Held<V, D>) -> Gone<V, D> {
        self.count.fetch_sub(1, Relaxed);
        self.nbytes.fetch_sub(held.nbytes, Relaxed);
        if let Place::Disk(..) = held.place {
            self.on_disk.fetch_sub(held.nbytes, Relaxed);
        }
        held.place.into()
    }
}

impl<V: Clone, D: Clone> Held<V, D> {
    fn in_memory(&self) -> Option<&V> {
        match &self.place {
            Place::Memory(value) | Place::Both(value, _) => Some(value),
            Place::Disk(..) => None,
        }
    }

    fn found(&self) -> Found<V, D> {
        match &self.place {
            Place::Memory(value) | Place::Both(value, _) => Found::Value(value.clone()),
            Place::Disk(slot, _) => Found::OnDisk(slot.clone(), self.version),
        }
    }
}

impl<V, D> From<Place<V, D>> for Gone<V, D> {
    fn from(place: Place<V, D>) -> Self {
        match place {
            Place::Memory(value) => Gone { value: Some(value), on_disk: None },
            Place::Both(value, slot) => Gone { value: Some(value), on_disk: Some(slot) },
            Place::Disk(slot, _) => Gone { value: None, on_disk: Some(slot) },
        }
    }
}

impl<V, D> Gone<V, D> {
    fn nothing() -> Self {
        Gone { value: None, on_disk: None }
    }
}

impl<V, D> Default for Store<V, D> {
    fn default() -> Self {
        let values = DashMap::with_hasher_and_shard_amount(StoreHasher::default(), SHARDS);
        let [count, nbytes, on_disk, versions] = std::array::from_fn(|_| AtomicU64::new(0));
        Store { values, count, nbytes, on_disk, versions }
    }
}
