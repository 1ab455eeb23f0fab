//! The exhaustive small model: every order of events over one key, and over two dependent keys, to a depth.
//!
//! Only events that can happen are tried: an execution or transfer ends only if it is under way. Each reached state is
//! checked, and drained on a copy: freeing everything must leave nothing.

use super::shell::{Shell, assignment, input, t, w};
use crate::machine::StateName;
use partita_protocol::scheduler::Assignment;
use partita_protocol::worker::{Event, Order, Outcome};
use partita_protocol::{Attempt, FaultId, TaskId, Time, WorkerId};
use std::num::NonZeroU64;

/// The inputs of a task, each with its holders.
type Inputs = &'static [(u32, &'static [u32])];

/// The tasks of a model: each with its inputs, and the peers that may hold them.
struct Model {
    tasks: &'static [(u32, Inputs)],
    peers: &'static [u32],
    /// Whether runs that go on when time passes are given up.
    limited: bool,
}

impl Model {
    /// Every event that can happen next.
    fn events(&self, shell: &Shell, attempt: u64) -> Vec<Event> {
        let mut events = Vec::new();
        for (task, inputs) in self.tasks {
            let timeout_nanos = NonZeroU64::new(u64::from(self.limited));
            let assignment = Assignment { timeout_nanos, ..assignment(*task, attempt, inputs) };
            events.push(Event::Ordered(Order::Compute(assignment)));
            let state = shell.worker.state_of(t(*task));
            if state.is_some() {
                events.push(Event::Ordered(Order::Free { task: t(*task) }));
            }
            if let Some(attempt) = shell.worker.attempt_of(t(*task)) {
                events.push(Event::Ordered(Order::Steal { task: t(*task), attempt }));
            }
            if !self.peers.is_empty() && inputs.is_empty() && !matches!(state, Some(StateName::Memory)) {
                events.push(Event::Ordered(Order::Hold { inputs: vec![input(*task, self.peers)] }));
            }
            if !self.peers.is_empty() && state == Some(StateName::Missing) {
                let holders = self.peers.iter().map(|peer| w(*peer)).collect();
                events.push(Event::Ordered(Order::Holders { task: t(*task), holders }));
                let holders = Default::default();
                events.push(Event::Ordered(Order::Holders { task: t(*task), holders }));
            }
        }
        for (task, attempt) in shell.running.keys() {
            for outcome in [Outcome::Value { nbytes: 10 }, Outcome::Error { fault: FaultId(1) }] {
                events.push(executed(*task, *attempt, outcome));
            }
            events.push(Event::Seceded { task: *task, attempt: *attempt });
        }
        for (peer, tasks) in &shell.transfers {
            events.push(gathered(*peer, tasks, true));
            events.push(gathered(*peer, tasks, false));
            events.push(Event::GatherFailed { peer: *peer, tasks: tasks.clone() });
            events.push(Event::Ordered(Order::PeerLost { peer: *peer }));
        }
        if shell.worker.next_timeout().is_some() {
            events.push(Event::TimePassed);
        }
        events.push(if shell.worker.is_paused() { Event::MemoryFreed } else { Event::MemoryFilled });
        events
    }

    /// Tries every order of so many events; says how many there are.
    fn explore(&self, shell: &Shell, attempt: u64, depth: u32) -> u64 {
        let mut orders = 0;
        for event in self.events(shell, attempt) {
            let mut next = shell.clone();
            next.tell(event).ignore();
            orders += 1;
            if depth > 1 {
                orders += self.explore(&next, attempt + 1, depth - 1);
            } else {
                next.drain();
            }
        }
        orders
    }
}

fn executed(task: TaskId, attempt: Attempt, outcome: Outcome) -> Event {
    Event::Executed { task, attempt, outcome, started: Time(1), stopped: Time(2) }
}

fn gathered(peer: WorkerId, tasks: &[TaskId], found: bool) -> Event {
    let (found, missing) = if found { (tasks, &[][..]) } else { (&[][..], tasks) };
    Event::Gathered { peer, found: found.iter().map(|task| (*task, 10)).collect(), missing: missing.to_vec() }
}

#[test]
fn one_key_in_every_order() {
    let model = Model { tasks: &[(1, &[])], peers: &[], limited: false };
    let orders = model.explore(&Shell::new(1), 1, 8);
    assert!(orders > 10_000, "{orders}");
}

/// FAULTS M23.
#[test]
fn one_key_that_copies_are_wanted_of_in_every_order() {
    let model = Model { tasks: &[(1, &[])], peers: &[7], limited: false };
    let orders = model.explore(&Shell::new(1), 1, 7);
    assert!(orders > 10_000, "{orders}");
}

#[test]
fn one_key_that_may_not_run_for_ever_in_every_order() {
    let model = Model { tasks: &[(1, &[])], peers: &[], limited: true };
    let orders = model.explore(&Shell::new(1), 1, 7);
    assert!(orders > 10_000, "{orders}");
}

/// FAULTS M23.
#[test]
fn two_dependent_keys_in_every_order() {
    let model = Model { tasks: &[(1, &[]), (2, &[(1, &[7, 8])])], peers: &[7], limited: false };
    let orders = model.explore(&Shell::new(1), 1, 6);
    assert!(orders > 10_000, "{orders}");
}

#[test]
fn two_dependent_keys_from_the_middle_of_things() {
    let model = Model { tasks: &[(1, &[]), (2, &[(1, &[7])])], peers: &[], limited: false };
    let mut in_flight = Shell::new(1);
    in_flight.compute(2, 1, &[(1, &[7])]).ignore();
    let mut running = Shell::new(1);
    running.compute(1, 1, &[]).compute(2, 2, &[(1, &[])]).executed(1, 1).ignore();
    let mut orphaned = Shell::new(1);
    orphaned.compute(1, 1, &[]).free(1).compute(2, 2, &[(1, &[7])]).ignore();
    for shell in [in_flight, running, orphaned] {
        assert!(model.explore(&shell, 5, 4) > 1_000);
    }
}

/// FAULTS M23: compute, free, compute, free of one key, with its executions ending anywhere in between.
#[test]
fn compute_free_compute_free_with_ends_anywhere() {
    for ends in 0..3u32.pow(4) {
        let mut shell = Shell::new(2);
        for step in 0..4 {
            if step % 2 == 0 {
                shell.compute(1, u64::from(step) + 1, &[]);
            } else {
                shell.free(1);
            }
            let running: Vec<_> = shell.running.keys().copied().collect();
            match ends / 3u32.pow(step) % 3 {
                0 => {}
                1 => running.first().into_iter().for_each(|(task, attempt)| {
                    shell.ended(*task, *attempt, Outcome::Value { nbytes: 10 });
                }),
                _ => running.last().into_iter().for_each(|(task, attempt)| {
                    shell.ended(*task, *attempt, Outcome::Error { fault: FaultId(1) });
                }),
            }
        }
        shell.unknown(1).ignore();
        while let Some((task, attempt)) = shell.running.keys().next().copied() {
            shell.ended(task, attempt, Outcome::Value { nbytes: 10 });
        }
        shell.expect("");
        assert!(shell.worker.is_empty());
    }
}
