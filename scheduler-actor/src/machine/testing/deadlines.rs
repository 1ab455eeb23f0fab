//! Results that must be there by a moment.

use super::{Case, Event, c, t, task};
use crate::machine::Config;
use crate::machine::testing::Draft;
use partita_protocol::telemetry::State;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A wanted task that must be there within a second.
fn due(id: u32) -> Draft {
    due_after(id, 1)
}

/// A wanted task that must be there within so many seconds.
fn due_after(id: u32, seconds: u32) -> Draft {
    task(id).wanted().with(|options| options.deadline(SECOND * seconds))
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
    case.submit([due(0)]);
    case.wait();
    case.says(["w0 compute t0", "w0 free t0", "c0 t0 erred by t0, not there after 1s"]);
    assert_eq!(case.scheduler.workers().map(|worker| worker.processing).sum::<usize>(), 0);
}

#[test]
fn two_clients_wait_for_a_task_each_as_long_as_it_said() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([due(0)]);
    case.submit_for(1, [due_after(0, 3)]);
    case.submit_for(1, [due_after(0, 2)]);
    let asked = case.now;
    case.wait();
    case.says(["w0 compute t0", "c0 t0 erred by t0, not there after 1s"]);
    assert_eq!((case.state(0), case.scheduler.wanted_by(t(0))), (Some(State::Processing), &[c(1)][..]));
    assert!(case.scheduler.has_passed_for(t(0), c(0)));
    let due = case.scheduler.next_timeout().unwrap();
    assert!(due > asked + SECOND * 2, "it keeps the first wish");
    case.wait();
    case.says(["w0 free t0", "c1 t0 erred by t0, not there after 3s"]);
    assert_eq!(case.state(0), Some(State::Erred), "nobody else needs it");
    case.release(1, [0]);
    case.says([]);
    assert_eq!(case.state(0), Some(State::Released), "the other one may ask to try it again");
    case.release(0, [0]);
    case.says(["forget t0"]);
    case.is_empty();
}

#[test]
fn who_set_no_deadline_gets_the_value() {
    for first in [0, 1] {
        let mut case = Case::workers([1]);
        case.client(1);
        let drafts = [due(0), task(0).wanted()];
        for client in [first, 1 - first] {
            case.submit_for(client as u32, [drafts[client].clone()]);
        }
        case.wait();
        case.says(["w0 compute t0", "c0 t0 erred by t0, not there after 1s"]);
        assert_eq!(case.scheduler.next_timeout(), None);
        case.finish(0, 0);
        case.says(["c1 t0 on w0, 8 bytes"]);
        case.submit([due(0)]);
        case.want(0, 0);
        case.says([]);
        case.release(1, [0]);
        case.release(0, [0]);
        case.says(["w0 free t0", "forget t0"]);
        case.is_empty();
    }
}

#[test]
fn what_another_computation_needs_goes_on() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([due(0)]);
    case.submit_for(1, [task(0), task(1).on([0]).wanted()]);
    case.wait();
    case.says(["w0 compute t0", "c0 t0 erred by t0, not there after 1s"]);
    case.finish(0, 0);
    case.says(["w0 compute t1 t0@[w0]"]);
    case.finish(0, 1);
    case.says(["c1 t1 on w0, 8 bytes", "w0 free t0"]);
    case.release(1, [1]);
    case.says(["w0 free t1", "forget t1"]);
    assert_eq!(case.state(0), Some(State::Released));
    case.event(Event::ClientLeft { client: c(0) });
    case.says(["forget t0"]);
    case.is_empty();
}

#[test]
fn what_a_dependent_that_was_announced_needs_goes_on() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([due(0)]);
    case.submit_for(1, [task(0).announces(1)]);
    case.wait();
    case.says(["w0 compute t0", "c0 t0 erred by t0, not there after 1s"]);
    case.submit_for(1, [task(1).on([0]).wanted()]);
    case.finish(0, 0);
    case.says(["w0 compute t1 t0@[w0]"]);
    case.finish(0, 1);
    case.skip();
}

#[test]
fn a_client_that_gave_up_can_try_again() {
    let states: [fn(&mut Case); 5] = [
        |_| {},
        |case| case.finish(0, 0),
        |case| case.fail(0, 0, 7),
        |case| {
            case.finish(0, 0);
            case.release(1, [0]);
        },
        |case| {
            case.fail(0, 0, 7);
            case.release(1, [0]);
        },
    ];
    for (place, state) in states.into_iter().enumerate() {
        let mut case = Case::workers([1]);
        case.client(1);
        case.submit([due(0)]);
        case.submit_for(1, [task(0).wanted()]);
        case.wait();
        state(&mut case);
        case.skip();
        case.event(Event::TasksRetried { client: c(0), tasks: vec![t(0), t(0)] });
        assert!(case.scheduler.wanted_by(t(0)).contains(&c(0)) && !case.scheduler.has_passed_for(t(0), c(0)));
        if place == 1 {
            case.says(["c0 t0 on w0, 8 bytes"]);
            assert_eq!(case.scheduler.next_timeout(), None);
            continue;
        }
        assert_eq!(case.state(0), Some(State::Processing));
        assert_eq!(case.scheduler.next_timeout(), Some(case.now + SECOND), "it has its time again");
        case.skip();
        match place {
            0 => {
                case.wait();
                case.says(["c0 t0 erred by t0, not there after 1s"]);
            }
            _ => {
                case.finish(0, 0);
                assert!(case.said().contains(&"c0 t0 on w0, 8 bytes".to_string()));
            }
        }
    }
}

#[test]
fn a_client_that_leaves_has_no_deadline() {
    let leaves: [fn(&mut Case); 3] = [
        |case| case.event(Event::ClientLeft { client: c(0) }),
        |case| case.release(0, [0]),
        |case| case.event(Event::KeysCancelled { client: c(0), tasks: vec![t(0)], force: false }),
    ];
    for leave in leaves {
        for waits in [false, true] {
            let mut case = Case::workers([1]);
            case.client(1);
            case.submit([due(0)]);
            case.submit_for(1, [task(0).wanted()]);
            if waits {
                case.wait();
            }
            leave(&mut case);
            assert_eq!(case.scheduler.next_timeout(), None);
            assert!(!case.scheduler.has_passed_for(t(0), c(0)));
            case.skip();
            case.finish(0, 0);
            case.says(["c1 t0 on w0, 8 bytes"]);
            case.release(1, [0]);
            case.says(["w0 free t0", "forget t0"]);
            case.is_empty();
        }
    }
}

#[test]
fn who_cancels_for_all_cancels_for_those_who_gave_up() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([due(0)]);
    case.submit_for(1, [task(0).wanted()]);
    case.wait();
    case.skip();
    case.event(Event::KeysCancelled { client: c(1), tasks: vec![t(0)], force: true });
    case.says(["c1 t0 cancelled", "c0 t0 cancelled", "w0 free t0", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_task_that_was_late_for_one_is_computed_for_another() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([due(0)]);
    case.wait();
    case.skip();
    case.submit_for(1, [task(0).wanted()]);
    case.says(["w0 compute t0"]);
    case.finish(0, 0);
    case.says(["c1 t0 on w0, 8 bytes"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(0)] });
    case.says(["c0 t0 on w0, 8 bytes"]);
    case.release(0, [0]);
    case.submit_for(1, [due(1)]);
    case.wait();
    case.skip();
    case.submit([task(1).announces(1)]);
    case.says(["w0 compute t1"]);
    case.submit([task(2).on([1]).wanted()]);
    case.finish(0, 1);
    case.finish(0, 2);
    case.skip();
}

#[test]
fn every_state_that_waits_can_pass_its_deadline() {
    let mut case = Case::workers([1]);
    case.submit([task(9).wanted(), task(8).wanted()]);
    case.submit([due(0), task(4), due(1).on([4]), due(2).with(|options| options.workers(["nobody"])), due(3).data()]);
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
fn a_deadline_is_for_what_is_asked_for() {
    let mut case = Case::workers([1]);
    let dependency = task(0).with(|options| options.deadline(SECOND));
    case.submit([dependency, task(1).on([0]).wanted()]);
    assert_eq!(case.scheduler.next_timeout(), None, "nobody asked for it");
    case.want(0, 0);
    assert_eq!(case.scheduler.next_timeout(), None, "it was asked for without saying by when");
    case.release(0, [0]);
    case.submit([due(0)]);
    assert_eq!(case.scheduler.next_timeout(), Some(case.now + SECOND));
    case.wait();
    case.says(["w0 compute t0", "c0 t0 erred by t0, not there after 1s"]);
    case.finish(0, 0);
    case.says(["w0 compute t1 t0@[w0]"]);
}

#[test]
fn what_nobody_wants_any_longer_has_no_deadline() {
    let mut case = Case::workers([1]);
    case.submit([due(0), task(1).on([0]).wanted()]);
    case.release(0, [0]);
    case.says(["w0 compute t0"]);
    assert_eq!((case.state(0), case.scheduler.next_timeout()), (Some(State::Processing), None));
    case.submit([due(0)]);
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

/// It stays in the table for a client that was told it is late, and may be asked for again by others.
#[test]
fn what_is_kept_for_a_late_client_starts_afresh() {
    let mut case = Case::with(Config { allowed_failures: 0, ..Config::default() });
    case.client(1);
    case.worker(0, 1);
    case.submit_for(0, [due(0)]);
    case.submit_for(1, [task(0).wanted()]);
    case.wait();
    case.lose(0);
    assert_eq!(case.state(0), Some(State::Erred), "no worker may die under it");
    case.worker(1, 1);
    case.release(1, [0]);
    assert_eq!(case.state(0), Some(State::Released));
    case.submit_for(1, [task(0).wanted()]);
    assert_eq!(case.state(0), Some(State::Processing));
    case.finish(1, 0);
    case.skip();
}
