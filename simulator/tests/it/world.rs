//! The world without faults: everything that is asked for is computed once, rightly, and nothing is left.

use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::State;
use partita_protocol::{Cause, LossCause, Resources, Time};
use partita_simulator::{Network, Same, Settings, Told, Universe, World, families};
use std::sync::Arc;
use std::time::Duration;

fn info(name: usize, threads: u32) -> WorkerInfo {
    WorkerInfo {
        name: format!("worker-{name}").into(),
        host: "here".into(),
        threads,
        memory_limit: 0,
        resources: Resources::default(),
    }
}

fn run(universe: Universe, workers: usize, threads: u32, duration: Duration) -> (World, Time) {
    let outputs = universe.ends();
    let expected = universe.expected();
    let settings = Settings { validate: true, ..Settings::default() };
    let mut world = World::new(Arc::new(universe), settings, Same { duration, nbytes: 8 });
    for name in 0..workers {
        world.add_worker(info(name, threads));
    }
    let client = world.add_client();
    world.submit(client, &outputs);
    assert_eq!(world.run(), None);
    assert_eq!(world.violation(), None);
    let end = world.now();
    for number in &outputs {
        assert_eq!(world.clients()[0].wants[number], Told::InMemory, "{}", world.universe().name(*number));
        let id = world.id_of(*number);
        let holder = world.scheduler().holders(id)[0];
        let value = world.host(holder).and_then(|host| host.stored(id)).map(|stored| stored.value);
        assert_eq!(value, Some(expected[*number as usize]));
    }
    assert!(world.universe().numbers().all(|number| world.runs_of(number) == 1), "each task ran once");
    world.leave(client);
    assert_eq!(world.run(), None);
    assert_eq!(world.scheduler().counts().total(), 0);
    assert!(world.hosts().all(|(_, host)| host.machine().is_empty() && host.store().count() == 0));
    (world, end)
}

#[test]
fn a_chain_takes_the_sum_of_its_tasks() {
    let mut universe = Universe::new();
    let mut last = universe.task("step", &[]);
    for _ in 1..100 {
        last = universe.task("step", &[last]);
    }
    let (_, end) = run(universe, 3, 2, Duration::from_millis(10));
    let hops = Network::default().latency * 200;
    let lower = Duration::from_secs(1);
    assert!(end.since(Time::ZERO) >= lower && end.since(Time::ZERO) <= lower + hops * 2, "{end:?}");
}

/// Lists are swept of what was let go: a client asks for thousands of results
/// that wait for one that is on its way, and lets nearly all of them go again, over and over.
#[test]
fn what_is_let_go_is_swept() {
    let mut universe = Universe::new();
    let input = universe.task("input", &[]);
    let leaves: Vec<_> = (0..600).map(|_| universe.task("leaf", &[input])).collect();
    let settings = Settings { validate: true, ..Settings::default() };
    let mut world = World::new(Arc::new(universe), settings, Same { duration: Duration::from_millis(10), nbytes: 8 });
    for name in 0..3 {
        world.add_worker(info(name, 1));
    }
    let client = world.add_client();
    let kept = &leaves[590..];
    world.submit(client, kept);
    for round in 0..12u32 {
        world.wake(Duration::from_micros(2_500) * (2 * round + 1), 0);
        world.wake(Duration::from_micros(2_500) * (2 * round + 2), 1);
    }
    while let Some(number) = world.run() {
        match number {
            0 => world.submit(client, &leaves[..590]),
            _ => world.release(client, &leaves[..590]),
        }
    }
    assert_eq!(world.violation(), None);
    assert!(kept.iter().all(|number| world.clients()[0].wants[number] == Told::InMemory));
    world.leave(client);
    assert_eq!(world.run(), None);
    assert_eq!((world.scheduler().counts().total(), world.violation()), (0, None));
    assert!(world.hosts().all(|(_, host)| host.machine().is_empty()));
}

#[test]
fn independent_tasks_fill_all_threads() {
    let mut universe = Universe::new();
    let leaves: Vec<_> = (0..1000).map(|_| universe.task("leaf", &[])).collect();
    universe.task("join", &leaves);
    let (_, end) = run(universe, 10, 4, Duration::from_millis(10));
    let bound = Duration::from_millis(1000 / 40 * 10 + 10);
    assert!(end.since(Time::ZERO) >= bound && end.since(Time::ZERO) < bound * 11 / 10, "{end:?}");
}

/// FAULTS P5.
/// L8: no worker is left and none comes: everything that is wanted errs when that was waited for, whatever state it was in.
#[test]
fn without_workers_everything_is_given_up_in_time() {
    let patience = Duration::from_secs(5);
    for millis in [0, 1, 7, 25, 60, 120] {
        let universe = families::random_dag(millis, 60, 4, 30);
        let outputs: Vec<_> = universe.numbers().collect();
        let mut settings = Settings { validate: true, ..Settings::default() };
        settings.scheduler.no_workers_timeout = Some(patience);
        let duration = Duration::from_millis(10);
        let mut world = World::new(Arc::new(universe), settings, Same { duration, nbytes: 8 });
        let workers: Vec<_> = (0..3).map(|name| world.add_worker(info(name, 2))).collect();
        let client = world.add_client();
        world.submit(client, &outputs);
        world.wake(Duration::from_millis(millis), 1);
        assert_eq!(world.run(), Some(1));
        let killed = world.now();
        for worker in workers {
            world.kill(worker, LossCause::Died("the last of them".into()), Duration::ZERO);
        }
        assert_eq!(world.run(), None);
        assert_eq!(world.violation(), None);
        assert!(world.clients()[0].wants.values().all(|told| *told == Told::Erred), "{:?}", world.clients()[0].wants);
        assert_eq!(world.scheduler().counts().of(State::Erred), outputs.len());
        for number in outputs {
            let (_, cause) = world.scheduler().failure(world.id_of(number)).unwrap();
            assert_eq!(*cause, Cause::NoWorkers { waited: patience, full: 0 });
        }
        let took = world.now().since(killed);
        assert!(took >= patience && took < patience + Duration::from_millis(2), "{took:?}");
    }
}

/// FAULTS M21: workers are cut off one after the other, and come back in another order, also amid what others ask of them.
#[test]
fn workers_that_are_clogged_and_come_back_in_another_order_lose_nothing() {
    const WORKERS: u64 = 5;
    for (seed, stops) in (0..16u64).map(|seed| (seed, seed / 4 + 1)) {
        let goes = seed % 4 + 1;
        let universe = families::random_dag(seed, 300, 4, 30);
        let (outputs, expected) = (universe.ends(), universe.expected());
        let settings = Settings { validate: true, ..Settings::default() };
        let duration = Duration::from_millis(10);
        let mut world = World::new(Arc::new(universe), settings, Same { duration, nbytes: 8 });
        let workers: Vec<_> = (0..WORKERS as usize).map(|name| world.add_worker(info(name, 2))).collect();
        let client = world.add_client();
        world.submit(client, &outputs);
        // Steps through a prime number meet each worker once.
        let of = |step: u64, turn: u64| workers[((turn * step + seed) % WORKERS) as usize];
        for turn in 0..2 * WORKERS {
            world.wake(Duration::from_millis(7), turn);
            assert_eq!((world.run(), world.violation()), (Some(turn), None), "{stops} {goes}");
            match turn.checked_sub(WORKERS) {
                None if turn % 2 == 0 => world.freeze(of(stops, turn)),
                None => world.delay(of(stops, turn), Duration::from_millis(50), Duration::from_millis(40)),
                Some(turn) => world.thaw(of(goes, turn)),
            }
        }
        assert_eq!((world.run(), world.violation()), (None, None), "{stops} {goes}");
        for number in &outputs {
            assert_eq!(world.clients()[0].wants[number], Told::InMemory, "{stops} {goes}");
            let id = world.id_of(*number);
            let holder = world.host(world.scheduler().holders(id)[0]).unwrap();
            assert_eq!(holder.stored(id).map(|stored| stored.value), Some(expected[*number as usize]));
        }
        world.leave(client);
        assert_eq!(world.run(), None);
        assert_eq!(world.scheduler().counts().total(), 0);
        assert!(world.hosts().all(|(_, host)| host.machine().is_empty() && host.store().count() == 0));
    }
}
