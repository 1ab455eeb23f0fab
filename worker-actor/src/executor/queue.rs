//! The queue of jobs that no thread has taken yet, best first.

use super::job::Job;
use partita_protocol::Priority;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Jobs, best first, and first come, first served among equals.
#[derive(Debug)]
pub(super) struct Queue<J> {
    heap: BinaryHeap<Item<J>>,
    serial: u64,
    /// How many of them are urgent.
    urgent: usize,
}

#[derive(Debug)]
struct Item<J> {
    priority: Priority,
    serial: u64,
    job: J,
}

impl<J: Job> Queue<J> {
    pub(super) fn new() -> Self {
        Queue { heap: BinaryHeap::new(), serial: 0, urgent: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    /// How many jobs are to start at once.
    pub(super) fn urgent(&self) -> usize {
        self.urgent
    }

    pub(super) fn push(&mut self, job: J) {
        self.serial += 1;
        self.urgent += usize::from(job.is_urgent());
        self.heap.push(Item { priority: job.priority(), serial: self.serial, job });
    }

    pub(super) fn pop(&mut self) -> Option<J> {
        let job = self.heap.pop()?.job;
        self.urgent -= usize::from(job.is_urgent());
        Some(job)
    }

    /// Takes all jobs, best first.
    pub(super) fn take(&mut self) -> Vec<J> {
        self.urgent = 0;
        let worst_first = std::mem::take(&mut self.heap).into_sorted_vec();
        worst_first.into_iter().rev().map(|item| item.job).collect()
    }
}

/// The greatest item is the best one: a heap gives the greatest first, and a better priority is smaller.
impl<J> Ord for Item<J> {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.priority, other.serial).cmp(&(self.priority, self.serial))
    }
}

impl<J> PartialOrd for Item<J> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<J> PartialEq for Item<J> {
    fn eq(&self, other: &Self) -> bool {
        self.serial == other.serial
    }
}

impl<J> Eq for Item<J> {}
