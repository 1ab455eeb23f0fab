//! The second and the third phase: nothing goes wrong any more, everything that is wanted ends, and then nothing is left.

use super::driver::{BOUND, Driver, END};
use super::outcome::Phase;
use super::plan::Size;
use crate::check::{Broken, suits};
use crate::world::Told;
use partita_graph::TaskOptions;
use partita_protocol::limits::{PAUSE_PATIENCE, STRAIN_PATIENCE};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{ClientId, LossCause, Resources, WorkerId};
use std::sync::Arc;
use std::time::Duration;

/// Runs of a task that ends with errors, or asks to be run elsewhere, before it ends well, and one besides.
const TRIES: u32 = 4;

impl Driver<'_> {
    /// Ends all faults, sees to it that everything can run somewhere, and waits until all that is wanted has ended.
    pub(super) fn calm(&mut self) -> Result<(), Broken> {
        self.phase = Phase::Calm;
        let all: Vec<WorkerId> = self.world.hosts().map(|(id, _)| id).collect();
        for worker in all {
            if self.cut.contains(&worker) {
                self.lose(worker, LossCause::Silent(Duration::from_secs(1)));
            }
            self.world.thaw(worker);
            self.world.slow(worker, 1);
            self.world.ease(worker);
        }
        self.check()?;
        self.provide();
        if self.plan.size == Size::Big {
            // Whatever happened before, a client that comes now gets everything.
            let client = self.world.add_client();
            self.submit(client, &self.plan.universe.ends());
        }
        let bound = self.bound();
        self.world.wake(bound, BOUND);
        let mut buried = false;
        while self.pending().is_some() || !self.world.is_quiet() {
            if !self.step()? || self.world.is_idle() {
                break;
            }
            // What zombies said arrives before they end.
            if !buried {
                buried = true;
                self.bury_lost();
            }
            if self.is_late {
                return self.overdue("L1", format!("after {bound:?} of calm"));
            }
        }
        self.bury_lost();
        match self.pending() {
            Some(_) => self.overdue("L2", "and nothing is to happen any more".into()),
            None => self.check_calm(),
        }
    }

    fn bury_lost(&mut self) {
        for worker in std::mem::take(&mut self.lost) {
            self.world.bury(worker);
        }
    }

    /// A result that a client waits for and that has not ended.
    fn pending(&self) -> Option<(u32, u32)> {
        self.world.clients().iter().filter(|client| client.is_here).find_map(|client| {
            let waits = client.wants.iter().find(|(_, told)| **told == Told::Nothing);
            waits.map(|(number, _)| (client.id.0, *number))
        })
    }

    fn overdue(&self, id: &'static str, how: String) -> Result<(), Broken> {
        let Some((client, number)) = self.pending() else { return Ok(()) };
        let task = self.world.id_of(number);
        let state = self.world.scheduler().state_of(task);
        let name = self.world.universe().name(number);
        let text = format!("c{client} waits for {name}, which is {state:?}, {how}");
        Err(Broken { tasks: vec![task], ..Broken::new(id, text) })
    }

    /// Sees to it that there is a worker for everything that is asked of workers.
    fn provide(&mut self) {
        let universe = self.plan.universe.clone();
        let mut wishes: Vec<Option<Arc<TaskOptions>>> = vec![None];
        for number in universe.numbers() {
            let options = &universe.definition(number).options;
            if options.is_some() && !wishes.contains(options) {
                wishes.push(options.clone());
            }
        }
        for wish in wishes {
            let options = wish.map(|options| (*options).clone()).unwrap_or_default();
            let is_there = self.world.hosts().any(|(id, host)| {
                !self.lost.contains(&id) && !self.leaving.contains(&id) && suits(host.info(), &options)
            });
            if !is_there {
                let name = options.workers.first().map_or("calm", String::as_str);
                self.world.add_worker(WorkerInfo {
                    name: name.into(),
                    host: "calm".into(),
                    threads: 2,
                    memory_limit: 0,
                    resources: Resources::new([("GPU", 2.0)]),
                });
            }
        }
    }

    /// The time in which everything that is left must end: Graham's bound of list scheduling (Bounds on multiprocessing
    /// timing anomalies, 1969), all tasks by all threads and the longest path besides, with what messages, moves, waits
    /// between tries and time limits add to each step of that path, for each try that a task may have. Tasks that may not
    /// run everywhere are taken to run one after the other, and so are those of a worker whose process may have too much.
    fn bound(&self) -> Duration {
        let (settings, universe) = (&self.plan.settings, &self.plan.universe);
        let network = &settings.network;
        let process = settings.storage.process;
        let alone_at_a_time = |info: &WorkerInfo| process.is_some() && info.memory_limit > 0;
        let threads = |info: &WorkerInfo| if alone_at_a_time(info) { 1 } else { info.threads };
        let slots: u32 = self.world.hosts().map(|(_, host)| threads(host.info())).sum();
        let (longest, options) = (self.plan.longest_run(), |number| universe.definition(number).options.as_deref());
        let asks = |options: &TaskOptions| !options.workers.is_empty() || !options.resources.is_empty();
        let is_bound = |number: &u32| options(*number).is_some_and(asks);
        let alone = universe.numbers().filter(is_bound).map(|number| self.plan.courses[number as usize].duration);
        let together = longest.saturating_mul(universe.len() as u32) / slots.max(1);
        let nbytes: u64 = self.plan.courses.iter().map(|course| course.nbytes).sum();
        let moves = Duration::from_secs_f64(4.0 * nbytes as f64 / network.bandwidth as f64);
        // A process with too much is waited for, and everything is read from disk each time that it is used.
        let strains = process.map_or(Duration::ZERO, |process| STRAIN_PATIENCE + PAUSE_PATIENCE + 4 * process.look);
        let most = self.plan.courses.iter().map(|course| course.nbytes).max().unwrap_or_default();
        let reads = most as f64 * universe.edges() as f64 / settings.storage.disk_bandwidth as f64;
        let reads = process.map_or(Duration::ZERO, |_| Duration::from_secs_f64(2.0 * reads));
        let busy = settings.overhead * 40 * universe.len() as u32;
        let hop = 3 * 2 * (network.latency + network.jitter) + network.patience;
        let wait = |options: &TaskOptions| options.retry_delay * 8 + options.timeout.unwrap_or_default();
        let waits = universe.numbers().filter_map(options).map(wait).max().unwrap_or_default();
        let path = universe.critical_path(|_| 1) as u32;
        let tries = settings.scheduler.allowed_failures + TRIES;
        (together + alone.sum::<Duration>() + (longest + hop + waits + strains) * path + moves + reads + busy) * tries
    }

    /// All clients leave; what is left must go by itself.
    pub(super) fn drain(&mut self) -> Result<(), Broken> {
        self.phase = Phase::Drain;
        self.is_late = false;
        let here = self.world.clients().iter().filter(|client| client.is_here);
        let here: Vec<ClientId> = here.map(|client| client.id).collect();
        here.into_iter().for_each(|client| self.world.leave(client));
        let bound = self.bound();
        self.world.wake(bound, END);
        while !self.world.is_idle() && self.step()? && !self.is_late {}
        self.check_rest()
    }
}
