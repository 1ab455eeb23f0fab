//! Calm and drain: without further faults everything that is wanted must end, and then nothing may be left.

use super::board::Board;
use super::moves::Move;
use crate::world::Told;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{ClientId, TaskId, WorkerId};
use std::collections::BTreeSet;

/// Moves that it may take until nothing moves any more, for each task and worker.
const PATIENCE: usize = 200;

impl Board {
    /// Lets everything go on without further faults until nothing moves any more: workers that are paused go on, those
    /// that were taken for lost end, and if none is left that may work, one comes. Then each result that a client wants
    /// must be there or have erred, the client must know it, and the scheduler must know what workers hold.
    pub fn calm(&mut self) {
        let deaf: Vec<WorkerId> = self.sites.iter().filter(|(_, site)| !site.hears).map(|(id, _)| *id).collect();
        for worker in deaf {
            self.sites.remove(&worker);
            self.said.remove(&worker);
        }
        let paused = self.sites.iter().filter(|(_, site)| site.machine.is_paused());
        for worker in paused.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.play(&Move::Resume(worker));
        }
        self.settle();
        self.check_wants();
        self.check_views();
        self.check_work();
    }

    /// Every client lets everything go and leaves. Then nothing may be left: no task, no value, no error, no message.
    pub fn drain(&mut self) {
        for client in (0..self.clients.len()).map(|client| ClientId(client as u32)) {
            let wants = self.wants(client).into_iter().flatten().map(|(number, _)| *number).collect();
            self.play(&Move::Release(client, wants));
        }
        self.settle();
        for client in (0..self.clients.len()).map(|client| ClientId(client as u32)) {
            self.play(&Move::Leave(client));
        }
        self.settle();
        let known: Vec<(TaskId, Word)> = self.scheduler.tasks().collect();
        if !known.is_empty() {
            self.break_with(|| format!("X9: the scheduler still knows {known:?}"));
        }
        if !self.faults.is_empty() {
            let faults = self.faults.clone();
            self.break_with(|| format!("X9: errors are kept: {faults:?}"));
        }
        let left = self.sites.iter().find(|(_, site)| !site.machine.is_empty() || !site.store.is_empty());
        let left = left.map(|(id, site)| format!("X9: {id} still has {:?}, {:?}", site.store, site.machine));
        if let Some(left) = left {
            self.break_with(|| left);
        }
    }

    /// Moves on until nothing moves. What takes too many moves is a runaway.
    fn settle(&mut self) {
        let limit = PATIENCE * (1 + self.universe.len()) * (1 + self.sites.len());
        for _ in 0..limit {
            if self.broken.is_some() {
                return;
            }
            let Some(step) = self.next_move() else { return };
            self.play(&step);
        }
        self.break_with(|| "L4: it goes on and on".into());
    }

    /// The next move of a cluster without faults.
    fn next_move(&self) -> Option<Move> {
        for (worker, site) in &self.sites {
            if !site.inbox.is_empty() {
                return Some(Move::Order(*worker));
            }
            if let Some((task, attempt)) = site.runs.keys().next() {
                return Some(Move::Finish(*worker, *task, *attempt));
            }
            if let Some((peer, transfer)) = site.transfers.iter().next() {
                let peer = *peer;
                return Some(match &transfer.answer {
                    Some(_) => Move::Arrive(*worker, peer),
                    None if self.sites.contains_key(&peer) => Move::Serve(*worker, peer),
                    None => Move::Break(*worker, peer),
                });
            }
        }
        let said = self.said.iter().find(|(_, said)| !said.is_empty());
        if let Some((worker, _)) = said {
            return Some(Move::Report(*worker));
        }
        if self.sites.keys().all(|worker| self.retiring.contains(worker)) && self.is_waited_for() {
            return Some(Move::Join(1));
        }
        let timers = self.sites.iter().filter_map(|(id, site)| Some((site.machine.next_timeout()?, Some(*id))));
        let first = timers.chain(self.scheduler.next_timeout().map(|due| (due, None))).min();
        first.map(|(_, worker)| worker.map_or(Move::Tick, Move::WorkerTick))
    }

    fn is_waited_for(&self) -> bool {
        self.clients.iter().flatten().any(|(_, told)| *told == Told::Nothing)
    }

    /// L2, L5: what is wanted has ended, and the client knows how.
    fn check_wants(&mut self) {
        let mut wrong = None;
        for (client, wants) in self.clients.iter().enumerate() {
            for (number, told) in wants {
                let id = self.ids[*number as usize];
                let state = self.scheduler.state_of(id);
                let is_right = match told {
                    Told::Nothing => false,
                    Told::InMemory => state == Some(Word::Memory),
                    Told::Erred => {
                        let has_passed = self.scheduler.has_passed_for(id, ClientId(client as u32));
                        state == Some(Word::Erred) || has_passed
                    }
                };
                if !is_right && wrong.is_none() {
                    let why = self.scheduler.why(id);
                    wrong = Some(format!("L2: nothing moves, {id} is {state:?}, c{client} was told {told:?}: {why:?}"));
                }
            }
        }
        if let Some(wrong) = wrong {
            self.break_with(|| wrong);
        }
    }

    /// X1: the scheduler knows exactly what workers hold, and nobody does anything.
    fn check_views(&mut self) {
        let mut held: BTreeSet<(TaskId, WorkerId)> = BTreeSet::new();
        for (id, _) in self.scheduler.tasks() {
            held.extend(self.scheduler.holders(id).into_iter().map(|worker| (id, worker)));
        }
        let stores = self.sites.iter().flat_map(|(worker, site)| site.store.keys().map(|task| (*task, *worker)));
        let stored: BTreeSet<_> = stores.collect();
        if held != stored {
            self.break_with(|| format!("X1: the scheduler takes {held:?} to be held, and {stored:?} is"));
        }
        let busy = self.sites.iter().find(|(_, site)| site.machine.known() != site.store.len());
        let busy = busy.map(|(worker, site)| format!("X1: {worker} waits for nothing to come: {:?}", site.machine));
        if let Some(busy) = busy {
            self.break_with(|| busy);
        }
    }

    /// X3: nothing ran more often than there were reasons.
    fn check_work(&mut self) {
        let (most, causes) = (self.runs.iter().max().copied().unwrap_or(0), self.causes);
        if most > 1 + causes {
            let runs = self.runs.clone();
            self.break_with(|| format!("X3: tasks ran {runs:?} times, with {causes} reasons to run one again"));
        }
    }
}
