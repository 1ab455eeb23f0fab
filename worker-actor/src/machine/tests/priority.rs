//! The order in which tasks start, and how many go ahead.

use super::shell::{Shell, assignment};
use crate::machine::Config;
use partita_protocol::Priority;
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Event, Order};

const QUANTUM: u64 = 100;

fn shell(threads: u32) -> Shell {
    Shell::with(Config { quantum_nanos: QUANTUM, ahead_tasks: 4, ..Config::new(threads) })
}

#[test]
fn ready_tasks_start_by_priority_and_then_first_come_first_served() {
    let mut shell = shell(1);
    shell.compute_ranked(9, 0, u64::MAX).expect("execute t9 a9 []");
    shell.compute_ranked(1, 5, u64::MAX).compute_ranked(4, 3, u64::MAX).compute_ranked(2, 3, u64::MAX).expect("");
    shell.failed(9, 9).expect("failed t9 a9 f7; forget t9; execute t4 a4 []");
    shell.failed(4, 4).expect("failed t4 a4 f7; forget t4; execute t2 a2 []");
    shell.failed(2, 2).expect("failed t2 a2 f7; forget t2; execute t1 a1 []");
    shell.drain();
}

#[test]
fn the_users_priority_comes_before_submissions_and_their_order() {
    let mut shell = shell(1);
    shell.compute_ranked(1, 0, u64::MAX).expect("execute t1 a1 []");
    let users = [(2, i32::MAX, -5), (3, 0, i64::MIN), (4, i32::MIN, i64::MAX), (5, -1, 0), (6, 0, 0)];
    for (task, user, generation) in users {
        let priority = Priority { user, generation, rank: 0 };
        let assignment = Assignment { priority, ..assignment(task, u64::from(task), &[]) };
        shell.tell(Event::Ordered(Order::Compute(assignment))).expect("");
    }
    for (ended, next) in [(1, 4), (4, 5), (5, 3), (3, 6), (6, 2)] {
        let failed = format!("failed t{ended} a{ended} f7; forget t{ended}; execute t{next} a{next} []");
        shell.failed(ended, u64::from(ended)).expect(&failed);
    }
    shell.drain();
}

#[test]
fn tasks_of_unknown_or_long_length_never_go_ahead() {
    let mut shell = shell(2);
    for task in 1..5 {
        shell.compute_ranked(task, task, if task % 2 == 0 { u64::MAX } else { QUANTUM });
    }
    shell.expect("execute t1 a1 []; execute t2 a2 []");
    assert_eq!((shell.worker.executing(), shell.worker.ready()), (2, 2));
    shell.drain();
}

#[test]
fn short_tasks_go_ahead_up_to_a_quantum_for_each_thread() {
    let mut shell = shell(1);
    for task in 1..5 {
        shell.compute_ranked(task, task, 40);
    }
    shell.expect("execute t1 a1 []; execute t2 a2 []");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t3 a3 []");
    shell.drain();
}

#[test]
fn tiny_tasks_go_ahead_up_to_their_number() {
    let mut shell = shell(2);
    for task in 1..20 {
        shell.compute_ranked(task, task, 1);
    }
    assert_eq!((shell.worker.executing(), shell.worker.ready()), (8, 11));
    shell.ignore().drain();
}

#[test]
fn a_better_task_is_not_overtaken_by_short_ones() {
    let mut shell = shell(1);
    shell.compute_ranked(1, 1, 10).compute_ranked(2, 2, 10).expect("execute t1 a1 []; execute t2 a2 []");
    shell.compute_ranked(3, 3, u64::MAX).compute_ranked(4, 4, 10).expect("");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    shell.executed(2, 2).expect("keep t2 a2; finished t2 a2; execute t3 a3 []");
    shell.drain();
}

#[test]
fn behind_a_long_task_nothing_goes_ahead() {
    let mut shell = shell(1);
    shell.compute_ranked(1, 1, u64::MAX).compute_ranked(2, 2, 1).expect("execute t1 a1 []");
    shell.seceded(1, 1).expect("seceded t1 a1; execute t2 a2 []");
    shell.drain();
}
