//! What is let go while it runs, and asked for again.

use super::stage::{Stage, W0, W1, W2, device, only, prefers};
use partita_protocol::scheduler::Event;
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, FaultId, Resources, Time};
use partita_simulator::explore::{Move, Rules};
use partita_simulator::{Told, Universe};
use partita_worker::machine::StateName;

/// #5497, #4784, #5503: a run that was cancelled ended with an error when its task was to run again, and hung.
#[test]
pub(crate) fn r04_a_cancelled_run_fails_when_its_task_is_asked_for_again() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 1);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.release(&[x]);
    stage.submit(&[x]);
    stage.orders(W0);
    assert_eq!(stage.state_on(W0, x), Some(StateName::Ready), "the thread is not free yet");
    stage.fail(W0, x);
    assert!(stage.said(W0).is_empty(), "nobody asked for that run any more");
    assert_eq!(stage.state_on(W0, x), Some(StateName::Executing));
    stage.calm();
    assert_eq!((stage.told(x), stage.runs()), (Some(Told::InMemory), vec![2]));
    stage.end();
}

/// #5497: the second computation on a failed task hung.
#[test]
pub(crate) fn r04_a_second_computation_after_an_error() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let ys = [universe.task("y", &[x]), universe.task("y", &[x])];
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[ys[0]]);
    stage.orders(W0);
    stage.fail(W0, x);
    stage.reports(W0);
    assert_eq!(stage.told(ys[0]), Some(Told::Erred));
    stage.submit(&[ys[1]]);
    assert_eq!(stage.told(ys[1]), Some(Told::Erred), "told at once");
    stage.calm();
    stage.release(&ys);
    stage.submit(&[ys[1]]);
    stage.calm();
    assert_eq!((stage.told(ys[1]), stage.runs()), (Some(Told::InMemory), vec![2, 0, 1]));
    stage.end();
}

/// FAULTS T14.
/// #6689, #6699, #6716: `x` runs on A, is taken from it and finished on B, A needs it for `y`, and then `x` *fails* on A.
#[test]
pub(crate) fn r08_a_run_that_was_taken_away_fails_while_its_value_is_fetched() {
    let mut universe = Universe::new();
    let d = universe.task("d", &[]);
    universe.options(d, prefers(1));
    let x = universe.task("x", &[d]);
    let y = universe.task("y", &[x]);
    universe.options(y, only(0));
    let mut stage = Stage::new(universe, 3);
    stage.pause(W2);
    stage.submit(&[y]);
    stage.orders(W1);
    stage.pause(W1);
    stage.finish(W1, d);
    stage.reports(W1);
    assert_eq!(stage.on(x), Some(W0));
    // A fetches `d` and runs `x`; before that is known, B goes on, A pauses, and whoever held `d` dies.
    stage.orders(W0);
    stage.resume(W2);
    stage.tell_report(W0, Report::Paused);
    stage.gather(W0, W1);
    stage.play(Move::Resume(W0));
    stage.lose(W1);
    assert_eq!(stage.on(d), Some(W2));
    stage.compute(W2, d);
    assert_eq!(stage.on(x), Some(W2));
    stage.orders(W0);
    assert_eq!(stage.site(W0).machine().orphans(), 1);
    stage.orders(W2);
    stage.finish(W2, x);
    stage.tell_report(W0, Report::Resumed);
    stage.reports(W2);
    assert_eq!(stage.on(y), Some(W0));
    stage.orders(W0);
    assert_eq!(stage.state_on(W0, x), Some(StateName::Flight));
    stage.fail(W0, x);
    assert!(!stage.said(W0).contains(&"failed"), "{:?}", stage.said(W0));
    stage.gather(W0, W2);
    assert_eq!(stage.state_on(W0, y), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [2, 2, 1]);
    stage.end();
}

/// #6673, #6685: a task without a thread of its own, and one that was cancelled, ask to be run somewhere else.
#[test]
pub(crate) fn r09_a_long_running_task_and_a_cancelled_one_are_rescheduled() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.secede(W0, x);
    stage.reschedule(W0, x);
    stage.reports(W0);
    assert_eq!(stage.on(x), Some(W1));
    let idle = stage.board.scheduler().workers().find(|view| view.worker == W0).map(|view| view.seceded);
    assert_eq!(idle, Some(0));
    stage.orders(W1);
    stage.secede(W1, x);
    stage.release(&[x]);
    stage.orders(W1);
    stage.reschedule(W1, x);
    assert_eq!(stage.said(W1), ["seceded"], "of what was cancelled nothing is told");
    stage.reports(W1);
    stage.calm();
    assert!(stage.site(W1).machine().is_empty());
    stage.end();
}

/// #6869, #6867, #6878: cancelled, asked for again and paused between the order to run and the run itself. A task that was
/// handed to the threads and has not begun is the same to the machine as one that runs.
#[test]
pub(crate) fn r11_cancelled_asked_for_and_paused_before_the_run_began() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 1);
    stage.submit(&[x]);
    stage.orders(W0);
    stage.release(&[x]);
    stage.submit(&[x]);
    stage.pause(W0);
    stage.orders(W0);
    stage.finish(W0, x);
    assert!(stage.said(W0).is_empty());
    assert_eq!(stage.state_on(W0, x), Some(StateName::Ready), "a paused worker starts nothing new");
    stage.resume(W0);
    assert_eq!(stage.state_on(W0, x), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [2]);
    stage.end();
}

/// #6893, #7487: an input is let go while a cancelled task that uses it still runs, and is then needed again.
#[test]
pub(crate) fn r12_the_input_of_a_cancelled_run_is_let_go_and_needed_again() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(0));
    let ys = [1, 2, 1].map(|worker| {
        let y = universe.task("y", &[x]);
        universe.options(y, prefers(worker));
        y
    });
    let mut rules = Rules::default();
    rules.scheduler.reduce_copies = false;
    let mut stage = Stage::with(universe, 3, rules);
    stage.submit(&[x, ys[0]]);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    stage.release(&[ys[0]]);
    // Another worker finds neither holder, so that the second one is told to drop what it has.
    stage.submit(&[ys[1]]);
    stage.orders(W2);
    stage.break_gather(W2, W0);
    stage.break_gather(W2, W1);
    stage.reports(W2);
    assert_eq!(stage.holders(x), [W0]);
    stage.orders(W1);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Released), "kept for what still runs");
    stage.submit(&[ys[2]]);
    stage.orders(W1);
    assert_eq!((stage.state_on(W1, x), stage.said(W1)), (Some(StateName::Memory), vec!["added"]));
    stage.finish(W1, ys[0]);
    assert_eq!(stage.state_on(W1, ys[2]), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1, 1]);
    stage.end();
}

/// #6893: the same when nobody needs it again: it goes with the last run that uses it.
#[test]
pub(crate) fn r12_the_input_of_a_cancelled_run_goes_with_the_run() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let y = universe.task("y", &[x]);
    let mut stage = Stage::new(universe, 1);
    stage.submit(&[y]);
    stage.compute(W0, x);
    stage.orders(W0);
    let id = stage.board.id_of(x);
    stage.release(&[y]);
    stage.orders(W0);
    assert_eq!((stage.state(x), stage.site(W0).machine().state_of(id)), (None, Some(StateName::Released)));
    stage.finish(W0, y);
    assert!(stage.site(W0).machine().is_empty());
    stage.end();
}

/// #7200, #7348: let go and asked for again at once; the old end of the run is told while the task is *queued*.
#[test]
pub(crate) fn r17_an_old_end_is_told_while_the_task_is_queued() {
    for fails in [false, true] {
        let mut universe = Universe::new();
        let e = universe.task("e", &[]);
        let x = universe.task("x", &[]);
        let y = universe.task("y", &[x]);
        // Keeps `x` known while nothing needs it.
        let erred = universe.task("erred", &[x, e]);
        let (one, two) = (universe.task("one", &[]), universe.task("two", &[]));
        let mut stage = Stage::new(universe, 1);
        stage.submit(&[y, erred]);
        stage.orders(W0);
        stage.fail(W0, e);
        stage.reports(W0);
        let (task, old) = stage.run_of(W0, x);
        stage.submit(&[one]);
        stage.submit(&[two]);
        assert_eq!(stage.state(two), Some(Word::Queued));
        stage.release(&[y]);
        stage.submit(&[y]);
        assert_eq!((stage.board.id_of(x), stage.state(x)), (task, Some(Word::Queued)), "the same task, queued again");
        if fails {
            stage.fail(W0, x);
        } else {
            stage.finish(W0, x);
        }
        stage.report(W0);
        assert_eq!((stage.state(x), stage.state(y)), (Some(Word::Queued), Some(Word::Waiting)));
        stage.tell_report(W0, Report::Seceded { task, attempt: old });
        stage.calm();
        assert_eq!((stage.told(y), stage.told(erred)), (Some(Told::InMemory), Some(Told::Erred)));
        assert_eq!(stage.runs(), [1, 2, 1, 0, 1, 1]);
        stage.end();
    }
}

/// #4587, #8991: messages about tasks that were forgotten, and the notice of an old run that it gave its thread back.
#[test]
pub(crate) fn r25_messages_about_forgotten_tasks_and_old_runs() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let mut stage = Stage::new(universe, 1);
    stage.submit(&[x]);
    stage.orders(W0);
    let (task, old) = stage.run_of(W0, x);
    stage.reschedule(W0, x);
    stage.reports(W0);
    stage.orders(W0);
    let before = stage.board.digest();
    stage.tell_report(W0, Report::Seceded { task, attempt: old });
    stage.tell_report(W0, Report::Rescheduled { task, attempt: old });
    assert_eq!(stage.board.digest(), before);
    assert_eq!(stage.board.scheduler().processing_on(task), Some((W0, Attempt(2))));
    stage.finish(W0, x);
    stage.reports(W0);
    stage.release(&[x]);
    stage.orders(W0);
    let (started, stopped, attempt) = (Time(1), Time(2), Attempt(2));
    stage.tell_report(W0, Report::Failed { task, attempt, fault: FaultId(9), retry: true, started, stopped });
    stage.tell_report(W0, Report::Finished { task, attempt, nbytes: 8, started, stopped });
    stage.tell_report(W0, Report::Seceded { task, attempt });
    stage.tell_report(W0, Report::Missing { holder: W0, tasks: vec![task] });
    stage.tell_report(W0, Report::StealAnswered { task, attempt, given: true });
    stage.tell(Event::DataScattered { worker: W0, tasks: vec![(task, 8)] });
    assert_eq!(stage.board.scheduler().counts().total(), 0);
    stage.end();
}

/// #6710: a task that takes a resource was cancelled and asked for again while it ran.
#[test]
pub(crate) fn r28_a_task_with_resources_is_cancelled_and_asked_for_again() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, device());
    let mut stage = Stage::new(universe, 0);
    stage.board.add_worker(2, Resources::new([("device", 1.0)]));
    stage.submit(&[x]);
    stage.orders(W0);
    stage.release(&[x]);
    stage.submit(&[x]);
    stage.orders(W0);
    assert_eq!(stage.site(W0).runs().count(), 1, "there is one device");
    stage.calm();
    assert_eq!(stage.runs(), [2]);
    stage.end();
}
