//! How fast values go to disk and come back: bytes a second, in files that the system keeps in memory as far as it can.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use partita_graph::Value;
use partita_protocol::TaskId;
use partita_worker::spill::{SpillFolder, write};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

/// Numbers of a value: 16 MiB.
const NUMBERS: usize = 2 << 20;

/// Numbers that cannot be compressed.
fn noise() -> Vec<u64> {
    let mut x = 0x9e37_79b9_7f4a_7c15u64;
    let next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x
    };
    std::iter::repeat_with(next).take(NUMBERS).collect()
}

fn spill(c: &mut Criterion) {
    let folder = Arc::new(SpillFolder::new(std::env::temp_dir(), u64::MAX));
    let text: Vec<String> = (0..NUMBERS / 4).map(|n| format!("the text {n:07}")).collect();
    let values = [
        ("numbers like noise", Value::new(noise())),
        ("numbers in a row", Value::new((0..NUMBERS as u64).collect::<Vec<_>>())),
        ("many texts", Value::new(text)),
    ];
    for (name, value) in values {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(value.nbytes() as u64)).sample_size(20);
        group.measurement_time(Duration::from_secs(3));
        let named = [(TaskId::new(0, 0), 0, value)];
        let written = || write(folder.clone(), &named).ok();
        group.bench_function("write", |bencher| bencher.iter_with_large_drop(written));
        let Some(slots) = written() else { continue };
        group.bench_function("read", |bencher| bencher.iter_with_large_drop(|| black_box(slots[0].read().ok())));
        group.finish();
    }
}

criterion_group!(benches, spill);
criterion_main!(benches);
