//! Shares of clients: on a worker, too, nobody waits behind all the tasks of another.

use super::shell::{Shell, a, assignment, t};
use crate::machine::Config;
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Event, Order, Outcome};
use partita_protocol::{ClientId, Priority, Resources, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a task is expected to take, in nanoseconds.
const EACH: u64 = 1_000;

fn shell() -> Shell {
    Shell::with(Config { quantum_nanos: 0, ..Config::new(1) })
}

fn give(shell: &mut Shell, client: u32, task: u32, user: i32) {
    let priority = Priority { user, generation: i64::from(client), rank: task };
    let of =
        Assignment { client: ClientId(client), priority, expected_nanos: EACH, ..assignment(task, task.into(), &[]) };
    shell.tell(Event::Ordered(Order::Compute(of)));
}

/// Ends what runs, one after the other, each after so long; gives the order in which the tasks started.
fn run(shell: &mut Shell, took: impl Fn(u32) -> u64) -> Vec<u32> {
    let mut order = Vec::new();
    while let Some((task, attempt)) = shell.running.keys().next().copied() {
        order.push(task.index() as u32);
        let (started, stopped) = (Time(0), Time(took(task.index() as u32)));
        let outcome = Outcome::Value { nbytes: 1 };
        shell.tell(Event::Executed { task, attempt, outcome, started, stopped });
        shell.free(task.index() as u32).ignore();
    }
    order
}

#[test]
fn clients_take_turns() {
    let mut shell = shell();
    (1..=6).for_each(|task| give(&mut shell, 0, task, 0));
    (11..=13).for_each(|task| give(&mut shell, 1, task, 0));
    assert_eq!(run(&mut shell, |_| EACH), [1, 11, 2, 12, 3, 13, 4, 5, 6]);
    shell.drain();
}

#[test]
fn shares_are_of_time_and_not_of_tasks() {
    let mut shell = shell();
    (1..=8).for_each(|task| give(&mut shell, 0, task, 0));
    (11..=13).for_each(|task| give(&mut shell, 1, task, 0));
    let order = run(&mut shell, |task| if task < 10 { EACH } else { 3 * EACH });
    let mut given = BTreeMap::from([(0, 0u32), (1, 0)]);
    for task in &order[..8] {
        *given.entry(task / 10).or_default() += if *task < 10 { 1 } else { 3 };
        assert!(given[&0].abs_diff(given[&1]) <= 3, "{order:?}");
    }
}

#[test]
fn the_best_user_priority_comes_first_whoever_asks() {
    let mut shell = shell();
    for (client, task, user) in [(0, 1, 0), (0, 2, 5), (0, 3, 0), (1, 11, 5), (1, 12, 0), (1, 13, -5)] {
        give(&mut shell, client, task, user);
    }
    assert_eq!(run(&mut shell, |_| EACH), [1, 13, 3, 12, 2, 11]);
}

#[test]
fn who_comes_back_has_saved_nothing_up() {
    let mut shell = shell();
    (1..=9).for_each(|task| give(&mut shell, 0, task, 0));
    give(&mut shell, 1, 11, -1);
    for task in [1, 11, 2, 3, 4] {
        let (started, stopped) = (Time(0), Time(EACH));
        let outcome = Outcome::Value { nbytes: 1 };
        shell.tell(Event::Executed { task: t(task), attempt: a(task.into()), outcome, started, stopped }).ignore();
    }
    // The second client was given one, the first one four.
    (12..=15).for_each(|task| give(&mut shell, 1, task, 0));
    assert_eq!(run(&mut shell, |_| EACH), [5, 6, 12, 7, 13, 8, 14, 9, 15]);
}

#[test]
fn a_client_whose_tasks_want_for_resources_does_not_hold_up_another() {
    let mut shell = shell();
    let device = Some(Arc::new(Resources::new([("device", 1.0)])));
    let of = |client, task: u32, resources| Assignment {
        client: ClientId(client),
        resources,
        expected_nanos: EACH,
        ..assignment(task, task.into(), &[])
    };
    shell.worker.config.resources = Resources::new([("device", 1.0)]);
    shell.worker.config.threads = 2;
    for (client, task) in [(0, 1), (0, 2), (0, 3)] {
        shell.tell(Event::Ordered(Order::Compute(of(client, task, device.clone()))));
    }
    shell.tell(Event::Ordered(Order::Compute(of(1, 11, None))));
    assert_eq!(shell.running.keys().copied().collect::<Vec<_>>(), [(t(1), a(1)), (t(11), a(11))]);
    assert_eq!(run(&mut shell, |_| EACH).len(), 4);
}
