//! Messages about what is old, unknown or impossible: ignored by rule, in any state.

use super::{Case, c, info, piece, t, task};
use partita_protocol::scheduler::{Event, Piece, WorkerInfo};
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Begun, FaultId, LossCause, TaskId, Time, WorkerId};
use std::time::Duration;

/// Every event that there is, about a task, an attempt, a worker and a client.
pub(super) fn all_about(
    task: TaskId,
    attempt: Attempt,
    worker: WorkerId,
    client: partita_protocol::ClientId,
) -> Vec<Event> {
    let (started, stopped) = (Time(u64::MAX), Time(0));
    let reports = vec![
        Report::Finished { task, attempt, nbytes: u64::MAX, started, stopped },
        Report::Failed { task, attempt, fault: FaultId(77), retry: true, started, stopped },
        Report::Rescheduled { task, attempt },
        Report::Seceded { task, attempt },
        Report::StealAnswered { task, attempt, given: true },
        Report::StealAnswered { task, attempt, given: false },
        Report::Added { tasks: vec![task, task] },
        Report::Missing { holder: worker, tasks: vec![task, task] },
        Report::Missing { holder: WorkerId(u32::MAX), tasks: vec![task] },
        Report::Orphaned { threads: u32::MAX },
        Report::Orphaned { threads: 0 },
        Report::Paused,
        Report::Resumed,
    ];
    let mut events: Vec<Event> = reports.into_iter().map(|report| Event::WorkerReported { worker, report }).collect();
    events.extend([
        Event::KeysWanted { client, tasks: vec![task, task] },
        Event::TasksRetried { client, tasks: vec![task, task] },
        Event::KeysReleased { client, tasks: vec![task, task] },
        Event::KeysCancelled { client, tasks: vec![task, task], force: false },
        Event::KeysCancelled { client, tasks: vec![task], force: true },
        Event::DataScattered { worker, tasks: vec![(task, u64::MAX), (task, 0)] },
        Event::GraphSubmitted { client, piece: Piece { withdrawn: vec![(task, u32::MAX)], ..Piece::default() } },
        Event::WorkerJoined { worker, info: super::info(worker.0, 1) },
        Event::WorkerLost { worker, cause: LossCause::Silent(Duration::MAX), begun: Begun::These(vec![attempt]) },
        Event::WorkerLost { worker, cause: LossCause::Silent(Duration::MAX), begun: Begun::Unknown },
        Event::ClientLeft { client },
        Event::TimePassed,
    ]);
    events
}

#[test]
fn every_event_is_taken_in_every_state() {
    let states: [fn(&mut Case); 8] = [
        |case| case.submit([task(0), task(1).on([0]).wanted()]),
        |case| {
            case.submit([task(1), task(0).on([1]).wanted()]);
        },
        |case| case.submit([task(8).wanted(), task(9).wanted(), task(0).wanted()]),
        |case| case.submit([task(0).with(|o| o.workers(["nobody"])).wanted()]),
        |case| case.submit([task(0).needs("GPU", 1.0).wanted()]),
        |case| {
            case.submit([task(0).wanted()]);
            case.finish(0, 0);
        },
        |case| {
            case.submit([task(0).wanted()]);
            case.fail(0, 0, 77);
        },
        |case| {
            case.submit([task(0), task(1).on([0]).wanted()]);
            case.finish(0, 0);
            case.finish(0, 1);
        },
    ];
    for enter in states {
        for task in [t(0), t(1), TaskId::new(0, 9), TaskId::new(u32::MAX, u32::MAX)] {
            for attempt in [Attempt(0), Attempt(1), Attempt(u64::MAX)] {
                for worker in [WorkerId(0), WorkerId(u32::MAX)] {
                    for client in [c(0), c(9)] {
                        for event in all_about(task, attempt, worker, client) {
                            let mut case = Case::workers([1]);
                            enter(&mut case);
                            case.event(event.clone());
                            case.event(event);
                            case.skip();
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_replayed_graph_changes_nothing() {
    let mut case = Case::workers([1]);
    let part = piece(1, &[task(0), task(1).on([0]).wanted()]);
    for _ in 0..3 {
        case.event(Event::GraphSubmitted { client: c(0), piece: part.clone() });
    }
    case.says(["w0 compute t0"]);
    case.finish(0, 0);
    case.finish(0, 1);
    case.says(["w0 compute t1 t0@[w0]", "c0 t1 on w0, 8 bytes", "w0 free t0"]);
    case.release(0, [1]);
    case.says(["w0 free t1", "forget t1", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_replayed_finish_is_refused_without_harm() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).wanted(), task(1).on([0]).wanted()]);
    let attempt = case.attempt(0, 0);
    case.finish(0, 0);
    case.says(["w0 compute t0", "c0 t0 on w0, 8 bytes", "w0 compute t1 t0@[w0]"]);
    case.finish_attempt(0, 0, attempt, Duration::ZERO, 9);
    case.finish_attempt(1, 0, attempt, Duration::ZERO, 9);
    case.says([]);
    assert_eq!(case.scheduler.nbytes(t(0)), Some(8));
}

#[test]
fn a_task_far_out_of_the_table_is_not_taken_in() {
    let mut case = Case::workers([1]);
    case.submit([task(u32::MAX).wanted(), task(1).on([u32::MAX]).wanted()]);
    case.says(["c0 t1 erred by t1, data lost"]);
}

#[test]
fn time_does_not_run_backwards() {
    let mut case = Case::new();
    case.submit([task(0).wanted()]);
    let due = case.scheduler.next_timeout();
    case.now = Time::ZERO;
    case.submit([task(1).wanted()]);
    assert_eq!(case.scheduler.next_timeout(), due);
    case.event(Event::TimePassed);
    case.says([]);
}

#[test]
fn huge_sizes_do_not_overflow() {
    let mut case = Case::new();
    // Without limits: else nobody could run what takes so much.
    for id in [0, 1] {
        case.worker_like(id, WorkerInfo { memory_limit: 0, ..info(id, 8) });
    }
    case.submit([task(0), task(1), task(2).on([0, 1]).wanted()]);
    case.finish_after(0, 0, Duration::MAX, u64::MAX);
    case.finish_after(1, 1, Duration::MAX, u64::MAX);
    case.report(0, Report::Added { tasks: vec![t(1)] });
    case.skip();
    assert_eq!(case.scheduler.workers().next().unwrap().nbytes, 2 * u128::from(u64::MAX));
}
