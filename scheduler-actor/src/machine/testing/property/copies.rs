//! Workers that get copies, and workers that leave.

use super::fake::Fake;
use super::graph::KEYS;
use super::steps::Step;
use super::world::{World, pick};
use partita_protocol::scheduler::{Event, Input, Retirement};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Cause, TaskId, WorkerId};
use std::collections::BTreeSet;

impl Fake {
    /// Copies are wanted. What is here was told when it came.
    pub(super) fn hold(&mut self, inputs: Vec<Input>) {
        for input in inputs {
            if !self.store.contains(&input.task) && !self.assigned.contains_key(&input.task) {
                let known = self.wishes.entry(input.task).or_default();
                known.extend(input.holders.iter().copied());
            }
        }
    }

    /// Who holds what was asked after: if nobody does, a copy is not wanted any longer.
    pub(super) fn told_of_wish(&mut self, task: TaskId, holders: &[WorkerId]) {
        match self.wishes.get_mut(&task) {
            Some(_) if holders.is_empty() => drop(self.wishes.remove(&task)),
            Some(known) => *known = holders.to_vec(),
            None => {}
        }
    }
}

impl World {
    pub(super) fn copies_step(&mut self, step: Step) {
        match step {
            Step::Retire(number) => {
                if let Some(worker) = pick(self.fakes.keys().copied(), number) {
                    self.ready.remove(&worker);
                    self.event(Event::RetirementAsked { worker });
                }
            }
            Step::Go(number) => {
                if let Some(worker) = pick(self.ready.clone(), number) {
                    self.leave(worker);
                }
            }
            Step::Copies(number) => {
                let task = self.ids[number as usize / 5 % KEYS];
                self.event(Event::CopiesAsked { tasks: vec![task], copies: u32::from(number % 5) });
            }
            Step::Rebalance(number) => {
                let workers = self.fakes.keys().copied().filter(|id| !number.is_multiple_of(3) || id.0 % 2 == 0);
                let workers = workers.collect();
                self.event(Event::RebalanceAsked { workers });
            }
            _ => {}
        }
    }

    /// A worker may leave, or is to stay.
    pub(super) fn retirement(&mut self, worker: WorkerId, outcome: &Retirement) {
        match outcome {
            Retirement::Ready { .. } => {
                let fake = &self.fakes[&worker];
                let busy = self.scheduler.workers().any(|view| view.worker == worker && view.processing > 0);
                if busy || !fake.assigned.is_empty() && fake.orders.is_empty() && fake.reports.is_empty() {
                    self.fail("a worker may leave, and has tasks");
                }
                self.ready.insert(worker);
                if worker.0.is_multiple_of(2) {
                    // At once: then nothing is lost that cannot be computed again.
                    let lost = self.lost();
                    self.leaving.push((worker, lost));
                }
            }
            Retirement::Refused { nbytes } => {
                assert!(*nbytes > 0 && !self.ready.contains(&worker), "{worker} {}", self.log.join("\n"));
            }
        }
    }

    /// Lets those go at once that are to; true if one did.
    pub(super) fn leave_at_once(&mut self) {
        while let Some((worker, before)) = self.leaving.pop() {
            if self.fakes.contains_key(&worker) {
                self.leave(worker);
                if self.lost() > before {
                    self.fail("data by hand was lost with a worker that was let go");
                }
            }
        }
    }

    fn leave(&mut self, worker: WorkerId) {
        self.lose(worker, 0);
    }

    /// Tasks that err because data was lost.
    fn lost(&self) -> usize {
        let is_lost = |id: &TaskId| matches!(self.scheduler.failure(*id), Some((_, Cause::DataLost)));
        self.ids.iter().filter(|id| is_lost(id)).count()
    }

    /// Those that may leave do; true if one did.
    pub(super) fn let_go(&mut self) -> bool {
        let ready = std::mem::take(&mut self.ready);
        ready.iter().for_each(|worker| self.leave(*worker));
        !ready.is_empty()
    }

    /// Nobody is stuck on the way out.
    pub(super) fn all_left(&self) {
        if let Some(view) = self.scheduler.workers().find(|view| view.retiring && view.seceded == 0) {
            self.fail(&format!("{} does not come to leave", view.worker));
        }
    }

    /// A worker fetches one of the copies that it is to get; false if there is none that it has not asked after.
    pub(super) fn fetch_copy(&mut self, id: WorkerId, number: u16) -> bool {
        let Some(fake) = self.fakes.get(&id) else { return false };
        let open = fake.wishes.keys().copied().filter(|task| !fake.asked.contains(task));
        let Some(task) = pick(open, number) else { return false };
        let holder = fake.wishes[&task].iter().copied().find(|holder| *holder != id);
        let peer = holder.and_then(|holder| self.fakes.get(&holder));
        let found = peer.is_some_and(|peer| peer.store.contains(&task));
        let Some(fake) = self.fakes.get_mut(&id) else { return false };
        if fake.store.contains(&task) {
            fake.wishes.remove(&task);
        } else if found {
            fake.wishes.remove(&task);
            fake.store.insert(task);
            fake.reports.push_back(Report::Added { tasks: vec![task] });
        } else {
            fake.asked.insert(task);
            fake.reports.push_back(Report::Missing { holder: holder.unwrap_or(id), tasks: vec![task] });
        }
        true
    }

    /// X1: with nothing under way, the scheduler's holders are those that hold, and no copy is waited for.
    pub(super) fn compare_views(&self) {
        assert_eq!(self.scheduler.copies_under_way(), 0, "{}", self.log.join("\n"));
        if self.dropped {
            return;
        }
        for id in &self.ids {
            let believed: BTreeSet<WorkerId> = self.scheduler.holders(*id).into_iter().collect();
            let is_holder = |fake: &Fake| fake.store.contains(id);
            let holders: BTreeSet<WorkerId> =
                self.fakes.iter().filter(|(_, fake)| is_holder(fake)).map(|(id, _)| *id).collect();
            let state = self.scheduler.state_of(*id);
            if believed != holders {
                self.fail(&format!("{id} is {state:?} on {believed:?}, and held by {holders:?}"));
            }
            if let (Some(State::Memory), Some(asked)) = (state, self.scheduler.copies.plans.get(id)) {
                let able = self.scheduler.workers().filter(|view| !view.paused && !view.retiring).count();
                assert!(believed.len() >= able.min(asked.asked as usize), "{id} wants for copies");
            }
        }
    }
}
