//! Giving up: what is freed in whatever state, orphans and strays.

use super::shell::Shell;
use crate::machine::StateName;

/// What is known to be short goes ahead to a thread, but not behind an execution that nobody waits for: nothing tells when it ends.
#[test]
fn nothing_is_handed_ahead_behind_an_orphan() {
    let mut shell = Shell::new(1);
    shell.compute_ranked(1, 1, 10).compute_ranked(2, 2, 10).ignore();
    assert_eq!((shell.worker.executing(), shell.orphaned), (2, 0), "it goes ahead");
    shell.executed(2, 2).free(1).ignore();
    shell.compute_ranked(3, 3, 10).expect("");
    assert_eq!((shell.worker.executing(), shell.orphaned), (1, 1));
    shell.executed(1, 1).expect("execute t3 a3 []");
    assert_eq!(shell.orphaned, 0);
    shell.drain();
}

#[test]
fn a_value_that_is_read_goes_when_it_is_read() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0])]).compute(2, 2, &[(0, &[0])]).expect("execute t1 a1 [t0]");
    shell.free(0).expect("").in_state(0, StateName::Released);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t2 a2 [t0]");
    shell.executed(2, 2).expect("keep t2 a2; finished t2 a2; drop t0; forget t0");
    shell.drain();
}

#[test]
fn a_freed_value_that_is_still_here_is_used_again() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0])]).ignore().free(0).expect("");
    shell.compute(2, 2, &[(0, &[7])]).expect("added [t0]").in_state(0, StateName::Memory);
    shell.free(0).compute(0, 3, &[]).expect("finished t0 a3").in_state(0, StateName::Memory);
    shell.free(0).put(&[0]).expect("").in_state(0, StateName::Memory);
    shell.drain();
}

#[test]
fn a_waiting_task_goes_with_what_only_it_needs() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0]), (5, &[3]), (6, &[3]), (7, &[])]).expect("missing w0 [t7]; gather w3 [t5, t6]");
    shell.compute(2, 2, &[(6, &[3]), (8, &[3])]).expect("").in_state(8, StateName::Fetch);
    shell.free(1).expect("forget t5; forget t7; forget t1").in_state(6, StateName::Flight);
    shell.free(2).expect("forget t6; forget t8; forget t2");
    shell.gathered(3, &[5, 6], &[]).expect("drop t5; drop t6");
    shell.drain();
}

#[test]
fn a_ready_task_is_simply_forgotten() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).ignore();
    shell.free(2).expect("forget t2").unknown(2);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.drain();
}

#[test]
fn a_freed_execution_keeps_its_thread_and_its_inputs_until_it_ends() {
    let mut shell = Shell::new(1);
    shell.holding(&[0]);
    shell.compute(1, 1, &[(0, &[0])]).compute(2, 2, &[]).ignore();
    shell.free(1).free(0).expect("stop t1 a1; forget t1").unknown(1).in_state(0, StateName::Released);
    shell.executed(1, 1).expect("drop t0; forget t0; execute t2 a2 []");
    shell.drain();
}

#[test]
fn an_orphan_that_secedes_or_fails_says_nothing() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(2, 2, &[]).ignore();
    shell.free(1).expect("stop t1 a1; forget t1").seceded(1, 1).expect("execute t2 a2 []");
    shell.seceded(1, 1).failed(1, 1).expect("");
    assert_eq!(shell.worker.executing(), 1);
    shell.drain();
}

#[test]
fn an_orphan_is_taken_over_by_its_own_attempt() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).ignore().free(1).expect("stop t1 a1; forget t1");
    shell.compute(1, 1, &[]).expect("").in_state(1, StateName::Executing);
    shell
        .seceded(1, 1)
        .ignore()
        .free(1)
        .compute(1, 1, &[])
        .expect("stop t1 a1; forget t1")
        .in_state(1, StateName::LongRunning);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.drain();
}

#[test]
fn a_freed_task_that_is_waited_for_is_missing_with_the_priority_of_its_waiters() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[]).compute(3, 3, &[(1, &[])]).expect("execute t1 a1 []");
    shell.free(1).expect("stop t1 a1; missing w0 [t1]").in_state(1, StateName::Missing);
    shell.compute(4, 4, &[(9, &[6])]).compute(2, 2, &[(8, &[6])]).expect("gather w6 [t9]");
    shell.holders(1, &[6]).gathered(6, &[9], &[]).expect("added [t9]; gather w6 [t8, t1]");
    shell.drain();
}

#[test]
fn a_stray_is_taken_over_by_whoever_needs_it() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[(5, &[3])]).free(1).expect("gather w3 [t5]; forget t5; forget t1");
    shell.compute(2, 2, &[(5, &[4])]).expect("").in_state(5, StateName::Flight);
    shell.gathered(3, &[], &[5]).expect("missing w3 [t5]; gather w4 [t5]");
    shell.free(2).compute(5, 5, &[]).expect("forget t5; forget t2").in_state(5, StateName::Flight);
    shell.gathered(4, &[5], &[]).expect("finished t5 a5").in_state(5, StateName::Memory);
    shell.drain();
}

#[test]
fn freeing_what_is_unknown_or_only_an_input_changes_nothing() {
    let mut shell = Shell::new(1);
    shell.compute(1, 1, &[(5, &[3]), (6, &[])]).expect("missing w0 [t6]; gather w3 [t5]");
    shell.free(5).free(6).free(7).expect("").in_state(5, StateName::Flight).in_state(6, StateName::Missing);
    shell.drain();
}

#[test]
fn many_freed_tasks_leave_no_places_in_queue_and_lists() {
    let mut shell = Shell::new(1);
    shell.compute(0, 1, &[]).ignore();
    shell.compute(1, 1, &[(9, &[3])]).ignore();
    for attempt in 0..500 {
        shell.compute(2, attempt, &[]).compute(3, attempt, &[(9, &[3])]).free(2).free(3).ignore();
    }
    assert!(shell.worker.ready.places().count() <= 100);
    assert!(shell.worker.tasks[&super::shell::t(9)].waiters.len() <= 100);
    shell.drain();
}
