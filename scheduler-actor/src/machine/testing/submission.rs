//! Pieces of graphs: needs, dependents to come, tasks that are known already.

use super::{Case, c, piece, t, task};
use partita_protocol::scheduler::{Event, Piece};
use partita_protocol::telemetry::State;

#[test]
fn a_chain_flows_on_one_worker_and_leaves_nothing() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0), task(1).on([0]), task(2).on([1]).wanted()]);
    case.says(["w0 compute t0"]);
    case.finish(0, 0);
    case.says(["w0 compute t1 t0@[w0]"]);
    case.finish(0, 1);
    case.says(["w0 free t0", "w0 compute t2 t1@[w0]"]);
    case.finish(0, 2);
    case.says(["c0 t2 on w0, 8 bytes", "w0 free t1"]);
    assert_eq!(case.state(0), Some(State::Released), "kept as lineage");
    case.release(0, [2]);
    case.says(["w0 free t2", "forget t2", "forget t1", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_result_is_kept_until_announced_dependents_have_come_and_ended() {
    let mut case = Case::workers([1]);
    case.submit([task(0).announces(2)]);
    case.finish(0, 0);
    case.says(["w0 compute t0"]);
    case.submit([task(1).on([0]).wanted()]);
    case.says(["w0 compute t1 t0@[w0]"]);
    case.finish(0, 1);
    case.says(["c0 t1 on w0, 8 bytes"]);
    assert_eq!(case.state(0), Some(State::Memory), "one more is to come");
    let withdrawn = Piece { withdrawn: vec![(t(0), 1)], ..Piece::default() };
    case.event(Event::GraphSubmitted { client: c(0), piece: withdrawn });
    case.says(["w0 free t0"]);
    case.release(0, [1]);
    case.says(["w0 free t1", "forget t1", "forget t0"]);
    case.is_empty();
}

#[test]
fn what_nobody_needs_is_forgotten_at_once() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0])]);
    case.says(["forget t1", "forget t0"]);
    case.is_empty();
}

#[test]
fn known_tasks_are_told_at_once() {
    let mut case = Case::workers([1]);
    case.client(1);
    case.submit([task(0).wanted(), task(1).on([0]).wanted()]);
    case.finish(0, 0);
    case.skip();
    case.submit_for(1, [task(0).wanted(), task(1).on([0]).wanted()]);
    case.says(["c1 t0 on w0, 8 bytes"]);
    case.submit_for(1, [task(0).wanted()]);
    case.says([]);
    case.fail(0, 1, 7);
    case.says(["c0 t1 erred by t1, f7", "c1 t1 erred by t1, f7"]);
    case.client(2);
    case.want(2, 1);
    case.says(["c2 t1 erred by t1, f7"]);
    case.submit_for(2, [task(1).on([0]), task(2).on([1]).wanted()]);
    case.says(["c2 t2 erred by t1, f7"]);
    for client in 0..3 {
        case.event(Event::ClientLeft { client: c(client) });
    }
    case.says(["w0 free t0", "forget t2", "forget f7", "forget t1", "forget t0"]);
    case.is_empty();
}

#[test]
fn a_released_task_that_is_wanted_again_is_computed_with_its_lineage() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0]), task(2).on([1]).wanted()]);
    for id in 0..3 {
        case.finish(0, id);
    }
    case.skip();
    case.want(0, 1);
    assert_eq!((case.state(0), case.state(1)), (Some(State::Processing), Some(State::Waiting)));
    case.says(["w0 compute t0"]);
    case.finish(0, 0);
    case.finish(0, 1);
    case.says(["w0 compute t1 t0@[w0]", "c0 t1 on w0, 8 bytes", "w0 free t0"]);
}

/// FAULTS T13, G6.
#[test]
fn a_dependency_that_was_forgotten_errs_the_task_instead_of_corrupting() {
    let mut case = Case::workers([1]);
    let mut part = piece(1, &[task(1).on([0]).wanted(), task(2).on([1]).wanted()]);
    case.event(Event::GraphSubmitted { client: c(0), piece: part.clone() });
    case.says(["c0 t1 erred by t1, data lost", "c0 t2 erred by t1, data lost"]);
    case.event(Event::TasksRetried { client: c(0), tasks: vec![t(2)] });
    case.says(["c0 t1 erred by t1, data lost", "c0 t2 erred by t1, data lost"]);
    case.release(0, [1, 2]);
    case.says(["forget t2", "forget t1"]);
    part.tasks[0].dependencies = 7..99;
    part.tasks.truncate(1);
    case.event(Event::GraphSubmitted { client: c(0), piece: part.clone() });
    case.says(["c0 t1 erred by t1, data lost"]);
    case.submit([task(3).on([3]).wanted()]);
    case.says(["c0 t3 erred by t3, data lost"]);
}

#[test]
fn doubled_dependencies_are_one() {
    let mut case = Case::workers([1]);
    case.submit([task(0), task(1).on([0, 0]).wanted()]);
    case.finish(0, 0);
    case.says(["w0 compute t0", "w0 compute t1 t0@[w0]"]);
    let many: Vec<u32> = (10..50).collect();
    case.finish(0, 1);
    case.skip();
    for id in &many {
        case.submit([task(*id).announces(2)]);
        case.finish(0, *id);
    }
    case.submit([task(2).on(many.iter().copied()).on(many.iter().copied()).wanted()]);
    assert_eq!(case.scheduler.dependencies(t(2)).len(), 40);
    case.skip();
    case.finish(0, 2);
    assert_eq!(case.said().len(), 41);
}

#[test]
fn scattered_data_is_waited_for_and_cannot_be_computed_again() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).data().wanted(), task(1).on([0]).wanted()]);
    case.says([]);
    case.event(Event::DataScattered { worker: partita_protocol::WorkerId(1), tasks: vec![(t(0), 100)] });
    case.says(["c0 t0 on w1, 100 bytes", "w1 compute t1 t0@[w1]"]);
    case.lose(1);
    case.says(["w0 lost w1", "c0 t0 erred by t0, data lost", "c0 t1 erred by t0, data lost"]);
    case.event(Event::DataScattered { worker: partita_protocol::WorkerId(0), tasks: vec![(t(0), 1), (t(9), 1)] });
    case.says(["w0 free t0", "w0 free t9"]);
}

#[test]
fn data_for_a_worker_that_is_gone_is_lost() {
    let mut case = Case::workers([1]);
    case.submit([task(0).data().wanted()]);
    case.event(Event::DataScattered { worker: partita_protocol::WorkerId(9), tasks: vec![(t(0), 1)] });
    case.says(["c0 t0 erred by t0, data lost"]);
    case.release(0, [0]);
    case.says(["forget t0"]);
    case.is_empty();
}

#[test]
fn data_may_be_put_in_twice() {
    let mut case = Case::workers([1, 1]);
    case.submit([task(0).data().wanted()]);
    for worker in [0, 1, 1] {
        let worker = partita_protocol::WorkerId(worker);
        case.event(Event::DataScattered { worker, tasks: vec![(t(0), 1)] });
    }
    case.says(["c0 t0 on w0, 1 bytes"]);
    assert_eq!(case.scheduler.holders(t(0)).len(), 2);
    case.release(0, [0]);
    case.says(["w0 free t0", "w1 free t0", "forget t0"]);
}

#[test]
fn a_place_is_used_again_by_the_next_generation() {
    let mut case = Case::workers([1]);
    case.submit([task(0).wanted()]);
    case.submit([task(0).generation(1).wanted()]);
    case.says(["w0 compute t0"]);
    case.release(0, [0]);
    case.says(["w0 free t0", "forget t0"]);
    case.submit([task(0).generation(1).wanted()]);
    case.says(["w0 compute t0.1"]);
    case.release(0, [0]);
    case.says([]);
}
