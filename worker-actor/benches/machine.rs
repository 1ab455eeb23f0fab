//! What the worker's machine costs for each task, from its assignment to its end.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use partita_protocol::scheduler::{Assignment, Input};
use partita_protocol::worker::{Effects, Event, Order, Outcome};
use partita_protocol::{Attempt, ClientId, Priority, TaskId, Time, WorkerId};
use partita_worker::machine::{Config, Worker};
use std::hint::black_box;

const TASKS: u32 = 1_024;
/// Tasks that are assigned, run and freed together.
const BATCH: u32 = 32;

fn id(task: u32) -> TaskId {
    TaskId::new(task, 0)
}

fn compute(task: u32, inputs: &[u32]) -> Event {
    let holders = [WorkerId(0)].into_iter().collect();
    let input = |input: &u32| Input { task: id(*input), nbytes: 8, holders };
    Event::Ordered(Order::Compute(Assignment {
        task: id(task),
        client: ClientId(0),
        attempt: Attempt(u64::from(task)),
        priority: Priority { rank: task, ..Priority::default() },
        expected_nanos: 1_000,
        expected_nbytes: 0,
        inputs: inputs.first().map(input).into_iter().collect(),
        resources: None,
        timeout_nanos: None,
    }))
}

fn executed(task: u32) -> Event {
    let outcome = Outcome::Value { nbytes: 8 };
    let (task, attempt) = (id(task), Attempt(u64::from(task)));
    Event::Executed { task, attempt, outcome, started: Time(1), stopped: Time(2) }
}

fn free(task: u32) -> Event {
    Event::Ordered(Order::Free { task: id(task) })
}

/// Independent tasks, or a chain of which each link is freed when the next has run.
fn events(chain: bool) -> Vec<Event> {
    let mut events = Vec::new();
    for first in (0..TASKS).step_by(BATCH as usize) {
        let batch = first..(first + BATCH).min(TASKS);
        if chain {
            for task in batch {
                let before = task.checked_sub(1);
                events.push(compute(task, before.as_slice()));
                events.push(executed(task));
                events.extend(before.map(free));
            }
        } else {
            events.extend(batch.clone().map(|task| compute(task, &[])));
            events.extend(batch.clone().map(executed));
            events.extend(batch.map(free));
        }
    }
    events
}

fn run(worker: &mut Worker, events: Vec<Event>, effects: &mut Effects) {
    for event in events {
        worker.handle(Time(1), event, effects);
        if effects.list.len() > 128 {
            black_box(&effects.list);
            effects.list.clear();
        }
    }
}

fn machine(c: &mut Criterion) {
    let mut group = c.benchmark_group("machine");
    group.throughput(Throughput::Elements(u64::from(TASKS)));
    for (name, chain) in [("independent", false), ("chain", true)] {
        let events = events(chain);
        let mut worker = Worker::new(WorkerId(0), Config::new(2));
        let mut effects = Effects::new();
        group.bench_function(name, |bencher| {
            let input = || events.clone();
            bencher.iter_batched(input, |events| run(&mut worker, events, &mut effects), BatchSize::PerIteration);
            worker.handle(Time(1), free(TASKS - 1), &mut effects);
        });
    }
    group.finish();
}

criterion_group!(benches, machine);
criterion_main!(benches);
