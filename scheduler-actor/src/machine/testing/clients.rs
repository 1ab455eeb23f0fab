//! Clients: wants, releases, cancels, departures, retries.

use super::{Case, c, t, task};
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State;
use std::time::Duration;

fn cancel(case: &mut Case, client: u32, task: u32, force: bool) {
    case.event(Event::KeysCancelled { client: c(client), tasks: vec![t(task)], force });
}

#[test]
fn a_result_is_freed_when_the_last_client_lets_go() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([task(0).wanted()]);
    case.want(1, 0);
    case.finish(0, 0);
    case.says(["w0 compute t0", "c0 t0 on w0, 8 bytes", "c1 t0 on w0, 8 bytes"]);
    case.release(0, [0]);
    case.release(0, [0]);
    case.says([]);
    case.event(Event::ClientLeft { client: c(1) });
    case.says(["w0 free t0", "forget t0"]);
    case.is_empty();
}

#[test]
fn cancel_is_for_one_client_unless_forced() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([task(0).wanted()]);
    case.want(1, 0);
    cancel(&mut case, 0, 0, false);
    cancel(&mut case, 0, 0, false);
    case.says(["w0 compute t0", "c0 t0 cancelled"]);
    case.want(0, 0);
    cancel(&mut case, 0, 0, true);
    case.says(["c1 t0 cancelled", "c0 t0 cancelled", "w0 free t0", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_cancelled_task_that_still_finishes_is_dropped() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    let attempt = case.attempt(0, 0);
    cancel(&mut case, 0, 0, false);
    case.says(["w0 compute t0", "c0 t0 cancelled", "w0 free t0", "forget t0"]);
    case.finish_attempt(0, 0, attempt, Duration::ZERO, 8);
    case.says(["w0 free t0"]);
    case.is_empty();
}

#[test]
fn a_task_cancelled_and_wanted_again_is_a_new_attempt() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).on([0]).wanted()]);
    let old = case.attempt(0, 0);
    case.release(0, [0, 1]);
    case.says(["w0 compute t0", "forget t1", "w0 free t0", "forget t0"]);
    case.submit([task(0).wanted()]);
    assert_ne!(case.attempt(0, 0), old);
    case.finish_attempt(0, 0, old, Duration::ZERO, 8);
    case.says(["w0 compute t0"]);
    assert_eq!(case.state(0), Some(State::Processing), "the old attempt does not count, and the new one goes on");
    case.finish(0, 0);
    case.says(["c0 t0 on w0, 8 bytes"]);
}

#[test]
fn cancelled_tasks_leave_dependents_that_are_wanted_alone() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).on([0]).wanted()]);
    cancel(&mut case, 0, 0, true);
    case.says(["w0 compute t0", "c0 t0 cancelled"]);
    case.finish(0, 0);
    case.says(["w0 compute t1 t0@[w0]"]);
    case.skip();
}

#[test]
fn clients_that_are_not_there_want_nothing() {
    let mut case = Case::workers([1]);
    case.submit_for(9, [task(0).wanted()]);
    case.want(9, 0);
    case.says(["forget t0"]);
    case.submit_for(9, [task(0), task(1).on([0]).wanted()]);
    case.says(["forget t1", "forget t0"]);
    case.event(Event::ClientLeft { client: c(9) });
    case.is_empty();
}

/// FAULTS G12.
#[test]
fn a_client_that_leaves_in_the_middle_leaves_nothing_when_the_rest_has_come() {
    let mut case = Case::workers([1]);
    case.submit([task(0).announces(1)]);
    case.event(Event::ClientLeft { client: c(0) });
    case.says(["w0 compute t0"]);
    case.submit([task(1).on([0]).wanted()]);
    case.says(["forget t1", "w0 free t0", "forget t0"]);
    case.is_empty();
}

#[test]
fn retried_tasks_run_again_with_the_failed_ones_they_depend_on() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0]), task(2).on([1]).wanted(), task(3).on([1]).wanted()]);
    case.fail(0, 0, 1);
    case.says(["w0 compute t0", "c0 t2 erred by t0, f1", "c0 t3 erred by t0, f1"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(2), t(99)] });
    case.says(["w0 compute t0"]);
    assert_eq!(case.state(3), Some(State::Erred), "nobody asked for it");
    case.finish(0, 0);
    case.finish(0, 1);
    case.says(["w0 compute t1 t0@[w0]", "w0 free t0", "w0 compute t2 t1@[w0]"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(3)] });
    case.says(["forget f1", "w0 compute t3 t1@[w0]"]);
    case.finish(0, 2);
    case.finish(0, 3);
    case.says(["c0 t2 on w0, 8 bytes", "c0 t3 on w0, 8 bytes", "w0 free t1"]);
}
