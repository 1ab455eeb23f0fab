//! Graphs on their way to the scheduler, piece by piece.

use super::actor::ClientActor;
use actix::{ActorFuture, Context};
use partita_collections::future::{Cell, State};
use partita_graph::{CheckedGraph, CheckedTask};
use partita_protocol::message::{Submission, ToScheduler};
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

/// A graph that is handed in piece by piece.
pub(super) struct Sending {
    number: u64,
    inside: Option<i64>,
    pieces: std::vec::IntoIter<Vec<CheckedTask>>,
    inputs: std::vec::IntoIter<u32>,
    wanted: VecDeque<(u32, u32)>,
    sent: u32,
}

impl ClientActor {
    pub(super) fn submit(&mut self, graph: CheckedGraph, wanted: Vec<(u32, Arc<Cell>)>, inside: Option<i64>) {
        if let Some(error) = &self.ended {
            wanted.iter().for_each(|(_, cell)| {
                cell.set(State::Ended(error.clone()));
            });
            return;
        }
        let wanted = wanted.into_iter().map(|(rank, cell)| (rank, self.add_slot(cell))).collect();
        let (pieces, inputs, _) = graph.into_parts();
        self.submissions += 1;
        self.sending.push_back(Sending {
            number: self.submissions,
            inside,
            pieces: pieces.into_iter(),
            inputs: inputs.into_iter(),
            wanted,
            sent: 0,
        });
        // Small graphs go at once; of large ones the first piece.
        self.send_piece();
    }

    /// Hands in one piece of what waits. False if nothing waits any longer.
    fn send_piece(&mut self) -> bool {
        let Some(sending) = self.sending.front_mut() else { return false };
        let tasks = sending.pieces.next().unwrap_or_default();
        let edges = tasks.iter().map(|task| task.range().len()).sum();
        let inputs = sending.inputs.by_ref().take(edges).collect();
        let (first, next) = (sending.sent, sending.sent + tasks.len() as u32);
        let mut wanted = Vec::new();
        while let Some((rank, number)) = sending.wanted.pop_front_if(|(rank, _)| *rank < next) {
            wanted.push((rank - first, number));
        }
        sending.sent = next;
        let last = sending.pieces.len() == 0;
        let (number, inside) = (sending.number, sending.inside);
        if last {
            self.sending.pop_front();
        }
        let client = self.id;
        self.tell(ToScheduler::Submit(Submission { client, number, inside, tasks, inputs, wanted, last }));
        !self.sending.is_empty()
    }

    /// Sends what waited for graphs to be on their way.
    pub(super) fn send_requests(&mut self) {
        if self.sending.is_empty() {
            for request in std::mem::take(&mut self.requests) {
                self.tell(ToScheduler::Request(request));
            }
        }
    }

    /// Takes back what was announced of graphs that are not handed in to the end: the client leaves. Graphs of which
    /// something is to go on without it are handed in all the same.
    pub(super) fn withdraw(&mut self) {
        for sending in std::mem::take(&mut self.sending) {
            let goes_on =
                |(_, number): &(u32, u32)| self.slots[*number as usize].as_ref().is_some_and(|slot| slot.detached);
            if sending.wanted.iter().any(goes_on) {
                self.sending.push_back(sending);
                continue;
            }
            self.unaccepted -= sending.wanted.len();
            if sending.sent > 0 {
                let inputs = sending.inputs.filter(|rank| *rank < sending.sent).collect();
                let (client, number, inside) = (self.id, sending.number, sending.inside);
                let (tasks, wanted) = (Vec::new(), Vec::new());
                self.tell(ToScheduler::Submit(Submission {
                    client,
                    number,
                    inside,
                    tasks,
                    inputs,
                    wanted,
                    last: true,
                }));
            }
        }
    }
}

/// Hands in one piece each time that it is polled, so that workers and others have their turn in between.
pub(super) struct SendPieces;

impl ActorFuture<ClientActor> for SendPieces {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        actor: &mut ClientActor,
        _: &mut Context<ClientActor>,
        task: &mut std::task::Context<'_>,
    ) -> Poll<()> {
        match actor.send_piece() {
            false => {
                actor.send_requests();
                Poll::Ready(())
            }
            true => {
                task.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}
