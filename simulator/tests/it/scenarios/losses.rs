//! Workers that are gone, or taken for gone, and what they still say.

use super::stage::{C0, Stage, W0, W1, W2, device, only, prefers};
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::Report;
use partita_protocol::{Cause, FaultId, Resources, TaskId, Time, WorkerId};
use partita_simulator::explore::{Move, Rules};
use partita_simulator::{Told, Universe};
use partita_worker::machine::StateName;

/// #5480, #6228, #6350, #6361: a worker whose link broke came back half-way, and the two sides disagreed. Here a broken
/// link is the end of an incarnation; what it still says counts for nothing, and what comes next is somebody new.
#[test]
pub(crate) fn r01_a_worker_with_a_broken_link_does_not_come_back() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.declare(W0);
    assert_eq!(stage.on(x), Some(W1), "given to somebody else at once");
    stage.finish(W0, x);
    stage.play(Move::Join(1));
    assert_eq!(stage.said(W0), ["finished"]);
    stage.report(W0);
    assert_eq!((stage.on(x), stage.told(x)), (Some(W1), Some(Told::Nothing)));
    assert!(stage.inbox(W2).is_empty(), "the next incarnation hears nothing of the first");
    stage.calm();
    assert_eq!((stage.holders(x), stage.runs()), (vec![W1], vec![2]));
    stage.end();
}

/// FAULTS P9.
/// #6356, #6390, #6392, #6263, #6494: a worker that was removed still spoke, and its tasks stayed with it for ever.
#[test]
pub(crate) fn r02_what_a_removed_worker_says_changes_nothing() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.orders(W0);
    let (task, attempt) = stage.run_of(W0, x);
    stage.declare(W0);
    let before = stage.board.digest();
    let (started, stopped) = (Time(1), Time(2));
    // One that was removed, and one that the scheduler has not met.
    for worker in [W0, WorkerId(77)] {
        for report in [
            Report::Finished { task, attempt, nbytes: 8, started, stopped },
            Report::Failed { task, attempt, fault: FaultId(5), retry: true, started, stopped },
            Report::Rescheduled { task, attempt },
            Report::Seceded { task, attempt },
            Report::TimedOut { task, attempt, started, stopped },
            Report::StealAnswered { task, attempt, given: true },
            Report::Added { tasks: vec![task] },
            Report::Missing { holder: W1, tasks: vec![task] },
            Report::Paused,
            Report::Resumed,
        ] {
            stage.tell_report(worker, report.clone());
            assert_eq!(stage.board.digest(), before, "{report:?}");
        }
    }
    assert!(stage.board.scheduler().workers().all(|view| view.worker == W1));
    stage.end();
}

/// #6392: a worker that was removed went on counting as a holder.
#[test]
pub(crate) fn r02_a_removed_worker_holds_nothing() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let ys = [1, 2].map(|worker| {
        let y = universe.task("y", &[x]);
        universe.options(y, prefers(worker));
        y
    });
    let mut stage = Stage::new(universe, 3);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.report(W1);
    assert_eq!(stage.holders(x), [W0, W1]);
    stage.lose(W0);
    assert_eq!(stage.holders(x), [W1]);
    stage.orders(W2);
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// FAULTS P3.
/// #6327: `x` travels from B to A, B dies, the scheduler is the first to know and asks A to compute `x`.
#[test]
pub(crate) fn r13_a_worker_computes_what_it_was_about_to_fetch() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(1));
    let y = universe.task("y", &[x]);
    universe.options(y, prefers(0));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[y]);
    stage.compute(W1, x);
    stage.orders(W0);
    assert_eq!(stage.asked(W0), [W1]);
    stage.lose(W1);
    assert_eq!(stage.inbox(W0), ["peer-lost", "free", "compute"]);
    stage.order(W0);
    assert_eq!(stage.state_on(W0, x), Some(StateName::Missing));
    assert_eq!(stage.said(W0), ["missing"]);
    stage.order(W0);
    assert_eq!(stage.state_on(W0, x), None, "only `y` wanted it");
    stage.order(W0);
    assert_eq!(stage.state_on(W0, x), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [2, 1]);
    stage.end();
}

/// #7574: a peer left, and whoever fetched from it waited for a time-out since nobody told it.
#[test]
pub(crate) fn r14_whoever_fetches_is_told_that_the_peer_is_gone() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(1));
    let here = universe.task("here", &[x]);
    universe.options(here, only(0));
    let there = universe.task("there", &[x]);
    universe.options(there, only(2));
    let mut stage = Stage::new(universe, 3);
    stage.submit(&[here, there]);
    stage.compute(W1, x);
    for worker in [W0, W2] {
        stage.orders(worker);
        assert_eq!(stage.asked(worker), [W1]);
    }
    stage.lose(W1);
    for worker in [W0, W2] {
        stage.order(worker);
        assert!(stage.asked(worker).is_empty(), "the transfer ends with the news, not with a time-out");
    }
    stage.calm();
    assert_eq!(stage.runs(), [2, 1, 1]);
    stage.end();
}

/// #8702, #8703, #8769: the input of a *queued* task was lost with its worker, which another of the same name replaced at
/// once. Tasks with inputs are queued here only while they wait for a resource, so this one does.
#[test]
pub(crate) fn r18_a_queued_task_loses_its_input() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, only(1));
    let blocker = universe.task("blocker", &[]);
    universe.options(blocker, device());
    let y = universe.task("y", &[x]);
    universe.options(y, device());
    let mut stage = Stage::new(universe, 0);
    stage.board.add_worker(1, Resources::new([("device", 1.0)]));
    stage.play(Move::Join(1));
    stage.submit(&[blocker]);
    stage.orders(W0);
    stage.submit(&[y]);
    stage.compute(W1, x);
    assert_eq!(stage.state(y), Some(Word::Queued));
    stage.kill(W1);
    stage.play(Move::Join(1)); // It is there before the other one's death is known.
    stage.report(W1);
    assert_eq!((stage.state(y), stage.on(x)), (Some(Word::Waiting), Some(W2)));
    stage.finish(W0, blocker);
    stage.reports(W0);
    assert_eq!(stage.state(y), Some(Word::Waiting), "the resource is free, the input is not there");
    stage.calm();
    assert_eq!(stage.runs(), [2, 1, 1]);
    stage.end();
}

/// #8548, #8549: a result is lost, and the worker that computes it again dies once too often: it errs while its
/// descendants are under way.
#[test]
pub(crate) fn r20_an_ancestor_is_given_up_while_its_descendants_wait_for_it() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let fan: Vec<_> = (0..3).map(|_| universe.task("y", &[x])).collect();
    let end = universe.task("end", &fan);
    let mut rules = Rules::default();
    rules.scheduler.allowed_failures = 1;
    let mut stage = Stage::with(universe, 4, rules);
    stage.submit(&[end]);
    stage.compute(W0, x);
    assert!(fan.iter().all(|y| stage.state(*y) == Some(Word::Processing)));
    stage.lose(W0);
    for _ in 0..2 {
        assert_eq!(stage.told(end), Some(Told::Nothing));
        let worker = stage.on(x).expect("it is computed again");
        stage.take_orders(worker);
        stage.lose(worker);
    }
    assert_eq!(stage.told(end), Some(Told::Erred));
    let (blame, cause) = stage.board.scheduler().failure(stage.board.id_of(end)).unwrap();
    assert_eq!(blame, stage.board.id_of(x));
    assert!(matches!(cause, Cause::WorkersDied { deaths: 2, .. }), "{cause:?}");
    assert!(fan.iter().all(|y| stage.state(*y) == Some(Word::Erred)));
    stage.end();
}

/// #5103, #5210, #5436: a worker announced data that the scheduler had let go, or had never heard of.
#[test]
pub(crate) fn r23_announced_data_that_nobody_knows_makes_no_phantom() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, only(0));
    let y = universe.task("y", &[x]);
    universe.options(y, only(1));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[y]);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.gather(W1, W0);
    assert_eq!(stage.said(W1), ["added"]);
    let id = stage.board.id_of(x);
    stage.release(&[y]);
    assert_eq!(stage.state(x), None, "let go, with its copy on the way to be announced");
    stage.report(W1);
    stage.tell_report(W1, Report::Added { tasks: vec![TaskId::new(900, 3)] });
    assert_eq!(stage.board.scheduler().tasks().count(), 0);
    stage.orders(W1);
    assert_eq!(stage.site(W1).machine().state_of(id), Some(StateName::Released), "what runs still uses it");
    stage.finish(W1, y);
    assert_eq!(stage.site(W1).machine().stored(), 0);
    stage.end();
}

/// FAULTS D18.
/// #8088, #8091, #8094, #8262, #8411, #8415, #6981: a shuffle was started again while no worker ran, or its worker was
/// replaced between two phases. Here a shuffle is a graph with a barrier.
#[test]
pub(crate) fn r33_a_shuffle_loses_its_workers_between_its_phases() {
    let mut universe = Universe::new();
    let parts: Vec<_> = (0..3).map(|_| universe.task("part", &[])).collect();
    let barrier = universe.task("barrier", &parts);
    let outputs: Vec<_> = (0..3).map(|_| universe.task("output", &[barrier])).collect();
    let mut stage = Stage::new(universe, 1);
    stage.submit(&outputs);
    for part in &parts[..2] {
        stage.take_orders(W0);
        stage.compute_here(W0, *part);
    }
    stage.take_orders(W0);
    stage.finish(W0, parts[2]);
    stage.play(Move::Pause(W0));
    // The scheduler hears of the pause first, and then of a barrier that is ready for nobody.
    stage.tell_report(W0, Report::Paused);
    stage.reports(W0);
    assert_eq!(stage.state(barrier), Some(Word::NoWorker));
    stage.lose(W0);
    assert_eq!(stage.state(barrier), Some(Word::Waiting), "its inputs are computed again first");
    stage.play(Move::Join(1));
    for part in &parts {
        stage.take_orders(W1);
        stage.compute_here(W1, *part);
    }
    stage.compute(W1, barrier);
    stage.compute(W1, outputs[0]);
    stage.play(Move::Kill(W1));
    stage.play(Move::Join(1));
    stage.report(W1);
    assert_eq!(stage.told(outputs[0]), Some(Told::Nothing), "it is told that the first output is lost");
    stage.calm();
    assert_eq!(stage.runs(), [3, 3, 3, 2, 2, 2, 1]);
    stage.end();
}

/// #8770, #5709: the holder of a lock died, and the lock stayed taken. There are no locks; what a task holds of a worker is
/// a resource, and that goes with its worker.
#[test]
pub(crate) fn r34_what_a_dead_worker_had_taken_is_free() {
    let mut universe = Universe::new();
    let tasks: Vec<_> = (0..2).map(|_| universe.task("x", &[])).collect();
    tasks.iter().for_each(|x| universe.options(*x, device()));
    let mut stage = Stage::new(universe, 0);
    stage.board.add_worker(1, Resources::new([("device", 1.0)]));
    stage.submit(&tasks);
    stage.orders(W0);
    assert_eq!(stage.state(tasks[1]), Some(Word::Queued));
    stage.lose(W0);
    stage.board.add_worker(1, Resources::new([("device", 1.0)]));
    assert_eq!((stage.on(tasks[0]), stage.state(tasks[1])), (Some(W1), Some(Word::Queued)));
    stage.calm();
    assert_eq!(stage.runs(), [2, 1]);
    stage.end();
}

/// #5709: two tasks that gave their threads back wait for one and the same result.
#[test]
pub(crate) fn r34_two_tasks_wait_for_one_result() {
    let mut universe = Universe::new();
    let outer: Vec<_> = (0..2).map(|_| universe.task("outer", &[])).collect();
    let inner = universe.task("inner", &[]);
    let mut stage = Stage::new(universe, 1);
    stage.submit(&outer);
    for task in &outer {
        stage.orders(W0);
        stage.secede(W0, *task);
        stage.reports(W0);
        // Each asks for it, as a client of its own.
        let client = stage.board.add_client();
        stage.play(Move::Submit(client, vec![inner]));
        if *task == outer[0] {
            assert_eq!(stage.on(inner), Some(W0));
        }
    }
    let id = stage.board.id_of(inner);
    assert_eq!(stage.board.scheduler().wanted_by(id).len(), 2);
    assert!(!stage.board.scheduler().wanted_by(id).contains(&C0));
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// The only copy of what was put in by hand vanishes from a store: whoever asks for it was told again and again to ask
/// the same worker. Now whoever does not have it says so itself, and what needs it errs.
#[test]
pub(crate) fn data_that_vanished_is_asked_for_once() {
    let mut universe = Universe::new();
    let x = universe.data("x");
    let y = universe.task("y", &[x]);
    universe.options(y, prefers(1));
    let mut stage = Stage::new(universe, 2);
    stage.play(Move::Scatter(C0, W0, x));
    stage.orders(W0);
    stage.submit(&[y]);
    stage.orders(W1);
    stage.play(Move::Lose(W0, stage.board.id_of(x)));
    stage.gather(W1, W0);
    assert_eq!((stage.said(W0), stage.said(W1)), (vec!["missing"], vec!["missing"]));
    // Whoever is heard first: the one who asked, or the one who was asked.
    stage.reports(W1);
    stage.orders(W1);
    stage.reports(W0);
    assert_eq!((stage.told(x), stage.told(y)), (Some(Told::Erred), Some(Told::Erred)));
    let task = stage.board.id_of(y);
    assert_eq!(stage.board.scheduler().failure(task), Some((stage.board.id_of(x), &Cause::DataLost)));
    stage.end();
}

/// A worker is asked for what was put in by hand before that has come: it does not take itself for one that lost it.
#[test]
pub(crate) fn data_that_is_late_is_not_lost() {
    let mut universe = Universe::new();
    let x = universe.data("x");
    let y = universe.task("y", &[x]);
    universe.options(y, prefers(1));
    let mut stage = Stage::new(universe, 2);
    stage.play(Move::Scatter(C0, W0, x));
    stage.submit(&[y]);
    stage.orders(W1);
    stage.gather(W1, W0);
    assert_eq!((stage.said(W0), stage.said(W1)), (vec![], vec!["missing"]));
    stage.reports(W1);
    stage.orders(W0);
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.calm();
    assert_eq!((stage.told(y), stage.runs()), (Some(Told::InMemory), vec![0, 1]));
    stage.end();
}
