//! Values that travel between workers, and fail to.

use super::stage::{C0, Stage, W0, W1, W2, only, prefers};
use partita_protocol::scheduler::Assignment;
use partita_protocol::telemetry::State as Word;
use partita_protocol::worker::Order;
use partita_protocol::{Attempt, Priority};
use partita_simulator::explore::Move;
use partita_simulator::{Number, Told, Universe};
use partita_worker::machine::StateName;

/// `x` that is to run on worker 0 first, and a dependent for each of these workers.
fn fan(workers: &[u32]) -> (Universe, Number, Vec<Number>) {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    universe.options(x, prefers(0));
    let dependents = workers.iter().map(|worker| {
        let y = universe.task("y", &[x]);
        universe.options(y, prefers(*worker));
        y
    });
    let dependents = dependents.collect();
    (universe, x, dependents)
}

/// #4360, #4929, #5786, #6112: a transfer failed while another worker had a copy, and the task stayed `missing`.
#[test]
pub(crate) fn r05_gather_fails_while_another_replica_exists() {
    let (universe, x, ys) = fan(&[1, 2]);
    let mut stage = Stage::new(universe, 3);
    stage.submit(&[ys[0]]);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.gather(W1, W0);
    stage.reports(W1);
    assert_eq!(stage.holders(x), [W0, W1]);
    stage.submit(&[ys[1]]);
    stage.orders(W2);
    assert_eq!(stage.asked(W2), [W0]);
    stage.break_gather(W2, W0);
    assert_eq!(stage.asked(W2), [W1], "the other copy is asked for at once");
    assert!(stage.said(W2).is_empty(), "and nobody is bothered with it");
    stage.gather(W2, W1);
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// #4360, #5786: the same without another copy: the scheduler is told, and has it computed again.
#[test]
pub(crate) fn r05_gather_fails_and_no_other_replica_exists() {
    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.break_gather(W1, W0);
    assert_eq!((stage.state_on(W1, x), stage.said(W1)), (Some(StateName::Missing), vec!["missing"]));
    stage.report(W1);
    assert_eq!((stage.state(x), stage.state(ys[0])), (Some(Word::Processing), Some(Word::Waiting)));
    stage.calm();
    // Whoever was said not to have it had it, and need not compute it again.
    assert!(stage.runs()[0] <= 2 && stage.runs()[1] == 1, "{:?}", stage.runs());
    stage.end();
}

/// #6112: a transfer failed, and the scheduler knew of another copy that had been made meanwhile.
#[test]
pub(crate) fn r05_gather_fails_and_only_the_scheduler_knows_of_another_replica() {
    let (universe, x, ys) = fan(&[1, 2]);
    let mut stage = Stage::new(universe, 3);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.orders(W2);
    stage.gather(W2, W0);
    stage.reports(W2);
    stage.break_gather(W1, W0);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Missing));
    stage.report(W1);
    stage.orders(W1);
    assert_eq!(stage.asked(W1), [W2]);
    stage.calm();
    assert_eq!(stage.runs(), [1, 1, 1]);
    stage.end();
}

/// #5426, #5366, #5046, #5160: a transfer's key was cancelled and asked for again while it was under way.
#[test]
pub(crate) fn r06_cancelled_key_is_requested_again_while_its_gather_runs() {
    let (universe, x, ys) = fan(&[1, 1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x, ys[0]]);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.serve(W1, W0);
    stage.release(&[ys[0]]);
    stage.orders(W1);
    assert_eq!(stage.state_on(W1, x), None, "it travels for nobody");
    stage.submit(&[ys[1]]);
    stage.orders(W1);
    assert_eq!(
        (stage.state_on(W1, x), stage.asked(W1)),
        (Some(StateName::Flight), vec![W0]),
        "and is not asked for twice"
    );
    stage.arrive(W1, W0);
    assert_eq!(stage.state_on(W1, ys[1]), Some(StateName::Executing));
    stage.calm();
    assert_eq!(stage.runs(), [1, 0, 1]);
    stage.end();
}

/// #5426, #5160: an answer without some of the keys that were asked for, one of them cancelled meanwhile.
#[test]
pub(crate) fn r06_a_response_without_keys_that_were_asked_for() {
    let mut universe = Universe::new();
    let inputs: Vec<_> = (0..3).map(|_| universe.task("x", &[])).collect();
    inputs.iter().for_each(|x| universe.options(*x, prefers(0)));
    let all = universe.task("all", &inputs);
    universe.options(all, prefers(1));
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[inputs[0], inputs[1], inputs[2], all]);
    stage.orders(W0);
    for x in &inputs {
        stage.finish(W0, *x);
    }
    stage.reports(W0);
    stage.orders(W1);
    let id = |stage: &Stage, x: Number| stage.board.id_of(x);
    for lost in [inputs[1], inputs[2]] {
        let lost = id(&stage, lost);
        stage.play(Move::Command(W0, Order::Free { task: lost }));
        stage.orders(W0);
    }
    stage.gather(W1, W0);
    assert_eq!(stage.said(W1), ["added", "missing"]);
    let states: Vec<_> = inputs.iter().map(|x| stage.state_on(W1, *x)).collect();
    assert_eq!(states, [StateName::Memory, StateName::Missing, StateName::Missing].map(Some), "each is somewhere");
    stage.calm();
    assert_eq!(stage.runs(), [1, 2, 2, 1]);
    stage.end();
}

/// #6159: a transfer was cancelled, and on its hung link the same key was to be *computed*; and stolen.
#[test]
pub(crate) fn r07_fetch_is_cancelled_and_the_key_computed_while_the_link_hangs() {
    let mut universe = Universe::new();
    let x = universe.task("x", &[]);
    let ys = [1, 2].map(|worker| {
        let y = universe.task("y", &[x]);
        universe.options(y, prefers(worker));
        y
    });
    let mut stage = Stage::new(universe, 3);
    stage.pause(W1);
    stage.pause(W2);
    stage.submit(&ys);
    stage.orders(W0);
    stage.finish(W0, x);
    stage.resume(W1);
    stage.resume(W2);
    stage.reports(W0);
    stage.orders(W1);
    stage.orders(W2);
    assert_eq!((stage.asked(W1), stage.asked(W2)), (vec![W0], vec![W0]));
    stage.pause(W0);
    // One transfer fails, so that the scheduler takes `x` for lost; the other one hangs.
    stage.break_gather(W2, W0);
    stage.report(W2);
    assert_eq!((stage.on(x), stage.inbox(W1)), (Some(W1), vec!["free", "compute"]));
    stage.order(W1);
    assert_eq!(stage.state_on(W1, x), None);
    stage.order(W1);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Flight), "computed only if it does not come");
    let (task, attempt) = (stage.board.id_of(x), stage.site(W1).machine().attempt_of(stage.board.id_of(x)).unwrap());
    stage.play(Move::Command(W1, Order::Steal { task, attempt }));
    stage.orders(W1);
    assert_eq!((stage.said(W1), stage.on(x)), (vec!["steal-answered"], Some(W1)));
    stage.lose(W0);
    stage.orders(W1);
    assert_eq!(stage.state_on(W1, x), Some(StateName::Executing), "the hung link ends with its other end");
    stage.calm();
    assert_eq!(stage.runs(), [2, 1, 1]);
    stage.end();
}

/// FAULTS T17.
/// #6682, #6693, #6705, #6877: a task with waiters went to error on the worker, its value could not be read on arrival.
#[test]
pub(crate) fn r10_a_value_cannot_be_read_and_its_task_then_fails() {
    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.serve(W1, W0);
    stage.break_gather(W1, W0);
    stage.report(W1);
    // The holder drops what it is said not to have, and is asked to compute it.
    stage.orders(W0);
    stage.fail(W0, x);
    stage.reports(W0);
    assert_eq!(stage.told(ys[0]), Some(Told::Erred));
    let (blame, _) = stage.board.scheduler().failure(stage.board.id_of(ys[0])).unwrap();
    assert_eq!(blame, stage.board.id_of(x));
    stage.orders(W1);
    assert_eq!(stage.site(W1).machine().known(), 0);
    stage.end();
}

/// #6682: a key that others on its worker wait for is computed there, and fails. Orders of the scheduler do not lead
/// there any more; this one is not its own.
#[test]
pub(crate) fn r10_a_task_with_waiters_fails_on_its_worker() {
    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    let assignment = Assignment {
        task: stage.board.id_of(x),
        client: C0,
        attempt: Attempt(99),
        priority: Priority::default(),
        expected_nanos: u64::MAX,
        expected_nbytes: 0,
        inputs: Vec::new(),
        resources: None,
        timeout_nanos: None,
    };
    stage.play(Move::Command(W1, Order::Compute(assignment)));
    stage.orders(W1);
    stage.break_gather(W1, W0);
    stage.fail(W1, x);
    assert_eq!((stage.said(W1), stage.state_on(W1, x)), (vec!["failed", "missing"], Some(StateName::Missing)));
    stage.reports(W1);
    stage.orders(W1);
    assert_eq!(stage.asked(W1), [W0], "an old error errs nothing, and the holder is told");
    stage.calm();
    assert_eq!(stage.told(ys[0]), Some(Told::InMemory));
    stage.end();
}

/// #6705, #6877: a transfer that was cancelled fails.
#[test]
pub(crate) fn r10_a_cancelled_gather_fails() {
    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&[x, ys[0]]);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.release(&ys);
    stage.orders(W1);
    stage.break_gather(W1, W0);
    assert!(stage.said(W1).is_empty(), "nobody waited for it");
    assert!(stage.site(W1).machine().is_empty());
    stage.calm();
    assert_eq!((stage.holders(x), stage.runs()), (vec![W0], vec![1, 0]));
    stage.end();
}

/// #5157, #5525: after an input had been fetched a look at a task that was gone ended the worker's stream.
#[test]
pub(crate) fn r24_inputs_come_when_their_task_is_gone() {
    let mut universe = Universe::new();
    let inputs = [0, 2].map(|worker| {
        let x = universe.task("x", &[]);
        universe.options(x, only(worker));
        x
    });
    let y = universe.task("y", &inputs);
    universe.options(y, only(1));
    let mut stage = Stage::new(universe, 3);
    stage.submit(&[y]);
    stage.compute(W0, inputs[0]);
    stage.compute(W2, inputs[1]);
    stage.orders(W1);
    stage.serve(W1, W0);
    stage.gather(W1, W2);
    stage.release(&[y]);
    stage.orders(W1);
    stage.arrive(W1, W0);
    assert_eq!(stage.said(W1), ["added"], "only of what came before");
    stage.reports(W1);
    stage.orders(W1);
    assert!(stage.site(W1).machine().is_empty());
    stage.end();
}

/// FAULTS P4.
/// #9315, #8006: the asker went away in the middle of an answer, and the handler that sent it hung.
#[test]
pub(crate) fn r36_an_answer_is_given_up_in_the_middle() {
    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.serve(W1, W0);
    stage.break_gather(W1, W0);
    stage.report(W1);
    // It may be asked again before anything else happened; the old answer is not taken for the new one.
    stage.orders(W1);
    assert!(stage.asked(W1).is_empty());
    stage.calm();
    assert_eq!(stage.runs()[1], 1);
    stage.end();

    let (universe, x, ys) = fan(&[1]);
    let mut stage = Stage::new(universe, 2);
    stage.submit(&ys);
    stage.compute(W0, x);
    stage.orders(W1);
    stage.serve(W1, W0);
    stage.lose(W1);
    stage.orders(W0);
    stage.calm();
    assert_eq!(stage.runs(), [1, 1], "the asker is gone, the holder goes on");
    stage.end();
}
