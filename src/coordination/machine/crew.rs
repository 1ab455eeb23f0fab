//! The workers that are there, and those who wait for more.

use super::Asked;
use super::line::Line;
use super::words::{Answer, Call, Holder, Post, Ticket};
use partita_protocol::WorkerId;
use std::collections::BTreeSet;

/// The workers.
#[derive(Default)]
pub(super) struct Crew {
    there: BTreeSet<WorkerId>,
    /// With how many workers each of them waits for.
    waiting: Line<usize>,
}

impl Crew {
    pub(super) fn called<P>(&mut self, asked: Asked, call: &Call<P>, post: &mut dyn Post<P>) {
        match call {
            Call::Wait { count } => self.waiting.join(&asked, *count),
            _ => drop(post.offer(asked.ticket, Answer::Count(self.there.len()))),
        }
        self.settle(post);
    }

    pub(super) fn join<P>(&mut self, worker: WorkerId, post: &mut dyn Post<P>) {
        self.there.insert(worker);
        self.settle(post);
    }

    pub(super) fn lose(&mut self, worker: WorkerId) {
        self.there.remove(&worker);
    }

    pub(super) fn is_there(&self, worker: WorkerId) -> bool {
        self.there.contains(&worker)
    }

    /// Tells those for whom there are enough; nobody is held up by who wants more.
    fn settle<P>(&mut self, post: &mut dyn Post<P>) {
        let there = self.there.len();
        self.waiting.serve(|count| *count <= there, |ticket| drop(post.offer(ticket, Answer::Done)));
    }

    pub(super) fn leave(&mut self, leaves: &dyn Fn(Ticket, Holder) -> bool, left: &mut Vec<Ticket>) {
        self.waiting.leave(leaves, left);
    }
}
