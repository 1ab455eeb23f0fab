//! Nannies: workers that are started again.
//!
//! The nanny's policy is the production one; her actor is tested with the real cluster. Processes, and with them the time
//! in which a child is killed, do not exist yet.

use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{ClientId, LossCause, Resources, Time, WorkerId};
use partita_simulator::{Number, Same, Settings, Told, Universe, World};
use partita_worker::nanny::{Decision, Policy};
use std::sync::Arc;
use std::time::Duration;

/// A place for a worker: its nanny's policy, and who is there now.
struct Place {
    policy: Policy,
    worker: Option<WorkerId>,
}

/// A world with a nanny for each place.
struct Nursery {
    world: World,
    places: Vec<Place>,
    client: ClientId,
    outputs: Vec<Number>,
}

impl Nursery {
    /// So many places and 200 tasks of 50 ms each, in pairs.
    fn new(places: usize) -> Self {
        let mut universe = Universe::new();
        let leaves: Vec<_> = (0..100).map(|_| universe.task("leaf", &[])).collect();
        let outputs: Vec<_> = leaves.iter().map(|leaf| universe.task("next", &[*leaf])).collect();
        let settings = Settings { validate: true, ..Settings::default() };
        let model = Same { duration: Duration::from_millis(50), nbytes: 8 };
        let mut world = World::new(Arc::new(universe), settings, model);
        let client = world.add_client();
        world.submit(client, &outputs);
        let places = (0..places).map(|_| Place { policy: Policy::default(), worker: None }).collect();
        let mut nursery = Nursery { world, places, client, outputs };
        (0..nursery.places.len()).for_each(|place| nursery.start(place));
        nursery
    }

    fn start(&mut self, place: usize) {
        let name = format!("worker-{place}").into();
        let info =
            WorkerInfo { name, host: "here".into(), threads: 1, memory_limit: 0, resources: Resources::default() };
        let worker = self.world.add_worker(info);
        let before = self.places[place].worker.replace(worker);
        assert!(before.is_none_or(|before| before < worker), "N1: incarnations only grow");
    }

    /// The worker of a place has ended, or never began: its nanny decides.
    fn died(&mut self, place: usize) -> Decision {
        let decision = self.places[place].policy.died(self.world.now());
        match decision {
            Decision::Restart => self.start(place),
            Decision::GiveUp { .. } => self.places[place].worker = None,
        }
        decision
    }

    fn kill(&mut self, place: usize) -> Option<Decision> {
        let worker = self.places[place].worker?;
        self.world.kill(worker, LossCause::Died("killed".into()), Duration::from_millis(1));
        Some(self.died(place))
    }

    /// Lets so much time pass.
    fn pass(&mut self, time: Duration) {
        self.world.wake(time, 0);
        assert_eq!(self.world.run(), Some(0), "{:?}", self.world.violation());
    }

    /// Everything that is wanted must come; then everything is let go.
    fn end(mut self, told: Told) {
        assert_eq!(self.world.run(), None);
        assert_eq!(self.world.violation(), None);
        for output in &self.outputs {
            assert_eq!(self.world.clients()[0].wants[output], told, "{}", self.world.universe().name(*output));
        }
        self.world.leave(self.client);
        assert_eq!(self.world.run(), None);
        assert_eq!(self.world.scheduler().counts().total(), 0);
        assert!(self.world.hosts().all(|(_, host)| host.machine().is_empty()));
    }
}

/// FAULTS P7.
/// #6426, #6427, #7312, #9313, #9317, #9327: a child that did not start, or whose end was seen twice, left its nanny
/// closing for ever. What does not start counts as a death; the nanny tries again, and gives up after a few in a row.
#[test]
fn r35_a_worker_that_does_not_start_is_tried_again_and_given_up() {
    let mut nursery = Nursery::new(2);
    nursery.pass(Duration::from_millis(100));
    let worker = nursery.places[1].worker.unwrap();
    nursery.world.kill(worker, LossCause::Died("no threads".into()), Duration::ZERO);
    let mut decisions: Vec<Decision> = Vec::new();
    while decisions.last() != Some(&Decision::GiveUp { deaths: 6, window: Duration::from_secs(5) }) {
        assert!(decisions.len() < 6, "{decisions:?}");
        // It ends before the scheduler has heard of it.
        if let Some(worker) = nursery.places[1].worker.filter(|_| !decisions.is_empty()) {
            nursery.world.kill(worker, LossCause::Died("no threads".into()), Duration::ZERO);
        }
        let decision = nursery.died(1);
        decisions.push(decision);
    }
    assert_eq!(decisions.len(), 6, "five times again, and then no more");
    nursery.end(Told::InMemory);
}

/// Finding 4: a worker was killed every half second; whoever was down at the moment of a look was taken off the list, until
/// none was left.
#[test]
fn r38_a_kill_every_half_second_leaves_no_place_empty() {
    let mut nursery = Nursery::new(4);
    for round in 0..12 {
        nursery.pass(Duration::from_millis(500));
        assert_eq!(nursery.kill(round % 4), Some(Decision::Restart), "round {round}");
    }
    assert!(nursery.places.iter().all(|place| place.worker.is_some()));
    nursery.end(Told::InMemory);
}

/// FAULTS P8, P9.
/// Finding 5: a worker was stopped, not killed, and everything waited for it. It is taken for lost, others do its work, and
/// when it goes on nothing that it says counts.
#[test]
fn r39_a_worker_is_stopped_and_goes_on_much_later() {
    let mut nursery = Nursery::new(3);
    nursery.pass(Duration::from_millis(500));
    let stopped = nursery.places[0].worker.unwrap();
    nursery.world.freeze(stopped);
    nursery.pass(Duration::from_secs(3));
    assert!(nursery.outputs.iter().any(|output| nursery.world.clients()[0].wants[output] == Told::Nothing));
    nursery.world.declare_lost(stopped, LossCause::Silent(Duration::from_secs(3)));
    nursery.pass(Duration::from_secs(20));
    let told = |nursery: &Nursery| nursery.world.clients()[0].wants.values().all(|told| *told == Told::InMemory);
    assert!(told(&nursery), "the others did it");
    nursery.world.thaw(stopped);
    nursery.pass(Duration::from_secs(5));
    assert!(told(&nursery));
    nursery.world.bury(stopped);
    nursery.end(Told::InMemory);
}

/// #8537: a worker that did not answer was removed, and its nanny never started another.
#[test]
fn r40_a_worker_that_does_not_answer_is_replaced() {
    let mut nursery = Nursery::new(1);
    nursery.pass(Duration::from_millis(500));
    let silent = nursery.places[0].worker.unwrap();
    nursery.world.freeze(silent);
    nursery.pass(Duration::from_secs(3));
    nursery.world.declare_lost(silent, LossCause::Silent(Duration::from_secs(3)));
    nursery.world.bury(silent);
    assert_eq!(nursery.died(0), Decision::Restart);
    assert!(nursery.places[0].worker.unwrap() > silent);
    nursery.end(Told::InMemory);
}

/// FAULTS P5, P7.
/// #6426: a place that was given up is given up once, and the rest of the cluster says so in time.
#[test]
fn r35_when_all_places_are_given_up_results_err_in_time() {
    let mut nursery = Nursery::new(1);
    let mut last = None;
    while nursery.places[0].worker.is_some() {
        nursery.pass(Duration::from_millis(10));
        last = nursery.kill(0);
    }
    assert!(matches!(last, Some(Decision::GiveUp { .. })));
    let before = nursery.world.now();
    assert_eq!(nursery.world.run(), None);
    let took = nursery.world.now().since(before);
    assert!(took <= partita_protocol::limits::NO_WORKERS_TIMEOUT + Duration::from_secs(1), "L8: {took:?}");
    assert!(nursery.world.now() > Time::ZERO);
    nursery.end(Told::Erred);
}
