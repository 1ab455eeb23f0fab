//! Workers that come, go, pause and resume.

use super::deaths::Death;
use super::needs::ClassId;
use super::task::State;
use super::transition::Goal;
use super::worker::Seat;
use super::{Scheduler, Turn, is_busy, is_held, is_stranded};
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::worker::Order;
use partita_protocol::{Begun, LossCause, WorkerId};

impl Scheduler {
    pub(crate) fn worker_joined(&mut self, turn: &mut Turn, worker: WorkerId, info: WorkerInfo) {
        if self.config.static_workers {
            self.profiles.retain(|known| known.name != info.name);
            self.profiles.push(info.clone());
        }
        if let Some(seat) = self.workers.insert(worker, info, self.config.saturation) {
            self.slot_freed(seat);
            self.workers_changed(turn);
        }
    }

    /// Threads of a worker are taken by what nobody waits for, or are free of it again. What waits for such a thread may be taken
    /// away by others.
    pub(crate) fn set_orphaned(&mut self, seat: Seat, threads: u32) {
        let worker = &mut self.workers[seat];
        worker.orphaned = threads.min(worker.info.threads);
        self.slot_freed(seat);
    }

    pub(crate) fn set_paused(&mut self, turn: &mut Turn, seat: Seat, paused: bool) {
        if self.workers[seat].paused != paused {
            self.workers[seat].paused = paused;
            if paused {
                self.copies_diverted(seat);
            }
            if planted(Bug::IdleResumed) && !paused {
                return;
            }
            self.slot_freed(seat);
            self.workers_changed(turn);
        }
    }

    /// A worker is gone. What it processed is run elsewhere, unless too many workers died after it had begun there; of what
    /// it held, other copies serve, or the value is lost.
    pub(crate) fn worker_lost(&mut self, turn: &mut Turn, worker: WorkerId, cause: &LossCause, begun: &Begun) {
        let Some(seat) = self.workers.seat(worker) else { return };
        for (_, other) in self.workers.iter().filter(|(other, _)| *other != seat && !planted(Bug::PeerNotTold)) {
            turn.order(other.id, Order::PeerLost { peer: worker });
        }
        self.workers[seat].paused = true;
        if !planted(Bug::LostTaker) {
            self.copies_diverted(seat);
        }
        if !planted(Bug::LostThief) {
            self.thief_lost(seat);
        }
        let mut busy = self.workers[seat].busy.members(|id| is_busy(&self.tasks, id, seat));
        busy.sort_unstable_by_key(|id| (self.tasks[*id].priority, *id));
        if planted(Bug::HalfRemoved) {
            busy.pop();
        }
        let had = busy.iter().filter_map(|id| self.tasks[*id].processing().copied());
        let death = Death::of((worker, cause, begun), had);
        for id in busy {
            let given_up = match (&death, self.tasks[id].processing()) {
                (Some(death), Some(processing)) => {
                    self.deaths.add(id, *processing, death, self.config.allowed_failures)
                }
                _ => None,
            };
            if let Some(cause) = given_up {
                let failure = self.failures.add(id, cause);
                self.any_erred(turn, id, failure);
            } else {
                self.enter(turn, id, State::Waiting { missing: 0 });
                self.agenda.push(id, Goal::Ready);
            }
        }
        for id in self.workers[seat].held.members(|id| is_held(&self.tasks, id, seat)) {
            if planted(Bug::GhostHolder) && self.tasks[id].holders().len() > 1 {
                continue;
            }
            self.remove_holder(turn, id, seat);
        }
        self.copies_unseated(seat);
        self.workers.remove(seat);
        self.workers_changed(turn);
    }

    /// Finds out anew which workers may run what, and looks again at what had none.
    pub(crate) fn workers_changed(&mut self, turn: &mut Turn) {
        self.refill.everything();
        self.copies_revived();
        self.large.look_around(self.workers.iter().map(|(_, worker)| &worker.info));
        for id in self.classes.ids() {
            let class = &mut self.classes[id];
            let revived = class.look_around(&self.workers, turn.now);
            if class.stranded.is_empty() || !(revived || self.is_hopeless(id)) || planted(Bug::NotRevived) {
                continue;
            }
            let tasks = &self.tasks;
            for (_, task) in self.classes[id].stranded.members(|since, id| is_stranded(tasks, id, since)) {
                self.agenda.push(task, Goal::Ready);
            }
        }
        self.review_holds();
    }

    /// Whether no worker that can ever come may run tasks of the class: workers are static, and none of those that were
    /// seen could.
    pub(crate) fn is_hopeless(&self, class: ClassId) -> bool {
        if planted(Bug::RashDespair) && class != ClassId::ANY {
            return self.classes[class].seats.is_empty();
        }
        let needs = &self.classes[class].needs;
        class != ClassId::ANY && !self.profiles.is_empty() && !self.profiles.iter().any(|info| needs.allows(info))
    }

    /// The best that the cluster has for tasks of the class, in words.
    pub(crate) fn best_for(&self, class: ClassId) -> String {
        let wants = self.wants_resources(class);
        let describe = |info: &WorkerInfo| match wants {
            true => format!("worker {} with {}", info.name, super::needs::describe(&info.resources)),
            false => format!("worker {}", info.name),
        };
        let mut list: Vec<String> = self.profiles.iter().take(NAMED_WORKERS).map(describe).collect();
        if self.profiles.len() > NAMED_WORKERS {
            list.push(format!("{} more", self.profiles.len() - NAMED_WORKERS));
        }
        list.join(", ")
    }
}

/// Workers that an error names at the most.
const NAMED_WORKERS: usize = 8;
