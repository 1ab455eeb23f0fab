//! Placement among few and many workers, with memory, and by other policies.

use super::{Case, info, t, task};
use crate::machine::{Config, Cost, Placement};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::worker::Report;
use partita_protocol::{TaskId, WorkerId};
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

/// A row of numbers that look random.
fn random(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

fn pinned(id: u32, worker: u64) -> super::Draft {
    task(id).with(|options| options.workers([format!("worker-{worker}")]))
}

/// So many workers with random threads, loads and results, and tasks that depend on three random results each.
fn crowd(workers: u32, seed: u64) -> (Case, Vec<TaskId>) {
    let mut seed = seed;
    let mut case = Case::with(Config { stealing: false, ..Config::default() });
    for id in 0..workers {
        case.worker(id, 1 + random(&mut seed) as u32 % 3);
    }
    for id in 0..40 {
        let worker = random(&mut seed) % u64::from(workers);
        case.submit([pinned(id, worker).prefix(id % 5).wanted()]);
        let nbytes = random(&mut seed) % (1 << 22);
        case.finish_after(worker as u32, id, Duration::from_micros(random(&mut seed) % 50_000), nbytes);
        for _ in 0..random(&mut seed) % 3 {
            let copy = WorkerId(random(&mut seed) as u32 % workers);
            case.report(copy.0, Report::Added { tasks: vec![t(id)] });
        }
    }
    for id in 100..100 + workers {
        let worker = random(&mut seed) % u64::from(workers);
        case.submit([pinned(id, worker).prefix(id % 5).wanted()]);
    }
    let mut tasks = Vec::new();
    for id in 1_000..1_030 {
        let inputs: [u32; 3] = std::array::from_fn(|_| random(&mut seed) as u32 % 40);
        case.submit([task(500), task(id).on(inputs).on([500]).wanted()]);
        tasks.push(t(id));
    }
    case.skip();
    (case, tasks)
}

fn nanos(cost: &Cost) -> u64 {
    cost.wait_nanos + cost.transfer_nanos
}

#[test]
fn of_few_workers_the_best_is_taken() {
    for seed in 0..20 {
        let (mut case, tasks) = crowd(2 + seed as u32 % 15, seed);
        for id in tasks {
            let best = case.scheduler.candidates(id)[0].0;
            let seat = case.scheduler.choose(id, None).unwrap();
            assert_eq!(case.scheduler.workers[seat].id, best);
        }
    }
}

#[test]
fn of_many_workers_one_that_is_nearly_the_best_is_taken() {
    for seed in 0..20 {
        let (mut case, tasks) = crowd(17 + seed as u32 * 5, seed);
        for id in tasks {
            let all = case.scheduler.candidates(id);
            let seat = case.scheduler.choose(id, None).unwrap();
            let worker = case.scheduler.workers[seat].id;
            let (_, taken) = all.iter().find(|(candidate, _)| *candidate == worker).unwrap();
            assert!(nanos(taken) <= 2 * nanos(&all[0].1), "{taken:?}, {:?}", all[0]);
        }
    }
}

#[test]
fn of_many_workers_idle_ones_get_a_task_each() {
    let mut case = Case::new();
    for id in 0..40 {
        case.worker(id, 1);
    }
    case.submit([task(0).announces(40)]);
    case.submit(std::array::from_fn::<_, 40, _>(|id| task(id as u32 + 1).on([0]).wanted()));
    case.finish_after(0, 0, MILLI * 10, 8);
    case.skip();
    assert!(case.scheduler.workers().all(|worker| worker.processing == 1));
}

#[test]
fn of_many_workers_only_those_named_get_restricted_tasks() {
    let mut case = Case::new();
    for id in 0..200 {
        let host = if id % 5 == 0 { "there" } else { "here" };
        case.worker_like(id, WorkerInfo { host: host.into(), ..info(id, 1) });
    }
    case.submit(std::array::from_fn::<_, 40, _>(|id| task(id as u32).with(|o| o.workers(["there"])).wanted()));
    case.skip();
    let (there, here): (Vec<_>, Vec<_>) = case.scheduler.workers().partition(|worker| &*worker.info.host == "there");
    assert!(here.iter().all(|worker| worker.processing == 0));
    assert!(there.iter().all(|worker| worker.processing <= 2), "they are spread");
}

#[test]
fn of_many_workers_the_only_one_with_free_resources_is_found() {
    let mut case = Case::new();
    for id in 0..100 {
        case.worker_with(id, 1, &[("GPU", 1.0)]);
    }
    case.submit(std::array::from_fn::<_, 101, _>(|id| task(id as u32).needs("GPU", 1.0).wanted()));
    case.skip();
    assert!(case.scheduler.workers().all(|worker| worker.processing == 1));
    let (worker, _) = case.scheduler.processing_on(t(63)).unwrap();
    case.finish(worker.0, 63);
    assert_eq!(case.scheduler.processing_on(t(100)).unwrap().0, worker);
    case.skip();
}

#[test]
fn other_policies_place_otherwise() {
    let place = |placement| {
        let mut case = Case::with(Config { placement, ..Config::default() });
        (0..4).for_each(|id| case.worker(id, 1));
        case.submit([task(0).announces(8)]);
        case.submit(std::array::from_fn::<_, 8, _>(|id| task(id as u32 + 1).on([0]).wanted()));
        case.finish_after(0, 0, MILLI, 1 << 30);
        case.skip();
        (1..=8).map(|id| case.scheduler.processing_on(t(id)).unwrap().0.0).collect::<Vec<_>>()
    };
    assert_eq!(place(Placement::Cheapest), [0; 8]);
    assert_eq!(place(Placement::LeastBusy), [1, 2, 3, 0, 1, 2, 3, 0]);
    assert_eq!(place(Placement::RoundRobin), [2, 3, 0, 1, 2, 3, 0, 1]);
    let random = place(Placement::Random { seed: 1 });
    assert_eq!(random, place(Placement::Random { seed: 1 }));
    assert_ne!(random, place(Placement::Random { seed: 2 }));
}

#[test]
fn candidates_tell_what_placing_costs() {
    let mut case = Case::workers([1, 1]);
    case.submit([pinned(0, 1), task(1).on([0]).wanted()]);
    assert_eq!(case.scheduler.candidates(t(9)), []);
    case.finish_after(1, 0, MILLI, 100_000_000);
    case.skip();
    let list = case.scheduler.candidates(t(1));
    let (worker, cost) = list[1];
    assert_eq!((worker, cost.wait_nanos, cost.missing_bytes), (WorkerId(0), 0, 100_000_000));
    assert_eq!((cost.transfer_nanos, cost.held_bytes, cost.shortage), (1_000_050_000, 0, 0));
    let (worker, cost) = list[0];
    assert_eq!((worker, cost.wait_nanos, cost.transfer_nanos), (WorkerId(1), 1_000_000, 0));
    assert_eq!((cost.load, cost.held_bytes), (1 << 24, 100_000_000));
}

/// A case of workers with one thread and these limits of bytes.
fn limited<const N: usize>(limits: [u64; N]) -> Case {
    let mut case = Case::with(Config { stealing: false, ..Config::default() });
    for (id, memory_limit) in limits.into_iter().enumerate() {
        case.worker_like(id as u32, WorkerInfo { memory_limit, ..info(id as u32, 1) });
    }
    case
}

#[test]
fn a_worker_without_room_is_taken_only_if_none_has_room() {
    let mut case = limited([1_000, 100_000]);
    case.submit([pinned(0, 0), task(1).prefix(1).on([0]).wanted(), task(2).prefix(1).on([0]).wanted()]);
    case.finish_after(0, 0, MILLI, 900);
    case.skip();
    assert_eq!(case.scheduler.processing_on(t(1)).unwrap().0, WorkerId(0), "no result is known to be large");
    case.finish_after(0, 1, MILLI, 101);
    case.submit([task(3).prefix(1).on([0]).wanted()]);
    assert_eq!(case.scheduler.processing_on(t(3)).unwrap().0, WorkerId(1), "900 + 101 + 101 are too many");
    case.skip();
    let mut case = limited([1_000, 1_100]);
    case.submit([pinned(10, 0).wanted(), pinned(11, 1).wanted()]);
    case.finish_after(0, 10, MILLI, 490);
    case.finish_after(1, 11, MILLI, 400);
    case.submit([pinned(0, 0), pinned(1, 1), task(2).on([0, 1]).prefix(1).wanted(), task(3).on([2]).wanted()]);
    case.finish_after(0, 0, MILLI, 500);
    case.finish_after(1, 1, MILLI, 500);
    assert_eq!(case.scheduler.processing_on(t(2)).unwrap().0, WorkerId(1), "the one with the most free bytes");
    case.finish_after(1, 2, MILLI, 1_000);
    case.skip();
    assert!(case.scheduler.processing_on(t(3)).is_some(), "though nobody has room");
}

#[test]
fn a_full_worker_is_handed_no_root_task_ahead() {
    let mut case = limited([1_000, 1_000, 0]);
    case.submit([pinned(0, 0).wanted()]);
    case.finish_after(0, 0, MILLI, 801);
    case.skip();
    case.submit([10, 11, 12, 13, 14, 15, 16].map(|id| task(id).prefix(1).wanted()));
    let loads = |case: &Case| case.scheduler.workers().map(|worker| worker.processing).collect::<Vec<_>>();
    assert_eq!(loads(&case), [1, 2, 2]);
    assert_eq!(case.scheduler.processing_on(t(14)).unwrap().0, WorkerId(0), "those with room go first");
    case.release(0, [0]);
    assert_eq!(loads(&case), [2, 2, 2], "it has room again");
    case.skip();
}
