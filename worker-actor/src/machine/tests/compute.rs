//! Assignments and how they end.

use super::shell::{Shell, a, t};
use crate::machine::{Config, StateName};
use partita_protocol::worker::Outcome;

#[test]
fn a_task_without_inputs_starts_at_once_and_its_value_is_kept() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).expect("execute t1 a1 []").in_state(1, StateName::Executing);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1").in_state(1, StateName::Memory);
    assert_eq!((shell.worker.stored(), shell.worker.stored_nbytes()), (1, 10));
    shell.free(1).expect("drop t1; forget t1").unknown(1);
    shell.drain();
}

#[test]
fn inputs_that_are_here_are_handed_over_in_the_order_of_the_arguments() {
    let mut shell = Shell::new(1);
    shell.holding(&[1, 2, 3]);
    shell.compute(9, 1, &[(3, &[0]), (1, &[0]), (2, &[0]), (1, &[0])]).expect("execute t9 a1 [t3, t1, t2, t1]");
    shell.executed(9, 1).expect("keep t9 a1; finished t9 a1");
    shell.drain();
}

#[test]
fn what_is_computed_here_unblocks_what_waits_for_it() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).expect("execute t1 a1 []");
    shell.compute(2, 2, &[(1, &[])]).in_state(2, StateName::Waiting).expect("");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t2 a2 [t1]");
    shell.drain();
}

#[test]
fn a_failed_task_is_reported_and_forgotten() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0])]).ignore();
    shell.failed(1, 1).expect("failed t1 a1 f7; forget t1").unknown(1);
    shell.free(0).expect("drop t0; forget t0");
    shell.drain();
}

#[test]
fn a_failed_task_that_is_waited_for_is_missing() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[(1, &[])]).ignore();
    shell.failed(1, 1).expect("failed t1 a1 f7; missing w0 [t1]").in_state(1, StateName::Missing);
    shell.holders(1, &[5]).expect("gather w5 [t1]");
    shell.gathered(5, &[1], &[]).expect("added [t1]; execute t2 a2 [t1]");
    shell.drain();
}

#[test]
fn a_task_that_wants_to_run_elsewhere_is_reported_and_forgotten() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).ignore();
    shell.ended(t(1), a(1), Outcome::Reschedule).expect("rescheduled t1 a1; forget t1; execute t2 a2 []");
    shell.drain();
}

#[test]
fn a_seceded_task_gives_its_thread_to_the_next_one() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).expect("execute t1 a1 []").in_state(2, StateName::Ready);
    shell.seceded(1, 1).expect("seceded t1 a1; execute t2 a2 []").in_state(1, StateName::LongRunning);
    shell.seceded(1, 1).expect("");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    assert_eq!(shell.worker.executing(), 1, "the thread was given back only once");
    shell.drain();
}

#[test]
fn what_is_here_is_not_computed_again() {
    let mut shell = Shell::new(1);
    shell.holding(&[1]);
    shell.compute(1, 4, &[(8, &[3])]).expect("finished t1 a4").unknown(8);
    shell.drain();
}

#[test]
fn a_newer_attempt_makes_an_orphan_of_the_older_one() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(1, 2, &[]).expect("execute t1 a1 []; stop t1 a1").in_state(1, StateName::Ready);
    assert_eq!((shell.worker.orphans(), shell.worker.executing()), (1, 1), "the thread is still taken");
    shell.executed(1, 1).expect("execute t1 a2 []").in_state(1, StateName::Executing);
    shell.executed(1, 1).expect("");
    shell.executed(1, 2).expect("keep t1 a2; finished t1 a2");
    shell.drain();
}

#[test]
fn an_assignment_that_is_not_newer_is_ignored() {
    let mut shell = Shell::new(1);
    shell.compute(1, 5, &[]).compute(1, 5, &[]).compute(1, 4, &[]).expect("execute t1 a5 []");
    shell.compute(2, 7, &[(9, &[1])]).expect("gather w1 [t9]");
    shell.compute(2, 6, &[]).expect("").in_state(2, StateName::Waiting);
    assert_eq!(shell.worker.attempt_of(t(2)), Some(a(7)));
    shell.drain();
}

#[test]
fn a_waiting_task_takes_a_newer_attempt_with_other_inputs() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[(8, &[3])]).expect("gather w3 [t8]");
    shell.compute(1, 2, &[(9, &[4])]).expect("forget t8; gather w4 [t9]").unknown(8);
    shell.gathered(3, &[8], &[]).expect("drop t8");
    shell.gathered(4, &[9], &[]).expect("added [t9]; execute t1 a2 [t9]");
    shell.drain();
}

#[test]
fn data_that_is_put_is_here_whatever_was_to_become_of_it() {
    let mut shell = Shell::new(1);
    shell.put(&[1, 1]).expect("").in_state(1, StateName::Memory);
    shell.compute(3, 3, &[(2, &[5])]).compute(4, 4, &[(6, &[])]).expect("gather w5 [t2]; missing w0 [t6]");
    shell.put(&[2, 6]).expect("execute t3 a3 [t2]").in_state(4, StateName::Ready);
    shell.gathered(5, &[2], &[]).expect("").in_state(2, StateName::Memory);
    shell.put(&[3, 4]).expect("stop t3 a3; finished t3 a3; finished t4 a4");
    assert_eq!(shell.worker.orphans(), 1);
    shell.drain();
}

#[test]
fn data_that_is_put_together_with_the_task_that_read_it_stays() {
    let mut shell = Shell::new(1);
    shell.holding(&[1]);
    shell.compute(2, 1, &[(1, &[0]), (3, &[])]).free(1).ignore().in_state(1, StateName::Released);
    shell.put(&[2, 1]).expect("forget t3; finished t2 a1").in_state(1, StateName::Memory);
    shell.drain();
}

#[test]
fn executions_are_recorded_if_asked_for() {
    let mut shell = Shell::with(Config { record: true, ..Config::new(1) });
    shell.compute(1, 1, &[]).ignore();
    shell.executed(1, 1).expect(
        "record Compute { task: t1, attempt: a1, worker: w0, thread: 0, started: Time(1), stopped: Time(2), \
         nbytes: 10, ok: true }
         keep t1 a1; finished t1 a1",
    );
    shell.drain();
}
