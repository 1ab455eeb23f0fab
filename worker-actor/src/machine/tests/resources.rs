//! What executions take of the worker while they run.

use super::shell::{Shell, assignment};
use crate::machine::{Config, StateName};
use partita_protocol::Resources;
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Event, Order};
use std::num::NonZeroU64;
use std::sync::Arc;

fn device() -> Resources {
    Resources::new([("device", 1.0)])
}

/// A worker with so many threads and one device.
fn worker(threads: u32) -> Shell {
    Shell::with(Config { resources: device(), ..Config::new(threads) })
}

#[test]
fn a_cancelled_execution_keeps_what_it_took_until_it_ends() {
    let mut shell = worker(3);
    shell.compute_with_devices(1, 1, 1.0).expect("execute t1 a1 []").free(1).expect("stop t1 a1; forget t1");
    shell.compute_with_devices(1, 2, 1.0).compute_with_devices(2, 3, 1.0).expect("");
    shell.in_state(1, StateName::Ready).in_state(2, StateName::Ready);
    shell.compute(3, 4, &[]).expect("execute t3 a4 []");
    shell.executed(1, 1).expect("execute t1 a2 []");
    shell.failed(1, 2).expect("failed t1 a2 f7; forget t1; execute t2 a3 []");
    shell.drain();
}

#[test]
fn a_task_that_is_passed_over_can_be_given_up() {
    let mut shell = worker(2);
    shell.compute_with_devices(1, 1, 1.0).free(1).compute_with_devices(2, 2, 1.0).ignore();
    shell.steal(2, 2).expect("given back t2 a2; forget t2");
    shell.compute_with_devices(2, 3, 1.0).free(2).expect("forget t2");
    shell.executed(1, 1).expect("");
    shell.compute_with_devices(4, 5, 1.0).expect("execute t4 a5 []").seceded(4, 5).expect("seceded t4 a5");
    shell.compute_with_devices(5, 6, 1.0).expect("");
    shell.executed(4, 5).expect("keep t4 a5; finished t4 a5; execute t5 a6 []");
    shell.drain();
}

#[test]
fn what_took_too_long_gives_back_what_it_took() {
    let mut shell = worker(1);
    let limited =
        Assignment { resources: Some(Arc::new(device())), timeout_nanos: NonZeroU64::new(5), ..assignment(1, 1, &[]) };
    shell.tell(Event::Ordered(Order::Compute(limited))).compute_with_devices(2, 2, 1.0).expect("execute t1 a1 []");
    shell.wait().ignore();
    shell.in_state(2, StateName::Executing);
    shell.drain();
}

#[test]
fn what_the_worker_is_not_known_to_have_has_no_limit() {
    let mut shell = Shell::new(2);
    shell.compute_with_devices(1, 1, 9.0).compute_with_devices(2, 2, 9.0);
    shell.expect("execute t1 a1 []; execute t2 a2 []").drain();
}

#[test]
fn what_waits_for_a_device_does_not_keep_others_from_being_handed_ahead() {
    let config = Config { resources: device(), quantum_nanos: 100, ..Config::new(1) };
    let mut shell = Shell::with(config);
    shell.compute_with_devices(1, 1, 1.0).free(1).ignore();
    let waits = Assignment { resources: Some(Arc::new(device())), ..assignment(2, 2, &[]) };
    shell.tell(Event::Ordered(Order::Compute(waits))).expect("").in_state(2, StateName::Ready);
    shell.executed(1, 1).expect("execute t2 a2 []");
    shell.drain();
}
