//! Executions that run for longer than they may.

use super::shell::{Shell, a, t};
use crate::machine::{Config, StateName};
use partita_protocol::Time;

#[test]
fn an_execution_that_takes_too_long_gives_its_thread_to_others() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).compute(2, 2, &[]).expect("execute t1 a1 []");
    assert_eq!(shell.worker.next_timeout(), Some(Time(11)));
    assert_eq!(shell.worker.due_of(t(1)), Some(Time(11)));
    shell.wait().expect("timed out t1 a1; forget t1; abandon t1 a1; execute t2 a2 []");
    assert_eq!((shell.worker.executing(), shell.worker.orphans()), (1, 1));
    shell.unknown(1).executed(1, 1).expect("");
    assert_eq!((shell.worker.executing(), shell.worker.orphans()), (1, 0));
    shell.drain();
}

#[test]
fn nothing_happens_before_the_time() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).expect("execute t1 a1 []");
    shell.tell(partita_protocol::worker::Event::TimePassed).expect("").in_state(1, StateName::Executing);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1");
    assert_eq!(shell.worker.next_timeout(), None);
    shell.drain();
}

#[test]
fn the_time_spent_behind_others_does_not_count() {
    let mut shell = Shell::with(Config { quantum_nanos: 100, ..Config::new(1) });
    shell.compute_ranked(1, 1, 1).compute_limited(2, 2, 1000).compute_ranked(3, 3, 1).expect("execute t1 a1 []");
    assert_eq!(shell.worker.next_timeout(), None, "it has not begun");
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t2 a2 []");
    assert_eq!(shell.worker.next_timeout(), Some(Time(1004)));
    shell.executed(2, 2).expect("keep t2 a2; finished t2 a2; execute t3 a3 []");
    shell.drain();
}

#[test]
fn waiting_for_others_counts() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).seceded(1, 1).compute(2, 2, &[]);
    shell.expect("execute t1 a1 []; seceded t1 a1; execute t2 a2 []");
    shell.wait().expect("timed out t1 a1; forget t1; abandon t1 a1");
    assert_eq!(shell.worker.executing(), 1);
    shell.seceded(1, 1).expect("");
    shell.failed(1, 1).expect("");
    shell.drain();
}

#[test]
fn an_orphan_that_takes_too_long_gives_its_thread_back_and_says_nothing() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).free(1).compute(1, 2, &[]).expect("execute t1 a1 []; stop t1 a1; forget t1");
    shell.wait().expect("abandon t1 a1; execute t1 a2 []");
    shell.executed(1, 1).expect("");
    shell.executed(1, 2).expect("keep t1 a2; finished t1 a2");
    shell.drain();
}

#[test]
fn the_same_task_may_run_again_beside_the_one_that_was_given_up() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).wait().expect("execute t1 a1 []; timed out t1 a1; forget t1; abandon t1 a1");
    shell.compute_limited(1, 2, 10).expect("execute t1 a2 []");
    shell.executed(1, 1).expect("").in_state(1, StateName::Executing);
    assert_eq!(shell.worker.attempt_of(t(1)), Some(a(2)));
    shell.executed(1, 2).expect("keep t1 a2; finished t1 a2");
    shell.drain();
}

#[test]
fn inputs_stay_until_the_execution_ends() {
    let mut shell = Shell::new(1);
    shell.holding(&[7]);
    shell.tell(partita_protocol::worker::Event::Ordered(partita_protocol::worker::Order::Compute(
        partita_protocol::scheduler::Assignment {
            timeout_nanos: std::num::NonZeroU64::new(10),
            ..super::shell::assignment(1, 1, &[(7, &[])])
        },
    )));
    shell.wait().free(7).in_state(7, StateName::Released);
    shell.ignore();
    shell.executed(1, 1).expect("drop t7; forget t7");
    shell.drain();
}

#[test]
fn executions_are_given_up_in_the_order_of_their_ends() {
    let mut shell = Shell::new(3);
    shell.compute_limited(1, 1, 30).compute_limited(2, 2, 10).compute_limited(3, 3, 20).ignore();
    for task in [2, 3, 1] {
        shell.wait().expect(&format!("timed out t{task} a{task}; forget t{task}; abandon t{task} a{task}"));
    }
    shell.compute_limited(4, 4, u64::MAX).expect("execute t4 a4 []");
    assert_eq!(shell.worker.next_timeout(), Some(Time(u64::MAX)), "no overflow");
    shell.drain();
}

#[test]
fn a_paused_worker_gives_up_too() {
    let mut shell = Shell::new(1);
    shell.compute_limited(1, 1, 10).compute(2, 2, &[]);
    shell.tell(partita_protocol::worker::Event::MemoryFilled).ignore();
    shell.wait().expect("timed out t1 a1; forget t1; abandon t1 a1");
    shell.tell(partita_protocol::worker::Event::MemoryFreed).expect("resumed; execute t2 a2 []");
    shell.drain();
}
