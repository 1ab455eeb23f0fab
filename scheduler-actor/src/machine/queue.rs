//! A queue of tasks by a key that is nearly always handed in in order.

use partita_protocol::TaskId;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// Entries that may be stale beside the live ones before the queue is swept.
const SLACK: usize = 64;

/// Tasks by key, smallest first, and among equals by id.
///
/// What comes in order goes to the end of a sorted run, at constant cost; what does not goes to a heap. Members leave
/// without being looked for: an entry counts only while its task is still in the state that the queue stands for, which
/// the caller's test tells. A task that left and came again may stand here twice; its key never changes, so this does
/// no harm.
#[derive(Clone, Debug)]
pub(crate) struct Queue<K> {
    run: VecDeque<(K, TaskId)>,
    heap: BinaryHeap<Reverse<(K, TaskId)>>,
    live: usize,
}

impl<K: Ord> Default for Queue<K> {
    fn default() -> Self {
        Queue { run: VecDeque::new(), heap: BinaryHeap::new(), live: 0 }
    }
}

impl<K: Ord + Copy> Queue<K> {
    /// How many members there are.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no member.
    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds a task that is no member.
    pub(crate) fn push(&mut self, key: K, task: TaskId) {
        self.live += 1;
        match self.run.back() {
            Some(last) if (key, task) < *last => self.heap.push(Reverse((key, task))),
            Some(last) if (key, task) == *last => {}
            _ => self.run.push_back((key, task)),
        }
    }

    /// A member left.
    pub(crate) fn leave(&mut self) {
        self.live = self.live.saturating_sub(1);
        if self.live == 0 {
            self.run.clear();
            self.heap.clear();
        }
    }

    /// The first member, by the given test of membership; stale entries before it are dropped.
    pub(crate) fn first(&mut self, mut is_member: impl FnMut(K, TaskId) -> bool) -> Option<(K, TaskId)> {
        if self.live == 0 {
            return None;
        }
        while let Some((key, task)) = self.top() {
            if is_member(key, task) {
                return Some((key, task));
            }
            self.drop_top();
        }
        None
    }

    /// The key of the first member, looked for without dropping anything.
    pub(crate) fn peek(&self, mut is_member: impl FnMut(K, TaskId) -> bool) -> Option<K> {
        let in_run = self.run.iter().find(|(key, task)| is_member(*key, *task)).map(|(key, _)| *key);
        let in_heap =
            self.heap.iter().filter(|Reverse((key, task))| is_member(*key, *task)).map(|entry| entry.0.0).min();
        match (in_run, in_heap) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }

    /// All members, each once, in order.
    pub(crate) fn members(&self, mut is_member: impl FnMut(K, TaskId) -> bool) -> Vec<(K, TaskId)> {
        let entries = self.run.iter().copied().chain(self.heap.iter().map(|entry| entry.0));
        let mut members: Vec<_> = entries.filter(|(key, task)| is_member(*key, *task)).collect();
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Whether too many entries are stale.
    pub(crate) fn is_untidy(&self) -> bool {
        self.run.len() + self.heap.len() > 2 * self.live + SLACK
    }

    /// Drops the stale entries if they are too many.
    pub(crate) fn sweep(&mut self, is_member: impl FnMut(K, TaskId) -> bool) {
        if self.is_untidy() {
            self.run = self.members(is_member).into();
            self.heap.clear();
        }
    }

    fn top(&self) -> Option<(K, TaskId)> {
        match (self.run.front(), self.heap.peek()) {
            (Some(front), Some(Reverse(peek))) => Some(*front.min(peek)),
            (Some(front), None) => Some(*front),
            (None, Some(Reverse(peek))) => Some(*peek),
            (None, None) => None,
        }
    }

    /// Drops the entry that [`Queue::first`] gave, of a task that is about to leave.
    pub(crate) fn drop_top(&mut self) {
        match (self.run.front(), self.heap.peek()) {
            (Some(front), Some(Reverse(peek))) if peek < front => self.heap.pop().map(|_| ()),
            (Some(_), _) => self.run.pop_front().map(|_| ()),
            (None, _) => self.heap.pop().map(|_| ()),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_gives_the_smallest_first_and_skips_the_stale() {
        let mut queue = Queue::default();
        for key in [5u32, 7, 3, 9, 1, 7] {
            queue.push(key, TaskId::new(key, 0));
        }
        let mut gone = vec![1];
        assert_eq!(queue.peek(|key, _| !gone.contains(&key)), Some(3));
        let mut order = Vec::new();
        while let Some((key, _)) = queue.first(|key, _| !gone.contains(&key)) {
            order.push(key);
            gone.push(key);
            queue.leave();
        }
        assert_eq!(order, [3, 5, 7, 9]);
    }

    #[test]
    fn stale_entries_are_swept() {
        let mut queue = Queue::default();
        for key in 0..1000u32 {
            queue.push(1000 - key, TaskId::new(key, 0));
        }
        for _ in 0..900 {
            queue.leave();
        }
        queue.sweep(|key, _| key > 900);
        assert_eq!(queue.members(|_, _| true).len(), 100);
        assert_eq!(queue.len(), 100);
    }
}
