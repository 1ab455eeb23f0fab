//! Workers that behave like workers: they fetch inputs, end tasks, drop what they are told to.

use super::super::say;
use super::world::{FAULTS, World, pick};
use partita_protocol::scheduler::{Assignment, Effect, Event};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{FaultId, TaskId, WorkerId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// A worker: messages under way to and from it, what it was told to do and what it holds.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) orders: VecDeque<Order>,
    pub(super) reports: VecDeque<Report>,
    pub(super) assigned: BTreeMap<TaskId, Assignment>,
    pub(super) store: BTreeSet<TaskId>,
    /// Copies that it is to get.
    pub(super) wishes: BTreeMap<TaskId, Vec<WorkerId>>,
    /// Inputs and copies that were asked after and not yet told about.
    pub(super) asked: BTreeSet<TaskId>,
    pub(super) paused: bool,
    /// Tasks that gave their thread back, among those that it is to do.
    pub(super) seceded: BTreeSet<TaskId>,
}

/// How a worker ends a task.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Act {
    Finish,
    Fail,
    /// It runs for too long, if it may not run for ever.
    TimeOut,
    Reschedule,
    Secede,
}

impl World {
    pub(super) fn deliver_order(&mut self, id: WorkerId) {
        let Some(fake) = self.fakes.get_mut(&id) else { return };
        let Some(order) = fake.orders.pop_front() else { return };
        self.log.push(format!("        {id} hears {}", say(&Effect::Order { worker: id, order: order.clone() })));
        match order {
            Order::Compute(assignment) => {
                let task = assignment.task;
                fake.wishes.remove(&task);
                if fake.assigned.insert(task, assignment).is_some() {
                    self.fail("a task was given to a worker that has it");
                }
            }
            Order::Free { task } => {
                fake.assigned.remove(&task);
                fake.seceded.remove(&task);
                fake.store.remove(&task);
                fake.wishes.remove(&task);
            }
            Order::Holders { task, holders } => {
                fake.asked.remove(&task);
                fake.told_of_wish(task, &holders);
                for input in fake.assigned.values_mut().flat_map(|assignment| &mut assignment.inputs) {
                    if input.task == task {
                        input.holders.clone_from(&holders);
                    }
                }
            }
            Order::Steal { task, attempt } => {
                let is_current = fake.assigned.get(&task).is_some_and(|assignment| assignment.attempt == attempt);
                // Some have started; those that gave their thread back have for sure.
                let given = is_current && !fake.seceded.contains(&task) && !attempt.0.is_multiple_of(4);
                if given {
                    fake.assigned.remove(&task);
                }
                fake.reports.push_back(Report::StealAnswered { task, attempt, given });
            }
            Order::Hold { inputs } => fake.hold(inputs),
            Order::PeerLost { peer } => {
                for input in fake.assigned.values_mut().flat_map(|assignment| &mut assignment.inputs) {
                    input.holders.retain(|holder| *holder != peer);
                }
                fake.wishes.values_mut().for_each(|holders| holders.retain(|holder| *holder != peer));
            }
        }
    }

    pub(super) fn deliver_report(&mut self, id: WorkerId) {
        let Some(report) = self.fakes.get_mut(&id).and_then(|fake| fake.reports.pop_front()) else { return };
        self.event(Event::WorkerReported { worker: id, report });
    }

    /// A worker does something about one of its tasks: it fetches its inputs, or ends it. Or it fetches a copy.
    pub(super) fn act(&mut self, id: WorkerId, number: u16, act: Act) {
        if act == Act::Finish && self.fetch_copy(id, number) {
            return;
        }
        let Some(mut fake) = self.fakes.remove(&id) else { return };
        if let Some(task) = pick(fake.assigned.keys().copied().collect::<Vec<_>>(), number) {
            let inputs = fake.assigned[&task].inputs.clone();
            let mut ready = true;
            for input in &inputs {
                if fake.store.contains(&input.task) || fake.asked.contains(&input.task) {
                    continue;
                }
                ready = false;
                let holder = input.holders.first().copied();
                match holder.and_then(|holder| self.fakes.get(&holder)) {
                    Some(peer) if peer.store.contains(&input.task) => {
                        fake.store.insert(input.task);
                        fake.wishes.remove(&input.task);
                        fake.reports.push_back(Report::Added { tasks: vec![input.task] });
                    }
                    _ => {
                        fake.asked.insert(input.task);
                        let holder = holder.unwrap_or(id);
                        fake.reports.push_back(Report::Missing { holder, tasks: vec![input.task] });
                    }
                }
            }
            ready &= inputs.iter().all(|input| fake.store.contains(&input.task));
            if ready {
                self.end(&mut fake, task, act);
            }
        }
        self.fakes.insert(id, fake);
    }

    pub(super) fn end(&mut self, fake: &mut Fake, task: TaskId, act: Act) {
        let Assignment { attempt, timeout_nanos, .. } = fake.assigned[&task];
        if act == Act::TimeOut && timeout_nanos.is_none() {
            return;
        }
        // Some kinds of tasks are short enough to be handed ahead, others long enough to be stolen.
        let micros = if task.index().is_multiple_of(3) { 20 } else { 1_000 } * task.index() as u64;
        let (started, stopped) = (self.now, self.now + Duration::from_micros(micros));
        if act == Act::Secede {
            fake.seceded.insert(task);
            fake.reports.push_back(Report::Seceded { task, attempt });
            return;
        }
        fake.assigned.remove(&task);
        fake.seceded.remove(&task);
        fake.reports.push_back(match act {
            Act::Fail => {
                let fault = FaultId(FAULTS + self.next_fault);
                self.next_fault += 1;
                self.faults.insert(fault);
                Report::Failed { task, attempt, fault, retry: !fault.0.is_multiple_of(4), started, stopped }
            }
            Act::TimeOut => Report::TimedOut { task, attempt, started, stopped },
            Act::Reschedule => Report::Rescheduled { task, attempt },
            Act::Finish | Act::Secede => {
                fake.store.insert(task);
                Report::Finished { task, attempt, nbytes: 10 + task.index() as u64, started, stopped }
            }
        });
    }
}
