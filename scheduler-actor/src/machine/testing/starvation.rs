//! Tasks that ask for much of a resource do not wait for ever behind those that ask for little.

use super::{Case, Draft, task};
use crate::machine::{Config, Obstacle, Why};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(30);

fn gpus(id: u32, amount: f64) -> Draft {
    task(id).wanted().needs("GPU", amount)
}

/// A worker with two GPUs, on which small tasks keep one of them taken, and a large one that waits for both.
fn crowded(config: Config) -> Case {
    let mut case = Case::with(config);
    case.worker_with(0, 8, &[("GPU", 2.0), ("disk", 1.0)]);
    case.submit([gpus(0, 1.0), gpus(1, 1.0)]);
    case.submit([gpus(100, 2.0)]);
    case
}

/// The next small task comes, and an earlier one ends.
fn step(case: &mut Case, next: u32) {
    case.submit([gpus(next, 1.0)]);
    case.finish(0, next - 2);
}

fn obstacle(case: &Case, id: u32) -> Obstacle {
    match case.scheduler.why(super::t(id)) {
        Some(Why::Queued { workers, .. }) => workers[0].obstacle,
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_a_limit_small_ones_overtake_for_ever() {
    let mut case = crowded(Config { starvation: None, ..Config::default() });
    for next in 2..50 {
        step(&mut case, next);
        case.now = case.now + LIMIT;
        assert_eq!(case.state(next), Some(State::Processing));
    }
    assert_eq!(case.state(100), Some(State::Queued));
    assert_eq!(case.scheduler.next_timeout(), None);
    case.skip();
}

#[test]
fn a_large_one_has_what_it_asks_after_the_limit() {
    let mut case = crowded(Config::default());
    let since = case.now;
    assert_eq!(case.scheduler.next_timeout(), Some(since + LIMIT));
    step(&mut case, 2);
    assert_eq!(case.state(2), Some(State::Processing), "it fits, and nobody has waited for long");
    case.wait();
    assert_eq!(case.scheduler.next_timeout(), None, "it is settled");
    case.submit([gpus(3, 1.0), gpus(4, 1.0)]);
    case.finish(0, 1);
    assert_eq!([3, 4].map(|id| case.state(id).unwrap()), [State::Queued; 2]);
    assert_eq!(obstacle(&case, 3), Obstacle::HeldBack);
    assert_eq!(obstacle(&case, 100), Obstacle::ResourcesTaken);
    case.finish(0, 2);
    assert_eq!(case.state(100), Some(State::Processing));
    assert_eq!(obstacle(&case, 3), Obstacle::ResourcesTaken);
    case.finish(0, 100);
    assert_eq!([3, 4].map(|id| case.state(id).unwrap()), [State::Processing; 2], "nothing is held back any longer");
    case.skip();
}

#[test]
fn what_asks_for_something_else_goes_on() {
    let mut case = crowded(Config::default());
    case.wait();
    case.submit([task(5).wanted().needs("disk", 1.0), task(6).wanted()]);
    assert_eq!([5, 6].map(|id| case.state(id).unwrap()), [State::Processing; 2]);
    case.skip();
}

#[test]
fn only_one_worker_is_held_back() {
    let mut case = crowded(Config::default());
    case.worker_with(1, 8, &[("GPU", 1.0)]);
    case.wait();
    case.submit([gpus(3, 1.0), gpus(4, 1.0)]);
    assert_eq!([3, 4].map(|id| case.state(id).unwrap()), [State::Processing, State::Queued]);
    case.finish(1, 3);
    assert_eq!(case.state(4), Some(State::Processing), "on the other worker");
    case.skip();
}

#[test]
fn what_is_beyond_the_need_is_not_held_back() {
    let mut case = Case::new();
    case.worker_with(0, 8, &[("GPU", 8.0)]);
    case.submit([gpus(0, 6.0)]);
    case.submit([gpus(100, 3.0)]);
    case.wait();
    case.submit([gpus(1, 1.0)]);
    assert_eq!(case.state(1), Some(State::Queued), "two are free, three are kept");
    case.finish(0, 0);
    assert_eq!([100, 1].map(|id| case.state(id).unwrap()), [State::Processing; 2]);
    case.skip();
}

#[test]
fn the_worker_that_lacks_the_least_is_held_back() {
    let mut case = Case::new();
    case.worker_with(0, 8, &[("GPU", 4.0)]);
    case.worker_with(1, 8, &[("GPU", 4.0)]);
    case.submit([gpus(0, 3.0), gpus(1, 1.0)]);
    let spread = [0, 1].map(|id| case.scheduler.processing_on(super::t(id)).unwrap().0);
    assert_ne!(spread[0], spread[1]);
    case.submit([gpus(100, 4.0)]);
    case.wait();
    case.submit([gpus(2, 1.0)]);
    assert_eq!(case.scheduler.processing_on(super::t(2)).map(|(worker, _)| worker), Some(spread[0]));
    case.skip();
}

#[test]
fn a_wish_that_is_given_up_frees_what_was_held_back() {
    let mut case = crowded(Config::default());
    case.wait();
    case.finish(0, 0);
    case.submit([gpus(3, 1.0)]);
    assert_eq!(case.state(3), Some(State::Queued));
    case.release(0, [100]);
    assert_eq!(case.state(3), Some(State::Processing));
    case.skip();
}

#[test]
fn a_worker_that_goes_or_pauses_is_replaced() {
    let mut case = crowded(Config::default());
    case.wait();
    case.worker_with(1, 8, &[("GPU", 2.0)]);
    assert_eq!(case.state(100), Some(State::Processing), "a worker that has it all came");
    case.fail(1, 100, 1);
    case.skip();

    let mut case = crowded(Config::default());
    case.wait();
    case.report(0, Report::Paused);
    case.report(0, Report::Resumed);
    case.submit([gpus(3, 1.0)]);
    case.finish(0, 0);
    assert_eq!(case.state(3), Some(State::Queued), "it is held back again");
    case.lose(0);
    case.skip();
}

#[test]
fn two_that_starve_have_their_turns() {
    let mut case = crowded(Config::default());
    case.submit([task(101).wanted().needs("GPU", 1.5)]);
    case.wait();
    assert_eq!(case.scheduler.next_timeout(), None, "the second has to wait until the worker is free for it");
    case.finish(0, 0);
    case.finish(0, 1);
    assert_eq!([100, 101].map(|id| case.state(id).unwrap()), [State::Processing, State::Queued]);
    case.submit([gpus(3, 0.5)]);
    case.finish(0, 100);
    assert_eq!([101, 3].map(|id| case.state(id).unwrap()), [State::Processing; 2]);
    case.skip();
}
