//! The order in which values were used: who was not used for longest goes to disk first.

use partita_protocol::TaskId;
use std::collections::VecDeque;

/// Places of values that are gone or were used again that the line may hold beyond those that count before it is swept.
const SLACK: usize = 64;

/// The values that may go to disk, the one that was not used for longest first.
///
/// A value that is used again, or goes, leaves its place behind: it counts no longer, and is passed over when it comes up.
#[derive(Clone, Debug, Default)]
pub(super) struct Lru {
    line: VecDeque<Turn>,
    clock: u32,
}

/// A value's place in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Which value.
    pub(super) task: TaskId,
    /// When it was used, as a number that no other place has; the value must bear it for the place to count.
    pub(super) mark: u32,
}

impl Lru {
    /// A value was used just now: the mark that it bears from now on. `is_live` tells which places count, and is asked only
    /// when too many do not.
    pub(super) fn used(&mut self, task: TaskId, live: usize, is_live: impl Fn(&Turn) -> bool) -> u32 {
        // What wraps is in the wrong order for once.
        self.clock = self.clock.wrapping_add(1);
        if self.line.len() > 2 * live + SLACK {
            self.line.retain(is_live);
        }
        self.line.push_back(Turn { task, mark: self.clock });
        self.clock
    }

    /// Takes the first place; it may be one that does not count.
    pub(super) fn pop(&mut self) -> Option<Turn> {
        self.line.pop_front()
    }

    /// Puts places back that were taken, in the order in which they were.
    pub(super) fn put_back(&mut self, turns: Vec<Turn>) {
        turns.into_iter().rev().for_each(|turn| self.line.push_front(turn));
    }

    /// All places, also those that do not count.
    pub(super) fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.line.iter()
    }

    /// Forgets all: no value is left.
    pub(super) fn clear(&mut self) {
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(index: u32) -> TaskId {
        TaskId::new(index, 0)
    }

    #[test]
    fn who_was_used_last_comes_last_and_places_that_do_not_count_are_swept() {
        let mut lru = Lru::default();
        let mut marks = [0; 3];
        for (task, mark) in marks.iter_mut().enumerate() {
            *mark = lru.used(t(task as u32), 3, |_| true);
        }
        for _ in 0..1000 {
            marks[0] = lru.used(t(0), 3, |turn| marks[turn.task.index()] == turn.mark);
        }
        assert!(lru.turns().count() <= 2 * 3 + SLACK + 1, "{}", lru.turns().count());
        let mut order = Vec::new();
        while let Some(turn) = lru.pop() {
            if marks[turn.task.index()] == turn.mark {
                order.push(turn.task);
            }
        }
        assert_eq!(order, [t(1), t(2), t(0)]);
    }

    #[test]
    fn what_is_put_back_keeps_its_order() {
        let mut lru = Lru::default();
        (0..4).for_each(|task| _ = lru.used(t(task), 4, |_| true));
        let taken: Vec<Turn> = (0..2).filter_map(|_| lru.pop()).collect();
        lru.put_back(taken);
        let order: Vec<TaskId> = std::iter::from_fn(|| lru.pop()).map(|turn| turn.task).collect();
        assert_eq!(order, (0..4).map(t).collect::<Vec<_>>());
    }
}
