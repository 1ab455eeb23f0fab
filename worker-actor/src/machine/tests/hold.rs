//! Copies that the scheduler asks for.

use super::shell::{Shell, t, w};
use crate::machine::StateName::{Executing, Fetch, Flight, Memory, Missing};
use partita_protocol::worker::{Event, Order};

#[test]
fn a_copy_is_fetched_kept_and_freed() {
    let mut shell = Shell::new(1);
    shell.hold(1, &[7]).expect("gather w7 [t1]").in_state(1, Flight);
    shell.gathered(7, &[1], &[]).expect("added [t1]").in_state(1, Memory);
    shell.compute(2, 1, &[(1, &[7])]).expect("execute t2 a1 [t1]");
    shell.executed(2, 1).expect("keep t2 a1; finished t2 a1").in_state(1, Memory);
    shell.free(1).expect("drop t1; forget t1");
    shell.free(2).ignore();
    assert!(shell.worker.is_empty());
}

#[test]
fn what_is_here_or_comes_to_be_is_not_fetched_nor_told_again() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).ignore();
    shell.hold(1, &[7]).expect("").in_state(1, Executing);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.hold(1, &[7]).expect("").in_state(1, Memory);
}

#[test]
fn what_was_freed_and_is_still_here_is_a_copy_again() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).executed(1, 1).compute(2, 2, &[(1, &[])]).free(1).ignore();
    shell.hold(1, &[7]).expect("added [t1]").in_state(1, Memory);
    shell.executed(2, 2).free(1).expect("keep t2 a2; finished t2 a2; drop t1; forget t1");
}

#[test]
fn a_wish_outlives_the_tasks_that_needed_the_same() {
    let mut shell = Shell::new(1);
    shell.compute(2, 1, &[(1, &[7])]).expect("gather w7 [t1]");
    shell.hold(1, &[7, 8]).free(2).expect("forget t2").in_state(1, Flight);
    shell.gathered(7, &[], &[1]).expect("missing w7 [t1]; gather w8 [t1]");
    shell.gathered(8, &[1], &[]).expect("added [t1]").in_state(1, Memory);
}

#[test]
fn an_input_that_is_needed_outlives_the_wish() {
    let mut shell = Shell::new(1);
    shell.hold(1, &[7]).compute(2, 1, &[(1, &[7])]).free(1).expect("gather w7 [t1]").in_state(1, Flight);
    shell.gathered(7, &[1], &[]).expect("added [t1]; execute t2 a1 [t1]");
}

#[test]
fn a_wish_is_given_up_in_every_state() {
    let mut shell = Shell::new(1);
    shell.tell(Event::MemoryFilled).hold(1, &[7]).ignore().in_state(1, Fetch);
    shell.free(1).expect("forget t1").unknown(1);
    shell.hold(1, &[]).expect("missing w0 [t1]").in_state(1, Missing);
    shell.free(1).expect("forget t1").unknown(1);
    shell.hold(1, &[7]).tell(Event::MemoryFreed).ignore().in_state(1, Flight);
    shell.free(1).expect("forget t1").unknown(1);
    shell.hold(1, &[7]).expect("").in_state(1, Flight);
    shell.free(1).gathered(7, &[1], &[]).expect("forget t1; drop t1");
    assert!(shell.worker.is_empty());
}

#[test]
fn what_nobody_has_is_asked_after_and_given_up() {
    let mut shell = Shell::new(1);
    shell.hold(1, &[7]).gathered(7, &[], &[1]).expect("gather w7 [t1]; missing w7 [t1]").in_state(1, Missing);
    shell.holders(1, &[8]).expect("gather w8 [t1]");
    shell.peer_lost(8).expect("");
    shell.gather_failed(8).expect("missing w8 [t1]").in_state(1, Missing);
    shell.hold(1, &[9]).expect("gather w9 [t1]");
    shell.gather_failed(9).holders(1, &[]).expect("missing w9 [t1]; forget t1").unknown(1);
}

#[test]
fn what_nobody_has_is_still_waited_for_by_the_tasks_that_need_it() {
    let mut shell = Shell::new(1);
    shell.compute(2, 1, &[(1, &[7])]).hold(1, &[]).gather_failed(7).ignore();
    shell.holders(1, &[]).expect("").in_state(1, Missing);
    shell.free(2).expect("forget t1; forget t2").unknown(1);
}

#[test]
fn a_copy_that_is_to_be_computed_here_is_computed() {
    let mut shell = Shell::new(1);
    shell.tell(Event::MemoryFilled).hold(1, &[7]).compute(1, 1, &[]).ignore();
    shell.tell(Event::MemoryFreed).expect("resumed; execute t1 a1 []").executed(1, 1);
    shell.expect("keep t1 a1; finished t1 a1").in_state(1, Memory);
}

#[test]
fn copies_come_after_the_inputs_of_tasks() {
    let mut shell = Shell::new(1);
    shell.tell(Event::MemoryFilled);
    let wishes = [1, 2].map(|task| super::shell::input(task, &[7]));
    shell.tell(Event::Ordered(Order::Hold { inputs: wishes.to_vec() }));
    shell.compute(3, 1, &[(2, &[7])]).ignore();
    shell.tell(Event::MemoryFreed);
    let asked = shell.transfers.get(&w(7)).cloned();
    assert_eq!(asked, Some(vec![t(2), t(1)]));
    shell.ignore();
}
