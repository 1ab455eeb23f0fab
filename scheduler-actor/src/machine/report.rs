//! What workers report.

use super::needs::ClassId;
use super::task::{Processing, Source, State};
use super::transition::Goal;
use super::worker::Seat;
use super::{Scheduler, Turn};
use partita_protocol::scheduler::Effect;
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, Cause, FaultId, TaskId, WorkerId};
use smallvec::SmallVec;

impl Scheduler {
    pub(crate) fn worker_reported(&mut self, turn: &mut Turn, worker: WorkerId, report: Report) {
        let Some(seat) = self.workers.seat(worker) else {
            if let Report::Failed { fault, .. } = report {
                self.forget_fault(turn, fault);
            }
            return;
        };
        match report {
            Report::Finished { task, attempt, nbytes, started, stopped } => {
                match self.current(seat, task, attempt).is_some() {
                    true => {
                        self.prefixes.observe(self.tasks[task].prefix, stopped.0.saturating_sub(started.0));
                        self.any_memory(turn, task, seat, nbytes);
                    }
                    false => self.refuse(turn, seat, task),
                }
            }
            Report::Failed { task, attempt, fault, .. } => self.failed(turn, seat, task, attempt, fault),
            Report::Rescheduled { task, attempt } => self.rescheduled(turn, seat, task, attempt),
            Report::Seceded { task, attempt } => self.seceded(seat, task, attempt),
            Report::TimedOut { .. } | Report::StealAnswered { .. } => {}
            Report::Added { tasks } => {
                for id in tasks {
                    match self.tasks.find(id).map(|task| &task.state) {
                        Some(State::Memory { .. }) => self.add_holder(id, seat),
                        _ => self.refuse(turn, seat, id),
                    }
                }
            }
            Report::Missing { holder, tasks } => self.missing(turn, seat, holder, &tasks),
            Report::Paused => self.set_paused(turn, seat, true),
            Report::Resumed => self.set_paused(turn, seat, false),
        }
    }

    /// The task's assignment, if it is this one.
    fn current(&self, seat: Seat, id: TaskId, attempt: Attempt) -> Option<Processing> {
        let processing = self.tasks.find(id)?.processing()?;
        (processing.seat == seat && processing.attempt == attempt).then_some(*processing)
    }

    fn failed(&mut self, turn: &mut Turn, seat: Seat, id: TaskId, attempt: Attempt, fault: FaultId) {
        let Some(current) = self.current(seat, id, attempt) else { return self.forget_fault(turn, fault) };
        self.drop_stray(turn, id, &current);
        let task = &mut self.tasks[id];
        if task.retries > 0 {
            task.retries -= 1;
            self.enter(turn, id, State::Waiting { missing: 0 });
            self.agenda.push(id, Goal::Ready);
            return self.forget_fault(turn, fault);
        }
        let failure = self.failures.add(id, Cause::Reported(fault));
        self.any_erred(turn, id, failure);
    }

    /// Runs a task somewhere else, or here again if there is nowhere else.
    fn rescheduled(&mut self, turn: &mut Turn, seat: Seat, id: TaskId, attempt: Attempt) {
        let Some(current) = self.current(seat, id, attempt) else { return };
        self.drop_stray(turn, id, &current);
        self.enter(turn, id, State::Waiting { missing: 0 });
        let class = self.tasks[id].class;
        let elsewhere = match self.classes[class].seats.len() {
            0 | 1 => None,
            _ => self.choose(id, Some(seat)),
        };
        match elsewhere {
            Some(elsewhere) => self.assign(turn, id, elsewhere),
            None => self.agenda.push(id, Goal::Ready),
        }
    }

    /// A task waits for others: it counts neither as busy nor as work.
    fn seceded(&mut self, seat: Seat, id: TaskId, attempt: Attempt) {
        let Some(current) = self.current(seat, id, attempt).filter(|current| !current.seceded) else { return };
        self.tasks[id].state = State::Processing(Processing { seceded: true, ..current });
        let worker = &mut self.workers[seat];
        worker.slots -= 1;
        worker.occupancy -= current.expected;
        worker.seceded += 1;
        self.slot_freed(seat);
    }

    /// A worker holds a value that is not kept there: it drops it. Not while it computes the task anew: then it drops it
    /// if that fails. And not when the value is in memory elsewhere: then the worker may need it as an input, and was
    /// told to drop its own when the old attempt was taken back.
    fn refuse(&mut self, turn: &mut Turn, seat: Seat, id: TaskId) {
        match self.tasks.find_mut(id).map(|task| &mut task.state) {
            Some(State::Processing(processing)) if processing.seat == seat => processing.stray = true,
            Some(State::Memory { .. }) => {}
            _ => self.order_free(turn, seat, id),
        }
    }

    /// A run did not end well: the worker drops what it has from an earlier one.
    fn drop_stray(&mut self, turn: &mut Turn, id: TaskId, processing: &Processing) {
        if processing.stray {
            self.order_free(turn, processing.seat, id);
        }
    }

    /// An error is of no use, unless a failure refers to it.
    fn forget_fault(&mut self, turn: &mut Turn, fault: FaultId) {
        if !self.failures.refers_to(fault) {
            turn.push(Effect::ForgetFault { fault });
        }
    }

    /// A worker did not find results where they should be.
    ///
    /// What a worker says of itself is taken at its word. What it says of another may be late, and about an older copy
    /// than the one that is there now. So a holder that uses the value itself, while others hold it too, stays: it will
    /// find out by itself. Any other holder is struck, and told to drop what it might have unless it uses it.
    fn missing(&mut self, turn: &mut Turn, reporter: Seat, holder: WorkerId, tasks: &[TaskId]) {
        let seat = self.workers.seat(holder);
        let is_own = seat == Some(reporter);
        for id in tasks {
            if let (Some(seat), Some(task)) = (seat, self.tasks.find(*id)) {
                let is_doubtful = !is_own && task.holders().len() > 1 && self.is_used_on(*id, seat);
                if !is_doubtful && self.remove_holder(turn, *id, seat) && !self.is_used_on(*id, seat) {
                    self.order_free(turn, seat, *id);
                }
            }
            let holders = self.tasks.find(*id).map_or(&[][..], |task| task.holders());
            let holders: SmallVec<[WorkerId; 2]> =
                holders.iter().map(|seat| self.workers[*seat].id).filter(|other| *other != holder).collect();
            turn.order(self.workers[reporter].id, Order::Holders { task: *id, holders });
        }
    }

    /// Whether a worker processes something that depends on the task.
    fn is_used_on(&self, id: TaskId, seat: Seat) -> bool {
        let mut dependents = self.tasks.dependents(id);
        dependents.any(|(_, dependent)| dependent.processing().is_some_and(|processing| processing.seat == seat))
    }

    pub(crate) fn data_scattered(&mut self, turn: &mut Turn, worker: WorkerId, tasks: &[(TaskId, u64)]) {
        let seat = self.workers.seat(worker);
        for (id, nbytes) in tasks {
            let expected = match self.tasks.find_mut(*id) {
                Some(task) if task.source == Source::Expected => {
                    task.source = Source::Scattered;
                    matches!(task.state, State::Waiting { .. })
                }
                _ => false,
            };
            match seat {
                None if expected => {
                    let failure = self.failures.add(*id, Cause::DataLost);
                    self.any_erred(turn, *id, failure);
                }
                None => {}
                Some(seat) if expected => self.any_memory(turn, *id, seat, *nbytes),
                Some(seat) => match self.tasks.find(*id).map(|task| &task.state) {
                    Some(State::Memory { .. }) => self.add_holder(*id, seat),
                    _ => self.refuse(turn, seat, *id),
                },
            }
        }
    }

    /// Whether tasks of the class wait for resources.
    pub(crate) fn wants_resources(&self, class: ClassId) -> bool {
        self.classes[class].needs.resources.is_some()
    }
}
