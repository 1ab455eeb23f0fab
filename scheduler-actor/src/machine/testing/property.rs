//! Random graphs, clients, faults and orders of messages, with workers that behave like workers.

mod census;
mod copies;
mod fake;
mod graph;
mod steps;
mod world;

use proptest::prelude::*;
use steps::Step;
use world::World;

fn step() -> impl Strategy<Value = Step> {
    let pick = any::<u16>();
    prop_oneof![
        8 => pick.prop_map(Step::Submit),
        12 => pick.prop_map(Step::Piece),
        40 => pick.prop_map(Step::Order),
        40 => pick.prop_map(Step::Act),
        40 => pick.prop_map(Step::Report),
        6 => pick.prop_map(Step::Fail),
        3 => pick.prop_map(Step::TimeOut),
        3 => pick.prop_map(Step::Reschedule),
        3 => pick.prop_map(Step::Secede),
        3 => pick.prop_map(Step::Lose),
        3 => Just(Step::Join),
        3 => pick.prop_map(Step::Pause),
        3 => pick.prop_map(Step::Drop),
        6 => pick.prop_map(Step::Release),
        4 => pick.prop_map(Step::Cancel),
        4 => pick.prop_map(Step::Retry),
        3 => pick.prop_map(Step::Want),
        1 => pick.prop_map(Step::Leave),
        3 => pick.prop_map(Step::Retire),
        3 => pick.prop_map(Step::Go),
        4 => pick.prop_map(Step::Copies),
        2 => pick.prop_map(Step::Rebalance),
        2 => pick.prop_map(Step::Garbage),
        2 => Just(Step::Wait),
    ]
}

proptest! {
    // More with PROPTEST_CASES, as by night.
    #![proptest_config(ProptestConfig { max_shrink_iters: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_every_wanted_task_ends_and_nothing_is_left(
        graph in any::<u64>(),
        workers in 1u32..=4,
        steps in proptest::collection::vec(step(), 1..400),
    ) {
        let mut world = World::new(graph, workers);
        for step in steps {
            world.step(step);
        }
        world.calm_down();
        world.drain();
    }
}
