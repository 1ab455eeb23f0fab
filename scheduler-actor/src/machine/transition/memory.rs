//! Into `memory` and what it means for those that waited, and out of it when the value is lost.

use super::{Goal, Scheduler};
use crate::machine::task::{Source, State};
use crate::machine::worker::Seat;
use crate::machine::{Turn, Untidy};
use partita_protocol::TaskId;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::Notice;
use smallvec::smallvec;

impl Scheduler {
    /// The value of a waiting (data) or processing task is in a worker's memory.
    pub(crate) fn any_memory(&mut self, turn: &mut Turn, id: TaskId, seat: Seat, nbytes: u64) {
        self.enter(turn, id, State::Memory { holders: smallvec![seat], nbytes });
        self.workers[seat].held.join(id);
        self.workers[seat].bytes += u128::from(nbytes);
        self.large.came(nbytes);
        for client in self.tasks[id].wanted_by.as_slice() {
            turn.notify(*client, id, Notice::InMemory { holder: self.workers[seat].id, nbytes });
            if planted(Bug::SecondClient) {
                break;
            }
        }
        if !(planted(Bug::LateResult) && self.workers[seat].retiring) {
            self.copies_changed(id);
        }
        self.stop_waiting(turn, id);
        let dependents = std::mem::take(&mut self.tasks[id].dependents);
        for dependent in &dependents {
            let Some(task) = self.tasks.find_mut(*dependent) else { continue };
            if let State::Waiting { missing } = &mut task.state {
                *missing -= 1;
                if *missing == 0 {
                    self.agenda.push(*dependent, Goal::Ready);
                }
            }
        }
        let task = &mut self.tasks[id];
        task.dependents = dependents;
        if !task.needed() {
            self.agenda.push(id, Goal::Release);
        }
    }

    /// One more worker holds a task that is in memory; nothing happens if it is known to.
    pub(crate) fn add_holder(&mut self, id: TaskId, seat: Seat) {
        if let State::Memory { holders, nbytes } = &mut self.tasks[id].state
            && !holders.contains(&seat)
        {
            holders.push(seat);
            let nbytes = *nbytes;
            self.workers[seat].held.join(id);
            self.workers[seat].bytes += u128::from(nbytes);
            self.copy_came(id, seat, nbytes);
        }
    }

    /// A worker no longer holds a task that is in memory. With the last holder the value is lost. False if the worker
    /// was no holder.
    pub(crate) fn remove_holder(&mut self, turn: &mut Turn, id: TaskId, seat: Seat) -> bool {
        let State::Memory { holders, nbytes } = &mut self.tasks[id].state else { return false };
        let Some(place) = holders.iter().position(|holder| *holder == seat) else { return false };
        if holders.len() == 1 {
            self.memory_lost(turn, id);
        } else {
            holders.remove(place);
            let nbytes = *nbytes;
            self.drop_holder(seat, nbytes);
            self.copy_went(id, seat);
        }
        true
    }

    /// Takes a value off a worker's account.
    pub(crate) fn drop_holder(&mut self, seat: Seat, nbytes: u64) {
        let worker = &mut self.workers[seat];
        let was_full = worker.is_full();
        worker.bytes -= u128::from(nbytes);
        let has_room_again = was_full && !worker.is_full();
        if worker.held.leave() {
            self.untidy.push(Untidy::Held(seat));
        }
        if has_room_again {
            self.slot_freed(seat);
        }
    }

    /// The last copy is gone. What was to use it is taken back; the task is computed again if it is needed.
    fn memory_lost(&mut self, turn: &mut Turn, id: TaskId) {
        self.enter(turn, id, State::Released);
        let dependents = std::mem::take(&mut self.tasks[id].dependents);
        for dependent in &dependents {
            self.input_lost(turn, *dependent);
        }
        let task = &mut self.tasks[id];
        task.dependents = dependents;
        if task.source == Source::Computed {
            for client in task.wanted_by.as_slice() {
                turn.notify(*client, id, Notice::Lost);
            }
        }
        let goal = if task.needed() { Goal::Wait } else { Goal::Release };
        self.agenda.push(id, goal);
    }

    /// A task that waits lost an input: it goes back to waiting for it, off its worker if it has one.
    fn input_lost(&mut self, turn: &mut Turn, id: TaskId) {
        let Some(task) = self.tasks.find_mut(id) else { return };
        match &mut task.state {
            State::Waiting { missing } => *missing += 1,
            State::Queued { .. } if planted(Bug::QueuedInput) => {}
            State::Processing(processing) => {
                let seat = processing.seat;
                self.order_free(turn, seat, id);
                self.enter(turn, id, State::Waiting { missing: 1 });
            }
            State::Queued { .. } | State::NoWorker { .. } => {
                self.enter(turn, id, State::Waiting { missing: 1 });
            }
            State::Released | State::Memory { .. } | State::Erred { .. } => {}
        }
    }
}
