//! Values that go to disk and come back, disks that take nothing, and tasks that wait for memory.

use super::shell::{Shell, assignment, t};
use crate::machine::memory::Kept;
use crate::machine::{Config, MemoryLimits, StateName};
use partita_protocol::Priority;
use partita_protocol::limits::{PAUSE_PATIENCE, SPILL_RETRY, SPILL_TRIES};
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Event, Order, Unspilled};

/// A worker that may hold 100 bytes: over 60 values go to disk, until there are 54; over 80 nothing starts, until there are
/// 70. Values have 10 bytes each, and a file takes as many as it is told.
fn shell(threads: u32, file: u64) -> Shell {
    let memory = MemoryLimits { least: 1, file, ..MemoryLimits::of(100) };
    Shell::with(Config { memory, ..Config::new(threads) })
}

fn spilled(shell: &mut Shell, file: u32, written: &[u32], kept: &[(u32, Unspilled)]) {
    let written = written.iter().map(|task| t(*task)).collect();
    let kept = kept.iter().map(|(task, why)| (t(*task), *why)).collect();
    shell.tell(Event::Spilled { file, written, kept });
}

/// So many values were put in, one after the other.
fn put(shell: &mut Shell, tasks: std::ops::Range<u32>) {
    tasks.for_each(|task| _ = shell.put(&[task]));
}

#[test]
fn what_was_not_used_for_longest_is_written_and_then_leaves_memory() {
    let mut shell = shell(1, 10);
    put(&mut shell, 1..7);
    shell.expect("");
    // Who runs with a value uses it.
    shell.compute(20, 1, &[(1, &[])]).expect("execute t20 a1 [t1]");
    shell.put(&[7]).expect("spill 0 [t2]; spill 1 [t3]");
    spilled(&mut shell, 1, &[3], &[]);
    shell.expect("evict t3");
    spilled(&mut shell, 0, &[2], &[]);
    shell.expect("evict t2");
    assert_eq!(shell.worker.on_disk(), (2, 20));
    assert_eq!(shell.worker.stored_nbytes(), 70, "it is all here");
    shell.free(3).expect("drop t3; forget t3");
    shell.drain();
}

#[test]
fn what_is_read_back_leaves_memory_again_without_being_written() {
    let mut shell = shell(1, 100);
    put(&mut shell, 1..8);
    shell.expect("spill 0 [t1, t2]");
    spilled(&mut shell, 0, &[1, 2], &[]);
    shell.expect("evict t1; evict t2");
    shell.compute(20, 1, &[(1, &[])]).expect("execute t20 a1 [t1]");
    assert_eq!(shell.worker.tasks[&t(1)].kept, Kept::Both);
    shell.failed(20, 1).ignore();
    put(&mut shell, 8..9);
    shell.expect("spill 1 [t3, t4]");
    spilled(&mut shell, 1, &[3, 4], &[]);
    shell.expect("evict t3; evict t4");
    put(&mut shell, 9..12);
    shell.expect("spill 2 [t5, t6]");
    spilled(&mut shell, 2, &[5, 6], &[]);
    shell.ignore();
    put(&mut shell, 12..14);
    // t7 was put in before t1 was used.
    shell.expect("evict t1; spill 3 [t7]");
    shell.drain();
}

#[test]
fn what_tasks_here_need_goes_last() {
    let mut shell = shell(1, 100);
    put(&mut shell, 1..7);
    shell.compute(20, 1, &[(1, &[])]).compute(21, 2, &[(2, &[])]).ignore();
    put(&mut shell, 7..8);
    shell.expect("spill 0 [t3, t4]");
    shell.drain();
}

#[test]
fn a_value_that_cannot_be_written_stays_and_is_not_tried_again() {
    let mut shell = shell(1, 100);
    put(&mut shell, 1..8);
    shell.expect("spill 0 [t1, t2]");
    spilled(&mut shell, 0, &[2], &[(1, Unspilled::Unwritable)]);
    // One more goes instead.
    shell.expect("evict t2");
    put(&mut shell, 8..9);
    shell.expect("spill 1 [t3, t4]");
    assert_eq!(shell.worker.tasks[&t(1)].kept, Kept::Pinned);
    shell.drain();
}

/// FAULTS D1: a full disk loses nothing; the worker stops, tries the disk again, each time after twice the time, and goes on.
#[test]
fn a_full_disk_is_tried_again_with_one_file() {
    let mut shell = shell(1, 10);
    put(&mut shell, 1..8);
    shell.expect("spill 0 [t1]; spill 1 [t2]");
    spilled(&mut shell, 0, &[], &[(1, Unspilled::Disk)]);
    spilled(&mut shell, 1, &[], &[(2, Unspilled::Disk)]);
    shell.expect("").put(&[8]).expect("").put(&[9]).expect("paused");
    for tries in 0..SPILL_TRIES {
        let before = shell.now();
        while shell.files.is_empty() {
            shell.wait();
        }
        shell.ignore();
        let file = shell.files.keys().next().copied().expect("a file");
        assert!(tries == 0 || shell.now() - before >= SPILL_RETRY.as_nanos() as u64, "try {tries}");
        assert_eq!(shell.files[&file].len(), 1);
        let task = shell.files[&file][0].index() as u32;
        spilled(&mut shell, file, &[], &[(task, Unspilled::Disk)]);
    }
    assert_eq!(shell.worker.on_disk(), (0, 0));
    assert_eq!(shell.worker.stored(), 9, "nothing is lost");
    assert_eq!(shell.worker.next_timeout(), None, "nobody is woken for ever");
    // Whatever happens later has it tried again.
    shell.skip(std::time::Duration::from_secs(3600));
    shell.put(&[10]).ignore();
    let (file, tasks) = shell.files.pop_first().expect("a file");
    shell.files.insert(file, tasks.clone());
    shell.tell(Event::Spilled { file, written: tasks, kept: Vec::new() });
    assert_eq!(shell.worker.on_disk(), (1, 10));
    while let Some((file, tasks)) = shell.files.first_key_value().map(|(file, tasks)| (*file, tasks.clone())) {
        shell.tell(Event::Spilled { file, written: tasks, kept: Vec::new() });
    }
    assert!(!shell.worker.is_paused());
    shell.ignore().drain();
}

/// FAULTS T9: a worker that cannot start anything for too long gives back what waits there.
#[test]
fn who_is_full_for_too_long_gives_back_what_has_not_started() {
    let mut shell = shell(1, 10);
    let large = |task| Assignment { expected_nbytes: 10, ..assignment(task, u64::from(task), &[]) };
    shell.tell(Event::Ordered(Order::Compute(large(20)))).expect("execute t20 a20 []");
    shell.compute(21, 21, &[]).compute(22, 22, &[(23, &[9])]).expect("gather w9 [t23]");
    put(&mut shell, 1..10);
    shell.ignore();
    assert!(shell.worker.is_paused());
    let paused = shell.now();
    spilled(&mut shell, 0, &[], &[(1, Unspilled::Disk)]);
    shell.ignore();
    while shell.worker.state_of(t(21)).is_some() {
        shell.wait();
    }
    assert!(shell.now() - paused >= PAUSE_PATIENCE.as_nanos() as u64 - 2);
    let said = shell.take_said().join("; ");
    assert!(said.contains("rescheduled t21 a21; forget t21; rescheduled t22 a22"), "{said}");
    assert_eq!(shell.worker.state_of(t(20)), Some(StateName::Executing), "what runs goes on");
    shell.drain();
}

/// Producers wait until there is room for what they give, but one may always run.
#[test]
fn tasks_wait_for_memory_that_others_are_expected_to_take() {
    let mut shell = shell(4, 1000);
    let large = |task: u32| {
        let priority = Priority { rank: task, ..Priority::default() };
        let large = Assignment { expected_nbytes: 30, priority, ..assignment(task, u64::from(task), &[]) };
        Event::Ordered(Order::Compute(large))
    };
    for task in 1..5 {
        shell.tell(large(task));
    }
    shell.expect("execute t1 a1 []; execute t2 a2 []").in_state(3, StateName::Ready);
    shell.executed(1, 1).expect("keep t1 a1; finished t1 a1; execute t3 a3 []");
    shell.failed(2, 2).failed(3, 3).ignore().failed(4, 4).ignore();
    put(&mut shell, 10..15);
    shell.ignore();
    // Sixty are held: with nothing else running it starts, and stands alone.
    shell.tell(large(5)).tell(large(6)).expect("execute t5 a5 []");
    shell.executed(5, 5).ignore();
    shell.drain();
}

#[test]
fn inputs_on_disk_need_room_too() {
    let mut shell = shell(2, 1000);
    put(&mut shell, 1..8);
    let tasks = shell.files[&0].clone();
    shell.tell(Event::Spilled { file: 0, written: tasks, kept: Vec::new() }).ignore();
    shell.compute(20, 20, &[]).expect("execute t20 a20 []");
    put(&mut shell, 8..9);
    shell.ignore();
    let memory = shell.worker.stored_nbytes() - shell.worker.on_disk().1;
    assert_eq!((memory, shell.worker.on_disk()), (60, (2, 20)));
    shell.compute(21, 21, &[(1, &[]), (2, &[])]).expect("execute t21 a21 [t1, t2]");
    shell.compute(22, 22, &[(1, &[])]).in_state(22, StateName::Ready);
    shell.failed(20, 20).ignore();
    shell.drain();
}

#[test]
fn what_comes_while_it_is_written_or_on_disk_counts_as_new() {
    let mut shell = shell(1, 10);
    put(&mut shell, 1..8);
    shell.expect("spill 0 [t1]; spill 1 [t2]");
    shell.put(&[1]).expect("");
    spilled(&mut shell, 1, &[2], &[]);
    spilled(&mut shell, 0, &[1], &[]);
    shell.expect("evict t2");
    assert_eq!(shell.worker.tasks[&t(1)].kept, Kept::Memory, "the file is of what was there before");
    shell.put(&[2]).expect("spill 2 [t3]; spill 3 [t4]");
    assert_eq!(shell.worker.tasks[&t(2)].kept, Kept::Memory);
    shell.free(3).expect("drop t3; forget t3");
    spilled(&mut shell, 2, &[3], &[]);
    shell.expect("").unknown(3).drain();
}

#[test]
fn small_values_and_workers_without_a_limit_write_nothing() {
    let memory = MemoryLimits { least: 11, ..MemoryLimits::of(100) };
    for memory in [memory, MemoryLimits::default()] {
        let mut shell = Shell::with(Config { memory, ..Config::new(1) });
        put(&mut shell, 0..100);
        assert_eq!((shell.files.len(), shell.worker.is_paused()), (0, memory.limit > 0));
        shell.ignore().drain();
    }
}

#[test]
fn a_process_that_is_full_stops_whatever_the_store_holds() {
    let mut shell = shell(1, 10);
    shell.tell(Event::MemoryFilled).expect("paused");
    put(&mut shell, 1..10);
    shell.ignore().tell(Event::MemoryFreed).expect("");
    assert!(shell.worker.is_paused(), "the store is full now");
    shell.drain();
}

/// What a file should have held and is not there is not tried again: it counts as lost, and whoever knows is told.
#[test]
fn a_value_that_is_not_there_when_it_is_written_has_vanished() {
    let mut shell = shell(1, 100);
    put(&mut shell, 1..8);
    shell.expect("spill 0 [t1, t2]");
    spilled(&mut shell, 0, &[2], &[(1, Unspilled::Gone)]);
    shell.expect("evict t2; drop t1; forget t1; missing w0 [t1]").unknown(1);
    shell.drain();
}
