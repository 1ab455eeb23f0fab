//! What the deeds of a plan do to the world.

use super::driver::{Driver, Follow};
use super::plan::What;
use crate::universe::Number;
use crate::world::Told;
use partita_protocol::{AdaptConfig, ClientId, LossCause, TaskId, WorkerId};
use partita_scheduler::machine::Step as Scale;
use std::time::Duration;

impl Driver<'_> {
    /// Does what is due, if it can be done now.
    pub(super) fn act(&mut self, what: &What) {
        let is_done = match what {
            What::Join(at) => self.join(*at),
            What::Arrive(desk) => self.arrive(*desk),
            What::Submit(desk, numbers) => self.with_client(*desk, |driver, client| driver.submit(client, numbers)),
            What::Release(desk, numbers) => self.with_client(*desk, |driver, client| {
                let numbers = driver.wanted(client, numbers);
                driver.world.release(client, &numbers);
            }),
            What::Cancel(desk, numbers, force) => {
                self.with_client(*desk, |driver, client| driver.world.cancel(client, numbers, *force))
            }
            What::Retry(desk) => self.with_client(*desk, |driver, client| {
                let wants = &driver.world.clients()[client.0 as usize].wants;
                let erred: Vec<Number> =
                    wants.iter().filter(|(_, told)| **told == Told::Erred).map(|(number, _)| *number).collect();
                driver.world.retry(client, &erred);
            }),
            What::Want(desk, numbers) => self.with_client(*desk, |driver, client| driver.world.want(client, numbers)),
            What::Replicate(desk, numbers, copies) => {
                self.with_client(*desk, |driver, client| driver.world.replicate(client, numbers, *copies))
            }
            What::Leave(desk) => self.with_client(*desk, |driver, client| {
                driver.desks[*desk] = None;
                driver.world.leave(client);
            }),
            _ => self.befall(what),
        };
        if is_done {
            self.note(what);
        }
    }

    fn with_client(&mut self, desk: usize, act: impl FnOnce(&mut Self, ClientId)) -> bool {
        match self.desks.get(desk).copied().flatten() {
            Some(client) => {
                act(self, client);
                true
            }
            None => false,
        }
    }

    fn arrive(&mut self, desk: usize) -> bool {
        if self.desks[desk].is_none() {
            self.desks[desk] = Some(self.world.add_client());
        }
        true
    }

    fn join(&mut self, at: usize) -> bool {
        if let Some(info) = self.plan.workers.get(at) {
            self.world.add_worker(info.clone());
        }
        true
    }

    /// Puts in the data that is needed, and asks for results. Sometimes the data is let go as soon as they are asked for.
    pub(super) fn submit(&mut self, client: ClientId, numbers: &[Number]) {
        let universe = self.world.universe();
        let wants = &self.world.clients()[client.0 as usize].wants;
        let mut data = universe.closure(numbers);
        data.retain(|number| universe.definition(*number).data && !wants.contains_key(number));
        if !data.is_empty() {
            self.world.scatter(client, &data);
        }
        self.world.submit(client, numbers);
        if numbers.len() % 2 == 1 {
            self.world.release(client, &data);
        }
    }

    fn wanted(&self, client: ClientId, numbers: &[Number]) -> Vec<Number> {
        let wants = &self.world.clients()[client.0 as usize].wants;
        numbers.iter().copied().filter(|number| wants.contains_key(number)).collect()
    }

    /// A worker that is there and was not taken for lost.
    fn pick(&self, pick: u32) -> Option<WorkerId> {
        let there: Vec<WorkerId> = self
            .world
            .hosts()
            .map(|(id, _)| id)
            .filter(|id| !self.lost.contains(id) && !self.cut.contains(id))
            .collect();
        there.get(pick as usize % there.len().max(1)).copied()
    }

    /// Something befalls the cluster; false if there is nobody whom it could befall.
    fn befall(&mut self, what: &What) -> bool {
        match what {
            What::KillAll(back) => return self.kill_all(*back),
            What::Rebalance => {
                self.world.rebalance();
                return true;
            }
            What::Adapt(target) => return self.adapt(*target),
            What::Stale(pick) => return self.stale(*pick),
            _ => {}
        }
        let picked = match what {
            What::Kill(pick, ..)
            | What::Freeze { pick, .. }
            | What::Cut { pick, .. }
            | What::Slow(pick, ..)
            | What::Fill(pick, ..)
            | What::FillDisk(pick, ..)
            | What::Swell(pick, ..)
            | What::Delay(pick, ..)
            | What::LoseRequest(pick, ..)
            | What::LoseValue(pick, ..)
            | What::Retire(pick) => self.pick(*pick),
            _ => None,
        };
        match picked {
            Some(worker) => self.befall_worker(worker, what),
            None => false,
        }
    }

    fn befall_worker(&mut self, worker: WorkerId, what: &What) -> bool {
        match what {
            What::Kill(_, heard, back) => self.kill(worker, *heard, *back),
            What::Freeze { lasting, lost, .. } => {
                self.world.freeze(worker);
                self.after(*lasting, Follow::Thaw(worker));
                if let Some(lost) = lost {
                    self.after(*lost, Follow::Lose(worker, LossCause::Silent(*lost)));
                    self.after(*lasting * 2, Follow::Bury(worker));
                }
            }
            What::Cut { is_heard, hears, lost, .. } => {
                self.cut.insert(worker);
                self.world.cut(worker, *is_heard, *hears);
                self.after(*lost, Follow::Lose(worker, LossCause::Silent(*lost)));
                self.after(*lost * 2, Follow::Bury(worker));
            }
            What::Slow(_, times, lasting) => {
                self.world.slow(worker, *times);
                self.after(*lasting, Follow::Speed(worker));
            }
            What::Fill(_, lasting) => {
                self.world.fill(worker, true);
                self.after(*lasting, Follow::Empty(worker));
            }
            What::Swell(_, percent) => self.world.swell(worker, *percent),
            What::FillDisk(_, lasting) => {
                self.world.fill_disk(worker, true);
                self.after(*lasting, Follow::EmptyDisk(worker));
            }
            What::Delay(_, by, lasting) => self.world.delay(worker, *by, *lasting),
            What::LoseRequest(_, how) => self.world.lose_request(worker, *how),
            What::LoseValue(_, which) => return self.lose_value(worker, *which),
            What::Retire(_) => {
                self.leaving.insert(worker);
                self.world.retire(worker);
            }
            _ => return false,
        }
        true
    }

    /// Looks at the work that is there, and has workers come or leave as the policy says.
    fn adapt(&mut self, target: Duration) -> bool {
        let most = self.plan.workers.len();
        let config = AdaptConfig { minimum: 1, maximum: most, target, wait_count: 2, ..AdaptConfig::default() };
        let scheduler = self.world.scheduler();
        let there = scheduler.workers().filter(|view| !scheduler.is_retiring(view.worker)).count();
        match self.adapter.look(there, scheduler.adaptive_target(&config), &config) {
            Scale::Stay => {}
            Scale::Up(target) => {
                for at in there..target {
                    self.join(at % most);
                }
            }
            Scale::Down(count) => {
                for worker in self.world.scheduler().workers_to_close(count) {
                    self.leaving.insert(worker);
                    self.world.retire(worker);
                }
            }
        }
        true
    }

    fn kill(&mut self, worker: WorkerId, heard: Duration, back: Option<Duration>) {
        let name = self.world.host(worker).map(|host| host.info().name.clone());
        self.world.kill(worker, LossCause::Died("a fault".into()), heard);
        let place = self.plan.workers.iter().position(|info| Some(&info.name) == name.as_ref());
        if let (Some(place), Some(back)) = (place, back) {
            self.after(back, Follow::Join(place));
        }
    }

    fn kill_all(&mut self, back: Duration) -> bool {
        let all: Vec<WorkerId> = self.world.hosts().map(|(id, _)| id).collect();
        for worker in &all {
            self.kill(*worker, Duration::ZERO, Some(back));
        }
        !all.is_empty()
    }

    fn lose_value(&mut self, worker: WorkerId, which: u32) -> bool {
        let Some(host) = self.world.host(worker) else { return false };
        // What was put in by hand vanishes in scenarios only: when it is put in again at that very moment, the scheduler takes
        // the one for the other. No store loses single values.
        let is_computed = |task: &TaskId| !self.plan.universe.definition(task.index() as Number).data;
        let mut stored: Vec<_> = host.store().map(|(task, _)| task).filter(is_computed).collect();
        stored.sort_unstable();
        match stored.get(which as usize % stored.len().max(1)) {
            Some(task) => self.world.lose_value(worker, *task),
            None => false,
        }
    }

    /// Does what follows from something that happened.
    pub(super) fn follow(&mut self, follow: Follow) {
        match follow {
            Follow::Join(at) => drop(self.join(at)),
            Follow::Thaw(worker) => self.world.thaw(worker),
            Follow::Lose(worker, cause) => self.lose(worker, cause),
            Follow::Bury(worker) => drop(self.world.bury(worker)),
            Follow::Speed(worker) => self.world.slow(worker, 1),
            Follow::Empty(worker) => self.world.fill(worker, false),
            Follow::EmptyDisk(worker) => self.world.fill_disk(worker, false),
        }
    }

    /// A worker is taken for lost, if it still is there.
    pub(super) fn lose(&mut self, worker: WorkerId, cause: LossCause) {
        let is_known = self.world.scheduler().workers().any(|view| view.worker == worker);
        if !is_known {
            // Nobody can miss a worker that never was heard of.
            self.world.kill(worker, cause, Duration::ZERO);
        } else if self.world.host(worker).is_some() && self.lost.insert(worker) {
            self.world.declare_lost(worker, cause);
        }
    }
}
