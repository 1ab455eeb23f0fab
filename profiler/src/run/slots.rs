//! Numbers of tasks, found by their places in the scheduler's table: those that stand there now without a search.

use partita_protocol::{IdMap, TaskId};

/// Places that are looked at without a search: 32 MB.
const PLACES: usize = 1 << 22;

/// From so many places on, there is room for so many others at once.
const MANY: usize = 10_000;
const ROOM: usize = 1 << 19;

/// The generation of a place where nothing stands.
const NOBODY: u32 = u32::MAX;

/// A number for each of many tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// The generation and the number of the newest task of each place.
    newest: Vec<(u32, u32)>,
    /// All others.
    others: IdMap<TaskId, u32>,
}

impl Slots {
    /// The number of a task.
    #[inline]
    pub(super) fn get(&self, task: TaskId) -> Option<u32> {
        match self.newest.get(task.index()) {
            Some((generation, number)) if *generation == task.generation() && *generation != NOBODY => Some(*number),
            _ => self.others.get(&task).copied(),
        }
    }

    /// Gives a number to a task that has none.
    pub(super) fn insert(&mut self, task: TaskId, number: u32) {
        let (index, generation) = (task.index(), task.generation());
        if index >= PLACES || generation == NOBODY {
            self.others.insert(task, number);
            return;
        }
        if index >= self.newest.len() {
            self.newest.resize(index + 1, (NOBODY, 0));
        }
        let newest = &mut self.newest[index];
        if newest.0 != NOBODY && newest.0 > generation {
            self.others.insert(task, number);
            return;
        }
        let (before, its) = std::mem::replace(newest, (generation, number));
        if before != NOBODY {
            if self.others.capacity() == 0 && index > MANY {
                // Where places are many, so are those that stood there before.
                self.others.reserve(ROOM);
            }
            self.others.insert(TaskId::new(index as u32, before), its);
        }
    }

    /// The task has no number any longer.
    pub(super) fn remove(&mut self, task: TaskId) {
        match self.newest.get_mut(task.index()) {
            Some(newest) if newest.0 == task.generation() && newest.0 != NOBODY => *newest = (NOBODY, 0),
            _ => drop(self.others.remove(&task)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn they_are_a_map(acts in prop::collection::vec((0usize..6, 0usize..5, any::<bool>()), 0..300)) {
            let indices = [0, 1, 9, PLACES as u32 - 1, PLACES as u32, u32::MAX];
            let generations = [0, 1, 2, NOBODY - 1, NOBODY];
            let (mut slots, mut known) = (Slots::default(), BTreeMap::new());
            for (number, (index, generation, add)) in acts.into_iter().enumerate() {
                let task = TaskId::new(indices[index], generations[generation]);
                if add && !known.contains_key(&task) {
                    slots.insert(task, number as u32);
                    known.insert(task, number as u32);
                } else if !add {
                    slots.remove(task);
                    known.remove(&task);
                }
                for index in indices {
                    for generation in generations {
                        let task = TaskId::new(index, generation);
                        prop_assert_eq!(slots.get(task), known.get(&task).copied());
                    }
                }
            }
        }
    }
}
