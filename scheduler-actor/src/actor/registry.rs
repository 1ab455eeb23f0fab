//! The registry: keys to ids, and what the machine does not know of a task, its function and its line.

use partita_graph::{Key, Name, Place, Token, Work};
use partita_protocol::{PlaceId, PrefixId, TaskId};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::HashMap;
use std::hash::BuildHasher;

/// What the actor keeps of a task.
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) work: Work,
    pub(super) place: Option<Place>,
    definition: Option<Box<Token>>,
    /// Whether the key leads here; a task in conflict with another of its key has no name.
    named: bool,
}

/// One place in the table, which tasks take one after the other.
struct Slot {
    generation: u32,
    entry: Option<Entry>,
}

/// Keys are met once, when a graph is handed in; from then on there are only ids.
#[derive(Default)]
pub(super) struct Registry {
    slots: Vec<Slot>,
    free: Vec<u32>,
    by_key: hashbrown::HashTable<u32>,
    prefixes: FxHashMap<Name, PrefixId>,
    last_prefix: Option<(Name, PrefixId)>,
    places: FxHashMap<Place, PlaceId>,
    last_place: Option<(Place, PlaceId)>,
}

/// The hash of a key. Keys that were made one after the other stand next to each other, so that a large graph is interned
/// and forgotten without missing the cache for each of its tasks.
fn hash_of(key: &Key) -> u64 {
    const PLACE: u64 = (1 << 57) - 1;
    let mixed = FxBuildHasher.hash_one(key);
    match key.token().is_none() {
        true => mixed,
        false => {
            (key.token().number().wrapping_add(u64::from(key.partition().unwrap_or(0))) & PLACE) | (mixed & !PLACE)
        }
    }
}

/// Another task has the key, and computes something else.
pub(super) struct Conflict {
    pub(super) first: Place,
}

impl Registry {
    /// The task of this key, if there is one.
    pub(super) fn find(&self, key: &Key) -> Option<TaskId> {
        let index =
            *self.by_key.find(hash_of(key), |&index| self.entry(index).is_some_and(|entry| entry.key == *key))?;
        Some(TaskId::new(index, self.slots[index as usize].generation))
    }

    /// The task of this key with this definition; a new one if there is none.
    pub(super) fn intern(
        &mut self,
        key: Key,
        work: Work,
        place: Place,
        definition: Option<Box<Token>>,
    ) -> Result<TaskId, (Conflict, Key)> {
        if let Some(known) = self.find(&key) {
            let entry = self.slots[known.index()].entry.as_ref();
            return match entry {
                // A key with a token tells what it computes; one that a user gave does not.
                Some(entry) if entry.definition != definition => {
                    Err((Conflict { first: entry.place.unwrap_or(place) }, key))
                }
                _ => Ok(known),
            };
        }
        let hash = hash_of(&key);
        let id = self.insert(Entry { key, work, place: Some(place), definition, named: true });
        let slots = &self.slots;
        let rehash = |&index: &u32| slots[index as usize].entry.as_ref().map_or(0, |entry| hash_of(&entry.key));
        self.by_key.insert_unique(hash, id.index() as u32, rehash);
        Ok(id)
    }

    /// A task that no key leads to.
    pub(super) fn insert_unnamed(&mut self, key: Key, work: Work, place: Option<Place>) -> TaskId {
        self.insert(Entry { key, work, place, definition: None, named: false })
    }

    fn insert(&mut self, entry: Entry) -> TaskId {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, entry: None });
            self.slots.len() as u32 - 1
        });
        let slot = &mut self.slots[index as usize];
        slot.entry = Some(entry);
        TaskId::new(index, slot.generation)
    }

    /// Takes a task out; its place may be taken by another one.
    pub(super) fn remove(&mut self, task: TaskId) -> Option<Entry> {
        let slot = self.slots.get_mut(task.index()).filter(|slot| slot.generation == task.generation())?;
        let entry = slot.entry.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(task.index() as u32);
        if entry.named {
            let index = task.index() as u32;
            if let Ok(found) = self.by_key.find_entry(hash_of(&entry.key), |&known| known == index) {
                found.remove();
            }
        }
        self.shrink();
        Some(entry)
    }

    /// Gives memory back once nothing is left.
    fn shrink(&mut self) {
        const KEPT: usize = 1 << 16;
        if self.by_key.is_empty() && self.by_key.capacity() > KEPT {
            self.by_key = hashbrown::HashTable::new();
        }
    }

    /// What is kept of a task.
    pub(super) fn get(&self, task: TaskId) -> Option<&Entry> {
        self.slots.get(task.index()).filter(|slot| slot.generation == task.generation())?.entry.as_ref()
    }

    fn entry(&self, index: u32) -> Option<&Entry> {
        self.slots.get(index as usize)?.entry.as_ref()
    }

    /// The id of a key's name, and whether it is new.
    pub(super) fn prefix(&mut self, name: &Name) -> (PrefixId, bool) {
        if let Some((last, id)) = &self.last_prefix
            && last == name
        {
            return (*id, false);
        }
        let next = PrefixId(self.prefixes.len() as u32);
        let id = *self.prefixes.entry(name.clone()).or_insert(next);
        self.last_prefix = Some((name.clone(), id));
        (id, id == next)
    }

    /// The id of a line, and whether it is new.
    pub(super) fn place(&mut self, place: Place) -> (PlaceId, bool) {
        if let Some((last, id)) = self.last_place
            && last == place
        {
            return (id, false);
        }
        let next = PlaceId(self.places.len() as u32);
        let id = *self.places.entry(place).or_insert(next);
        self.last_place = Some((place, id));
        (id, id == next)
    }

    /// The names of prefixes with their ids, in no order.
    pub(super) fn prefixes(&self) -> impl ExactSizeIterator<Item = (PrefixId, &Name)> {
        self.prefixes.iter().map(|(name, prefix)| (*prefix, name))
    }

    /// The lines with their ids, in no order.
    pub(super) fn places(&self) -> impl ExactSizeIterator<Item = (PlaceId, Place)> {
        self.places.iter().map(|(line, place)| (*place, *line))
    }

    /// How many tasks there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}

/// Names by worker, for messages about workers that are gone.
pub(super) type Names = HashMap<partita_protocol::WorkerId, std::sync::Arc<str>>;
