//! Workers that are asked to leave: their data goes first.

use super::{Case, t, task};
use crate::machine::{Obstacle, Why};
use partita_protocol::WorkerId;
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use std::time::Duration;

impl Case {
    pub(crate) fn ask_to_leave(&mut self, worker: u32) {
        self.event(Event::RetirementAsked { worker: WorkerId(worker) });
    }

    /// A wanted result of 8 bytes on worker 0, and nothing else said.
    fn with_result<const N: usize>(threads: [u32; N]) -> Self {
        let mut case = Case::workers(threads);
        case.submit([task(0).wanted()]);
        case.finish(0, 0);
        case.skip();
        case
    }
}

#[test]
fn a_worker_that_holds_nothing_may_leave_at_once() {
    let mut case = Case::workers([1, 1]);
    case.ask_to_leave(0);
    case.says(["w0 retires: Ready { moved: 0 }"]);
    case.ask_to_leave(0);
    case.says(["w0 retires: Ready { moved: 0 }"]);
    case.ask_to_leave(9);
    case.says([]);
    case.submit([task(0).wanted()]);
    case.says(["w1 compute t0"]);
    case.retire(0);
    case.says(["w1 lost w0"]);
    assert!(case.scheduler.workers().all(|worker| !worker.retiring));
}

/// FAULTS P27.
#[test]
fn what_only_it_holds_is_moved_first() {
    let mut case = Case::with_result([1, 1]);
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]"]);
    case.added(1, 0);
    case.says(["w0 retires: Ready { moved: 1 }"]);
    case.retire(0);
    case.says(["w1 lost w0"]);
    assert_eq!(case.holders(0), [1]);
}

/// FAULTS P27, T17: what others cannot read is not moved: it is let go to be computed again, and nobody asks for a copy again.
#[test]
fn what_others_cannot_read_is_not_moved() {
    let mut case = Case::with_result([1, 1, 1]);
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]"]);
    case.report(1, Report::Unreadable { tasks: vec![t(0)] });
    case.says(["w0 retires: Ready { moved: 0 }"]);
    assert_eq!(case.holders(0), [0]);
    case.retire(0);
    case.says(["w1 lost w0", "w2 lost w0", "c0 t0 lost", "w1 compute t0"]);
}

/// FAULTS T17: copies that were asked for and cannot be are given up.
#[test]
fn what_others_cannot_read_has_no_copies() {
    let mut case = Case::with_result([1, 1, 1]);
    case.copies(0, 2);
    case.says(["w1 hold t0@[w0]"]);
    case.report(1, Report::Unreadable { tasks: vec![t(0), t(7)] });
    case.says([]);
    assert_eq!(case.holders(0), [0]);
    // Once nobody wants it, nothing is known of it any longer.
    case.release(0, [0]);
    case.says(["w0 free t0", "forget t0"]);
}

#[test]
fn a_worker_that_holds_only_copies_may_leave_at_once() {
    let mut case = Case::with_result([1, 1, 1]);
    case.copies(0, 2);
    case.added(1, 0);
    case.says(["w1 hold t0@[w0]"]);
    case.ask_to_leave(0);
    // The copies that were asked for are restored, and it need not wait for that.
    case.says(["w2 hold t0@[w0, w1]", "w0 retires: Ready { moved: 0 }"]);
}

/// FAULTS P27.
#[test]
fn while_it_computes_it_stays_and_its_last_results_are_moved_too() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).with(|o| o.workers(["worker-0"])).wanted(), task(1).on([0]).wanted()]);
    case.ask_to_leave(0);
    case.says(["w0 compute t0"]);
    case.finish(0, 0);
    case.says(["c0 t0 on w0, 8 bytes", "w1 compute t1 t0@[w0]", "w1 hold t0@[w0]"]);
    case.added(1, 0);
    case.says(["w0 retires: Ready { moved: 1 }"]);
}

#[test]
fn a_task_that_fails_or_secedes_holds_it_no_longer_than_it_runs() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).with(|o| o.workers(["worker-0"])).wanted()]);
    let attempt = case.attempt(0, 0);
    case.report(0, Report::Seceded { task: t(0), attempt });
    case.ask_to_leave(0);
    case.says(["w0 compute t0"]);
    case.fail_attempt(0, 0, attempt, 1);
    case.says(["c0 t0 erred by t0, f1", "w0 retires: Ready { moved: 0 }"]);
}

/// FAULTS P27.
#[test]
fn with_nobody_to_take_them_results_are_let_go_and_computed_again() {
    let mut case = Case::with_result([1]);
    case.ask_to_leave(0);
    case.says(["w0 retires: Ready { moved: 0 }"]);
    case.retire(0);
    case.says(["c0 t0 lost"]);
    assert_eq!(case.state(0), Some(State::NoWorker));
    case.worker(1, 1);
    case.says(["w1 compute t0"]);
}

#[test]
fn with_nobody_to_take_them_data_by_hand_and_what_came_of_it_keep_the_worker() {
    let mut case = Case::workers([1]);
    case.submit([task(0).data(), task(1).on([0]).wanted(), task(2).on([1]).wanted()]);
    case.put(0, 0, 100);
    case.finish(0, 1);
    case.finish(0, 2);
    case.skip();
    assert_eq!(case.state(0), Some(State::Released), "t1 cannot be computed again");
    case.ask_to_leave(0);
    case.says(["w0 retires: Refused { nbytes: 16 }"]);
    case.submit([task(3).wanted()]);
    case.says(["w0 compute t3"]);
    case.finish(0, 3);
    case.skip();
    case.worker(1, 1);
    case.ask_to_leave(0);
    case.says(["w1 hold t1@[w0] t2@[w0] t3@[w0]"]);
    for id in [1, 2, 3] {
        case.added(1, id);
    }
    case.says(["w0 retires: Ready { moved: 3 }"]);
}

#[test]
fn with_nobody_to_have_the_room_data_by_hand_keeps_the_worker() {
    let mut case = Case::workers([1]);
    case.worker_like(1, WorkerInfo { memory_limit: 99, ..super::info(1, 1) });
    case.submit([task(0).data().wanted(), task(1).data().wanted()]);
    case.put(0, 0, 60);
    case.put(0, 1, 60);
    case.skip();
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]", "w0 retires: Refused { nbytes: 60 }"]);
    case.added(1, 0);
    case.says([]);
}

#[test]
fn a_taker_that_dies_or_pauses_or_leaves_is_replaced() {
    let mut case = Case::with_result([1, 1, 1, 1]);
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]"]);
    case.lose(1);
    case.says(["w0 lost w1", "w2 lost w1", "w3 lost w1", "w2 hold t0@[w0]"]);
    case.report(2, Report::Paused);
    case.says(["w3 hold t0@[w0]"]);
    case.ask_to_leave(3);
    case.says(["w3 retires: Ready { moved: 0 }", "w0 retires: Ready { moved: 0 }"]);
    case.report(2, Report::Resumed);
    case.says(["w2 hold t0@[w0]"]);
    case.added(2, 0);
    case.says([]);
    assert_eq!(case.holders(0), [0, 2]);
}

#[test]
fn a_worker_that_dies_while_it_leaves_is_lost() {
    let mut case = Case::with_result([1, 1]);
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]"]);
    case.lose(0);
    case.says(["w1 lost w0", "c0 t0 lost", "w1 compute t0"]);
    case.lacks(1, 0, 0);
    case.says(["w1 holders t0 []"]);
    case.finish(1, 0);
    case.says(["c0 t0 on w1, 8 bytes"]);
}

#[test]
fn two_that_leave_take_nothing_from_each_other() {
    let mut case = Case::with_result([1, 1, 1]);
    case.ask_to_leave(1);
    case.says(["w1 retires: Ready { moved: 0 }"]);
    case.ask_to_leave(0);
    case.says(["w2 hold t0@[w0]"]);
    case.added(2, 0);
    case.says(["w0 retires: Ready { moved: 1 }"]);
}

#[test]
fn of_two_that_leave_with_data_by_hand_one_stays_for_both() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).data().wanted(), task(1).data().wanted()]);
    case.put(0, 0, 10);
    case.put(1, 1, 10);
    case.skip();
    case.ask_to_leave(0);
    case.says(["w1 hold t0@[w0]"]);
    case.ask_to_leave(1);
    case.says(["w0 retires: Refused { nbytes: 10 }", "w0 hold t1@[w1]"]);
    case.added(0, 1);
    case.says(["w1 retires: Ready { moved: 1 }"]);
}

#[test]
fn a_result_that_arrives_after_all_was_moved_is_moved_too() {
    let mut case = Case::with_result([1, 1]);
    case.submit([task(1).with(|o| o.workers(["worker-0"])).wanted()]);
    case.ask_to_leave(0);
    case.says(["w0 compute t1", "w1 hold t0@[w0]"]);
    case.added(1, 0);
    case.says([]);
    case.finish(0, 1);
    case.says(["c0 t1 on w0, 8 bytes", "w1 hold t1@[w0]"]);
    case.added(1, 1);
    case.says(["w0 retires: Ready { moved: 2 }"]);
}

#[test]
fn what_is_no_longer_wanted_is_not_waited_for() {
    let mut case = Case::with_result([1, 1]);
    case.ask_to_leave(0);
    case.release(0, [0]);
    case.says(["w1 hold t0@[w0]", "w0 free t0", "forget t0", "w0 retires: Ready { moved: 0 }"]);
    case.lacks(1, 0, 0);
    case.says(["w1 holders t0 []"]);
    case.is_empty();
}

#[test]
fn the_last_worker_leaves_and_queued_tasks_wait_for_another() {
    let mut case = Case::workers([1]);
    case.submit([0, 1, 2, 3, 4].map(|id| task(id).wanted()));
    case.says(["w0 compute t0", "w0 compute t1"]);
    case.ask_to_leave(0);
    case.says([]);
    let Some(Why::Queued { workers, .. }) = case.scheduler.why(t(2)) else { panic!("t2 is queued") };
    assert_eq!(workers[0].obstacle, Obstacle::Retiring);
    case.finish(0, 0);
    case.finish(0, 1);
    case.says(["c0 t0 on w0, 8 bytes", "c0 t1 on w0, 8 bytes", "w0 retires: Ready { moved: 0 }"]);
    assert_eq!([2, 3, 4].map(|id| case.state(id)), [Some(State::Queued); 3]);
    case.retire(0);
    case.says(["c0 t0 lost", "c0 t1 lost"]);
    case.wait();
    assert_eq!(case.said().len(), 3, "they could not run since it was to leave");
    case.wait();
    assert_eq!(case.said().len(), 2, "and these since it left");
}

#[test]
fn thousands_of_results_are_moved_in_one_order_for_each_taker() {
    let mut case = Case::workers([8]);
    let drafts: Vec<_> = (0..3000).map(|id| task(id).wanted()).collect();
    case.event(Event::GraphSubmitted { client: super::c(0), piece: super::piece(1, &drafts) });
    for id in 0..3000 {
        case.finish_after(0, id, Duration::from_micros(1), 1);
    }
    case.skip();
    for id in 1..4 {
        case.worker(id, 1);
    }
    case.skip();
    case.ask_to_leave(0);
    assert_eq!(case.said().len(), 3);
    assert_eq!(case.scheduler.copies_under_way(), 3000);
}
