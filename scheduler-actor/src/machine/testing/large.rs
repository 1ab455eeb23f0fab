//! Tasks whose inputs are more than any worker can hold err with both sizes, and nothing else does.

use super::{Case, info, task};
use crate::machine::Config;
use partita_protocol::TaskId;
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use proptest::prelude::*;
use std::time::Duration;

/// A worker that can hold so many bytes.
fn holds(id: u32, memory_limit: u64) -> WorkerInfo {
    WorkerInfo { memory_limit, ..info(id, 2) }
}

/// A case with a worker for each of these limits.
fn case<const N: usize>(limits: [u64; N]) -> Case {
    let mut case = Case::new();
    for (id, limit) in (0..).zip(limits) {
        case.worker_like(id, holds(id, limit));
    }
    case
}

/// Finishes a task, wherever it runs, with a result of so many bytes.
fn finish(case: &mut Case, id: u32, nbytes: u64) {
    let (worker, _) = case.scheduler.processing_on(super::t(id)).unwrap();
    case.finish_after(worker.0, id, Duration::from_millis(1), nbytes);
}

/// Tasks 0 and 1 with these results, and 2 that takes both.
fn pair(case: &mut Case, nbytes: [u64; 2]) {
    case.submit([task(0), task(1), task(2).on([0, 1]).wanted()]);
    finish(case, 0, nbytes[0]);
    finish(case, 1, nbytes[1]);
}

#[test]
fn what_fits_nowhere_errs_with_both_sizes() {
    let mut case = case([100, 150]);
    pair(&mut case, [100, 51]);
    let said = case.said();
    assert!(said.contains(&"c0 t2 erred by t2, takes 151 of 150".to_string()), "{said:?}");
    assert!(!said.iter().any(|word| word.contains("compute t2")), "{said:?}");
    // What depends on it errs for the same reason.
    case.submit([task(3).on([2]).wanted()]);
    case.says(["c0 t3 erred by t2, takes 151 of 150"]);
}

#[test]
fn what_fits_somewhere_runs() {
    for (limits, nbytes) in [
        ([100, 150], [100, 50]),
        ([100, 0], [100, 1000]),
        ([u64::MAX, 100], [100, 1000]),
        ([0, 0], [u64::MAX, u64::MAX]),
        ([1 << 40, 1 << 40], [1, 1]),
    ] {
        let mut case = case(limits);
        pair(&mut case, nbytes);
        assert_eq!(case.state(2), Some(State::Processing), "{nbytes:?} with {limits:?}");
        case.skip();
    }
}

#[test]
fn a_large_result_alone_is_no_large_task() {
    let mut case = case([100]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).on([1]).wanted()]);
    finish(&mut case, 0, 1000);
    finish(&mut case, 1, 10);
    assert_eq!(case.state(0), Some(State::Memory), "it is there");
    assert_eq!(case.state(2), Some(State::Processing));
    case.submit([task(3).on([0]).wanted()]);
    let said = case.said();
    assert_eq!(said.last().map(String::as_str), Some("c0 t3 erred by t3, takes 1000 of 100"));
}

#[test]
fn only_workers_that_may_run_it_count() {
    let mut case = case([100, 1000]);
    case.submit([task(0), task(1), task(2).on([0, 1]).with(|o| o.workers(["worker-0"])).wanted()]);
    finish(&mut case, 0, 100);
    finish(&mut case, 1, 100);
    let said = case.said();
    assert!(said.contains(&"c0 t2 erred by t2, takes 200 of 100".to_string()), "{said:?}");
    // With others allowed, the larger one may.
    case.submit([
        task(10),
        task(11),
        task(12).on([10, 11]).with(|o| o.workers(["worker-0"]).allow_other_workers()).wanted(),
    ]);
    finish(&mut case, 10, 100);
    finish(&mut case, 11, 100);
    assert_eq!(case.state(12), Some(State::Processing));
    case.skip();
}

#[test]
fn a_larger_worker_that_starts_nothing_now_counts() {
    let mut case = case([100, 1000]);
    case.report(1, Report::Paused);
    pair(&mut case, [100, 100]);
    assert_ne!(case.state(2), Some(State::Erred), "it may run there later");
    case.skip();
}

#[test]
fn with_static_workers_one_that_is_started_again_counts() {
    let mut case = Case::with(Config { static_workers: true, ..Config::default() });
    case.worker_like(0, holds(0, 100));
    case.worker_like(1, holds(1, 1000));
    case.lose(1);
    pair(&mut case, [60, 60]);
    assert_ne!(case.state(2), Some(State::Erred));
    case.skip();
}

#[test]
fn tried_again_it_runs_once_a_larger_worker_is_there() {
    let mut case = case([100]);
    pair(&mut case, [60, 60]);
    assert_eq!(case.state(2), Some(State::Erred));
    case.worker_like(1, holds(1, 120));
    case.skip();
    case.event(Event::TasksRetried { client: super::c(0), tasks: vec![TaskId::new(2, 0)] });
    let ends = |case: &Case| case.state(2) == Some(State::Processing);
    // Its inputs were let go, and are computed again first.
    for id in [0, 1] {
        if case.scheduler.processing_on(super::t(id)).is_some() {
            finish(&mut case, id, 60);
        }
    }
    assert!(ends(&case), "{:?}", case.state(2));
    case.skip();
}

proptest! {
    /// It errs if and only if its inputs are more than the largest of the limits.
    #[test]
    fn it_errs_if_and_only_if_no_worker_has_room(
        sizes in proptest::collection::vec(0..200u64, 1..6),
        limits in proptest::collection::vec(prop_oneof![4 => 1..600u64, 1 => Just(0u64)], 1..4),
    ) {
        let mut case = Case::new();
        for (id, limit) in (0..).zip(&limits) {
            case.worker_like(id, holds(id, *limit));
        }
        for id in 0..sizes.len() as u32 {
            case.submit([task(id).wanted()]);
        }
        for (id, size) in (0..).zip(&sizes) {
            if case.scheduler.processing_on(super::t(id)).is_some() {
                finish(&mut case, id, *size);
            }
        }
        let last = sizes.len() as u32;
        case.submit([task(last).on(0..last).wanted()]);
        let most = limits.iter().map(|limit| if *limit == 0 { u64::MAX } else { *limit }).max();
        let is_too_large = most.is_some_and(|most| sizes.iter().sum::<u64>() > most);
        prop_assert_eq!(case.state(last) == Some(State::Erred), is_too_large);
        case.skip();
    }
}
