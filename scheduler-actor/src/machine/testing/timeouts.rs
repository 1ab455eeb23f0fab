//! Giving up when no worker comes.

use super::{Case, task};
use crate::machine::Config;
use partita_protocol::Time;
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn without_workers_tasks_err_in_time() {
    let mut case = Case::new();
    assert_eq!(case.scheduler.next_timeout(), None);
    case.submit([task(0).wanted(), task(1).on([0]).wanted()]);
    assert_eq!(case.scheduler.next_timeout(), Some(case.now + MINUTE));
    case.now = case.now + MINUTE / 2;
    case.event(super::Event::TimePassed);
    case.submit([task(2).wanted()]);
    case.says([]);
    case.wait();
    case.now = Time(case.now.0 - 1_000);
    let said = case.said();
    assert!(said[0].starts_with("c0 t0 erred by t0, no workers for 60"), "{said:?}");
    assert!(said[1].starts_with("c0 t1 erred by t0"), "{said:?}");
    assert_eq!((said.len(), case.state(2)), (2, Some(State::NoWorker)));
    case.wait();
    assert!(case.said()[0].starts_with("c0 t2 erred"));
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn queued_tasks_survive_a_pause_and_not_a_long_one() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted(), task(3).wanted()]);
    case.report(0, Report::Paused);
    let paused = case.now;
    assert_eq!(case.scheduler.next_timeout(), Some(paused + MINUTE));
    case.report(0, Report::Resumed);
    assert_eq!(case.scheduler.next_timeout(), None);
    case.report(0, Report::Paused);
    case.lose(0);
    case.skip();
    assert_eq!(
        [0, 1, 2, 3].map(|id| case.state(id).unwrap()),
        [State::NoWorker, State::NoWorker, State::Queued, State::Queued]
    );
    case.wait();
    assert_eq!(case.said().len(), 4);
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn a_worker_that_comes_in_time_takes_everything() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted()]);
    case.lose(0);
    case.now = case.now + MINUTE / 2;
    case.worker(1, 1);
    assert_eq!(case.scheduler.next_timeout(), None);
    case.says(["w0 compute t0", "w0 compute t1", "w1 compute t0", "w1 compute t1"]);
}

#[test]
fn without_a_limit_tasks_wait_for_ever() {
    let mut case = Case::with(Config { no_workers_timeout: None, ..Config::default() });
    case.submit([task(0).wanted()]);
    assert_eq!(case.scheduler.next_timeout(), None);
    case.now = case.now + MINUTE * 1000;
    case.event(super::Event::TimePassed);
    case.says([]);
}

#[test]
fn released_tasks_wait_for_nothing() {
    let mut case = Case::new();
    case.submit([task(0).wanted()]);
    case.release(0, [0]);
    case.says(["forget t0"]);
    assert_eq!(case.scheduler.next_timeout(), None);
    case.is_empty();
}
