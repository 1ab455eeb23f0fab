//! Workers whose memory fills.

use super::stage::{Stage, W0, W1};
use partita_protocol::scheduler::WorkerInfo;
use partita_protocol::telemetry::State as Word;
use partita_protocol::{Cause, Resources, Time, WorkerId};
use partita_simulator::{Process, Same, Settings, Storage, Told, Universe, World};
use partita_worker::machine::StateName;
use std::sync::Arc;
use std::time::Duration;

const MIB: u64 = 1 << 20;

/// Workers with so much memory, and a universe of tasks whose results have a MiB and that take 10 ms.
fn world(universe: Universe, workers: usize, memory_limit: u64, storage: Storage) -> World {
    let settings = Settings { validate: true, storage, ..Settings::default() };
    let mut world = World::new(Arc::new(universe), settings, Same { duration: Duration::from_millis(10), nbytes: MIB });
    for name in 0..workers {
        let name = format!("worker-{name}").into();
        world.add_worker(WorkerInfo {
            name,
            host: "here".into(),
            threads: 1,
            memory_limit,
            resources: Resources::default(),
        });
    }
    world
}

fn run(world: &mut World) {
    assert_eq!(world.run(), None);
    assert_eq!(world.violation(), None);
}

/// FAULTS D1.
/// #6110, #6182, #6189: memory grew faster than it could be spilled, and the worker did not pause. Here a disk
/// takes nothing more. The worker then pauses, holds no more than its limit and what it had begun, and goes on when results
/// are let go.
#[test]
pub(crate) fn r29_a_worker_with_a_full_disk_pauses_and_goes_on() {
    let mut universe = Universe::new();
    let tasks: Vec<_> = (0..40).map(|_| universe.task("x", &[])).collect();
    let mut world = world(universe, 1, 10 * MIB, Storage { disk: 4 * MIB, ..Storage::default() });
    let client = world.add_client();
    world.submit(client, &tasks);
    world.wake(Duration::from_secs(2), 0);
    assert_eq!(world.run(), Some(0), "it stands still");
    let host = world.host(WorkerId(0)).unwrap();
    assert!(host.machine().is_paused());
    let held = host.nbytes() / MIB;
    assert!((12..=14).contains(&held), "8 in memory before it pauses, 4 on disk, and one that ran: {held}");
    let done: Vec<_> = tasks.iter().copied().filter(|x| world.clients()[0].wants[x] == Told::InMemory).collect();
    world.release(client, &done);
    world.wake(Duration::from_secs(2), 1);
    assert_eq!(world.run(), Some(1));
    let runs: u32 = tasks.iter().map(|x| world.runs_of(*x)).sum();
    assert!(runs as usize > done.len() + 8, "{runs} runs");
    world.leave(client);
    run(&mut world);
    assert_eq!(world.host(WorkerId(0)).unwrap().nbytes(), 0);
}

/// Results of four times the limit, all wanted, and then read once more: all are there, each ran once, and memory never
/// holds more than the pause and what runs.
#[test]
pub(crate) fn r29_what_does_not_fit_goes_to_disk_and_is_read_back() {
    let mut universe = Universe::new();
    let leaves: Vec<_> = (0..40).map(|_| universe.task("x", &[])).collect();
    let sums: Vec<_> = leaves.iter().map(|x| universe.task("sum", &[*x])).collect();
    let storage = Storage { disk: u64::MAX, disk_bandwidth: 1 << 30, ..Storage::default() };
    let mut world = world(universe, 1, 10 * MIB, storage);
    let client = world.add_client();
    for wanted in [&leaves, &sums] {
        world.submit(client, wanted);
        for moment in 0.. {
            world.wake(Duration::from_millis(5), moment);
            if world.run() != Some(moment) || moment > 1_000 {
                break;
            }
            assert_eq!(world.violation(), None);
            let host = world.host(WorkerId(0)).unwrap();
            let in_memory = (host.nbytes() - host.spilled()) / MIB;
            assert!(in_memory <= 9, "{in_memory} MiB in memory at {:?}", world.now());
        }
    }
    for x in leaves.iter().chain(&sums) {
        assert_eq!((world.clients()[0].wants[x], world.runs_of(*x)), (Told::InMemory, 1), "{x}");
    }
    let host = world.host(WorkerId(0)).unwrap();
    assert_eq!(host.nbytes(), 80 * MIB);
    assert!(host.spilled() >= 70 * MIB, "{}", host.spilled());
    world.leave(client);
    run(&mut world);
    assert_eq!((world.host(WorkerId(0)).unwrap().nbytes(), world.host(WorkerId(0)).unwrap().spilled()), (0, 0));
}

/// #2055, #3761, #5235, #5635, #5999: a paused worker keeps what waits there, and starts it when it goes on.
#[test]
pub(crate) fn r30_a_paused_worker_goes_on_with_its_queue() {
    let mut universe = Universe::new();
    let tasks: Vec<_> = (0..2).map(|_| universe.task("x", &[])).collect();
    let mut stage = Stage::new(universe, 1);
    stage.submit(&tasks);
    stage.orders(W0);
    stage.pause(W0);
    stage.finish(W0, tasks[0]);
    stage.reports(W0);
    assert_eq!(stage.told(tasks[0]), Some(Told::InMemory), "what had begun ends");
    assert_eq!(stage.state_on(W0, tasks[1]), Some(StateName::Ready));
    stage.resume(W0);
    assert_eq!(stage.state_on(W0, tasks[1]), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [1, 1]);
    stage.end();
}

/// #7742: a worker that goes on is given what was queued meanwhile, at once.
#[test]
pub(crate) fn r30_what_is_queued_goes_to_a_worker_that_goes_on() {
    let mut universe = Universe::new();
    let tasks: Vec<_> = (0..3).map(|_| universe.task("x", &[])).collect();
    let mut stage = Stage::new(universe, 1);
    stage.submit(&tasks);
    stage.orders(W0);
    stage.pause(W0);
    stage.finish(W0, tasks[0]);
    stage.reports(W0);
    assert_eq!(stage.state(tasks[2]), Some(Word::Queued), "nothing new goes to a paused worker");
    stage.resume(W0);
    assert_eq!(stage.on(tasks[2]), Some(W0));
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// #3761: a paused worker still serves what it holds.
#[test]
pub(crate) fn r30_a_paused_worker_still_serves() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let y = universe.task("y", &[x]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[y]);
    stage.orders(W0);
    stage.pause(W0);
    stage.finish(W0, x);
    stage.reports(W0);
    assert_eq!(stage.on(y), Some(W1));
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.finish(W1, y);
    stage.reports(W1);
    assert_eq!(stage.told(y), Some(Told::InMemory));
    stage.end();
}

/// FAULTS T9.
/// #5999, #5635: all workers are paused for ever: what could run is given up after a while, with the reason.
#[test]
pub(crate) fn r30_all_workers_are_paused_for_ever() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    stage.pause(W0);
    stage.pause(W1);
    stage.submit(&[x]);
    assert_eq!(stage.state(x), Some(Word::NoWorker));
    let due = stage.board.scheduler().next_timeout();
    assert_eq!(due, Some(Time::ZERO + partita_protocol::limits::NO_WORKERS_TIMEOUT));
    stage.play(partita_simulator::explore::Move::Tick);
    assert_eq!(stage.told(x), Some(Told::Erred));
    let (_, cause) = stage.board.scheduler().failure(stage.board.id_of(x)).unwrap();
    assert!(matches!(cause, Cause::NoWorkers { full: 2, .. }), "{cause:?}");
    stage.end();
}

/// #7742: a short pause left the whole run out of balance. Here the makespan grows by little more than the pause.
#[test]
pub(crate) fn r31_a_short_pause_does_not_unbalance_the_run() {
    let makespan = |pause: bool| {
        let mut universe = Universe::new();
        let leaves: Vec<_> = (0..200).map(|_| universe.task("leaf", &[])).collect();
        let next: Vec<_> = leaves.iter().map(|leaf| universe.task("next", &[*leaf])).collect();
        let mut world = world(universe, 4, 0, Storage::default());
        let client = world.add_client();
        world.submit(client, &next);
        if pause {
            world.wake(Duration::from_millis(300), 0);
            assert_eq!(world.run(), Some(0));
            world.fill(WorkerId(0), true);
            world.wake(Duration::from_millis(50), 1);
            assert_eq!(world.run(), Some(1));
            world.fill(WorkerId(0), false);
        }
        // Timers that have become idle may be set for later.
        let is_done = |world: &World| next.iter().all(|x| world.clients()[0].wants.get(x) == Some(&Told::InMemory));
        for moment in 2.. {
            world.wake(Duration::from_millis(1), moment);
            assert_eq!((world.run(), world.violation()), (Some(moment), None));
            if is_done(&world) {
                break;
            }
        }
        let end = world.now();
        run(&mut world);
        assert!(world.universe().numbers().all(|number| world.runs_of(number) == 1));
        end.since(Time::ZERO)
    };
    let (without, with) = (makespan(false), makespan(true));
    assert!(with <= without + Duration::from_millis(51), "{without:?} without, {with:?} with a pause of 50 ms");
}

/// What a process is like whose allocator gives back what is freed, or a share of it.
fn process(keeps: f64) -> Storage {
    let process = Some(Process { keeps, look: Duration::from_millis(200) });
    Storage { disk: u64::MAX, disk_bandwidth: 1 << 30, process, ..Storage::default() }
}

/// FAULTS T9.
/// #2055, #3761: memory that is no value's. Results are within the target, the process is not: they go to disk until it is,
/// and everything ends.
#[test]
pub(crate) fn r30_a_process_that_has_too_much_lets_values_go_to_disk() {
    let mut universe = Universe::new();
    let leaves: Vec<_> = (0..5).map(|_| universe.task("x", &[])).collect();
    let sums: Vec<_> = leaves.iter().map(|x| universe.task("sum", &[*x])).collect();
    let mut world = world(universe, 1, 10 * MIB, process(0.0));
    let client = world.add_client();
    world.submit(client, &leaves);
    world.wake(Duration::from_secs(1), 0);
    assert_eq!(world.run(), Some(0));
    let spilled = |world: &World| world.host(WorkerId(0)).unwrap().spilled();
    assert_eq!(spilled(&world), 0, "half of the limit");
    world.swell(WorkerId(0), 55);
    world.wake(Duration::from_secs(1), 1);
    assert_eq!(world.run(), Some(1));
    assert_eq!(spilled(&world), 5 * MIB, "5.5 and 5 are 10.5, of which 4.5 are too many: five values");
    world.submit(client, &sums);
    run(&mut world);
    let told = |x| (world.clients()[0].wants[x], world.runs_of(*x));
    assert!(leaves.iter().chain(&sums).all(|x| told(x) == (Told::InMemory, 1)));
    assert!(!world.host(WorkerId(0)).unwrap().machine().is_strained());
}

/// FAULTS T9.
/// #2055, #5999: the only worker has too much in memory, for ever, and nothing that it could let go. Dask's stays paused, and
/// all that is wanted waits. Here tasks begin one at a time, after a second.
#[test]
pub(crate) fn r30_a_process_that_stays_full_runs_one_task_at_a_time() {
    for keeps in [0.0, 1.0] {
        let mut universe = Universe::new();
        let leaves: Vec<_> = (0..20).map(|_| universe.task("x", &[])).collect();
        let sums: Vec<_> = leaves.iter().map(|x| universe.task("sum", &[*x])).collect();
        let mut world = world(universe, 1, 10 * MIB, process(keeps));
        world.swell(WorkerId(0), 90);
        let client = world.add_client();
        world.submit(client, &sums);
        let is_done = |world: &World| sums.iter().all(|x| world.clients()[0].wants[x] == Told::InMemory);
        let mut strained = None;
        for moment in 0..10_000 {
            world.wake(Duration::from_millis(5), moment);
            assert_eq!((world.run(), world.violation()), (Some(moment), None));
            let machine = world.host(WorkerId(0)).unwrap().machine();
            strained = strained.or(machine.is_strained().then(|| world.now()));
            if is_done(&world) {
                break;
            }
        }
        assert!(is_done(&world));
        let strained = strained.expect("it goes on").since(Time::ZERO);
        assert!((Duration::from_secs(1)..Duration::from_secs(2)).contains(&strained), "{strained:?}");
        // Somebody gives back what he had.
        world.swell(WorkerId(0), 0);
        world.leave(client);
        run(&mut world);
        let machine = world.host(WorkerId(0)).unwrap().machine();
        assert!(!machine.is_paused() && (keeps > 0.0 || !machine.is_strained()));
    }
}
