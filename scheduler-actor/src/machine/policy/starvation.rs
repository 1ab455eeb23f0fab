//! Resources without starvation: a task that asks for much could be overtaken for ever by those that ask for little.
//!
//! So when tasks that ask the same have waited for [`Config::starvation`](crate::machine::Config::starvation) and none of
//! them was started, what they ask is held back for them on one worker: whatever others leave there is kept until one of
//! them fits. Others go on as before on all other workers, and on this one with whatever else it has. Tasks of a higher
//! priority are held off too: not to wait for ever comes first.

use crate::machine::needs::{Class, ClassId};
use crate::machine::worker::Seat;
use crate::machine::{Scheduler, Turn};
use partita_protocol::{ClientId, Resources, Time};

impl Scheduler {
    /// Whether the resources that tasks of this class take are free on the worker, and not held back for others.
    pub(crate) fn is_free(&self, class: &Class, seat: Seat) -> bool {
        let Some(needs) = &class.needs.resources else { return true };
        let free = &self.workers[seat].free;
        free.covers(needs) && !self.is_held_back(class, seat, needs, free)
    }

    /// Whether other tasks have taken what tasks of this class take of the worker.
    pub(crate) fn lacks_resources(&self, class: &Class, seat: Seat) -> bool {
        class.needs.resources.as_ref().is_some_and(|needs| !self.workers[seat].free.covers(needs))
    }

    /// Whether the worker could not keep what is held back on it if it gave these resources to the class.
    fn is_held_back(&self, class: &Class, seat: Seat, needs: &Resources, free: &Resources) -> bool {
        self.classes.holds.iter().any(|(held, other)| {
            let other = &self.classes[*other];
            let Some(kept) = other.needs.resources.as_ref().filter(|_| *held == seat) else { return false };
            !std::ptr::eq(other, class)
                && needs.iter().any(|(name, amount)| {
                    let kept = kept.amount(name);
                    kept > 0 && free.amount(name) < kept.saturating_add(amount)
                })
        })
    }

    /// A task of the class could not be started: if its like has waited for too long, the worker that lacks the least has
    /// its resources held back for it from now on.
    pub(crate) fn hold_back(&mut self, turn: &Turn, id: ClassId) {
        let class = &self.classes[id];
        let Some(needs) = class.needs.resources.as_ref().filter(|_| self.is_starving(id, class, turn.now)) else {
            return;
        };
        let holds = &self.classes.holds;
        let lacks = |seat: &Seat| {
            let free = &self.workers[*seat].free;
            needs.iter().map(|(name, amount)| amount.saturating_sub(free.amount(name))).fold(0, u64::saturating_add)
        };
        let seats = class.seats.iter().filter(|seat| holds.iter().all(|(held, _)| held != *seat));
        if let Some(seat) = seats.min_by_key(|seat| (lacks(seat), **seat)) {
            self.classes.holds.push((*seat, id));
        }
    }

    /// Whether tasks of the class have waited for too long, and nothing is held back for them.
    fn is_starving(&self, id: ClassId, class: &Class, now: Time) -> bool {
        let due = class.waits.zip(self.config.starvation).is_some_and(|(since, limit)| since + limit <= now);
        due && !self.classes.is_held_for(id)
    }

    /// When resources are to be held back for a class, if that is still to come.
    pub(crate) fn starvation_due(&self) -> Option<Time> {
        if self.classes.waiting == 0 {
            return None;
        }
        let limit = self.config.starvation?;
        let due = self.classes.iter().filter_map(|(id, class)| {
            let due = class.waits? + limit;
            (due > self.now && !class.seats.is_empty() && !self.classes.is_held_for(id)).then_some(due)
        });
        due.min()
    }

    /// Whether resources are to be held back for a class by now.
    pub(crate) fn is_any_starving(&self, now: Time) -> bool {
        self.classes.waiting > 0 && self.classes.iter().any(|(id, class)| self.is_starving(id, class, now))
    }

    /// A task of the class was started, or none waits any longer: what was held back for it is free.
    pub(crate) fn release_hold(&mut self, id: ClassId) {
        if self.classes.is_held_for(id) {
            self.classes.holds.retain(|(_, class)| *class != id);
            self.refill.supply();
        }
    }

    /// The last queued task of a client left the queue of a class.
    pub(crate) fn line_ended(&mut self, id: ClassId, client: ClientId) {
        self.accounts.leave(client, self.clients.find(client).is_none());
        if self.classes[id].queue.is_empty() {
            self.release_hold(id);
        }
    }

    /// Workers came, went, paused or resumed: nothing is held back on those that may not run the tasks.
    pub(crate) fn review_holds(&mut self) {
        if !self.classes.holds.is_empty() {
            let mut holds = std::mem::take(&mut self.classes.holds);
            holds.retain(|(seat, class)| self.classes[*class].seats.contains(seat));
            self.classes.holds = holds;
        }
    }
}
