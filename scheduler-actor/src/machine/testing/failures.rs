//! Errors: propagation, blame, retries, errors that are kept and forgotten.

use super::{Case, c, t, task};
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State;

#[test]
fn a_failure_goes_to_all_dependents_with_the_same_blame() {
    let mut case = Case::workers([2]);
    case.submit([task(0), task(1), task(2).on([0, 1]), task(3).on([2]).wanted(), task(4).on([1]).wanted()]);
    case.says(["w0 compute t0", "w0 compute t1"]);
    case.fail(0, 0, 5);
    case.says(["c0 t3 erred by t0, f5"]);
    assert_eq!(case.state(1), Some(State::Processing), "t4 still needs it");
    case.release(0, [3]);
    case.says(["forget t3", "forget t2", "forget f5", "forget t0"]);
    case.finish(0, 1);
    case.finish(0, 4);
    case.says(["w0 compute t4 t1@[w0]", "c0 t4 on w0, 8 bytes", "w0 free t1"]);
}

#[test]
fn what_only_the_failed_needs_is_cancelled() {
    let mut case = Case::workers([2]);
    case.submit([task(0), task(1), task(2).on([0, 1]).wanted()]);
    case.fail(0, 0, 5);
    case.says(["w0 compute t0", "w0 compute t1", "c0 t2 erred by t0, f5", "w0 free t1"]);
    assert_eq!(case.state(1), Some(State::Released));
    case.release(0, [2]);
    case.says(["forget t2", "forget t1", "forget f5", "forget t0"]);
    case.is_empty();
}

#[test]
fn retries_run_the_task_again_before_it_errs() {
    let mut case = Case::workers([1]);
    case.submit([task(0).retries(2).wanted()]);
    case.fail(0, 0, 1);
    case.says(["w0 compute t0", "forget f1", "w0 compute t0"]);
    case.fail(0, 0, 2);
    case.says(["forget f2", "w0 compute t0"]);
    case.fail(0, 0, 3);
    case.says(["c0 t0 erred by t0, f3"]);
    case.release(0, [0]);
    case.says(["forget f3", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_failure_of_an_old_attempt_is_forgotten_unless_it_is_the_one_that_counts() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    let attempt = case.attempt(0, 0);
    case.fail(0, 0, 1);
    case.says(["w0 compute t0", "c0 t0 erred by t0, f1"]);
    case.fail_attempt(0, 0, attempt, 1);
    case.says([]);
    case.fail_attempt(0, 0, attempt, 2);
    case.fail_attempt(9, 0, attempt, 3);
    case.says(["forget f2", "forget f3"]);
    case.event(Event::ClientLeft { client: c(0) });
    case.says(["forget f1", "forget t0"]);
}

#[test]
fn an_erred_task_is_kept_while_dependents_are_to_come() {
    let mut case = Case::workers([1]);
    case.submit([task(0).announces(1)]);
    case.fail(0, 0, 1);
    case.says(["w0 compute t0"]);
    case.submit([task(1).on([0]).wanted()]);
    case.says(["c0 t1 erred by t0, f1"]);
    assert_eq!(case.scheduler.failure(t(1)).map(|(blame, _)| blame), Some(t(0)));
    case.release(0, [1]);
    case.says(["forget t1", "forget f1", "forget t0"]);
    case.is_empty();
}

#[test]
fn two_failures_below_one_task_tell_it_once() {
    let mut case = Case::workers([2]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).on([0, 1]).wanted()]);
    case.fail(0, 0, 1);
    case.says(["w0 compute t0", "w0 compute t1", "c0 t0 erred by t0, f1", "c0 t2 erred by t0, f1"]);
    case.fail(0, 1, 2);
    case.says(["c0 t1 erred by t1, f2"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(2)] });
    case.says(["forget f2", "forget f1", "w0 compute t0", "w0 compute t1"]);
}
