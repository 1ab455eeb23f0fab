//! What workers report.

use super::needs::ClassId;
use super::task::{Processing, Source, State};
use super::transition::Goal;
use super::worker::Seat;
use super::{Scheduler, Turn};
use partita_graph::TaskErrorKind;
use partita_protocol::planted::{Bug, planted};
use partita_protocol::scheduler::{Effect, Input};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, Cause, FaultId, TaskId, WorkerId};
use smallvec::SmallVec;
use std::time::Duration;

impl Scheduler {
    pub(crate) fn worker_reported(&mut self, turn: &mut Turn, worker: WorkerId, report: Report) {
        let Some(seat) = self.workers.seat(worker) else {
            if let Report::Failed { fault, .. } = report {
                self.forget_fault(turn, fault);
            }
            return;
        };
        match report {
            Report::Finished { task, attempt, nbytes, started, stopped } => match self.current(seat, task, attempt) {
                Some(current) => {
                    let nanos = stopped.0.saturating_sub(started.0);
                    self.pay(task, &current, stopped - started);
                    self.prefixes.observe(self.tasks[task].prefix, nanos, nbytes);
                    self.any_memory(turn, task, seat, nbytes);
                }
                None if planted(Bug::OldResult) && self.is_pending(task) => {
                    self.any_memory(turn, task, seat, nbytes);
                }
                None => self.refuse(turn, seat, task),
            },
            Report::Failed { task, attempt, fault, retry, started, stopped } => {
                if let Some(current) = self.current(seat, task, attempt) {
                    self.pay(task, &current, stopped - started);
                }
                self.failed(turn, seat, (task, attempt), fault, retry);
            }
            Report::Rescheduled { task, attempt } => self.rescheduled(turn, seat, task, attempt),
            Report::Seceded { task, attempt } => self.seceded(seat, task, attempt),
            Report::TimedOut { task, attempt, started, stopped } => {
                self.timed_out(turn, seat, (task, attempt), stopped - started);
            }
            Report::StealAnswered { task, attempt, given } => self.steal_answered(turn, seat, task, attempt, given),
            Report::Added { tasks } => {
                for id in tasks {
                    match self.tasks.find(id).map(|task| &task.state) {
                        Some(State::Memory { .. }) => self.add_holder(id, seat),
                        None if planted(Bug::PhantomCopy) => {}
                        None if planted(Bug::ForgottenCopy) => _ = self.tasks[id].needed(),
                        _ => self.refuse(turn, seat, id),
                    }
                }
            }
            Report::Missing { holder, tasks } => self.missing(turn, seat, holder, &tasks),
            Report::Unreadable { tasks } => tasks.iter().for_each(|id| self.unreadable(*id, seat)),
            Report::Orphaned { threads } => self.set_orphaned(seat, threads),
            Report::Paused => self.set_paused(turn, seat, true),
            Report::Resumed => self.set_paused(turn, seat, false),
        }
    }

    /// The task's assignment, if it is this one.
    pub(crate) fn current(&self, seat: Seat, id: TaskId, attempt: Attempt) -> Option<Processing> {
        let processing = self.tasks.find(id)?.processing()?;
        (processing.seat == seat && processing.attempt == attempt).then_some(*processing)
    }

    /// A run is over: its client is charged for what it took; what it was charged for before is given back as the task leaves
    /// its worker.
    fn pay(&mut self, id: TaskId, current: &Processing, took: Duration) {
        if current.charged {
            let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
            self.accounts.charge(self.tasks[id].client, nanos);
        }
    }

    /// A run ended with an error: the task is tried again if it may be, and `retry` says that the error is one for that.
    fn failed(&mut self, turn: &mut Turn, seat: Seat, run: (TaskId, Attempt), fault: FaultId, retry: bool) {
        let (id, attempt) = run;
        let Some(current) = self.current(seat, id, attempt) else {
            if planted(Bug::OldFailure) && self.is_pending(id) {
                let failure = self.failures.add(id, Cause::Reported(fault));
                return self.any_erred(turn, id, failure);
            }
            return self.forget_fault(turn, fault);
        };
        if planted(Bug::StolenFailure) && current.steals > 0 {
            return self.forget_fault(turn, fault);
        }
        self.drop_stray(turn, id, &current);
        if planted(Bug::EndlessRetries)
            && let Some(bounds) = &mut self.tasks[id].bounds
        {
            bounds.retries = bounds.options.retries;
        }
        if retry && self.try_again(turn, id, seat) {
            return self.forget_fault(turn, fault);
        }
        let failure = self.failures.add(id, Cause::Reported(fault));
        self.any_erred(turn, id, failure);
    }

    /// A run took too long. That is an error of the task, after which it is tried again as after others.
    fn timed_out(&mut self, turn: &mut Turn, seat: Seat, run: (TaskId, Attempt), took: Duration) {
        let (id, attempt) = run;
        let Some(current) = self.current(seat, id, attempt) else { return };
        self.pay(id, &current, took);
        self.drop_stray(turn, id, &current);
        let options = self.tasks[id].bounds.as_ref().map(|bounds| &bounds.options);
        let limit = options.and_then(|options| options.timeout).unwrap_or(took);
        let retry = options.is_some_and(|options| options.retry_on.covers(&TaskErrorKind::TimedOut { limit }));
        if !(retry && self.try_again(turn, id, seat)) {
            let failure = self.failures.add(id, Cause::TimedOut { limit });
            self.any_erred(turn, id, failure);
        }
    }

    /// Runs a task somewhere else, or here again if there is nowhere else.
    fn rescheduled(&mut self, turn: &mut Turn, seat: Seat, id: TaskId, attempt: Attempt) {
        let Some(current) = self.current(seat, id, attempt) else { return };
        if planted(Bug::LongReschedule) && current.seceded {
            return;
        }
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
        let present = if planted(Bug::OldSeceded) { self.run_of(id) } else { self.current(seat, id, attempt) };
        let Some(current) = present.filter(|current| !current.seceded) else { return };
        self.tasks[id].state = State::Processing(Processing { seceded: true, ..current });
        let (client, priority) = (self.tasks[id].client, self.tasks[id].priority);
        let worker = &mut self.workers[seat];
        worker.slots -= 1;
        worker.occupancy -= current.expected;
        worker.crowd.leave(client, priority.user);
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
    pub(crate) fn drop_stray(&mut self, turn: &mut Turn, id: TaskId, processing: &Processing) {
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
    /// find out by itself. Nor is the only holder of data that was put in by hand struck: it is asked whether it has it,
    /// and the reporter asks it again. Any other holder is struck, and told to drop what it might have unless it uses it.
    fn missing(&mut self, turn: &mut Turn, reporter: Seat, holder: WorkerId, tasks: &[TaskId]) {
        let seat = self.workers.seat(holder);
        let is_own = seat == Some(reporter);
        for id in tasks {
            if !is_own && self.is_only_data(*id, seat) {
                let input = Input { task: *id, nbytes: 0, holders: SmallVec::new() };
                turn.order(holder, Order::Hold { inputs: vec![input] });
                let holders = SmallVec::from_slice(&[holder]);
                turn.order(self.workers[reporter].id, Order::Holders { task: *id, holders });
                continue;
            }
            if let (Some(seat), Some(task)) = (seat, self.tasks.find(*id)) {
                let is_doubtful = !is_own && task.holders().len() > 1 && self.is_used_on(*id, seat);
                if !is_doubtful && self.remove_holder(turn, *id, seat) && !self.is_used_on(*id, seat) {
                    self.order_free(turn, seat, *id);
                }
            }
            let holders = self.tasks.find(*id).map_or(&[][..], |task| task.holders());
            let holders: SmallVec<[WorkerId; 2]> =
                holders.iter().map(|seat| self.workers[*seat].id).filter(|other| *other != holder).collect();
            if planted(Bug::UnansweredMissing) && !holders.is_empty() {
                continue;
            }
            if holders.is_empty() {
                self.copy_given_up(*id, reporter);
            }
            turn.order(self.workers[reporter].id, Order::Holders { task: *id, holders });
        }
    }

    /// Whether a worker is the only holder of data that was put in by hand.
    fn is_only_data(&self, id: TaskId, seat: Option<Seat>) -> bool {
        let data = self.tasks.find(id).filter(|task| task.source == Source::Scattered);
        data.is_some_and(|task| matches!(task.holders(), [only] if Some(*only) == seat))
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
