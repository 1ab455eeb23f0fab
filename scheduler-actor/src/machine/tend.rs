//! Looking after copies at the end of a turn: copies are sent for, surplus ones go, and workers that leave learn that they
//! may.

use super::copies::{Leave, MOVES};
use super::policy::copies::{Takers, free_bytes, surplus};
use super::task::{Source, State};
use super::worker::Seat;
use super::{Scheduler, Turn};
use partita_protocol::TaskId;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::{Effect, Input, Retirement};
use partita_protocol::worker::Order;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is gathered while copies are looked after.
#[derive(Default)]
struct Tending {
    /// Who can take copies; found out when it is first needed.
    takers: Option<Takers>,
    /// What each worker is to get.
    holds: BTreeMap<Seat, Vec<Input>>,
    /// Bytes that each worker that leaves cannot leave behind.
    refused: BTreeMap<Seat, u64>,
    /// Which tasks could be computed again, as far as it was found out.
    lineage: FxHashMap<TaskId, bool>,
}

impl Scheduler {
    /// Looks after everything that is due.
    pub(crate) fn tend(&mut self, turn: &mut Turn) {
        let mut tending = Tending::default();
        for (id, from) in std::mem::take(&mut self.copies.moved) {
            self.end_move(turn, id, from);
        }
        while !self.copies.due.is_empty() {
            let mut due = std::mem::take(&mut self.copies.due);
            due.sort_unstable();
            due.dedup();
            for id in due {
                if self.tasks.find(id).is_some_and(|task| matches!(task.state, State::Memory { .. })) {
                    self.look_after(turn, id, &mut tending);
                }
            }
        }
        self.begin_moves(&mut tending);
        for (seat, inputs) in tending.holds {
            turn.order(self.workers[seat].id, Order::Hold { inputs });
        }
        match tending.refused.pop_first() {
            Some((seat, nbytes)) => self.refuse_leave(turn, seat, nbytes),
            None => self.let_leave(turn),
        }
    }

    /// Sends for the copies that a result in memory wants for, or lets surplus ones go.
    fn look_after(&mut self, turn: &mut Turn, id: TaskId, tending: &mut Tending) {
        let asked = self.copies.asked(id).max(1);
        let staying = self.staying(id);
        let moving = usize::from(staying > 0 && self.copies.moving.contains_key(&id));
        let mut have = staying + self.copies.coming(id).len() - moving;
        while have < asked && self.send_for(id, tending) {
            have += 1;
        }
        match have < asked {
            true => self.copies.short.insert(id),
            false => self.copies.short.remove(&id),
        };
        if !self.copies.leaves.is_empty() {
            self.look_after_leaves(id, staying, have, tending);
        }
        if staying > 1 && self.copies.coming(id).is_empty() {
            self.reduce(turn, id, staying);
        }
    }

    /// Sends for one more copy of a result; false if nobody can take it.
    fn send_for(&mut self, id: TaskId, tending: &mut Tending) -> bool {
        if self.copies.unreadable.contains(&id) {
            return false;
        }
        let takers = tending.takers.get_or_insert_with(|| self.takers());
        let State::Memory { holders, nbytes } = &self.tasks[id].state else { return false };
        let (nbytes, coming) = (*nbytes, self.copies.coming(id));
        let hosts: Vec<&Arc<str>> = holders.iter().chain(coming).map(|seat| &self.workers[*seat].info.host).collect();
        let has = |seat| holders.contains(&seat) || coming.contains(&seat);
        let Some(seat) = takers.choose(nbytes, has, |host| hosts.iter().any(|known| ***known == *host)) else {
            return false;
        };
        self.send_to(id, seat, nbytes, tending);
        true
    }

    fn send_to(&mut self, id: TaskId, seat: Seat, nbytes: u64, tending: &mut Tending) {
        if let Some(input) = self.input(id) {
            self.copies.begin(id, seat, nbytes);
            tending.holds.entry(seat).or_default().push(input);
            if planted(Bug::EarlyCopy) {
                self.add_holder(id, seat);
            }
        }
    }

    fn takers(&self) -> Takers {
        let mut takers = Takers::default();
        for (seat, worker) in self.workers.iter().filter(|(_, worker)| worker.runs()) {
            takers.add(seat, worker.info.host.clone(), self.free_bytes(seat));
        }
        takers
    }

    fn free_bytes(&self, seat: Seat) -> u128 {
        let worker = &self.workers[seat];
        free_bytes(worker.info.memory_limit, worker.bytes, self.copies.bytes.get(&seat).copied().unwrap_or(0))
    }

    /// Lets surplus copies go: those that were not asked for, once no task waits for the result. What a client put into
    /// several workers by hand stays there unless it asks for fewer.
    fn reduce(&mut self, turn: &mut Turn, id: TaskId, staying: usize) {
        let task = &self.tasks[id];
        if task.waiters > 0 || task.to_come > 0 {
            return;
        }
        let keep = match self.copies.asked(id) {
            0 if self.config.reduce_copies && task.source != Source::Scattered => 1,
            0 => return,
            asked => asked,
        };
        if staying > keep {
            let holders = task.holders().iter().copied().filter(|seat| !self.workers[*seat].retiring);
            for seat in surplus(holders.map(|seat| (self.free_bytes(seat), seat)).collect(), keep) {
                self.drop_copy(turn, id, seat);
            }
        }
        if keep == 1 && self.copies.asked(id) == 1 {
            self.copies.ask(id, 0);
        }
    }

    /// A worker drops its copy; others have one.
    fn drop_copy(&mut self, turn: &mut Turn, id: TaskId, seat: Seat) {
        if self.tasks[id].holders().len() > 1 && self.remove_holder(turn, id, seat) {
            self.order_free(turn, seat, id);
        }
    }

    /// What a result means for the workers that leave: it is on its way to others, or has come, or is let go to be
    /// computed again; or it cannot be computed again, and they must stay.
    fn look_after_leaves(&mut self, id: TaskId, staying: usize, have: usize, tending: &mut Tending) {
        let State::Memory { holders, nbytes } = &self.tasks[id].state else { return };
        let nbytes = *nbytes;
        let leaving: Vec<Seat> = holders.iter().copied().filter(|seat| self.workers[*seat].retiring).collect();
        let lost = !leaving.is_empty() && have == 0 && !self.can_be_computed(id, &mut tending.lineage);
        for seat in leaving {
            let Some(Leave { left, moved, told }) = self.copies.leaves.get_mut(&seat) else { continue };
            if staying > 0 {
                *moved += u64::from(left.remove(&id));
            } else if have > 0 {
                left.insert(id);
                continue;
            } else {
                left.remove(&id);
            }
            if lost && !*told {
                let refused = tending.refused.entry(seat).or_default();
                *refused = refused.saturating_add(nbytes);
            }
            self.copies.check.push(seat);
        }
    }

    /// Begins moves of a rebalance, as many as may be under way.
    fn begin_moves(&mut self, tending: &mut Tending) {
        while self.copies.moving.len() < MOVES {
            let Some((id, planned)) = self.copies.moves.pop_front() else { return };
            let stays = self.copies.unreadable.contains(&id) || !self.may_move(id, planned.from);
            let busy = stays || self.copies.moving.contains_key(&id);
            let Some(State::Memory { holders, nbytes }) = self.tasks.find(id).map(|task| &task.state) else { continue };
            let (to, nbytes) = (planned.to, *nbytes);
            let has = holders.contains(&to) || self.copies.coming(id).contains(&to);
            if !busy && !has && self.workers[to].runs() && self.free_bytes(to) >= u128::from(nbytes) {
                self.send_to(id, to, nbytes, tending);
                self.copies.moving.insert(id, planned);
            }
        }
    }

    /// The copy of a move came: the sender drops its own, unless a task came to use it.
    fn end_move(&mut self, turn: &mut Turn, id: TaskId, from: Seat) {
        if self.may_move(id, from) && self.staying(id) > self.copies.asked(id).max(1) {
            self.drop_copy(turn, id, from);
        }
    }

    /// A worker cannot leave, because nobody can take what cannot be computed again. It goes on as before.
    fn refuse_leave(&mut self, turn: &mut Turn, seat: Seat, nbytes: u64) {
        self.copies.leaves.remove(&seat);
        let worker = &mut self.workers[seat];
        worker.retiring = false;
        let outcome = Retirement::Refused { nbytes };
        turn.push(Effect::Retirement { worker: worker.id, outcome });
        self.look_at_held(seat);
        self.slot_freed(seat);
        self.workers_changed(turn);
    }

    /// Tells the workers that leave and are free to go.
    fn let_leave(&mut self, turn: &mut Turn) {
        for seat in std::mem::take(&mut self.copies.check) {
            let Some(leave) = self.copies.leaves.get_mut(&seat) else { continue };
            let is_idle = self.workers[seat].busy.len() == 0 || planted(Bug::GracefulDeath);
            if !leave.told && leave.left.is_empty() && is_idle {
                leave.told = true;
                if planted(Bug::HeldLeaver) {
                    continue;
                }
                let outcome = Retirement::Ready { moved: leave.moved };
                turn.push(Effect::Retirement { worker: self.workers[seat].id, outcome });
            }
        }
    }
}
