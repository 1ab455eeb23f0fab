//! Resources and restrictions.

use super::{Case, c, t, task};
use crate::machine::{Config, Obstacle, Why};
use partita_protocol::WorkerId;
use partita_protocol::scheduler::{Event, WorkerInfo};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;

#[test]
fn a_task_gets_resources_that_are_free() {
    let mut case = Case::new();
    case.worker_with(0, 4, &[("GPU", 2.0)]);
    case.submit([0, 1, 2].map(|id| task(id).needs("GPU", 1.0).wanted()));
    case.says(["w0 compute t0", "w0 compute t1"]);
    assert_eq!(case.state(2), Some(State::Queued));
    let Some(Why::Queued { ahead: 0, workers, .. }) = case.scheduler.why(t(2)) else { panic!() };
    assert_eq!(workers[0].obstacle, Obstacle::ResourcesTaken);
    case.finish(0, 1);
    case.says(["c0 t1 on w0, 8 bytes", "w0 compute t2"]);
    case.release(0, [0, 1, 2]);
    case.skip();
    case.is_empty();
}

#[test]
fn a_task_that_waits_for_one_resource_does_not_hold_up_another() {
    let mut case = Case::new();
    case.worker_with(0, 4, &[("A", 1.0), ("B", 1.0)]);
    case.submit([
        task(0).needs("A", 1.0).wanted(),
        task(1).needs("A", 1.0).with(|o| o.priority(9)).wanted(),
        task(2).needs("B", 1.0).wanted(),
    ]);
    case.says(["w0 compute t1", "w0 compute t2"]);
    assert_eq!(case.state(0), Some(State::Queued));
    case.skip();
}

#[test]
fn resources_taken_by_dead_or_cancelled_tasks_come_back() {
    let mut case = Case::new();
    case.worker_with(0, 1, &[("GPU", 1.0)]);
    case.submit([task(0).needs("GPU", 1.0).wanted(), task(1).needs("GPU", 1.0).wanted()]);
    case.says(["w0 compute t0"]);
    case.release(0, [0]);
    case.says(["w0 free t0", "forget t0", "w0 compute t1"]);
    case.worker_with(1, 1, &[("GPU", 1.0)]);
    case.lose(0);
    case.says(["w1 lost w0", "w1 compute t1"]);
    case.fail(1, 1, 1);
    case.submit([task(2).needs("GPU", 0.4).wanted(), task(3).needs("GPU", 0.6).wanted()]);
    case.says(["c0 t1 erred by t1, f1", "w1 compute t2", "w1 compute t3"]);
}

#[test]
fn an_inputs_place_counts_among_workers_with_free_resources() {
    let mut case = Case::new();
    case.worker_with(0, 1, &[("GPU", 1.0)]);
    case.worker_with(1, 1, &[("GPU", 1.0)]);
    case.submit([task(0).with(|o| o.workers(["worker-1"])), task(1).on([0]).needs("GPU", 1.0).wanted()]);
    case.finish_after(1, 0, std::time::Duration::from_millis(1), 1 << 30);
    case.says(["w1 compute t0", "w1 compute t1 t0@[w1]"]);
}

#[test]
fn restricted_tasks_run_where_they_may() {
    let mut case = Case::workers([1, 1]);
    case.worker_like(2, WorkerInfo { host: "there".into(), ..super::info(2, 1) });
    case.submit([task(0).with(|o| o.workers(["worker-1"])).wanted(), task(1).with(|o| o.workers(["there"])).wanted()]);
    case.says(["w1 compute t0", "w2 compute t1"]);
    case.submit([task(2).with(|o| o.workers(["nobody"])).wanted()]);
    assert_eq!(case.state(2), Some(State::NoWorker));
    let Some(Why::NoWorker { needs, workers, .. }) = case.scheduler.why(t(2)) else { panic!() };
    assert_eq!(needs, "worker nobody");
    assert!(workers.iter().all(|worker| worker.obstacle == Obstacle::Unsuited));
    case.submit([task(3).with(|o| o.workers(["nobody"]).allow_other_workers()).wanted()]);
    case.says(["w0 compute t3"]);
    case.worker_like(3, WorkerInfo { name: "nobody".into(), ..super::info(3, 1) });
    case.says(["w3 compute t2"]);
    case.submit([task(4).with(|o| o.workers(["nobody"]).allow_other_workers()).wanted()]);
    case.says(["w3 compute t4"]);
}

/// FAULTS G23.
#[test]
fn with_static_workers_what_no_worker_can_run_errs_at_once() {
    let mut case = Case::with(Config { static_workers: true, ..Config::default() });
    case.submit([task(0).needs("GPU", 3.0).wanted()]);
    assert_eq!(case.state(0), Some(State::NoWorker), "nobody has come yet");
    case.worker_with(0, 1, &[("GPU", 1.0)]);
    case.says(["c0 t0 erred by t0, needs {GPU: 3}, best worker worker-0 with {GPU: 1}"]);
    case.submit([task(1).needs("GPU", 1.0).wanted(), task(2).with(|o| o.workers(["worker-7"])).wanted()]);
    case.says(["c0 t2 erred by t2, needs worker worker-7, best worker worker-0", "w0 compute t1"]);
    case.lose(0);
    assert_eq!(case.state(1), Some(State::NoWorker), "it may be started anew");
    case.worker_with(1, 1, &[("GPU", 1.0)]);
    case.says(["w1 compute t1"]);
}

#[test]
fn a_paused_worker_gets_nothing_new() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted(), task(1).wanted(), task(2).wanted()]);
    case.says(["w0 compute t0", "w0 compute t1"]);
    case.report(0, Report::Paused);
    case.finish(0, 0);
    case.finish(0, 1);
    case.says(["c0 t0 on w0, 8 bytes", "c0 t1 on w0, 8 bytes"]);
    case.submit([task(3).wanted()]);
    assert_eq!((case.state(2), case.state(3)), (Some(State::Queued), Some(State::NoWorker)));
    let Some(Why::Queued { workers, .. }) = case.scheduler.why(t(2)) else { panic!() };
    assert_eq!(workers[0].obstacle, Obstacle::Paused);
    case.worker(1, 1);
    case.says(["w1 compute t2", "w1 compute t3"]);
    case.report(0, Report::Resumed);
    case.report(0, Report::Resumed);
    case.says(["w1 steal t3 a4"]);
}

#[test]
fn a_worker_without_threads_runs_nothing() {
    let mut case = Case::workers([0]);
    case.submit([task(0).wanted()]);
    assert_eq!(case.state(0), Some(State::NoWorker));
    case.event(Event::ClientLeft { client: c(0) });
    case.says(["forget t0"]);
}

#[test]
fn a_rescheduled_task_goes_elsewhere() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted()]);
    let attempt = case.attempt(0, 0);
    case.report(0, Report::Rescheduled { task: t(0), attempt });
    case.says(["w0 compute t0", "w1 compute t0"]);
    case.report(0, Report::Rescheduled { task: t(0), attempt });
    case.says([]);
    case.lose(0);
    let attempt = case.attempt(1, 0);
    case.report(1, Report::Rescheduled { task: t(0), attempt });
    case.says(["w1 lost w0", "w1 compute t0"]);
    assert_eq!(case.scheduler.processing_on(t(0)).unwrap().0, WorkerId(1));
}
