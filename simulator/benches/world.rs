//! Simulated tasks in a second, and the quick look at memory.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use partita_simulator::{Cost, Durations, Simulation, Universe, families};
use std::hint::black_box;
use std::time::Duration;

fn simulation(universe: Universe, workers: usize) -> Simulation {
    let cost = Cost::new(Duration::from_millis(100), "1 MiB").log_normal(0.5);
    Simulation::of(universe).workers(workers).threads(4).memory("16GiB").durations(Durations::new().otherwise(cost))
}

fn world(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("simulate");
    group.sample_size(10);
    for workers in [10, 100, 1_000] {
        let stencil = simulation(families::stencil(100, 100), workers);
        group.throughput(Throughput::Elements(10_000));
        group.bench_function(format!("stencil-10000-on-{workers}"), |bencher| {
            let run = |stencil: Simulation| black_box(stencil.run().map(|report| report.makespan));
            bencher.iter_batched(|| stencil.clone(), run, BatchSize::LargeInput);
        });
    }
    group.finish();
}

fn preflight(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("preflight");
    group.sample_size(10);
    let stencil = simulation(families::stencil(316, 316), 100);
    group.throughput(Throughput::Elements(316 * 316));
    group.bench_function("stencil-100000-on-100", |bencher| {
        bencher.iter(|| black_box(stencil.preflight().map(|preflight| preflight.peak())));
    });
    group.finish();
}

criterion_group!(benches, world, preflight);
criterion_main!(benches);
