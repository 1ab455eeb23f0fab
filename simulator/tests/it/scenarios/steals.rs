//! Tasks that are taken from one worker and given to another.

use super::stage::{Stage, W0, W1, W2, device};
use partita_graph::TaskOptions;
use partita_protocol::worker::Report;
use partita_protocol::{Attempt, Resources, TaskId};
use partita_simulator::explore::{Move, Rules};
use partita_simulator::{Told, Universe};
use std::sync::Arc;

/// Four tasks on two workers: worker 0 has ended its two, and asks for the last one of worker 1.
fn amid_a_steal(options: Option<Arc<TaskOptions>>) -> Stage {
    let mut universe = Universe::new();
    let tasks: Vec<_> = (0..4).map(|_| universe.task("x", &[])).collect();
    for task in &tasks {
        if let Some(options) = &options {
            universe.options(*task, options.clone());
        }
    }
    let mut stage = Stage::with(universe, 0, Rules::default());
    for _ in 0..2 {
        stage.board.add_worker(1, Resources::new([("device", 2.0)]));
    }
    stage.submit(&tasks);
    stage.orders(W0);
    stage.orders(W1);
    stage.compute_here(W0, 0);
    stage.compute_here(W0, 2);
    assert_eq!((stage.inbox(W1), stage.on(3)), (vec!["steal"], Some(W1)), "until the answer it stays where it is");
    stage
}

/// #5370, #5379, #8787: the answer to a request comes when its task was let go and given out again.
#[test]
pub(crate) fn r21_a_steal_outlives_a_release_and_a_new_assignment() {
    let mut stage = amid_a_steal(None);
    stage.orders(W1);
    assert_eq!(stage.said(W1), ["steal-answered"]);
    stage.release(&[3]);
    stage.submit(&[3]);
    let now = stage.board.scheduler().processing_on(stage.board.id_of(3)).unwrap();
    assert_eq!(now.0, W0);
    stage.reports(W1);
    assert_eq!(stage.board.scheduler().processing_on(stage.board.id_of(3)), Some(now));
    stage.calm();
    assert_eq!(stage.runs(), [1; 4]);
    stage.end();
}

/// #8787, #4446: an answer about another run of the same task moves nothing.
#[test]
pub(crate) fn r21_an_answer_about_another_run_moves_nothing() {
    let mut stage = amid_a_steal(None);
    let task = stage.board.id_of(3);
    let before = stage.board.digest();
    for (worker, attempt) in [(W0, Attempt(4)), (W1, Attempt(3)), (W1, Attempt(99)), (W2, Attempt(4))] {
        for given in [true, false] {
            stage.tell_report(worker, Report::StealAnswered { task, attempt, given });
        }
    }
    stage.tell_report(W1, Report::StealAnswered { task: TaskId::new(1, 0), attempt: Attempt(2), given: true });
    assert_eq!(stage.board.digest(), before);
    stage.orders(W1);
    stage.reports(W1);
    assert_eq!(stage.on(3), Some(W0));
    stage.calm();
    assert_eq!(stage.runs(), [1; 4]);
    stage.end();
}

/// #3892: the task starts, or even ends, before the request comes.
#[test]
pub(crate) fn r21_a_task_starts_before_it_can_be_stolen() {
    for ends in [false, true] {
        let mut stage = amid_a_steal(None);
        stage.finish(W1, 1);
        if ends {
            stage.finish(W1, 3);
        }
        stage.orders(W1);
        stage.reports(W1);
        assert_eq!((stage.on(3), stage.holders(3).len()), if ends { (None, 1) } else { (Some(W1), 0) });
        stage.calm();
        assert_eq!((stage.holders(3), stage.runs()), (vec![W1], vec![1; 4]));
        stage.end();
    }
}

/// #4446, #8787: the victim dies between the request and its answer, the answer given or not.
#[test]
pub(crate) fn r21_the_victim_dies_amid_a_steal() {
    for answers in [false, true] {
        let mut stage = amid_a_steal(None);
        if answers {
            stage.orders(W1);
        }
        stage.kill(W1);
        stage.reports(W1);
        assert_eq!(stage.on(3), Some(W0));
        stage.calm();
        assert_eq!(stage.runs(), [1, 2, 1, 1]);
        stage.end();
    }
}

/// #3892: the thief dies between the request and its answer: whoever gave the task away has it no longer, so it is given
/// out anew.
#[test]
pub(crate) fn r21_the_thief_dies_amid_a_steal() {
    let mut stage = amid_a_steal(None);
    stage.orders(W1);
    stage.lose(W0);
    stage.report(W1);
    assert!(stage.on(3).is_none_or(|worker| worker == W1), "the thief is gone");
    stage.calm();
    assert_eq!(stage.told(3), Some(Told::InMemory));
    assert_eq!(stage.runs(), [2, 1, 2, 1]);
    stage.end();
}

/// #4446: what a stolen task takes of a worker is taken of the thief, and free at the victim. That every amount is right
/// is checked after each event.
#[test]
pub(crate) fn r21_a_stolen_task_takes_its_resources_along() {
    let mut stage = amid_a_steal(Some(device()));
    stage.orders(W1);
    stage.reports(W1);
    assert_eq!(stage.on(3), Some(W0));
    stage.orders(W0);
    stage.calm();
    assert_eq!(stage.runs(), [1; 4]);
    stage.end();
}

/// #5128: the function of a stolen task cannot be read on the thief. In one process every function can be run on every
/// worker; what is left is a run that fails there: the error is the task's own, told once.
#[test]
pub(crate) fn r22_a_stolen_task_fails_on_the_thief() {
    let mut stage = amid_a_steal(None);
    stage.orders(W1);
    stage.reports(W1);
    stage.orders(W0);
    stage.fail(W0, 3);
    stage.reports(W0);
    assert_eq!(stage.told(3), Some(Told::Erred));
    let (blame, _) = stage.board.scheduler().failure(stage.board.id_of(3)).unwrap();
    assert_eq!(blame, stage.board.id_of(3));
    assert_eq!(stage.state_on(W1, 3), None, "nothing is left of it at the victim");
    stage.play(Move::Retry(partita_protocol::ClientId(0), vec![3]));
    stage.calm();
    assert_eq!((stage.told(3), stage.runs()), (Some(Told::InMemory), vec![1, 1, 1, 2]));
    stage.end();
}
