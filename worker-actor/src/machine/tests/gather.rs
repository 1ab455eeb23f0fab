//! Transfers between workers.

use super::shell::Shell;
use crate::machine::{Config, StateName};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::{Event, Order};

#[test]
fn missing_inputs_are_fetched_and_the_task_starts_when_all_are_here() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(9, 1, &[(0, &[0]), (1, &[3]), (2, &[4])]).expect("gather w3 [t1]; gather w4 [t2]");
    shell.gathered(3, &[1], &[]).expect("added [t1]").in_state(9, StateName::Waiting);
    shell.gathered(4, &[2], &[]).expect("added [t2]; execute t9 a1 [t0, t1, t2]");
    shell.drain();
}

#[test]
fn there_is_one_transfer_for_each_peer_and_the_rest_goes_with_the_next() {
    let mut shell = Shell::new(1);
    shell.compute(5, 1, &[(1, &[3])]).expect("gather w3 [t1]");
    shell.compute(7, 2, &[(2, &[3])]).compute(6, 3, &[(3, &[3]), (2, &[3])]).expect("");
    shell.gathered(3, &[1], &[]).expect("added [t1]; execute t5 a1 [t1]; gather w3 [t2, t3]");
    shell.drain();
}

#[test]
fn transfers_keys_and_bytes_are_limited_but_one_key_is_always_taken() {
    let limits = Config { transfers: 2, gather_tasks: 2, gather_bytes: 20, ..Config::new(1) };
    let mut shell = Shell::with(limits.clone());
    shell.compute(9, 1, &[(1, &[1]), (2, &[2]), (3, &[3])]).expect("gather w1 [t1]; gather w2 [t2]");
    shell.compute(8, 2, &[(4, &[1]), (5, &[1]), (6, &[1])]).expect("");
    shell.gathered(1, &[1], &[]).expect("added [t1]; gather w1 [t4, t5]");
    shell.drain();

    let mut shell = Shell::with(Config { gather_bytes: 5, gather_tasks: 0, ..limits });
    shell.compute(9, 1, &[(1, &[1]), (2, &[1])]).expect("gather w1 [t1]");
    shell.gathered(1, &[1], &[]).expect("added [t1]; gather w1 [t2]");
    shell.drain();
}

#[test]
fn a_large_key_waits_for_a_transfer_of_its_own() {
    let mut shell = Shell::with(Config { gather_bytes: 100, ..Config::new(1) });
    let input = |task, nbytes| Input {
        task: super::shell::t(task),
        nbytes,
        holders: [super::shell::w(3)].into_iter().collect(),
    };
    let inputs = vec![input(0, 1), input(1, 60), input(2, 60), input(3, 500)];
    let assignment = Assignment { inputs, ..super::shell::assignment(9, 1, &[]) };
    shell.tell(Event::Ordered(Order::Compute(assignment))).expect("gather w3 [t0, t1]");
    shell.gathered(3, &[0, 1], &[]).expect("added [t0, t1]; gather w3 [t2]");
    shell.gathered(3, &[2], &[]).expect("added [t2]; gather w3 [t3]");
    shell.drain();
}

#[test]
fn peers_are_asked_from_the_next_one_on() {
    let mut shell = Shell::with(Config { transfers: 1, ..Config::new(1) });
    shell.worker = crate::machine::Worker::new(super::shell::w(4), shell.worker.config().clone());
    shell.compute(9, 1, &[(1, &[2, 3, 5, 6])]).expect("gather w5 [t1]");
    shell.drain();
}

#[test]
fn a_better_waiter_makes_a_key_come_sooner() {
    let mut shell = Shell::new(1);
    shell.compute(5, 1, &[(1, &[3])]).expect("gather w3 [t1]");
    shell.compute(8, 2, &[(2, &[3])]).compute(7, 3, &[(3, &[3])]).compute(6, 4, &[(2, &[3])]).expect("");
    shell.gathered(3, &[], &[1]).expect("missing w3 [t1]; gather w3 [t2, t3]");
    shell.drain();
}

/// FAULTS M20.
#[test]
fn a_key_that_is_not_found_is_asked_of_another_holder_and_then_of_the_scheduler() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3, 4])]).expect("gather w3 [t1]");
    shell.gathered(3, &[], &[1]).expect("missing w3 [t1]; gather w4 [t1]");
    shell.gathered(4, &[], &[1]).expect("missing w4 [t1]").in_state(1, StateName::Missing);
    shell.holders(1, &[]).holders(1, &[0]).expect("").in_state(1, StateName::Missing);
    shell.holders(1, &[5]).expect("gather w5 [t1]").gathered(5, &[1], &[]).expect("added [t1]; execute t9 a1 [t1]");
    shell.drain();
}

#[test]
fn a_key_that_an_answer_does_not_speak_of_is_missing() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3]), (2, &[3])]).expect("gather w3 [t1, t2]");
    shell.gathered(3, &[2], &[]).expect("added [t2]; missing w3 [t1]").in_state(1, StateName::Missing);
    shell.drain();
}

#[test]
fn a_failed_transfer_is_told_only_if_no_other_holder_is_left() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3, 4]), (2, &[3])]).expect("gather w3 [t1, t2]");
    shell.gather_failed(3).expect("missing w3 [t2]; gather w4 [t1]");
    shell.gather_failed(4).expect("missing w4 [t1]");
    shell.drain();
}

#[test]
fn a_lost_peer_is_asked_for_nothing_more_but_its_transfer_ends_by_itself() {
    let mut shell = Shell::with(Config { transfers: 2, gather_tasks: 1, ..Config::new(1) });
    shell.compute(9, 1, &[(1, &[3]), (2, &[3]), (3, &[3, 4]), (4, &[4, 3])]).expect("gather w3 [t1]; gather w4 [t3]");
    shell.peer_lost(3).expect("missing w3 [t2]").in_state(1, StateName::Flight).in_state(4, StateName::Fetch);
    shell.compute(8, 2, &[(1, &[5])]).expect("");
    shell.gather_failed(3).expect("gather w5 [t1]");
    shell.gathered(4, &[], &[3]).expect("missing w4 [t3]; gather w4 [t4]").in_state(3, StateName::Missing);
    shell.drain();
}

#[test]
fn a_key_in_flight_that_is_to_be_computed_is_computed_only_if_it_does_not_come() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3]), (2, &[4])]).expect("gather w3 [t1]; gather w4 [t2]");
    shell.compute(1, 5, &[]).compute(2, 6, &[]).expect("").in_state(1, StateName::Flight);
    shell.compute(1, 4, &[(7, &[])]).expect("");
    shell.gathered(3, &[1], &[]).expect("finished t1 a5");
    shell.peer_lost(4).expect("").gather_failed(4).expect("execute t2 a6 []");
    shell.executed(2, 6).expect("keep t2 a6; finished t2 a6; execute t9 a1 [t1, t2]");
    shell.drain();
}

#[test]
fn a_key_to_be_fetched_that_is_to_be_computed_is_not_fetched() {
    let mut shell = Shell::with(Config { transfers: 0, ..Config::new(1) });
    shell.compute(9, 1, &[(1, &[3]), (2, &[])]).expect("missing w0 [t2]").in_state(1, StateName::Fetch);
    shell.compute(1, 2, &[]).compute(2, 3, &[]).expect("execute t1 a2 []");
    shell.executed(1, 2).expect("keep t1 a2; finished t1 a2; execute t2 a3 []");
    shell.executed(2, 3).expect("keep t2 a3; finished t2 a3; execute t9 a1 [t1, t2]");
    shell.drain();
}

#[test]
fn giving_up_a_computation_leaves_the_transfer_to_those_who_wait() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3])]).compute(1, 2, &[]).ignore();
    shell.free(1).expect("").in_state(1, StateName::Flight);
    shell.gathered(3, &[1], &[]).expect("added [t1]; execute t9 a1 [t1]");
    shell.drain();
}

#[test]
fn an_answer_to_nothing_is_dropped() {
    let mut shell = Shell::new(1);
    shell.holding(&[1]);
    shell.gathered(3, &[1, 2], &[4]).expect("drop t2").gather_failed(3).expect("");
    shell.compute(9, 1, &[(5, &[4])]).expect("gather w4 [t5]");
    shell.gathered(3, &[5], &[]).expect("drop t5").in_state(5, StateName::Flight);
    shell.gathered(4, &[5, 5], &[]).expect("added [t5]; execute t9 a1 [t5]");
    shell.drain();
}

#[test]
fn new_holders_are_learned_in_every_state_of_a_fetch() {
    let mut shell = Shell::with(Config { transfers: 1, ..Config::new(1) });
    shell.compute(8, 1, &[(1, &[3])]).compute(9, 2, &[(2, &[3])]).expect("gather w3 [t1]");
    shell.holders(1, &[4]).holders(2, &[4]).holders(7, &[4]).expect("");
    shell.gather_failed(3).expect("gather w4 [t1, t2]");
    shell.gathered(4, &[1], &[2]).expect("added [t1]; missing w4 [t2]; execute t8 a1 [t1]; gather w3 [t2]");
    shell.drain();
}

/// FAULTS T17: who waits is told why by what came; it is no copy, for which the scheduler might let the good one go.
#[test]
fn what_cannot_be_read_is_there_for_those_who_wait_alone() {
    let mut shell = Shell::new(1);
    shell.compute(8, 1, &[(1, &[3]), (2, &[3])]).compute(9, 2, &[(1, &[3])]).expect("gather w3 [t1, t2]");
    shell.gathered(3, &[1, 2], &[1]).expect("added [t2]; execute t8 a1 [t1, t2]").in_state(1, StateName::Released);
    shell.failed(8, 1).ignore().failed(9, 2).ignore().unknown(1);
    assert_eq!(shell.worker.stored(), 1, "the other one stays");
    shell.drain();
}

/// FAULTS T17: nor does it become one when another task needs it, or it is to be held.
#[test]
fn what_cannot_be_read_never_becomes_a_copy() {
    let mut shell = Shell::new(1);
    shell.compute(8, 1, &[(1, &[3])]).expect("gather w3 [t1]").gathered(3, &[1], &[1]).expect("execute t8 a1 [t1]");
    shell.compute(9, 2, &[(1, &[3])]).expect("").in_state(1, StateName::Released);
    shell.hold(1, &[3]).expect("unreadable [t1]").in_state(1, StateName::Released);
    shell.compute(1, 7, &[]).expect("rescheduled t1 a7");
    shell.failed(8, 1).ignore().failed(9, 2).ignore().unknown(1).drain();
}

/// FAULTS T17, P27: who was told to hold a copy tells that there is none.
#[test]
fn what_cannot_be_read_and_is_to_be_held_is_told() {
    let mut shell = Shell::new(1);
    shell.hold(1, &[3]).expect("gather w3 [t1]").gathered(3, &[1], &[1]);
    shell.expect("unreadable [t1]; drop t1; forget t1").unknown(1);
    shell.compute(8, 1, &[(1, &[3])]).hold(1, &[3]).expect("gather w3 [t1]").gathered(3, &[1], &[1]);
    shell.expect("unreadable [t1]; execute t8 a1 [t1]").in_state(1, StateName::Released);
    shell.failed(8, 1).ignore().unknown(1).drain();
}

/// FAULTS T17: what is to be computed if it does not come is computed.
#[test]
fn what_cannot_be_read_and_is_assigned_is_computed() {
    let mut shell = Shell::new(1);
    shell.compute(9, 1, &[(1, &[3])]).compute(1, 5, &[]).expect("gather w3 [t1]");
    shell.gathered(3, &[1], &[1]).expect("drop t1; execute t1 a5 []").executed(1, 5).ignore();
    shell.drain();
}
