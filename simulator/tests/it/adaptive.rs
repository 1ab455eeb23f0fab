//! A cluster that adapts its size to the work, with the production policy, in virtual time.

use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{AdaptConfig, Resources, Time};
use partita_scheduler::machine::{Adapter, Step as Scale};
use partita_simulator::{
    Durations, Faults, Number, Same, Settings, SimulateError, Simulation, Step, Told, Universe, World, families,
};
use std::sync::Arc;
use std::time::Duration;

/// What each task takes.
const EACH: Duration = Duration::from_millis(100);

/// A world that has its size looked at from time to time.
struct Adaptive {
    world: World,
    adapter: Adapter,
    config: AdaptConfig,
    /// The most workers that there were.
    most: usize,
}

impl Adaptive {
    fn new(universe: Universe, maximum: usize) -> Self {
        let settings = Settings { validate: true, ..Settings::default() };
        let world = World::new(Arc::new(universe), settings, Same { duration: EACH, nbytes: 8 });
        let target = Duration::from_secs(1);
        let config = AdaptConfig { minimum: 1, maximum, target, interval: target / 4, ..AdaptConfig::default() };
        Adaptive { world, adapter: Adapter::default(), config, most: 0 }
    }

    fn staff(&self) -> usize {
        let scheduler = self.world.scheduler();
        scheduler.workers().filter(|view| !scheduler.is_retiring(view.worker)).count()
    }

    fn look(&mut self) {
        let (there, target) = (self.staff(), self.world.scheduler().adaptive_target(&self.config));
        match self.adapter.look(there, target, &self.config) {
            Scale::Stay => {}
            Scale::Up(target) => (there..target).for_each(|_| {
                let (host, resources) = ("here".into(), Resources::default());
                self.world.add_worker(WorkerInfo { name: "one".into(), host, threads: 1, memory_limit: 0, resources });
            }),
            Scale::Down(count) => {
                for worker in self.world.scheduler().workers_to_close(count) {
                    self.world.retire(worker);
                }
            }
        }
        self.world.wake(self.config.interval, 0);
    }

    /// Goes on until it is so; when that was.
    fn run_until(&mut self, is_so: impl Fn(&World) -> bool) -> Time {
        while !is_so(&self.world) {
            match self.world.step() {
                Some(Step::Woke(_)) => self.look(),
                Some(Step::Worked) => {}
                None => panic!("nothing is to happen any more"),
            }
            assert_eq!(self.world.violation(), None);
            self.most = self.most.max(self.world.hosts().count());
            assert!(self.world.now().since(Time::ZERO) < Duration::from_secs(600), "it takes too long");
        }
        self.world.now()
    }
}

fn is_there(world: &World, numbers: &[Number]) -> bool {
    numbers.iter().all(|number| world.clients()[0].wants.get(number) == Some(&Told::InMemory))
}

#[test]
fn it_grows_with_the_work_and_shrinks_without() {
    let mut universe = Universe::new();
    let leaves: Vec<_> = (0..1000).map(|_| universe.task("leaf", &[])).collect();
    let sum = universe.task("sum", &leaves);
    let mut adaptive = Adaptive::new(universe, 20);
    let client = adaptive.world.add_client();
    adaptive.look();
    adaptive.world.submit(client, &[sum]);
    let end = adaptive.run_until(|world| is_there(world, &[sum]));
    // 100 s of work: a second of looking and starting beside the five that 20 workers take.
    assert!(end.since(Time::ZERO) < Duration::from_secs(7), "{end:?}");
    assert_eq!(adaptive.most, 20, "it is the maximum");
    let quiet = adaptive.run_until(|world| world.scheduler().workers().count() == 1);
    assert!(quiet.since(end) < Duration::from_secs(5), "{quiet:?}");
    assert!(is_there(&adaptive.world, &[sum]), "what is wanted was moved first");
    assert!(adaptive.world.universe().numbers().all(|number| adaptive.world.runs_of(number) == 1), "nothing ran twice");
}

#[test]
fn users_see_what_adapting_costs_and_saves() {
    let fan = Simulation::of(families::fan(400)).durations(Durations::same(EACH * 10, 1_000_000u64)).threads(2);
    let fixed = fan.clone().workers(20).run().unwrap();
    let adaptive = fan.clone().adapt(1..=20).run().unwrap();
    assert_eq!((adaptive.counts.runs, adaptive.counts.deaths, adaptive.setting.workers), (401, 0, 20));
    assert!(adaptive.makespan > fixed.makespan && adaptive.makespan < 2 * fixed.makespan, "{adaptive}");
    let used = adaptive.workers.iter().filter(|worker| worker.runs > 0).count();
    assert_eq!(used, 20, "{adaptive}");
    // With few tasks few workers come, and the others cost nothing.
    let few = Simulation::of(families::chains(3, 20)).durations(Durations::same(EACH * 10, 8)).adapt(1..=20);
    let (few, all) =
        (few.run().unwrap(), Simulation::of(families::chains(3, 20)).durations(Durations::same(EACH * 10, 8)));
    let all = all.workers(20).run().unwrap();
    assert!(few.idle() * 20 < all.idle(), "{few}\n{all}");
    // Three seconds of work at a time are done in the five that are asked for.
    assert_eq!(few.workers.iter().filter(|worker| worker.runs > 0).count(), 1, "{few}");
}

#[test]
fn wishes_without_sense_are_refused() {
    let fan = || Simulation::of(families::fan(3)).durations(Durations::same(EACH, 8));
    let zero = AdaptConfig { maximum: 3, target: Duration::ZERO, ..AdaptConfig::default() };
    let few = AdaptConfig { minimum: 5, maximum: 2, ..AdaptConfig::default() };
    for wrong in [fan().adapt_with(few), fan().adapt(1..=9).workers(3), fan().adapt(0..=0), fan().adapt_with(zero)] {
        assert!(matches!(wrong.run(), Err(SimulateError::Value { .. })), "{:?}", wrong.run());
    }
    assert_eq!(fan().adapt(0..=2).run().unwrap().counts.runs, 4, "from nothing");
}

#[test]
fn a_cluster_that_adapts_and_loses_workers_ends() {
    let faults = Faults::new().kill_every(EACH * 15).restart_after(EACH * 5);
    let tree = Simulation::of(families::tree(200, 4)).durations(Durations::same(EACH * 3, 1_000u64)).faults(faults);
    let report = tree.adapt(1..=8).seed(3).run().unwrap();
    assert!(report.counts.erred == 0 && report.counts.deaths > 0, "{report}");
}

#[test]
fn it_has_no_more_workers_than_tasks_that_can_run() {
    let mut universe = Universe::new();
    let mut last = universe.task("step", &[]);
    for _ in 0..50 {
        last = universe.task("step", &[last]);
    }
    let mut adaptive = Adaptive::new(universe, 20);
    let client = adaptive.world.add_client();
    adaptive.look();
    adaptive.world.submit(client, &[last]);
    adaptive.run_until(|world| is_there(world, &[last]));
    assert_eq!(adaptive.most, 1, "a chain needs one");
}
