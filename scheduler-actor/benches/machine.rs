//! The bare machine: graphs handed in, run by workers that end everything at once, and released.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use partita_protocol::limits::PIECE_TASKS;
use partita_protocol::scheduler::{Effect, Effects, Event, NewTask, Piece, WorkerInfo};
use partita_protocol::worker::{Order, Report};
use partita_protocol::{Attempt, ClientId, PrefixId, TaskId, Time, WorkerId};
use partita_scheduler::Scheduler;
use partita_scheduler::machine::Config;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::hint::black_box;

const CLIENT: ClientId = ClientId(0);

/// A graph in pieces.
fn graph(tasks: u32, dependencies: impl Fn(u32) -> Vec<u32>) -> Vec<Piece> {
    let mut dependents = vec![0; tasks as usize];
    for id in 0..tasks {
        dependencies(id).into_iter().for_each(|dependency| dependents[dependency as usize] += 1);
    }
    let mut pieces = vec![Piece::default()];
    for id in 0..tasks {
        if pieces[pieces.len() - 1].tasks.len() == PIECE_TASKS {
            pieces.push(Piece::default());
        }
        let last = pieces.len() - 1;
        let piece = &mut pieces[last];
        let start = piece.dependencies.len() as u32;
        piece.dependencies.extend(dependencies(id).into_iter().map(|id| TaskId::new(id, 0)));
        piece.tasks.push(NewTask {
            task: TaskId::new(id, 0),
            prefix: PrefixId(0),
            rank: id,
            dependents: dependents[id as usize],
            dependencies: start..piece.dependencies.len() as u32,
            wanted: dependents[id as usize] == 0,
            data: false,
            options: None,
        });
    }
    pieces
}

/// The same graph again, at the places of the one before.
fn next_generation(pieces: &mut [Piece]) {
    let next = |id: TaskId| TaskId::new(id.index() as u32, id.generation() + 1);
    for piece in pieces {
        piece.dependencies.iter_mut().for_each(|id| *id = next(*id));
        piece.tasks.iter_mut().for_each(|task| task.task = next(task.task));
    }
}

/// A scheduler, and workers that end everything at once.
struct Rig {
    scheduler: Scheduler,
    effects: Effects,
    work: VecDeque<(WorkerId, TaskId, Attempt)>,
    now: u64,
    forgotten: usize,
}

impl Rig {
    fn new(workers: u32) -> Self {
        let scheduler = Scheduler::new(Config::default());
        let mut rig = Rig { scheduler, effects: Effects::new(), work: VecDeque::new(), now: 0, forgotten: 0 };
        for id in 0..workers {
            let info = WorkerInfo {
                name: format!("worker-{id}").into(),
                host: "here".into(),
                threads: 1,
                memory_limit: 1 << 30,
                resources: Default::default(),
            };
            rig.event(Event::WorkerJoined { worker: WorkerId(id), info });
        }
        rig
    }

    fn event(&mut self, event: Event) {
        self.now += 100;
        self.scheduler.handle(Time(self.now), event, &mut self.effects);
        for effect in self.effects.drain() {
            match effect {
                Effect::Order { worker, order: Order::Compute(assignment) } => {
                    self.work.push_back((worker, assignment.task, assignment.attempt));
                }
                Effect::Forget { .. } => self.forgotten += 1,
                _ => {}
            }
        }
    }

    fn finish_next(&mut self) -> bool {
        let Some((worker, task, attempt)) = self.work.pop_front() else { return false };
        let (started, stopped) = (Time(self.now), Time(self.now + 1_000));
        let report = Report::Finished { task, attempt, nbytes: 8, started, stopped };
        self.event(Event::WorkerReported { worker, report });
        true
    }

    /// Submits, runs, finishes and releases a graph; gives the number of tasks that were forgotten.
    fn run(&mut self, pieces: Vec<Piece>) -> usize {
        let before = self.forgotten;
        self.event(Event::ClientJoined { client: CLIENT });
        for piece in pieces {
            self.event(Event::GraphSubmitted { client: CLIENT, piece });
            self.finish_next();
        }
        while self.finish_next() {}
        self.event(Event::ClientLeft { client: CLIENT });
        self.forgotten - before
    }
}

/// Measures a graph on a scheduler that has run it before, as a cluster that lives on.
fn measure(criterion: &mut Criterion, name: &str, workers: u32, mut pieces: Vec<Piece>) {
    let tasks: usize = pieces.iter().map(|piece| piece.tasks.len()).sum();
    let rig = RefCell::new(Rig::new(workers));
    let mut group = criterion.benchmark_group("machine");
    group.throughput(Throughput::Elements(tasks as u64)).sample_size(20);
    group.bench_function(name, |bencher| {
        bencher.iter_batched(
            || {
                next_generation(&mut pieces);
                pieces.clone()
            },
            |pieces| assert_eq!(black_box(rig.borrow_mut().run(pieces)), tasks),
            criterion::BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Independent tasks and one that joins them.
fn merge(criterion: &mut Criterion) {
    let count = 100_000;
    let all = |id| if id == count { (0..count).collect() } else { Vec::new() };
    measure(criterion, "merge of 100,000, 2 workers", 2, graph(count + 1, all));
}

/// A binary tree of sums.
fn tree(criterion: &mut Criterion) {
    let leaves = 1 << 13;
    let pairs = |id| if id < leaves { Vec::new() } else { vec![2 * (id - leaves), 2 * (id - leaves) + 1] };
    measure(criterion, "tree of 8,192 leaves, 2 workers", 2, graph(2 * leaves - 1, pairs));
}

/// One after the other.
fn chain(criterion: &mut Criterion) {
    let before = |id: u32| id.checked_sub(1).into_iter().collect();
    measure(criterion, "chain of 10,000, 2 workers", 2, graph(10_000, before));
}

/// Independent tasks and one that joins them, on few workers and on many.
fn completions(criterion: &mut Criterion) {
    let count = 100_000;
    let all = |id| if id == count { (0..count).collect() } else { Vec::new() };
    for workers in [10, 10_000] {
        measure(criterion, &format!("completions/{workers}"), workers, graph(count + 1, all));
    }
}

/// Layers of tasks that each take two results of the layer before, on few workers and on many.
fn layers(criterion: &mut Criterion) {
    let (width, depth) = (20_000, 5);
    let two = |id: u32| match id.checked_sub(width) {
        None => Vec::new(),
        Some(below) if below % width == width - 1 => vec![below, below + 1 - width],
        Some(below) => vec![below, below + 1],
    };
    for workers in [10, 10_000] {
        measure(criterion, &format!("layers/{workers}"), workers, graph(width * depth, two));
    }
}

criterion_group!(machine, merge, tree, chain, completions, layers);
criterion_main!(machine);
