//! Results that must be there by a moment.

use super::{Case, Event, c, t, task};
use crate::machine::testing::Draft;
use partita_protocol::Time;
use partita_protocol::telemetry::State;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A wanted task that must be there within a second.
fn due(id: u32) -> Draft {
    task(id).wanted().with(|options| options.deadline(SECOND))
}

#[test]
fn what_is_not_there_in_time_errs_and_what_only_it_needed_is_cancelled() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1), task(2), due(3).on([0, 1]), task(4).on([1, 2]).wanted()]);
    case.says(["w0 compute t0", "w0 compute t1"]);
    let submitted = case.now;
    assert_eq!(case.scheduler.next_timeout(), Some(submitted + SECOND));
    case.wait();
    case.says(["c0 t3 erred by t3, not there after 1s", "w0 free t0", "w0 compute t2"]);
    assert_eq!([1, 2].map(|id| case.state(id).unwrap()), [State::Processing; 2], "another needs them");
    case.finish(0, 1);
    case.finish(0, 2);
    case.finish(0, 4);
    case.skip();
    case.release(0, [3, 4]);
    case.skip();
    case.is_empty();
}

#[test]
fn a_run_that_is_not_over_in_time_is_given_up() {
    let mut case = Case::workers([1]);
    case.submit([due(0), task(1).on([0]).wanted()]);
    case.wait();
    case.says([
        "w0 compute t0",
        "w0 free t0",
        "c0 t0 erred by t0, not there after 1s",
        "c0 t1 erred by t0, not there after 1s",
    ]);
    assert_eq!(case.scheduler.workers().map(|worker| worker.processing).sum::<usize>(), 0);
}

#[test]
fn every_state_that_waits_can_pass_its_deadline() {
    let mut case = Case::workers([1]);
    case.submit([task(9).wanted(), task(8).wanted()]);
    case.submit([due(0), due(1).on([0]), due(2).with(|options| options.workers(["nobody"])), due(3).data()]);
    let states = [State::Queued, State::Waiting, State::NoWorker, State::Waiting];
    assert_eq!([0, 1, 2, 3].map(|id| case.state(id).unwrap()), states);
    case.wait();
    assert_eq!([0, 1, 2, 3].map(|id| case.state(id).unwrap()), [State::Erred; 4]);
    case.skip();
    case.release(0, [0, 1, 2, 3, 8, 9]);
    case.skip();
    case.is_empty();
}

#[test]
fn a_task_that_waits_for_a_retry_can_pass_its_deadline() {
    let mut case = Case::workers([1]);
    case.submit([due(0).with(|options| options.retries(1).retry_delay(SECOND * 5))]);
    case.fail(0, 0, 1);
    case.wait();
    case.says(["w0 compute t0", "forget f1", "c0 t0 erred by t0, not there after 1s"]);
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn a_deadline_that_is_met_is_forgotten() {
    let mut case = Case::workers([1]);
    case.submit([due(0)]);
    case.finish(0, 0);
    assert_eq!(case.scheduler.next_timeout(), None);
    case.now = case.now + SECOND * 2;
    case.event(Event::TimePassed);
    case.lose(0);
    case.worker(1, 1);
    assert_eq!(case.state(0), Some(State::Processing), "computed again, however long that takes");
    case.finish(1, 0);
    case.skip();
}

#[test]
fn the_clock_starts_when_the_result_is_asked_for() {
    let mut case = Case::workers([1]);
    let dependency = task(0).with(|options| options.deadline(SECOND));
    case.submit([dependency, task(1).on([0]).wanted()]);
    assert_eq!(case.scheduler.next_timeout(), None, "nobody asked for it");
    case.now = Time(case.now.0 + 500_000_000);
    case.want(0, 0);
    assert_eq!(case.scheduler.next_timeout(), Some(case.now + SECOND));
    case.client(1);
    case.now = case.now + SECOND / 2;
    case.want(1, 0);
    case.release(0, [0]);
    case.wait();
    case.says([
        "w0 compute t0",
        "w0 free t0",
        "c1 t0 erred by t0, not there after 1s",
        "c0 t1 erred by t0, not there after 1s",
    ]);
}

#[test]
fn what_nobody_wants_any_longer_has_no_deadline() {
    let mut case = Case::workers([1]);
    case.submit([due(0), task(1).on([0]).wanted()]);
    case.release(0, [0]);
    case.wait();
    case.says(["w0 compute t0"]);
    assert_eq!((case.state(0), case.scheduler.next_timeout()), (Some(State::Processing), None));
    case.want(0, 0);
    assert_eq!(case.scheduler.next_timeout(), Some(case.now + SECOND), "asked for anew");
}

#[test]
fn a_task_that_is_run_again_has_its_time_again() {
    let mut case = Case::workers([1]);
    case.submit([due(0)]);
    case.wait();
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(0)] });
    assert_eq!(case.state(0), Some(State::Processing));
    assert_eq!(case.scheduler.next_timeout(), Some(case.now + SECOND));
    case.finish(0, 0);
    case.skip();
}

#[test]
fn deadlines_pass_in_order() {
    let mut case = Case::workers([1]);
    let limits = [3, 1, 2];
    case.submit(
        [0, 1, 2].map(|id: u32| task(id).wanted().with(|options| options.deadline(SECOND * limits[id as usize]))),
    );
    case.skip();
    for id in [1, 2, 0] {
        case.wait();
        assert!(case.said().iter().any(|word| word.starts_with(&format!("c0 t{id} erred"))));
    }
    assert_eq!(case.scheduler.next_timeout(), None);
}
