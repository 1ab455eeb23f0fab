//! The partition store: the values that a worker holds, by task, with their sizes.
//!
//! The only code that names dashmap. Any thread may read and write it; no lock is held beyond one call.

mod hash;
#[cfg(test)]
mod tests;

use dashmap::DashMap;
use hash::{SHARDS, StoreHasher};
use partita_protocol::TaskId;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Values by task. `V` is a handle that is cheap to clone.
///
/// Values that leave the store are given back, so that the caller can drop them where that does no harm.
///
/// ```
/// use partita_protocol::TaskId;
/// use partita_worker::store::Store;
/// use std::sync::Arc;
///
/// let store = Store::new();
/// let task = TaskId::new(0, 0);
/// store.insert(task, Arc::new("a value"), 7);
/// assert_eq!(store.get(task).as_deref(), Some(&"a value"));
/// assert_eq!((store.count(), store.nbytes()), (1, 7));
/// assert!(store.remove(task).is_some());
/// assert_eq!((store.count(), store.nbytes()), (0, 0));
/// ```
#[derive(Debug)]
pub struct Store<V> {
    values: DashMap<TaskId, Held<V>, StoreHasher>,
    count: AtomicU64,
    nbytes: AtomicU64,
}

#[derive(Debug)]
struct Held<V> {
    value: V,
    nbytes: u64,
}

impl<V: Clone> Store<V> {
    /// A store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a value in; gives back the one that was there.
    pub fn insert(&self, task: TaskId, value: V, nbytes: u64) -> Option<V> {
        // Counted before it can be removed by another thread, so that no total falls below zero.
        self.count.fetch_add(1, Relaxed);
        self.nbytes.fetch_add(nbytes, Relaxed);
        let replaced = self.values.insert(task, Held { value, nbytes });
        replaced.map(|held| self.uncount(held))
    }

    /// The value of a task.
    pub fn get(&self, task: TaskId) -> Option<V> {
        self.values.get(&task).map(|held| held.value.clone())
    }

    /// The value of a task and its size in bytes.
    pub fn get_sized(&self, task: TaskId) -> Option<(V, u64)> {
        self.values.get(&task).map(|held| (held.value.clone(), held.nbytes))
    }

    /// Takes the value of a task out.
    pub fn remove(&self, task: TaskId) -> Option<V> {
        self.values.remove(&task).map(|(_, held)| self.uncount(held))
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

    /// Takes all values out, in no order. What other threads put in meanwhile may stay.
    pub fn drain(&self) -> Vec<V> {
        let tasks: Vec<TaskId> = self.values.iter().map(|held| *held.key()).collect();
        tasks.into_iter().filter_map(|task| self.remove(task)).collect()
    }

    fn uncount(&self, held: Held<V>) -> V {
        self.count.fetch_sub(1, Relaxed);
        self.nbytes.fetch_sub(held.nbytes, Relaxed);
        held.value
    }
}

impl<V> Default for Store<V> {
    fn default() -> Self {
        let values = DashMap::with_hasher_and_shard_amount(StoreHasher::default(), SHARDS);
        Store { values, count: AtomicU64::new(0), nbytes: AtomicU64::new(0) }
    }
}
