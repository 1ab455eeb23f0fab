//! Stealing: what has not started is given back, all else is not, and the scheduler is always answered.

use super::shell::Shell;
use crate::machine::StateName;

#[test]
fn a_ready_task_is_given_back() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).expect("execute t1 a1 []");
    shell.steal(2, 2).expect("given back t2 a2; forget t2").unknown(2);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.drain();
}

#[test]
fn a_waiting_task_is_given_back_with_what_only_it_needs() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0]), (5, &[3])]).expect("gather w3 [t5]");
    shell.steal(1, 1).expect("given back t1 a1; forget t5; forget t1").in_state(0, StateName::Memory);
    shell.gathered(3, &[5], &[]).expect("drop t5");
    shell.drain();
}

#[test]
fn what_has_started_or_ended_is_not_given_back() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).expect("execute t1 a1 []");
    shell.steal(1, 1).expect("not given back t1 a1");
    shell.seceded(1, 1).expect("seceded t1 a1").steal(1, 1).expect("not given back t1 a1");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.steal(1, 1).expect("not given back t1 a1").in_state(1, StateName::Memory);
    shell.drain();
}

#[test]
fn another_attempt_or_an_unknown_task_is_not_given_back() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 4, &[]).expect("execute t1 a1 []");
    shell.steal(2, 3).expect("not given back t2 a3").in_state(2, StateName::Ready);
    shell.steal(2, 5).expect("not given back t2 a5").in_state(2, StateName::Ready);
    shell.free(2).expect("forget t2").steal(2, 4).expect("not given back t2 a4");
    shell.drain();
}

#[test]
fn a_paused_worker_gives_back_too() {
    let mut shell = Shell::new(1);
    shell.tell(partita_protocol::worker::Event::MemoryFilled).expect("paused");
    shell.compute(1, 1, &[]).expect("").steal(1, 1).expect("given back t1 a1; forget t1");
    shell.drain();
}

#[test]
fn a_task_that_is_given_back_and_waited_for_is_missing() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).compute(3, 3, &[(2, &[])]).expect("execute t1 a1 []");
    shell.steal(2, 2).expect("given back t2 a2; missing w0 [t2]").in_state(2, StateName::Missing);
    shell.holders(2, &[6]).expect("gather w6 [t2]").gathered(6, &[2], &[]).expect("added [t2]");
    shell.drain();
}

#[test]
fn what_was_given_back_can_come_again() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).steal(2, 2).ignore();
    shell.compute(2, 3, &[]).steal(2, 2).expect("not given back t2 a2").in_state(2, StateName::Ready);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t2 a3 []");
    shell.drain();
}
