//! Workers that die, and data that goes with them.

use super::{Case, c, t, task};
use crate::machine::Config;
use partita_protocol::limits::UNBEGUN_DEATHS;
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Begun, Cause, LossCause, WorkerId};

fn missing(case: &mut Case, reporter: u32, holder: u32, task: u32) {
    case.report(reporter, Report::Missing { holder: WorkerId(holder), tasks: vec![t(task)] });
}

fn added(case: &mut Case, worker: u32, task: u32) {
    case.report(worker, Report::Added { tasks: vec![t(task)] });
}

/// FAULTS P1.
#[test]
fn tasks_of_a_dead_worker_run_elsewhere_until_too_many_died() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    case.skip();
    for death in 0..3 {
        case.worker(death + 1, 1);
        case.lose(death);
        let (on, _) = case.scheduler.processing_on(t(0)).unwrap();
        assert_eq!(on, WorkerId(death + 1));
    }
    case.skip();
    case.lose(3);
    case.says(["c0 t0 erred by t0, 4 deaths, last w3"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(0)] });
    assert_eq!(case.state(0), Some(State::NoWorker), "the count begins anew");
}

/// FAULTS P1.
#[test]
fn a_task_that_only_waits_survives_the_deaths_of_all_who_had_it() {
    let mut case = Case::workers([1; 8]);
    case.submit([task(0).wanted(), task(1).wanted().with(|o| o.workers(["worker-0"]))]);
    case.skip();
    // More than a task of its own would be forgiven, one after the other before it began.
    for death in 0..6 {
        let (on, attempt) = case.scheduler.processing_on(t(0)).unwrap();
        // Something else had begun there, as what is over and not told of.
        let begun = if death % 2 == 0 { Begun::none() } else { Begun::These(vec![Attempt(attempt.0 + 1_000)]) };
        case.lose_as(on.0, "boom", begun);
        assert_eq!((case.state(0), case.scheduler.deaths(t(0))), (Some(State::Processing), 0), "death {death}");
    }
    case.skip();
    let (on, _) = case.scheduler.processing_on(t(0)).unwrap();
    case.finish(on.0, 0);
    case.says([&format!("c0 t0 on {on}, 8 bytes")]);
}

#[test]
fn of_many_tasks_of_a_worker_the_one_that_ran_is_to_blame() {
    let mut case = Case::workers([2]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted()]);
    for death in 0..4u32 {
        case.worker(death + 1, 2);
        let (on, attempt) = case.scheduler.processing_on(t(1)).unwrap();
        case.skip();
        case.lose_as(on.0, &format!("cause {death}"), Begun::These(vec![Attempt(0), attempt, attempt]));
        let deaths = [0, 1, 2].map(|id| case.scheduler.deaths(t(id)));
        assert_eq!(deaths, [0, death + 1, 0]);
    }
    let said = case.said();
    assert!(said.contains(&"c0 t1 erred by t1, 4 deaths, last w3".to_owned()), "{said:?}");
    assert_eq!([0, 2].map(|id| case.state(id)), [Some(State::Processing); 2]);
    let (_, cause) = case.scheduler.failure(t(1)).unwrap();
    let Cause::WorkersDied { cause, before, .. } = cause else { panic!("{cause:?}") };
    assert_eq!(*cause, LossCause::Died("cause 3".into()));
    let told: Vec<_> = before.iter().map(|(worker, cause)| format!("{worker} {cause}")).collect();
    assert_eq!(told, ["w0 it died: cause 0", "w1 it died: cause 1", "w2 it died: cause 2"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(1)] });
    assert_eq!((case.state(1), case.scheduler.deaths(t(1))), (Some(State::Processing), 0), "the count begins anew");
    case.skip();
}

/// One that never began anywhere is let go of at last: reading its inputs may be what kills.
#[test]
fn a_task_under_which_workers_die_without_end_is_given_up_though_it_never_began() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    for death in 0..UNBEGUN_DEATHS {
        assert_eq!(case.state(0), Some(State::Processing), "death {death}");
        case.worker(death + 1, 1);
        case.skip();
        case.lose_as(death, "boom", Begun::none());
    }
    case.says(["w20 lost w19", "c0 t0 erred by t0, never began, 20 deaths, last w19"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(0)] });
    assert_eq!(case.state(0), Some(State::Processing), "the count begins anew");
    case.skip();
}

#[test]
fn deaths_that_another_task_explains_are_nobody_elses() {
    let mut case = Case::workers([2]);
    case.submit([task(0).wanted()]);
    for death in 0..2 * UNBEGUN_DEATHS {
        // One more each time, that runs when its worker dies.
        case.submit([task(death + 1).wanted()]);
        case.worker(death + 1, 2);
        let (on, attempt) = case.scheduler.processing_on(t(death + 1)).unwrap();
        case.lose_as(on.0, "boom", Begun::These(vec![attempt]));
        assert_eq!(case.state(0), Some(State::Processing), "death {death}");
        case.release(0, [death + 1]);
        case.skip();
    }
}

#[test]
fn retirement_is_no_suspicion() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    for id in 0..10 {
        case.worker(id + 1, 1);
        case.retire(id);
    }
    case.skip();
    assert_eq!(case.state(0), Some(State::Processing));
}

/// FAULTS P2.
#[test]
fn a_lost_result_is_computed_again_with_only_what_is_needed() {
    let mut case = Case::workers([1, 1]);
    // 0 → 1 → 3 ← 2; 1 and 2 end on the worker that dies.
    case.submit([task(0), task(1).on([0]), task(2), task(3).on([1, 2]), task(4).on([3]).wanted()]);
    case.says(["w0 compute t0", "w1 compute t2"]);
    case.finish(1, 2);
    case.finish(0, 0);
    case.finish(0, 1);
    added(&mut case, 0, 2);
    case.skip();
    assert_eq!(case.state(0), Some(State::Released));
    case.lose(0);
    // t3 was on w0 or w1; t1 is lost and t0 with it, t2 has a copy on w1.
    assert_eq!(
        [0, 1, 2, 3].map(|id| case.state(id).unwrap()),
        [State::Processing, State::Waiting, State::Memory, State::Waiting]
    );
    case.skip();
    for id in [0, 1, 3, 4] {
        case.finish(1, id);
    }
    assert_eq!(case.said().iter().filter(|word| word.contains("compute")).count(), 3);
}

#[test]
fn a_lost_result_is_told_and_told_again_when_it_is_back() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    case.finish(0, 0);
    case.worker(1, 1);
    case.says(["w0 compute t0", "c0 t0 on w0, 8 bytes"]);
    case.lose(0);
    case.says(["w1 lost w0", "c0 t0 lost", "w1 compute t0"]);
    case.finish(1, 0);
    case.says(["c0 t0 on w1, 8 bytes"]);
}

#[test]
fn other_copies_serve() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    case.finish(0, 0);
    added(&mut case, 1, 0);
    added(&mut case, 1, 0);
    case.skip();
    case.lose(0);
    case.says(["w1 lost w0"]);
    assert_eq!(case.scheduler.holders(t(0)), [WorkerId(1)]);
    case.release(0, [0]);
    case.says(["w1 free t0", "forget t0"]);
}

#[test]
fn tasks_whose_input_was_lost_are_taken_back() {
    let mut case = Case::workers([1, 1]);
    case.submit([
        task(0).with(|o| o.workers(["worker-0"])),
        task(1).on([0]).with(|o| o.workers(["worker-1"])).wanted(),
    ]);
    case.finish(0, 0);
    case.says(["w0 compute t0", "w1 compute t1 t0@[w0]"]);
    case.lose(0);
    case.says(["w1 lost w0", "w1 free t1"]);
    assert_eq!((case.state(0), case.state(1)), (Some(State::NoWorker), Some(State::Waiting)));
    case.worker_like(2, super::WorkerInfo { name: "worker-0".into(), ..super::info(2, 1) });
    case.finish(2, 0);
    case.says(["w2 compute t0", "w1 compute t1 t0@[w2]"]);
}

#[test]
fn a_queued_task_whose_input_was_lost_waits_for_it() {
    let mut case = Case::new();
    case.worker_with(0, 1, &[("GPU", 1.0)]);
    case.worker(1, 1);
    case.submit([
        task(9).needs("GPU", 1.0).wanted(),
        task(0).with(|o| o.workers(["worker-1"])),
        task(1).on([0]).needs("GPU", 1.0).wanted(),
    ]);
    case.finish(1, 0);
    assert_eq!(case.state(1), Some(State::Queued));
    case.lose(1);
    assert_eq!(case.state(1), Some(State::Waiting));
    case.worker_like(2, super::WorkerInfo { name: "worker-1".into(), ..super::info(2, 1) });
    case.finish(2, 0);
    case.finish(0, 9);
    case.finish(0, 1);
    case.skip();
}

#[test]
fn a_missing_copy_is_struck_and_other_holders_are_named() {
    let mut case = Case::with(Config { reduce_copies: false, ..Config::default() });
    case.worker(0, 1);
    case.worker(1, 1);
    case.submit([task(0).wanted()]);
    case.finish(0, 0);
    added(&mut case, 1, 0);
    case.skip();
    missing(&mut case, 1, 0, 0);
    case.says(["w0 free t0", "w1 holders t0 [w1]"]);
    missing(&mut case, 1, 0, 0);
    case.says(["w1 holders t0 [w1]"]);
    missing(&mut case, 0, 7, 99);
    case.says(["w0 holders t99 []"]);
}

/// FAULTS M20.
#[test]
fn the_last_copy_missing_is_computed_again() {
    let mut case = Case::workers([1, 1]);
    case.submit([
        task(0).with(|o| o.workers(["worker-0"])),
        task(1).on([0]).with(|o| o.workers(["worker-1"])).wanted(),
    ]);
    case.finish(0, 0);
    case.skip();
    missing(&mut case, 1, 0, 0);
    case.says(["w1 free t1", "w0 free t0", "w1 holders t0 []", "w0 compute t0"]);
    case.finish(0, 0);
    case.says(["w1 compute t1 t0@[w0]"]);
}

#[test]
fn copies_that_are_not_wanted_are_dropped() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    added(&mut case, 1, 0);
    added(&mut case, 0, 0);
    added(&mut case, 1, 55);
    case.says(["w0 compute t0", "w1 free t0", "w1 free t55"]);
}

/// FAULTS P9.
#[test]
fn a_worker_that_is_gone_is_heard_no_more() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    let attempt = case.attempt(0, 0);
    case.lose(0);
    case.lose(0);
    case.says(["w0 compute t0", "w1 lost w0", "w1 compute t0"]);
    case.finish_attempt(0, 0, attempt, std::time::Duration::ZERO, 8);
    case.report(0, Report::Paused);
    case.says([]);
    case.worker(0, 1);
    case.finish(1, 0);
    case.says(["c0 t0 on w1, 8 bytes"]);
}

#[test]
fn losing_a_seceded_task_counts_too() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    let attempt = case.attempt(0, 0);
    case.report(0, Report::Seceded { task: t(0), attempt });
    case.lose(0);
    case.says(["w0 compute t0", "w1 lost w0", "w1 compute t0"]);
}
