//! Processes that have more in memory than their values.

use super::shell::{Shell, t};
use crate::machine::{Config, MemoryLimits, StateName};
use partita_protocol::limits::{PAUSE_PATIENCE, RESIDENT_LOOKS, STRAIN_PATIENCE};
use partita_protocol::worker::{Event, Unspilled};
use std::time::Duration;

/// A worker that may hold 100 bytes: over 60 of values, or 70 of the process, values go to disk until there are 54, or 60;
/// over 80 nothing starts. Values have 10 bytes each.
fn shell(threads: u32) -> Shell {
    let memory = MemoryLimits { least: 1, file: 1000, ..MemoryLimits::of(100) };
    Shell::with(Config { memory, ..Config::new(threads) })
}

/// Somebody looks at the process, so often that it is known what it has.
fn look(shell: &mut Shell, nbytes: u64) -> &mut Shell {
    for _ in 1..RESIDENT_LOOKS {
        glance(shell, nbytes);
    }
    glance(shell, nbytes)
}

/// Somebody looks at the process once.
fn glance(shell: &mut Shell, nbytes: u64) -> &mut Shell {
    shell.tell(Event::Resident { nbytes })
}

/// The file with this number is written, all of it.
fn written(shell: &mut Shell, file: u32) -> &mut Shell {
    let written = shell.files[&file].clone();
    shell.tell(Event::Spilled { file, written, kept: Vec::new() })
}

#[test]
fn a_process_that_has_too_much_lets_go_what_was_not_used_for_longest() {
    let mut shell = shell(1);
    shell.put(&[1, 2, 3, 4, 5]);
    look(&mut shell, 70).expect("");
    // Fifteen are too many: two values.
    look(&mut shell, 75).expect("spill 0 [t1, t2]");
    // They are on their way.
    look(&mut shell, 75).expect("");
    written(&mut shell, 0).expect("evict t1; evict t2");
    look(&mut shell, 55).expect("");
    assert_eq!((shell.worker.managed(), shell.worker.on_disk()), (30, (2, 20)));
    // Below the share nothing goes, also if it is over the target.
    shell.put(&[6]).expect("");
    look(&mut shell, 69).expect("");
    assert!(!shell.worker.is_beyond_help());
    shell.drain();
}

#[test]
fn what_comes_after_a_look_counts_at_once() {
    let mut shell = shell(1);
    shell.put(&[1, 2, 3]);
    look(&mut shell, 71).expect("spill 0 [t1, t2]");
    written(&mut shell, 0).expect("evict t1; evict t2");
    // With 41 beside values these are 51, then 61, then 71.
    shell.put(&[4]).expect("").put(&[5]).expect("spill 1 [t3, t4]");
    written(&mut shell, 1).expect("evict t3; evict t4");
    look(&mut shell, 60).expect("");
    shell.drain();
}

/// An allocator keeps what was freed and gives it to the next value; a task takes memory while it runs.
#[test]
fn what_is_there_for_a_while_counts_only_near_the_end() {
    let mut shell = shell(2);
    shell.put(&[1, 2, 3, 4]).compute(20, 20, &[]).expect("execute t20 a20 []");
    look(&mut shell, 45).expect("");
    for nbytes in [87, 86, 87, 46, 87, 79] {
        glance(&mut shell, nbytes).expect("");
    }
    shell.compute(21, 21, &[]).expect("execute t21 a21 []");
    // Halfway from the pause to the end it counts at once.
    glance(&mut shell, 88).expect("spill 0 [t1, t2, t3]; paused");
    written(&mut shell, 0).expect("evict t1; evict t2; evict t3; resumed");
    // What stays for longer counts, too.
    glance(&mut shell, 60).expect("");
    shell.put(&[5, 6]);
    look(&mut shell, 85).expect("spill 1 [t4, t5]; spill 2 [t6]; paused");
    shell.drain();
}

/// FAULTS T9.
#[test]
fn a_process_over_the_pause_starts_nothing_until_it_is_below() {
    let mut shell = shell(1);
    shell.compute(20, 1, &[]).compute(21, 2, &[]).expect("execute t20 a1 []");
    look(&mut shell, 81).expect("paused");
    shell.executed(20, 1).expect("keep t20 a1; finished t20 a1; spill 0 [t20]").in_state(21, StateName::Ready);
    written(&mut shell, 0).expect("evict t20");
    look(&mut shell, 78).expect("");
    look(&mut shell, 77).expect("resumed; execute t21 a2 []");
    shell.drain();
}

/// FAULTS T9: an allocator that gives nothing back, or a task that leaked, must not stop a worker for ever.
#[test]
fn who_can_do_nothing_about_it_starts_one_task_at_a_time() {
    let mut shell = shell(4);
    shell.put(&[1]);
    look(&mut shell, 95).expect("spill 0 [t1]; paused");
    for task in 20..24 {
        shell.compute(task, u64::from(task), &[]).expect("");
    }
    written(&mut shell, 0).expect("evict t1");
    let since = shell.now();
    assert!(shell.worker.is_beyond_help());
    shell.skip(STRAIN_PATIENCE / 2);
    look(&mut shell, 90).expect("");
    shell.wait().expect("resumed; execute t20 a20 []");
    assert!(Duration::from_nanos(shell.now() - since) < PAUSE_PATIENCE, "before tasks are given back");
    look(&mut shell, 99).executed(20, 20).ignore();
    assert!(shell.worker.is_strained() && shell.running.contains_key(&(t(21), super::shell::a(21))));
    assert_eq!(shell.running.len(), 1);
    // With room all go on.
    look(&mut shell, 50).expect("execute t22 a22 []; execute t23 a23 []");
    assert!(!shell.worker.is_strained() && !shell.worker.is_beyond_help());
    glance(&mut shell, 90).ignore();
    let patience = partita_protocol::Time(shell.now()) + PAUSE_PATIENCE;
    assert!(shell.worker.is_paused());
    assert_eq!(shell.worker.next_timeout(), Some(patience), "it waits for what runs");
    shell.drain();
}

/// FAULTS T9, D1: a disk that takes nothing is nothing that could be done.
#[test]
fn a_disk_that_takes_nothing_does_not_stop_it_for_ever_either() {
    // The values are a part of it, and without them it would still be too much.
    let mut shell = shell(2);
    shell.put(&[1]).compute(20, 20, &[]).expect("execute t20 a20 []");
    look(&mut shell, 88).expect("spill 0 [t1]; paused");
    shell.compute(21, 21, &[]);
    shell.tell(Event::Spilled { file: 0, written: Vec::new(), kept: vec![(t(1), Unspilled::Disk)] }).expect("");
    shell.failed(20, 20).ignore();
    shell.wait().expect("resumed; execute t21 a21 []");
    assert!(shell.worker.is_strained());
    shell.drain();
}

/// FAULTS D1: if they alone are too much, because no disk takes them, it waits until somebody lets them go.
#[test]
fn values_that_no_disk_takes_are_waited_for() {
    let mut shell = shell(2);
    shell.put(&[1, 2]).compute(20, 20, &[]).expect("execute t20 a20 []");
    look(&mut shell, 85).expect("spill 0 [t1, t2]; paused");
    let kept = [1, 2].map(|task| (t(task), Unspilled::Disk)).to_vec();
    shell.tell(Event::Spilled { file: 0, written: Vec::new(), kept }).expect("");
    shell.failed(20, 20).ignore();
    for _ in 0..20 {
        glance(&mut shell, 85).ignore();
        assert!(!shell.worker.is_strained());
    }
    shell.free(1).free(2).ignore();
    glance(&mut shell, 65).compute(21, 21, &[]).expect("execute t21 a21 []");
    shell.drain();
}

#[test]
fn workers_without_a_limit_do_not_mind() {
    let mut shell = Shell::new(1);
    shell.put(&[1]);
    look(&mut shell, u64::MAX).compute(2, 2, &[]).expect("execute t2 a2 []");
    assert_eq!(shell.worker.resident(), 0);
    shell.drain();
}

#[test]
fn shares_out_of_order_are_put_in_order() {
    let limits = MemoryLimits::shares(1000, 0.9, 0.5, 0.8);
    assert_eq!((limits.target, limits.spill, limits.pause, limits.resume), (800, 800, 800, 800));
    let limits = MemoryLimits::shares(1000, 0.5, 0.9, 0.8);
    assert_eq!((limits.target, limits.spill, limits.pause), (500, 800, 800));
}
