//! L7: whoever comes to a busy cluster with little to do is served soon, whatever others have there.

use partita_graph::TaskOptions;
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::{ClientId, Resources};
use partita_simulator::{Number, Same, Settings, Step, Told, Universe, World};
use std::sync::Arc;
use std::time::Duration;

/// What each task takes.
const EACH: Duration = Duration::from_millis(10);

/// When the second client comes.
const LATER: Duration = Duration::from_millis(500);

/// How long after it came a client had what it asked for at `LATER`, on two workers of two threads each.
fn waited(universe: Universe, first: &[Number], asked: &[Number], is_other: bool, fair: bool) -> Duration {
    let mut settings = Settings { validate: true, ..Settings::default() };
    settings.scheduler.fair = fair;
    let mut world = World::new(Arc::new(universe), settings, Same { duration: EACH, nbytes: 8 });
    for name in ["one", "two"] {
        let (name, host, resources) = (name.into(), "here".into(), Resources::default());
        world.add_worker(WorkerInfo { name, host, threads: 2, memory_limit: 0, resources });
    }
    let clients = [world.add_client(), world.add_client()];
    let asks = usize::from(is_other);
    world.submit(clients[0], first);
    world.wake(LATER, 0);
    let is_there = |world: &World, client: ClientId| {
        asked.iter().all(|number| world.clients()[client.0 as usize].wants.get(number) == Some(&Told::InMemory))
    };
    let mut since = None;
    while let Some(step) = world.step() {
        assert_eq!(world.violation(), None);
        match (step, since) {
            (Step::Woke(_), _) => {
                since = Some(world.now());
                world.submit(clients[asks], asked);
            }
            (Step::Worked, Some(since)) if is_there(&world, clients[asks]) => return world.now().since(since),
            (Step::Worked, _) => {}
        }
    }
    panic!("it was never served");
}

/// A task and a thousand that depend on it, as they are placed at once; and `count` tasks of another.
fn crowd(count: usize, chain: bool) -> (Universe, Vec<Number>, Vec<Number>) {
    let mut universe = Universe::new();
    let root = universe.task("root", &[]);
    let first = (0..1000).map(|_| universe.task("leaf", &[root])).collect();
    let mut asked: Vec<Number> = Vec::new();
    for _ in 0..count {
        let before: Vec<Number> = asked.last().filter(|_| chain).copied().into_iter().collect();
        asked.push(universe.task("other", &before));
    }
    (universe, first, asked)
}

#[test]
fn a_task_does_not_wait_behind_a_thousand_that_have_inputs() {
    let (universe, first, asked) = crowd(1, false);
    let waited = waited(universe, &first, &asked, true, true);
    assert!(waited <= 4 * EACH, "{waited:?}");
}

#[test]
fn a_chain_gets_its_share_at_each_step() {
    let (universe, first, asked) = crowd(10, true);
    let waited = waited(universe, &first, &asked, true, true);
    assert!(waited <= 10 * 4 * EACH, "{waited:?}");
}

#[test]
fn many_tasks_get_half_of_the_cluster() {
    let (universe, first, asked) = crowd(40, false);
    let waited = waited(universe, &first, &asked, true, true);
    let alone = EACH * 40 / 4;
    assert!(waited >= alone && waited <= 3 * alone, "{waited:?}");
}

#[test]
fn without_shares_it_waits_for_all_of_them() {
    let (universe, first, asked) = crowd(1, false);
    let waited = waited(universe, &first, &asked, true, false);
    assert!(waited >= Duration::from_secs(1), "{waited:?}");
}

#[test]
fn a_higher_priority_does_not_wait_behind_its_own_clients_tasks() {
    for fair in [true, false] {
        let (mut universe, first, asked) = crowd(1, false);
        universe.options(asked[0], Arc::new(TaskOptions::new().priority(1)));
        let waited = waited(universe, &first, &asked, false, fair);
        assert!(waited <= 4 * EACH, "{waited:?}, fair: {fair}");
    }
}
