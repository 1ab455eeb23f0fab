//! The queue of tasks that could start, best first.

use partita_protocol::{Priority, TaskId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Places of given-up tasks that the queue may hold beyond those of its tasks before it is swept.
const SLACK: usize = 64;

/// The queue of tasks that could start, best first, and first come, first served among equals.
///
/// Giving a task up does not search the queue: its place goes stale, is passed over when it comes up, and is swept when
/// stale places are the majority.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    heap: BinaryHeap<Reverse<Place>>,
    /// Places of tasks that wait for what others have taken of the worker.
    aside: Vec<Place>,
    len: usize,
}

/// A task's place in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// The task's priority.
    pub(super) priority: Priority,
    /// The ticket of its assignment.
    pub(super) ticket: u64,
    /// Which task.
    pub(super) task: TaskId,
}

impl Ready {
    /// How many tasks are in the queue.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether no task is in the queue.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a task.
    pub(super) fn push(&mut self, place: Place) {
        self.heap.push(Reverse(place));
        self.len += 1;
    }

    /// The best place; it may be stale.
    pub(super) fn first(&self) -> Option<Place> {
        self.heap.peek().map(|Reverse(place)| *place)
    }

    /// Takes the best task.
    pub(super) fn take_first(&mut self) {
        self.heap.pop();
        self.len -= 1;
    }

    /// Passes over the best task until [`recall`](Self::recall): what it takes of the worker is not free.
    pub(super) fn set_aside(&mut self) {
        self.aside.extend(self.heap.pop().map(|Reverse(place)| place));
    }

    /// Something that tasks take of the worker became free: none is passed over any longer.
    pub(super) fn recall(&mut self) {
        self.heap.extend(self.aside.drain(..).map(Reverse));
    }

    /// Takes the best place, which is stale.
    pub(super) fn drop_stale(&mut self) {
        self.heap.pop();
    }

    /// A task was given up: its place is stale now.
    pub(super) fn give_up(&mut self, live: impl Fn(&Place) -> bool) {
        self.len -= 1;
        if self.len == 0 {
            self.heap.clear();
            self.aside.clear();
        } else if self.heap.len() + self.aside.len() > 2 * self.len + SLACK {
            self.heap.retain(|Reverse(place)| live(place));
            self.aside.retain(|place| live(place));
        }
    }

    /// All places, stale ones too, in no order.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.heap.iter().map(|Reverse(place)| place).chain(&self.aside)
    }
}
