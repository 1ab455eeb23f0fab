//! The queue of tasks that could start: a line for each client, so that none waits behind all the tasks of another.

use partita_protocol::{ClientId, Priority, TaskId};
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Places of given-up tasks that a line may hold beyond those of its tasks before it is swept.
const SLACK: usize = 64;

/// Runs over which their lengths are averaged, about.
const LATELY: u64 = 8;

/// Lines that are kept, at the most, for what their clients were given, when no task stands in them.
const LINES: usize = 16;

/// The queue of tasks that could start.
///
/// Among the tasks of the best user's priority, one of the client that was given the least comes first; of a client's
/// tasks the best one, and first come, first served among equals. What a client is given is counted in nanoseconds while
/// the queue is not empty. A client that comes, or comes back, starts with as much as the one that was given the least of
/// those that wait: nobody saves up credit by being idle. (Start-time fair queuing: Goyal, Vin, Cheng, SIGCOMM 1996.)
///
/// Giving a task up does not search the queue: its place goes stale, is passed over when it comes up, and is swept when
/// stale places are the majority.
#[derive(Clone, Debug, Default)]
pub(super) struct Ready {
    lines: SmallVec<[Line; 1]>,
    len: usize,
    /// The line that [`Ready::first`] found the best place in.
    found: usize,
    /// How long runs took lately, in nanoseconds: what one of unknown length is taken to last.
    lately: u64,
}

/// The tasks of a client.
#[derive(Clone, Debug)]
struct Line {
    client: ClientId,
    /// What the client was given, in nanoseconds.
    given: u64,
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

/// Where a place stands among all: the user's priority, what its client was given, and the place among those of its client.
pub(super) type Rank = (i32, u64, Place);

impl Ready {
    /// How many tasks are in the queue.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether no task is in the queue.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a task of a client.
    pub(super) fn push(&mut self, client: ClientId, place: Place) {
        let at = self.lines.iter().position(|line| line.client == client).unwrap_or_else(|| self.open(client));
        if self.lines[at].len == 0
            && let Some(least) = self.lines.iter().filter(|line| line.len > 0).map(|line| line.given).min()
        {
            let given = &mut self.lines[at].given;
            *given = least.max(*given);
        }
        let line = &mut self.lines[at];
        line.heap.push(Reverse(place));
        line.len += 1;
        self.len += 1;
    }

    /// A line for a client that has none: one that nobody stands in, if nobody waits or there are too many, or a new one.
    #[cold]
    fn open(&mut self, client: ClientId) -> usize {
        let is_over = self.len == 0 || self.lines.len() >= LINES;
        let line = Line { client, given: 0, heap: BinaryHeap::new(), aside: Vec::new(), len: 0 };
        match self.lines.iter().position(|line| is_over && line.len == 0) {
            Some(at) => {
                self.lines[at] = line;
                at
            }
            None => {
                self.lines.push(line);
                self.lines.len() - 1
            }
        }
    }

    /// The best place; it may be stale.
    pub(super) fn first(&mut self) -> Option<Place> {
        if let [line] = &self.lines[..] {
            self.found = 0;
            return line.first();
        }
        let ranks = self.lines.iter().enumerate().filter_map(|(at, line)| Some((line.rank(&line.first()?), at)));
        let ((_, _, place), at) = ranks.min()?;
        self.found = at;
        Some(place)
    }

    /// Takes the task that [`Ready::first`] gave, which is expected to last so long, `u64::MAX` if that is not known; what
    /// its client is charged.
    pub(super) fn take_first(&mut self, expected_nanos: u64) -> u64 {
        let nanos = if expected_nanos == u64::MAX { self.lately } else { expected_nanos };
        let line = &mut self.lines[self.found];
        line.heap.pop();
        line.len -= 1;
        line.given = line.given.saturating_add(nanos);
        self.len -= 1;
        self.leave();
        nanos
    }

    /// Passes over the task that [`Ready::first`] gave until [`recall`](Self::recall): what it takes of the worker is not
    /// free.
    pub(super) fn set_aside(&mut self) {
        let line = &mut self.lines[self.found];
        line.aside.extend(line.heap.pop().map(|Reverse(place)| place));
    }

    /// Something that tasks take of the worker became free: none is passed over any longer.
    pub(super) fn recall(&mut self) {
        for line in &mut self.lines {
            line.heap.extend(line.aside.drain(..).map(Reverse));
        }
    }

    /// Takes the place that [`Ready::first`] gave, which is stale.
    pub(super) fn drop_stale(&mut self) {
        self.lines[self.found].heap.pop();
    }

    /// A task of a client was given up: its place is stale now.
    pub(super) fn give_up(&mut self, client: ClientId, live: impl Fn(&Place) -> bool) {
        let Some(line) = self.lines.iter_mut().find(|line| line.client == client) else { return };
        line.len -= 1;
        if line.heap.len() + line.aside.len() > 2 * line.len + SLACK {
            line.heap.retain(|Reverse(place)| live(place));
            line.aside.retain(|place| live(place));
        }
        self.len -= 1;
        self.leave();
    }

    /// A task left. When nobody waits, what clients were given is forgotten, with all stale places.
    fn leave(&mut self) {
        if self.len == 0 {
            self.lines.truncate(1);
            for line in &mut self.lines {
                line.given = 0;
                line.heap.clear();
                line.aside.clear();
            }
        }
    }

    /// A run of a client that was charged for ended, and took so long.
    pub(super) fn settle(&mut self, client: ClientId, charged: u64, took: u64) {
        self.lately = self.lately - self.lately / LATELY + took / LATELY;
        if self.len > 0
            && let Some(line) = self.lines.iter_mut().find(|line| line.client == client)
        {
            line.given = line.given.saturating_sub(charged).saturating_add(took);
        }
    }

    /// All places, stale ones too, each with its client and where it stands, in no order.
    pub(super) fn places(&self) -> impl Iterator<Item = (ClientId, Rank)> {
        self.lines.iter().flat_map(|line| line.places().map(|place| (line.client, line.rank(place))))
    }
}

impl Line {
    fn first(&self) -> Option<Place> {
        self.heap.peek().map(|Reverse(place)| *place)
    }

    fn rank(&self, place: &Place) -> Rank {
        (place.priority.user, self.given, *place)
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.heap.iter().map(|Reverse(place)| place).chain(&self.aside)
    }
}
