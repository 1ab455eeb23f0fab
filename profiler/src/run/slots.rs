//! The places of kept tasks in the order in which they came, found by their places in the scheduler's table: those that stand
//! there now at once, and those that stood there before along a chain from the newest to the oldest, whose links let long
//! ways be cut short. What is searched for rarely costs nothing while it is kept.

use super::limits::make_room;
use partita_protocol::{IdMap, TaskId};
use std::collections::VecDeque;

/// Places that are looked at without a table of hashes: 32 MB.
const PLACES: usize = 1 << 22;

/// The generation of a place where nothing stands.
const NOBODY: u32 = u32::MAX;

/// A task that is kept. Links to what is no longer kept lead nowhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    generation: u32,
    /// The number of the one that stood at its place before.
    before: u32,
    /// The number of the newest at its place whose generation is not above this one with its last bit cleared (as in a tree
    /// of Fenwick): any other is found in steps of the order of the squared logarithm of the chain's length.
    jump: u32,
}

/// Which task is the how manyth of those that are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    /// The generation and the number of the newest task of each place.
    newest: Vec<(u32, u32)>,
    links: VecDeque<Link>,
    /// Tasks that are no longer kept, as far as it fits into a number.
    gone: u32,
    /// Tasks that a place does not lead to: places far out, and those that came after a later one of their place.
    others: IdMap<TaskId, u32>,
}

impl Slots {
    /// The place of a task among those that are kept.
    #[inline]
    pub(super) fn get(&self, task: TaskId) -> Option<usize> {
        match self.newest.get(task.index()) {
            Some(&(generation, number)) if generation == task.generation() && generation != NOBODY => {
                Some(self.place(number))
            }
            Some(&(generation, number)) if generation != NOBODY && generation > task.generation() => {
                let found =
                    self.back_to(number, task.generation()).filter(|number| self.is(*number, task.generation()));
                found.or_else(|| self.others.get(&task).copied()).map(|number| self.place(number))
            }
            // None of its place is as new, and only what came out of order can be elsewhere.
            _ => self.others.get(&task).map(|&number| self.place(number)),
        }
    }

    /// A task is kept from now on, of at most so many and one.
    #[inline]
    pub(super) fn push(&mut self, task: TaskId, limit: usize) {
        let number = self.gone.wrapping_add(self.links.len() as u32);
        let (index, generation) = (task.index(), task.generation());
        let nowhere = self.gone.wrapping_sub(1);
        let mut link = Link { generation, before: nowhere, jump: nowhere };
        if index >= PLACES || generation == NOBODY {
            self.others.insert(task, number);
        } else {
            if index >= self.newest.len() {
                self.newest.resize(index + 1, (NOBODY, 0));
            }
            let (newest, before) = self.newest[index];
            if newest == NOBODY || newest <= generation {
                self.newest[index] = (generation, number);
                if newest != NOBODY {
                    let without = generation & generation.wrapping_sub(1);
                    (link.before, link.jump) = (before, self.back_to(before, without).unwrap_or(nowhere));
                }
            } else {
                self.others.insert(task, number);
            }
        }
        make_room(&mut self.links, limit);
        self.links.push_back(link);
    }

    /// The oldest of all is no longer kept: this task.
    pub(super) fn pop(&mut self, oldest: TaskId) {
        if self.links.pop_front().is_none() {
            return;
        }
        let number = self.gone;
        self.gone = number.wrapping_add(1);
        if self.others.get(&oldest) == Some(&number) {
            self.others.remove(&oldest);
        } else if let Some(newest) =
            self.newest.get_mut(oldest.index()).filter(|own| **own == (oldest.generation(), number))
        {
            *newest = (NOBODY, 0);
        }
    }

    fn place(&self, number: u32) -> usize {
        number.wrapping_sub(self.gone) as usize
    }

    fn link(&self, number: u32) -> Option<&Link> {
        self.links.get(self.place(number))
    }

    fn is(&self, number: u32, generation: u32) -> bool {
        self.link(number).is_some_and(|link| link.generation == generation)
    }

    /// The number of the newest whose generation is not above this one, from a number back.
    fn back_to(&self, number: u32, generation: u32) -> Option<u32> {
        let (mut number, mut link) = (number, self.link(number)?);
        while link.generation > generation {
            let far = self.link(link.jump).filter(|far| far.generation >= generation);
            (number, link) = match far {
                Some(far) => (link.jump, far),
                None => (link.before, self.link(link.before)?),
            };
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const INDICES: [u32; 6] = [0, 1, 9, PLACES as u32 - 1, PLACES as u32, u32::MAX];
    const GENERATIONS: [u32; 7] = [0, 1, 2, 3, 7, NOBODY - 1, NOBODY];

    proptest! {
        #[test]
        fn they_are_a_list(acts in prop::collection::vec((0usize..6, 0usize..7, 0usize..4), 0..300)) {
            let (mut slots, mut known) = (Slots::default(), VecDeque::new());
            for (index, generation, act) in acts {
                let task = TaskId::new(INDICES[index], GENERATIONS[generation]);
                if act > 0 && !known.contains(&task) {
                    slots.push(task, 100);
                    known.push_back(task);
                } else if let Some(oldest) = known.pop_front() {
                    slots.pop(oldest);
                }
                for index in INDICES {
                    for generation in GENERATIONS {
                        let task = TaskId::new(index, generation);
                        prop_assert_eq!(slots.get(task), known.iter().position(|own| *own == task));
                    }
                }
            }
        }
    }

    #[test]
    fn ways_along_a_chain_are_short() {
        const LENGTH: u32 = 100_000;
        let mut slots = Slots::default();
        (0..LENGTH).for_each(|generation| slots.push(TaskId::new(7, generation), LENGTH as usize));
        (0..LENGTH).for_each(|generation| {
            assert_eq!(slots.get(TaskId::new(7, generation)), Some(generation as usize));
        });
        let steps = |to: u32| {
            let (mut at, mut steps) = (slots.links[LENGTH as usize - 1], 0);
            while at.generation > to {
                let far = slots.links.get(at.jump as usize).filter(|far| far.generation >= to);
                (at, steps) = (*far.unwrap_or(&slots.links[at.before as usize]), steps + 1);
            }
            steps
        };
        assert!((0..LENGTH).map(steps).max() <= Some(17 * 17), "17 bits");
        // The oldest go, and all others are found.
        (0..LENGTH / 2).for_each(|generation| slots.pop(TaskId::new(7, generation)));
        (0..LENGTH).for_each(|generation| {
            let place = generation.checked_sub(LENGTH / 2).map(|place| place as usize);
            assert_eq!(slots.get(TaskId::new(7, generation)), place);
        });
    }
}
