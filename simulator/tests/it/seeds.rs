//! Random seeds of the swarm: no invariant is found broken, and the same seed does the same.

use partita_graph::{Engine, FromValues, Graph, Input, Inputs, Key, Kind, Node, Place, Reference, TaskOptions, Value};
use partita_simulator::shrink::shrink;
use partita_simulator::story::Story;
use partita_simulator::swarm::{Deed, Fleet, Phase, Plan, Size, What, run};
use partita_simulator::{Universe, value_of};
use std::sync::Arc;
use std::time::Duration;

/// Seeds of one run of the tests, if the environment does not say another number.
const SEEDS: u64 = 300;

/// A number of the environment, or one that is always the same.
fn number(name: &str, usual: u64) -> u64 {
    let number = std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    eprintln!("{name}={number}");
    number
}

/// The first seed.
fn base() -> u64 {
    number("PARTITA_SEED", 1)
}

/// How many seeds are run, a sixth of them large ones.
fn seeds() -> u64 {
    number("PARTITA_SEEDS", SEEDS)
}

fn sail(seeds: std::ops::Range<u64>, size: Size) {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let sums = Fleet { seeds: seeds.clone(), size, jobs, stop_on_first: true, cells: false }.run(|_, _| {});
    if let Some((seed, found)) = sums.failures.first_key_value() {
        let shrunk = shrink(&Plan::draw(*seed, size), Duration::from_secs(20));
        let lines = shrunk.map(|shrunk| shrunk.lines().join("\n")).unwrap_or_default();
        panic!("seed {seed}, {size:?}: {found}\n{lines}");
    }
    assert_eq!(sums.seeds, seeds.end - seeds.start);
    assert!(sums.faults.len() > 10, "{:?}", sums.faults);
    if size == Size::Big {
        assert!(sums.counting * 10 >= sums.seeds * 9, "{} of {} are large enough", sums.counting, sums.seeds);
    }
}

/// FAULTS M1, M19, T14, P10.
#[test]
fn no_invariant_is_broken_under_random_faults() {
    sail(base()..base() + seeds() - seeds() / 6, Size::Any);
}

/// FAULTS M1, M19.
#[test]
fn no_invariant_is_broken_in_large_worlds() {
    sail(base()..base() + seeds() / 6, Size::Big);
}

#[test]
fn the_same_seed_does_the_same() {
    for seed in base()..base() + 20 {
        let (one, other) = (run(&Plan::draw(seed, Size::Any), None), run(&Plan::draw(seed, Size::Any), None));
        assert_eq!(one, other);
    }
    assert_ne!(run(&Plan::draw(1, Size::Any), None).hash, run(&Plan::draw(2, Size::Any), None).hash);
}

#[test]
fn some_seeds_are_peaceful_so_that_runs_for_nothing_show() {
    let plans = (1..1000).map(|seed| Plan::draw(seed, Size::Any));
    let peaceful: Vec<Plan> = plans.filter(Plan::is_peaceful).collect();
    assert!((20..80).contains(&peaceful.len()), "{} of 1,000", peaceful.len());
    for plan in &peaceful[..5] {
        let outcome = run(plan, None);
        let computed = plan.universe.numbers().filter(|number| !plan.universe.definition(*number).data).count();
        assert_eq!((outcome.found, outcome.runs), (None, computed as u64), "seed {}", plan.seed);
    }
}

/// The same tasks as a graph of Partita's, with functions that give what the simulation takes for their values.
fn graph(universe: &Universe) -> Graph {
    let mut nodes: Vec<Arc<Node>> = Vec::new();
    for number in universe.numbers() {
        let definition = universe.definition(number);
        let function = FromValues::new("u64", move |inputs: &[Value]| {
            Ok(Value::new(value_of(number, inputs.iter().filter_map(|value| value.get::<u64>().ok()).copied())))
        });
        let input = |number: &u32| Input { node: nodes[*number as usize].clone(), part: 0 };
        let inputs: Inputs = definition.dependencies.iter().map(input).collect();
        let kind = Kind::Call { function: Arc::new(function), inputs };
        nodes.push(Arc::new(Node::new(Key::unique("task"), kind, Place::here())));
    }
    Graph::new(nodes.into_iter().map(|node| Input { node, part: 0 }).collect())
}

#[test]
fn expected_values_are_those_of_the_reference_engine() {
    for seed in base()..base() + 20 {
        let universe = Plan::draw(seed, Size::Any).universe;
        let values = Reference.run(graph(&universe).check().expect("no cycle")).expect("no failure");
        let values: Vec<u64> = values.iter().map(|value| *value.get::<u64>().expect("a number")).collect();
        assert_eq!(values, universe.expected(), "seed {seed}");
    }
}

/// A plan with a task that no worker will ever be able to run.
fn hopeless() -> Plan {
    let mut plan = Plan::draw(7, Size::Any);
    let mut universe = (*plan.universe).clone();
    let needed = universe.task("needed", &[]);
    let number = universe.task("hopeless", &[needed]);
    universe.options(number, Arc::new(TaskOptions::new().resource("GPU", 1e6)));
    plan.universe = Arc::new(universe);
    let course = plan.courses[0].plain();
    plan.courses = plan.courses.iter().cloned().chain([course.clone(), course]).collect();
    plan.settings.scheduler.no_workers_timeout = None;
    let at = plan.horizon / 2;
    plan.deeds.push(Deed { at, what: What::Arrive(2) });
    plan.deeds.push(Deed { at, what: What::Submit(2, vec![3, number, 5]) });
    plan
}

#[test]
fn a_deadlock_is_found_at_once_and_made_small() {
    let plan = hopeless();
    let found = run(&plan, None).found.expect("it waits for ever");
    assert_eq!((found.id, found.phase), ("L2", Phase::Calm));
    let number = plan.universe.len() as u32 - 1;
    assert_eq!(found.tasks.iter().map(|task| task.index() as u32).collect::<Vec<_>>(), [number]);

    let shrunk = shrink(&plan, Duration::from_secs(60)).expect("it fails");
    assert_eq!(shrunk.found.id, "L2");
    let deeds: Vec<&What> = shrunk.plan.deeds.iter().map(|deed| &deed.what).collect();
    assert_eq!(deeds, [&What::Arrive(2), &What::Submit(2, vec![number])], "{:?}", shrunk.lines());
    assert!(shrunk.plan.universe.definition(number).dependencies.is_empty());

    let mut story = Story::new(Some(number));
    run(&shrunk.plan, Some(&mut story));
    assert!(story.lines().any(|line| line.contains("Waiting -> NoWorker")));
    assert!(story.waits().iter().any(|line| line.contains("NoWorker")), "{:?}", story.waits());
}
