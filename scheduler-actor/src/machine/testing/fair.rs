//! Shares of clients: nobody waits behind all the tasks of another.

use super::{Case, Draft, Effect, Effects, Event, Order, Scheduler, c, info, piece, t, task};
use crate::machine::Config;
use partita_protocol::scheduler::{NewTask, Piece};
use partita_protocol::telemetry::State;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Begun, LossCause, PrefixId, TaskId, Time, WorkerId};
use std::collections::VecDeque;
use std::time::Duration;

/// Two clients, and a worker of one thread that takes one task at a time.
fn one_at_a_time(fair: bool) -> Case {
    let mut case = Case::with(Config { saturation: 1.0, fair, ahead_tasks: 0, ..Config::default() });
    case.client(1);
    case.worker(0, 1);
    case
}

fn wanted(id: u32, prefix: u32) -> Draft {
    task(id).wanted().prefix(prefix)
}

/// Ends what runs, one after the other, after so long; gives the order in which tasks started.
fn run(case: &mut Case, took: impl Fn(u32) -> Duration) -> Vec<u32> {
    let mut order = Vec::new();
    let running = |case: &Case| {
        let mut ids = case.scheduler.tasks().map(|(id, _)| id);
        ids.find(|id| case.scheduler.processing_on(*id).is_some())
    };
    while let Some(id) = running(case) {
        let id = id.index() as u32;
        order.push(id);
        case.finish_after(0, id, took(id), 8);
    }
    case.skip();
    order
}

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn who_comes_later_does_not_wait_behind_all_tasks_of_another() {
    for (fair, expected) in [(true, [0, 1, 10, 2, 11, 3, 4, 5]), (false, [0, 1, 2, 3, 4, 5, 10, 11])] {
        let mut case = one_at_a_time(fair);
        case.submit_for(0, [0, 1, 2, 3, 4, 5].map(|id| wanted(id, 0)));
        case.submit_for(1, [10, 11].map(|id| wanted(id, 0)));
        assert_eq!(run(&mut case, |_| MILLI), expected, "fair: {fair}");
    }
}

#[test]
fn shares_are_of_work_and_not_of_tasks() {
    let mut case = one_at_a_time(true);
    let long = |id| if id < 10 { MILLI } else { MILLI * 3 };
    // Both prefixes are known before it counts.
    case.submit_for(0, [wanted(0, 0)]);
    case.submit_for(1, [wanted(10, 1)]);
    run(&mut case, long);
    case.submit_for(0, [1, 2, 3, 4, 5, 6, 7, 8].map(|id| wanted(id, 0)));
    case.submit_for(1, [11, 12, 13].map(|id| wanted(id, 1)));
    let order = run(&mut case, long);
    let work = |client: u32| order[..8].iter().filter(|id| **id / 10 == client).map(|id| long(*id)).sum::<Duration>();
    assert!(work(0).abs_diff(work(1)) <= MILLI * 3, "{order:?}");
    assert_eq!(order.iter().take(8).filter(|id| **id > 10).count(), 2, "{order:?}");
}

#[test]
fn what_took_longer_than_it_was_expected_to_is_charged() {
    let mut case = one_at_a_time(true);
    case.submit_for(0, [1, 2, 3, 4].map(|id| wanted(id, 0)));
    case.submit_for(1, [11, 12, 13, 14].map(|id| wanted(id, 1)));
    // All were expected to take half a second; those of the second client take a hundredth of the others'.
    let order = run(&mut case, |id| if id < 10 { MILLI * 100 } else { MILLI });
    assert_eq!(order, [1, 2, 11, 12, 13, 14, 3, 4], "the first one was given before the second came");
}

#[test]
fn the_best_user_priority_comes_first_whoever_asks() {
    let mut case = one_at_a_time(true);
    let of = |id, priority| wanted(id, 0).with(|options| options.priority(priority));
    case.submit_for(0, [of(0, 0), of(1, i32::MIN), of(2, 0)]);
    case.submit_for(1, [of(10, 0), of(11, i32::MAX), of(12, i32::MIN)]);
    assert_eq!(run(&mut case, |_| MILLI), [0, 11, 2, 10, 1, 12]);
}

#[test]
fn a_client_that_leaves_leaves_nothing() {
    let mut case = one_at_a_time(true);
    case.submit_for(0, [0, 1].map(|id| wanted(id, 0)));
    case.submit_for(1, [10, 11].map(|id| wanted(id, 0)));
    case.want(0, 11);
    case.event(Event::ClientLeft { client: c(1) });
    assert_eq!(run(&mut case, |_| MILLI).len(), 3, "one of them is wanted by another");
    case.release(0, [0, 1, 11]);
    case.skip();
    case.is_empty();
}

#[test]
fn losses_and_cancellations_are_not_charged() {
    let mut case = one_at_a_time(true);
    case.submit_for(0, [0, 1, 2].map(|id| wanted(id, 0)));
    case.submit_for(1, [10, 11, 12].map(|id| wanted(id, 0)));
    for id in 1..5 {
        case.worker(id, 1);
        case.event(Event::WorkerLost { worker: WorkerId(id), cause: LossCause::Retired, begun: Begun::Unknown });
    }
    case.release(0, [0]);
    let order = run(&mut case, |_| MILLI);
    let firsts = order[..2].iter().map(|id| id / 10).collect::<Vec<_>>();
    assert!(firsts == [0, 1] || firsts == [1, 0], "{order:?}");
}

#[test]
fn resources_are_shared_too() {
    let mut case = Case::new();
    case.client(1);
    case.worker_with(0, 4, &[("GPU", 1.0)]);
    let gpu = |id| wanted(id, 0).needs("GPU", 1.0);
    let half = |id| wanted(id, 0).needs("GPU", 0.9);
    case.submit_for(0, [0, 1, 2, 3].map(gpu));
    case.submit_for(1, [half(10), gpu(11)]);
    assert_eq!(run(&mut case, |_| MILLI), [0, 1, 10, 2, 11, 3], "over classes as well");
}

/// L7: a small client ends while a large one has 100,000 tasks queued.
#[test]
fn ten_tasks_end_while_a_hundred_thousand_are_queued() {
    let (mut scheduler, mut effects) = (Scheduler::new(Config::default()), Effects::new());
    let mut now = Time(0);
    let mut tell = |event| {
        now = now + Duration::from_micros(1);
        scheduler.handle(now, event, &mut effects);
        let list = std::mem::take(&mut effects.list);
        list.into_iter().filter_map(|effect| match effect {
            Effect::Order { worker, order: Order::Compute(assignment) } => {
                Some((worker, assignment.task, assignment.attempt))
            }
            _ => None,
        })
    };
    let mut work: VecDeque<(WorkerId, TaskId, Attempt)> = VecDeque::new();
    for id in 0..2 {
        work.extend(tell(Event::WorkerJoined { worker: WorkerId(id), info: info(id, 4) }));
        work.extend(tell(Event::ClientJoined { client: c(id) }));
    }
    let new = |id: u32, prefix| NewTask {
        task: t(id),
        prefix: PrefixId(prefix),
        rank: id,
        dependents: 0,
        dependencies: 0..0,
        wanted: true,
        data: false,
        options: None,
    };
    let large = Piece { tasks: (0..100_000).map(|id| new(id, 0)).collect(), generation: 1, ..Piece::default() };
    work.extend(tell(Event::GraphSubmitted { client: c(0), piece: large }));
    let small = piece(2, &(0..10).map(|id| wanted(200_000 + id, 1)).collect::<Vec<_>>());
    work.extend(tell(Event::GraphSubmitted { client: c(1), piece: small }));
    let mut small_left = 10;
    let mut ended = 0;
    while small_left > 0 {
        let (worker, task, attempt) = work.pop_front().expect("there is work");
        let (started, stopped) = (Time(0), Time(50_000));
        let report = Report::Finished { task, attempt, nbytes: 8, started, stopped };
        work.extend(tell(Event::WorkerReported { worker, report }));
        ended += 1;
        small_left -= u32::from(task.index() >= 200_000);
    }
    assert!(ended < 200, "{ended} tasks ended before the ten");
    scheduler.validate().unwrap();
}

#[test]
fn a_root_task_is_handed_to_a_worker_that_is_crowded_by_another_client() {
    let mut case = one_at_a_time(true);
    case.submit_for(0, [task(0).announces(3)]);
    case.submit_for(0, [1, 2, 3].map(|id| wanted(id, 1).on([0])));
    case.finish(0, 0);
    case.submit_for(0, [wanted(4, 0)]);
    assert_eq!(case.state(4), Some(State::Queued), "its own client has enough there");
    case.submit_for(1, [wanted(10, 0), wanted(11, 0)]);
    assert_eq!((case.state(10), case.state(11)), (Some(State::Processing), Some(State::Queued)), "one a thread");
    case.submit_for(0, [wanted(5, 0).with(|options| options.priority(1))]);
    assert_eq!(case.state(5), Some(State::Processing), "nothing comes before it");
    case.finish(0, 10);
    assert_eq!(case.state(11), Some(State::Queued), "the one of a higher priority comes before it");
    case.finish(0, 5);
    assert_eq!((case.state(11), case.state(4)), (Some(State::Processing), Some(State::Queued)));
    case.skip();
}
