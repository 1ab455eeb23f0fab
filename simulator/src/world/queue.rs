//! The virtual clock: what is to happen, in the order of time, and first come first served in the same instant.

use partita_protocol::Time;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// What is to happen, and when.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T> {
    heap: BinaryHeap<Entry<T>>,
    entered: u64,
    kind: fn(&T) -> Kind,
    counts: [usize; 4],
}

/// What kind of thing is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something that was said arrives.
    Message,
    /// Something that goes on ends.
    Work,
    /// A machine's timer.
    Timer,
    /// A moment that was asked for.
    Moment,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    time: Time,
    order: u64,
    what: T,
}

impl<T> Queue<T> {
    /// Nothing is to happen.
    pub(crate) fn new(kind: fn(&T) -> Kind) -> Self {
        Queue { heap: BinaryHeap::new(), entered: 0, kind, counts: [0; 4] }
    }

    /// How many things of a kind are to happen.
    pub(crate) fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// Something is to happen then.
    pub(crate) fn push(&mut self, time: Time, what: T) {
        self.entered += 1;
        self.counts[(self.kind)(&what) as usize] += 1;
        self.heap.push(Entry { time, order: self.entered, what });
    }

    /// What happens next.
    pub(crate) fn pop(&mut self) -> Option<(Time, T)> {
        let entry = self.heap.pop()?;
        self.counts[(self.kind)(&entry.what) as usize] -= 1;
        Some((entry.time, entry.what))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Entry<T> {
    /// The earliest is the greatest, as the heap gives the greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.time, other.order).cmp(&(self.time, self.order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_equals_in_the_order_they_came() {
        let mut queue = Queue::new(|_| Kind::Message);
        for (time, what) in [(5, 'a'), (3, 'b'), (5, 'c'), (3, 'd'), (0, 'e')] {
            queue.push(Time(time), what);
        }
        let order: String = std::iter::from_fn(|| queue.pop().map(|(_, what)| what)).collect();
        assert_eq!((&*order, queue.count(Kind::Message)), ("ebdac", 0));
    }
}
