//! Random events, stale and senseless ones too: never a panic, always valid, nothing left after the end.

use super::shell::{Shell, a, input, t, w};
use crate::machine::{Config, MemoryLimits};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::{Event, Order, Outcome, Unspilled};
use partita_protocol::{ClientId, FaultId, Priority, Resources, TaskId, Time};
use proptest::prelude::*;
use std::num::NonZeroU64;
use std::sync::Arc;

const TASKS: u32 = 6;
const ATTEMPTS: u64 = 8;
/// Peers, this worker (0) among them: it is named as a holder too.
const PEERS: u32 = 4;

/// What happens next: an event of any kind, or the end of something that is under way.
#[derive(Clone, Debug)]
enum Step {
    Any(Event),
    EndExecution { which: usize, outcome: Outcome },
    EndTransfer { which: usize, found: u32, failed: bool },
    EndFile { which: usize, written: u32, why: Unspilled },
}

fn outcomes() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => (0..100u64).prop_map(|nbytes| Outcome::Value { nbytes }),
        1 => Just(Outcome::Error { fault: FaultId(3) }),
        1 => Just(Outcome::Reschedule),
    ]
}

fn holders() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(0..PEERS, 0..3)
}

/// Any inputs: the task itself, the same one twice, and cycles among them.
fn assignments() -> impl Strategy<Value = Assignment> {
    let inputs = prop::collection::vec((0..TASKS, 0..100u64, holders()), 0..4);
    let limits = prop::option::weighted(0.3, 1..20u64);
    let devices = prop::option::weighted(0.4, 1..3u32);
    let clients = 0..3u32;
    (0..TASKS, clients, 0..ATTEMPTS, 0..4u32, prop_oneof![Just(u64::MAX), 0..200u64], inputs, limits, devices).prop_map(
        |(task, client, attempt, rank, expected_nanos, inputs, limit, devices)| Assignment {
            task: t(task),
            client: ClientId(client),
            attempt: a(attempt),
            priority: Priority { rank, ..Priority::default() },
            expected_nanos,
            expected_nbytes: u64::from(rank) * 20,
            inputs: inputs
                .into_iter()
                .map(|(task, nbytes, holders)| Input {
                    task: t(task),
                    nbytes,
                    holders: holders.into_iter().map(w).collect(),
                })
                .collect(),
            resources: devices.map(|count| Arc::new(Resources::new([("device", f64::from(count))]))),
            timeout_nanos: limit.and_then(NonZeroU64::new),
        },
    )
}

fn events() -> impl Strategy<Value = Event> {
    let tasks = || prop::collection::vec((0..TASKS).prop_map(t), 0..3);
    let sized = || prop::collection::vec(((0..TASKS).prop_map(t), 0..100u64), 0..3);
    prop_oneof![
        8 => assignments().prop_map(|assignment| Event::Ordered(Order::Compute(assignment))),
        4 => (0..TASKS).prop_map(|task| Event::Ordered(Order::Free { task: t(task) })),
        3 => (0..TASKS, 0..ATTEMPTS).prop_map(|(task, attempt)| {
            Event::Ordered(Order::Steal { task: t(task), attempt: a(attempt) })
        }),
        2 => (0..TASKS, holders()).prop_map(|(task, holders)| {
            Event::Ordered(Order::Holders { task: t(task), holders: holders.into_iter().map(w).collect() })
        }),
        2 => prop::collection::vec((0..TASKS, holders()), 0..3).prop_map(|wishes| Event::Ordered(Order::Hold {
            inputs: wishes.into_iter().map(|(task, holders)| input(task, &holders)).collect(),
        })),
        1 => (0..PEERS).prop_map(|peer| Event::Ordered(Order::PeerLost { peer: w(peer) })),
        1 => (0..TASKS, 0..ATTEMPTS).prop_map(|(task, attempt)| Event::Seceded { task: t(task), attempt: a(attempt) }),
        1 => sized().prop_map(|tasks| Event::DataPut { tasks }),
        1 => tasks().prop_map(|tasks| Event::Vanished { tasks }),
        // Files that may never have been written.
        1 => (0..4u32, tasks()).prop_map(|(file, written)| Event::Spilled { file, written, kept: Vec::new() }),
        1 => Just(Event::MemoryFilled),
        2 => (0..250u64).prop_map(|nbytes| Event::Resident { nbytes }),
        2 => Just(Event::MemoryFreed),
        2 => Just(Event::TimePassed),
        // Ends of what may never have begun.
        1 => (0..TASKS, 0..ATTEMPTS, outcomes()).prop_map(|(task, attempt, outcome)| Event::Executed {
            task: t(task), attempt: a(attempt), outcome, started: Time(1), stopped: Time(2),
        }),
        1 => (0..PEERS, sized(), tasks()).prop_map(|(peer, found, missing)| Event::Gathered {
            peer: w(peer), found, missing,
        }),
        1 => (0..PEERS, tasks()).prop_map(|(peer, tasks)| Event::GatherFailed { peer: w(peer), tasks }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => events().prop_map(Step::Any),
        2 => (any::<usize>(), outcomes()).prop_map(|(which, outcome)| Step::EndExecution { which, outcome }),
        2 => (any::<usize>(), any::<u32>(), prop::bool::weighted(0.2))
            .prop_map(|(which, found, failed)| Step::EndTransfer { which, found, failed }),
        2 => (any::<usize>(), any::<u32>(), reasons())
            .prop_map(|(which, written, why)| Step::EndFile { which, written, why }),
    ]
}

fn reasons() -> impl Strategy<Value = Unspilled> {
    prop_oneof![Just(Unspilled::Unwritable), Just(Unspilled::Disk), Just(Unspilled::Gone)]
}

fn take(shell: &mut Shell, step: Step) {
    match step {
        Step::EndFile { which, written, why } => {
            let files: Vec<u32> = shell.files.keys().copied().collect();
            if !files.is_empty() {
                let file = files[which % files.len()];
                let is_written = |task: &TaskId| written >> task.index() & 1 == 1;
                let (written, kept): (Vec<_>, Vec<_>) = shell.files[&file].iter().copied().partition(is_written);
                let kept = kept.into_iter().map(|task| (task, why)).collect();
                shell.tell(Event::Spilled { file, written, kept });
            }
        }
        Step::Any(event) => {
            shell.tell(event);
        }
        Step::EndExecution { which, outcome } => {
            let running: Vec<_> = shell.running.keys().copied().collect();
            if !running.is_empty() {
                let (task, attempt) = running[which % running.len()];
                shell.ended(task, attempt, outcome);
            }
        }
        Step::EndTransfer { which, found, failed } => {
            let under_way: Vec<_> = shell.transfers.iter().map(|(peer, tasks)| (*peer, tasks.clone())).collect();
            if under_way.is_empty() {
                return;
            }
            let (peer, tasks) = under_way[which % under_way.len()].clone();
            if failed {
                shell.tell(Event::GatherFailed { peer, tasks });
                return;
            }
            let here = |task: &partita_protocol::TaskId| found >> task.index() & 1 == 1;
            let (found, missing): (Vec<_>, Vec<_>) = tasks.into_iter().partition(here);
            let found = found.into_iter().map(|task| (task, 10)).collect();
            shell.tell(Event::Gathered { peer, found, missing });
        }
    }
    shell.ignore();
}

fn memories() -> impl Strategy<Value = MemoryLimits> {
    (0..200u64, 0..30u64, 1..60u64).prop_map(|(limit, least, file)| MemoryLimits {
        least,
        file,
        ..MemoryLimits::of(if limit < 50 { 0 } else { limit })
    })
}

fn configs() -> impl Strategy<Value = Config> {
    (1..4u32, 0..4usize, 0..4usize, 0..4usize, 0..200u64, memories(), any::<bool>()).prop_map(
        |(threads, ahead_tasks, transfers, gather_tasks, gather_bytes, memory, record)| Config {
            threads,
            resources: Resources::new([("device", 2.0)]),
            quantum_nanos: 100,
            ahead_tasks,
            transfers,
            gather_tasks,
            gather_bytes,
            memory,
            record,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn any_events_keep_the_machine_valid(config in configs(), steps in prop::collection::vec(steps(), 0..60)) {
        let mut shell = Shell::with(config);
        for step in steps {
            take(&mut shell, step);
        }
        shell.tell(Event::MemoryFreed).ignore();
        shell.drain();
    }

    #[test]
    fn the_same_events_have_the_same_effects(steps in prop::collection::vec(events(), 0..60)) {
        let run = || {
            let mut shell = Shell::new(2);
            let mut said = Vec::new();
            for event in &steps {
                shell.tell(event.clone());
                said.push(shell.take_said());
            }
            said
        };
        prop_assert_eq!(run(), run());
    }
}
