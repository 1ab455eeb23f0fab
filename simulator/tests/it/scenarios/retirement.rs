//! Workers that are asked to leave, and copies that are asked for.

use super::stage::{C0, Stage, W0, W1, W2, prefers};
use partita_protocol::LossCause;
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::Report;
use partita_simulator::explore::{Move, Rules};
use partita_simulator::{Told, Universe};
use partita_worker::machine::StateName;

/// #8522, #8234: a worker that leaves in good order as its task ends: no suspicious death, even if the news of the end
/// was still on the way.
#[test]
pub(crate) fn r03_a_worker_that_was_stopped_is_not_held_against_its_task() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut rules = Rules::default();
    rules.scheduler.allowed_failures = 0;
    let mut stage = Stage::with(universe, 2, rules);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.finish(W0, x);
    stage.play(Move::Declare(W0, LossCause::Retired));
    assert_eq!(stage.on(x), Some(W1), "not given up, though no death is allowed");
    stage.report(W0);
    assert_eq!((stage.on(x), stage.told(x)), (Some(W1), Some(Told::Nothing)));
    stage.end();
}

/// #8522, #8234: a worker is asked to leave while the end of its task is on the way: it goes when that has come and the
/// result has been moved, and nothing is computed twice.
#[test]
pub(crate) fn r03_a_graceful_end_races_with_the_end_of_a_task() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.finish(W0, x);
    stage.play(Move::Retire(W0));
    stage.reports(W0);
    assert!(stage.board.site(W0).is_some(), "it holds the only copy");
    assert_eq!(stage.inbox(W1), ["hold"]);
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    assert!(stage.board.site(W0).is_none(), "now it goes");
    stage.reports(W0);
    stage.calm();
    assert_eq!((stage.holders(x), stage.runs()), (vec![W1], vec![1]));
    stage.end();
}

/// FAULTS P27.
/// #6244, #6223: a copy was taken for moved, and whoever took it lost it again before the worker went.
#[test]
pub(crate) fn r15_whoever_took_a_copy_dies_before_the_worker_leaves() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(0));
    let mut stage = Stage::new(universe, 3);
    stage.submit(&[x]);
    stage.compute(W0, x);
    stage.play(Move::Retire(W0));
    let taker = if stage.inbox(W1).is_empty() { W2 } else { W1 };
    stage.orders(taker);
    stage.gather(taker, W0);
    // The copy is there, the news of it is not, and it will not come.
    stage.lose(taker);
    let other = if taker == W1 { W2 } else { W1 };
    assert!(stage.board.site(W0).is_some(), "its copy is the only one again");
    stage.orders(other);
    stage.gather(other, W0);
    stage.reports(other);
    assert!(stage.board.site(W0).is_none());
    stage.reports(W0);
    stage.calm();
    assert_eq!((stage.holders(x), stage.runs()), (vec![other], vec![1]));
    stage.end();
}

/// FAULTS P27.
/// #6252, #6240: new results came to a worker that leaves when everything had been moved, and it never went.
#[test]
pub(crate) fn r15_a_result_comes_when_all_were_moved() {
    let mut universe = Universe::new();
    let (x, y) = (universe.task("x", &[]), universe.task("y", &[]));
    universe.options(x, prefers(0));
    universe.options(y, prefers(0));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x, y]);
    stage.orders(W0);
    stage.finish(W0, x);
    stage.reports(W0);
    stage.play(Move::Retire(W0));
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    assert_eq!((stage.state(y), stage.board.site(W0).is_some()), (Some(Word::Processing), true), "it still runs");
    stage.finish(W0, y);
    stage.reports(W0);
    assert!(stage.board.site(W0).is_some(), "the new result is to be moved too");
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    assert!(stage.board.site(W0).is_none());
    stage.reports(W0);
    stage.calm();
    assert_eq!((stage.holders(x), stage.holders(y), stage.runs()), (vec![W1], vec![W1], vec![1, 1]));
    stage.end();
}

/// #6248: a worker was asked for a copy of a result, and while it stood to be fetched was to compute it.
#[test]
pub(crate) fn r16_a_copy_is_to_be_fetched_and_then_computed() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(0));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.compute(W0, x);
    stage.play(Move::Copies(vec![x], 2));
    assert_eq!(stage.inbox(W1), ["hold"]);
    // It asks for nothing while its memory is full; the scheduler has not heard of that.
    stage.play(Move::Pause(W1));
    stage.order(W1);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Fetch));
    // The holder pauses, and is found not to have it.
    stage.pause(W0);
    let id = stage.board.id_of(x);
    stage.tell_report(W0, Report::Missing { holder: W0, tasks: vec![id] });
    assert_eq!(stage.on(x), Some(W1));
    stage.play(Move::Resume(W1));
    stage.orders(W1);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Flight), "computed only if it does not come");
    stage.break_gather(W1, W0);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Executing));
    stage.calm();
    assert_eq!((stage.holders(x).len(), stage.runs()), (2, vec![2]), "and then copied, as was asked");
    stage.end();
}

/// #6248: the same with nothing asked of the peer yet: what was to be fetched is computed.
#[test]
pub(crate) fn r16_what_was_to_be_fetched_is_computed() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(0));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.compute(W0, x);
    stage.play(Move::Copies(vec![x], 2));
    stage.play(Move::Pause(W1));
    stage.order(W1);
    stage.pause(W0);
    let id = stage.board.id_of(x);
    stage.tell_report(W0, Report::Missing { holder: W0, tasks: vec![id] });
    while stage.state_on(W1, x) == Some(StateName::Fetch) {
        stage.order(W1);
    }
    assert_eq!(stage.state_on(W1, x), Some(StateName::Ready), "it is paused, so it does not start yet");
    assert!(stage.asked(W1).is_empty());
    stage.calm();
    assert_eq!(stage.runs(), [2]);
    stage.end();
}

/// #7063, #7204: a task that could go to any worker was decided on while the last one was leaving.
#[test]
pub(crate) fn r19_a_task_is_asked_for_while_the_last_worker_leaves() {
    let mut universe = Universe::new();
    let (x, y) = (universe.task("x", &[]), universe.task("y", &[]));
    let mut stage = Stage::new(universe, 1);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.play(Move::Retire(W0));
    stage.submit(&[y]);
    assert_eq!(stage.state(y), Some(Word::NoWorker), "it is not given to a worker that leaves");
    assert_eq!(stage.on(x), Some(W0), "what runs there goes on");
    stage.play(Move::Join(1));
    assert_eq!(stage.on(y), Some(W1));
    stage.finish(W0, x);
    stage.reports(W0);
    stage.calm();
    assert!(stage.board.site(W0).is_none(), "it left");
    assert_eq!(stage.runs(), [1, 1]);
    stage.end();
}

/// #6223: data that was put in by hand cannot be computed again: a worker that alone holds it does not leave unless
/// somebody takes it.
#[test]
pub(crate) fn r15_data_that_cannot_be_computed_keeps_its_worker() {
    let mut universe = Universe::new();
    let x = universe.data("x");
    let mut stage = Stage::new(universe, 1);
    stage.play(Move::Scatter(C0, W0, x));
    stage.orders(W0);
    stage.play(Move::Retire(W0));
    assert!(stage.board.site(W0).is_some());
    stage.play(Move::Join(1));
    stage.play(Move::Retire(W0));
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    assert!(stage.board.site(W0).is_none());
    stage.reports(W0);
    assert_eq!((stage.told(x), stage.holders(x)), (Some(Told::InMemory), vec![W1]));
    stage.end();
}
