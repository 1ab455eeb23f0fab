//! Runs after an error of the task's own: how many, when, where.

use super::{Case, Draft, t, task};
use crate::machine::Config;
use partita_graph::RetryOn;
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{FaultId, Time};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A wanted task that is tried again so often, a second after the first failure.
fn patient(id: u32, retries: u32) -> Draft {
    task(id).wanted().with(|options| options.retries(retries).retry_delay(SECOND))
}

fn fail_for_good(case: &mut Case, worker: u32, task: u32, fault: u64) {
    let (attempt, now) = (case.attempt(worker, task), case.now);
    let fault = FaultId(fault);
    case.report(worker, Report::Failed { task: t(task), attempt, fault, retry: false, started: now, stopped: now });
}

#[test]
fn each_retry_waits_twice_as_long_as_the_one_before() {
    let mut case = Case::workers([1]);
    case.submit([patient(0, 3)]);
    case.says(["w0 compute t0"]);
    for (fault, seconds) in [(1, 1), (2, 2), (3, 4)] {
        case.fail(0, 0, fault);
        let failed = case.now;
        assert_eq!(case.state(0), Some(State::Waiting));
        assert_eq!(case.scheduler.next_timeout(), Some(failed + SECOND * seconds));
        case.now = Time(failed.0 + u64::from(seconds) * 1_000_000_000 - 2_000);
        case.event(super::Event::TimePassed);
        assert_eq!(case.state(0), Some(State::Waiting), "too early");
        case.says([&format!("forget f{fault}")]);
        case.wait();
        case.says(["w0 compute t0"]);
    }
    case.fail(0, 0, 4);
    case.says(["c0 t0 erred by t0, f4"]);
    case.release(0, [0]);
    case.says(["forget f4", "forget t0"]);
    case.is_empty();
}

#[test]
fn an_error_that_is_none_for_retries_errs_at_once() {
    let mut case = Case::workers([1]);
    case.submit([patient(0, 3)]);
    fail_for_good(&mut case, 0, 0, 1);
    case.says(["w0 compute t0", "c0 t0 erred by t0, f1"]);
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn what_is_released_while_it_waits_for_a_retry_is_forgotten() {
    let mut case = Case::workers([1]);
    case.submit([task(0), patient(1, 1).on([0])]);
    case.finish(0, 0);
    case.fail(0, 1, 1);
    case.skip();
    case.release(0, [1]);
    case.says(["forget t1", "w0 free t0", "forget t0"]);
    case.is_empty();
}

#[test]
fn an_input_that_is_lost_while_its_dependent_waits_for_a_retry_is_computed_first() {
    let mut case = Case::workers([1]);
    case.submit([task(0), patient(1, 1).on([0])]);
    case.finish(0, 0);
    case.fail(0, 1, 1);
    case.lose(0);
    case.worker(1, 1);
    case.skip();
    assert_eq!([0, 1].map(|id| case.state(id).unwrap()), [State::Processing, State::Waiting]);
    case.wait();
    assert_eq!(case.state(1), Some(State::Waiting), "its input is not there yet");
    case.says([]);
    case.finish(1, 0);
    case.says(["w1 compute t1 t0@[w1]"]);

    case.finish(1, 1);
    case.skip();
}

#[test]
fn an_input_that_comes_back_during_the_wait_does_not_end_it() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0), patient(1, 1).on([0])]);
    case.finish(0, 0);
    case.fail(0, 1, 1);
    case.lose(0);
    case.finish(1, 0);
    assert_eq!(case.state(1), Some(State::Waiting));
    case.skip();
    case.wait();
    case.says(["w1 compute t1 t0@[w1]"]);
}

#[test]
fn an_input_that_fails_during_the_wait_fails_the_task() {
    let mut case = Case::workers([1]);
    case.submit([task(0), patient(1, 1).on([0])]);
    case.finish(0, 0);
    case.fail(0, 1, 1);
    case.lose(0);
    case.worker(1, 1);
    case.skip();
    case.fail(1, 0, 2);
    case.says(["c0 t1 erred by t0, f2"]);
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn elsewhere_is_another_worker_while_there_is_one() {
    for roots in [true, false] {
        let mut case = Case::workers([1, 1]);
        let elsewhere = task(1).wanted().with(|options| options.retries(3).retry_elsewhere());
        match roots {
            true => case.submit([elsewhere]),
            false => {
                case.submit([task(0), elsewhere.on([0])]);
                case.finish(0, 0);
            }
        }
        let (first, _) = case.scheduler.processing_on(t(1)).unwrap();
        let other = 1 - first.0;
        case.fail(first.0, 1, 1);
        assert_eq!(case.scheduler.processing_on(t(1)).unwrap().0.0, other, "roots: {roots}");
        case.fail(other, 1, 2);
        assert_eq!(case.scheduler.processing_on(t(1)).unwrap().0, first, "there and back");
        case.lose(other);
        let at = case.attempt(first.0, 1);
        case.fail(first.0, 1, 3);
        assert_eq!(case.scheduler.processing_on(t(1)).unwrap().0, first, "there is no other");
        assert!(case.attempt(first.0, 1) > at);
        case.skip();
    }
}

#[test]
fn deaths_of_workers_are_no_retries() {
    let mut case = Case::with(Config { allowed_failures: 3, ..Config::default() });
    case.submit([patient(0, 1)]);
    for id in 0..3 {
        case.worker(id, 1);
        case.lose(id);
    }
    case.worker(9, 1);
    case.fail(9, 0, 1);
    assert_eq!(case.state(0), Some(State::Waiting), "the one retry is still there");
    case.wait();
    case.fail(9, 0, 2);
    assert_eq!(case.state(0), Some(State::Erred));
    case.skip();
}

#[test]
fn a_task_that_a_client_runs_again_may_fail_as_often_as_before() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted().retries(1)]);
    for fault in [1, 3] {
        case.fail(0, 0, fault);
        case.fail(0, 0, fault + 1);
        assert_eq!(case.state(0), Some(State::Erred));
        case.event(super::Event::TasksRetried { client: super::c(0), tasks: vec![t(0)] });
        assert_eq!(case.state(0), Some(State::Processing));
    }
    case.skip();
}

#[test]
fn a_run_that_took_too_long_is_an_error_of_the_task() {
    let limited = |retry_on| task(0).wanted().with(|options| options.timeout(SECOND).retries(1).retry_on(retry_on));
    for (retry_on, again) in [(RetryOn::All, true), (RetryOn::Errors, true), (RetryOn::Panics, false)] {
        let mut case = Case::workers([1]);
        case.submit([limited(retry_on)]);
        for _ in 0..=usize::from(again) {
            case.says(["w0 compute t0"]);
            let (attempt, started) = (case.attempt(0, 0), case.now);
            let report = Report::TimedOut { task: t(0), attempt, started, stopped: started + SECOND };
            case.report(0, report.clone());
            let state = case.state(0);
            case.report(0, report);
            assert_eq!(case.state(0), state, "said twice");
        }
        case.says(["c0 t0 erred by t0, timed out after 1s"]);
        assert_eq!(case.scheduler.workers().map(|worker| worker.processing).sum::<usize>(), 0);
    }
}

#[test]
fn the_limit_travels_with_the_assignment() {
    let mut case = Case::workers([1]);
    let limits = [Some(SECOND), Some(Duration::ZERO), Some(Duration::MAX), None];
    for (id, limit) in (0..).zip(limits) {
        let draft = task(id).wanted().with(|options| limit.map_or(options.clone(), |limit| options.timeout(limit)));
        case.submit([draft]);
        case.finish(0, id);
    }
    let nanos: Vec<_> = (case.effects.list.iter())
        .filter_map(|effect| match effect {
            super::Effect::Order { order: super::Order::Compute(assignment), .. } => Some(assignment.timeout_nanos),
            _ => None,
        })
        .map(|nanos| nanos.map(u64::from))
        .collect();
    assert_eq!(nanos, [Some(1_000_000_000), Some(1), Some(u64::MAX), None]);
    case.skip();
}
