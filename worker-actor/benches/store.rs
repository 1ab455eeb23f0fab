//! What the partition store costs for each value.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use partita_protocol::TaskId;
use partita_worker::store::Store;
use std::hint::black_box;
use std::sync::Arc;

const VALUES: u32 = 10_000;

fn store(c: &mut Criterion) {
    let mut group = c.benchmark_group("store");
    group.throughput(Throughput::Elements(u64::from(VALUES)));
    let value = Arc::new(1u64);
    let store: Store<_> = Store::new();
    group.bench_function("insert and remove", |bencher| {
        bencher.iter(|| {
            for index in 0..VALUES {
                store.insert(TaskId::new(index, 0), value.clone(), 8);
            }
            for index in 0..VALUES {
                black_box(store.remove(TaskId::new(index, 0)));
            }
        });
    });
    for index in 0..VALUES {
        store.insert(TaskId::new(index, 0), value.clone(), 8);
    }
    group.bench_function("get", |bencher| {
        bencher.iter(|| {
            for index in 0..VALUES {
                black_box(store.get(TaskId::new(index, 0)));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, store);
criterion_main!(benches);
