//! Tasks that were given to one worker and go to another that could start them earlier.

use super::{Case, Event, t, task};
use crate::machine::Config;
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Time, WorkerId};
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

impl Case {
    fn answer(&mut self, worker: u32, task: u32, attempt: Attempt, given: bool) {
        self.report(worker, Report::StealAnswered { task: t(task), attempt, given });
    }

    /// Two workers of one thread: the first has ended its tasks and asks for the last one of the second.
    fn amid_a_steal() -> (Self, Attempt) {
        let mut case = Case::workers([1, 1]);
        case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted(), task(3).wanted()]);
        case.says(["w0 compute t0", "w1 compute t1", "w0 compute t2", "w1 compute t3"]);
        case.finish_after(0, 0, MILLI * 10, 8);
        case.finish_after(0, 2, MILLI * 10, 8);
        case.says(["c0 t0 on w0, 8 bytes", "c0 t2 on w0, 8 bytes", "w1 steal t3 a4"]);
        assert_eq!(case.on(3), 1, "until the answer it stays where it is");
        let attempt = case.attempt(1, 3);
        (case, attempt)
    }

    fn on(&self, task: u32) -> u32 {
        self.scheduler.processing_on(t(task)).unwrap().0.0
    }

    /// A worker of one thread that alone has a task of ten microseconds and so many that depend on it.
    fn crowded<const N: usize>(time: Duration) -> Self {
        let mut case = Case::workers([1]);
        case.submit([task(0).announces(N as u32)]);
        case.submit(std::array::from_fn::<_, N, _>(|id| task(id as u32 + 1).on([0]).wanted()));
        case.finish_after(0, 0, time, 8);
        case.skip();
        assert_eq!(case.scheduler.counts().of(State::Processing), N);
        case
    }
}

#[test]
fn an_idle_worker_gets_what_another_has_not_started() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.answer(1, 3, attempt, true);
    case.says(["w0 compute t3"]);
    case.finish(0, 3);
    case.finish(1, 1);
    case.skip();
}

#[test]
fn an_answer_is_taken_once() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.answer(1, 3, attempt, true);
    case.says(["w0 compute t3"]);
    let next = case.attempt(0, 3);
    for attempt in [attempt, next, Attempt(99)] {
        case.answer(1, 3, attempt, true);
        case.answer(0, 3, attempt, true);
        case.answer(0, 3, attempt, false);
    }
    case.says([]);
    assert_eq!(case.attempt(0, 3), next);
}

#[test]
fn a_steal_may_outlive_a_release_and_a_new_assignment() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.release(0, [3]);
    case.says(["w1 free t3", "forget t3"]);
    case.submit([task(3).generation(1).wanted()]);
    case.says(["w0 compute t3.1"]);
    case.answer(1, 3, attempt, true);
    case.says([]);
    let (mut case, attempt) = Case::amid_a_steal();
    case.report(1, Report::Rescheduled { task: t(3), attempt });
    case.says(["w0 compute t3"]);
    let next = case.attempt(0, 3);
    case.answer(1, 3, attempt, true);
    case.says([]);
    assert_eq!(case.attempt(0, 3), next);
}

#[test]
fn a_victim_may_die_before_it_answers() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.lose(1);
    case.says(["w0 lost w1", "w0 compute t1", "w0 compute t3"]);
    case.answer(1, 3, attempt, true);
    case.worker(2, 1);
    case.says(["w0 steal t3 a6"]);
}

#[test]
fn a_thief_may_die_before_the_answer() {
    for given in [true, false] {
        let (mut case, attempt) = Case::amid_a_steal();
        case.lose(0);
        case.says(["w1 lost w0", "c0 t0 lost", "c0 t2 lost"]);
        // Another worker at the same seat gets nothing that it did not ask for.
        case.worker(2, 1);
        case.says(["w2 compute t0", "w2 compute t2"]);
        case.answer(1, 3, attempt, given);
        match given {
            true => case.says(["w1 compute t3"]),
            false => case.says([]),
        }
        assert_eq!(case.on(3), 1);
    }
}

#[test]
fn a_task_that_has_started_stays() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.answer(1, 3, attempt, false);
    case.says(["w1 steal t1 a2"]);
    let first = case.attempt(1, 1);
    case.answer(1, 1, first, false);
    case.says([]);
    assert_eq!(case.scheduler.next_timeout(), Some(case.scheduler.look_due().unwrap()));
    case.wait();
    assert_eq!(case.scheduler.next_timeout(), None, "nothing more can be taken");
    case.finish(1, 3);
    case.finish(1, 1);
    case.says(["c0 t3 on w1, 8 bytes", "c0 t1 on w1, 8 bytes"]);
}

#[test]
fn a_task_that_ends_meanwhile_is_done() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.finish(1, 3);
    case.answer(1, 3, attempt, false);
    case.says(["c0 t3 on w1, 8 bytes"]);
    case.finish(1, 1);
    case.says(["c0 t1 on w1, 8 bytes"]);
}

#[test]
fn a_thief_that_pauses_gets_nothing() {
    let (mut case, attempt) = Case::amid_a_steal();
    case.report(0, Report::Paused);
    case.answer(1, 3, attempt, true);
    case.says(["w1 compute t3"]);
    case.worker(2, 1);
    case.says(["w1 steal t3 a5"]);
}

#[test]
fn the_tasks_of_a_paused_worker_go_elsewhere() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    case.says(["w0 compute t0"]);
    case.report(0, Report::Paused);
    case.wait();
    case.says(["w0 steal t0 a1"]);
    case.answer(0, 0, Attempt(1), true);
    case.says(["w1 compute t0"]);
}

/// Its function goes on though nobody waits for it: its thread is not free, whatever was freed.
#[test]
fn a_thread_that_an_orphan_takes_is_not_free() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    case.says(["w0 compute t0"]);
    case.release(0, [0]);
    case.skip();
    // What came before the worker could tell is taken away again.
    case.submit([task(1).wanted()]);
    let first = case.said();
    case.report(0, Report::Orphaned { threads: 1 });
    if first == ["w0 compute t1"] {
        case.wait();
        case.says(["w0 steal t1 a2"]);
        case.answer(0, 1, Attempt(2), true);
        case.says(["w1 compute t1"]);
    }
    case.submit([2, 3].map(|id| task(id).wanted()));
    case.skip();
    assert!(
        case.state(2).is_some()
            && !case.scheduler.workers().any(|view| &*view.info.name == "worker-0" && view.processing > 0)
    );
    case.report(0, Report::Orphaned { threads: 0 });
    case.says(["w0 compute t3"]);
}

#[test]
fn restricted_tasks_stay_where_they_may_run() {
    let mut case = Case::workers([1]);
    case.submit([1, 2, 3].map(|id| task(id).with(|o| o.workers(["worker-0"])).wanted()));
    case.skip();
    case.worker(1, 1);
    case.says([]);
    case.worker_with(2, 1, &[("GPU", 1.0)]);
    case.submit([4, 5].map(|id| task(id).needs("GPU", 0.5).wanted()));
    case.says(["w2 compute t4", "w2 compute t5"]);
    for (id, amount) in [(3, 0.4), (4, 0.6)] {
        case.now = case.now + MILLI;
        case.worker_with(id, 1, &[("GPU", amount)]);
    }
    case.says(["w2 steal t5 a5"]);
    case.answer(2, 5, Attempt(5), true);
    case.says(["w4 compute t5"]);
}

#[test]
fn two_idle_workers_get_different_tasks() {
    let mut case = Case::crowded::<6>(MILLI);
    case.worker(1, 1);
    case.worker(2, 2);
    case.says(["w0 steal t6 a7", "w0 steal t5 a6", "w0 steal t4 a5"]);
    for (id, worker) in [(6, 1), (5, 2), (4, 2)] {
        let attempt = case.attempt(0, id);
        case.answer(0, id, attempt, true);
        case.says([&*format!("w{worker} compute t{id} t0@[w0]")]);
    }
}

#[test]
fn what_takes_longer_to_move_than_to_wait_for_stays() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0]).wanted(), task(2).on([0]).wanted()]);
    case.finish_after(0, 0, MILLI, 1 << 20);
    case.skip();
    case.worker(1, 1);
    case.says([]);
    assert_eq!((case.on(1), case.on(2)), (0, 0));
}

/// FAULTS P10.
#[test]
fn a_task_is_stolen_three_times_and_then_stays() {
    let pinned = |id: u32| task(100 + id).with(|o| o.workers([format!("worker-{id}")])).wanted();
    let mut case = Case::workers([1]);
    case.submit([pinned(0), task(9).with(|o| o.priority(-5)).wanted()]);
    case.skip();
    for id in 1..=3 {
        case.worker(id, 1);
        let attempt = case.attempt(id - 1, 9);
        case.says([&*format!("w{} steal t9 {attempt}", id - 1)]);
        case.answer(id - 1, 9, attempt, true);
        case.submit([pinned(id)]);
        case.skip();
    }
    case.worker(4, 1);
    case.wait();
    case.says([]);
    assert_eq!(case.on(9), 3);
}

#[test]
fn short_tasks_behind_a_long_one_are_stolen_in_time() {
    let mut case = Case::crowded::<5>(Duration::from_micros(10));
    let began = case.now;
    case.worker(1, 1);
    case.says([]);
    let due = case.scheduler.next_timeout().unwrap();
    assert_eq!(due, case.now + MILLI * 2);
    case.wait();
    while case.effects.list.is_empty() {
        case.wait();
    }
    case.says(["w0 steal t5 a6"]);
    assert!(case.now.since(began) < MILLI * 5, "{:?}", case.now.since(began));
    let attempt = case.attempt(0, 5);
    case.answer(0, 5, attempt, true);
    case.finish_after(1, 5, Duration::from_micros(10), 8);
    case.says(["w1 compute t5 t0@[w0]", "c0 t5 on w1, 8 bytes", "w0 steal t4 a5"]);
}

#[test]
fn looks_are_rare_while_nothing_changes() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0]).wanted(), task(2).on([0]).wanted()]);
    case.finish_after(0, 0, Duration::from_micros(10), 1 << 30);
    case.worker(1, 1);
    case.skip();
    let end = case.now + Duration::from_secs(5);
    let mut looks = 0;
    while let Some(due) = case.scheduler.next_timeout().filter(|due| *due < end) {
        assert!(due >= case.now + MILLI || looks == 0, "one a millisecond at the most");
        case.wait();
        looks += 1;
    }
    case.says([]);
    assert!((3..60).contains(&looks), "{looks}");
    case.finish(0, 1);
    case.finish(0, 2);
    case.skip();
    assert_eq!(case.scheduler.next_timeout(), None);
}

#[test]
fn without_stealing_everything_stays() {
    let mut case = Case::with(Config { stealing: false, ..Config::default() });
    case.worker(0, 1);
    case.submit([task(0).wanted(), task(1).wanted()]);
    case.worker(1, 1);
    case.now = Time(case.now.0 + 1_000_000_000);
    case.event(Event::TimePassed);
    case.says(["w0 compute t0", "w0 compute t1"]);
    assert_eq!(case.scheduler.next_timeout(), None);
    assert_eq!(case.scheduler.workers().map(|worker| worker.worker).collect::<Vec<_>>(), [WorkerId(0), WorkerId(1)]);
}
