//! What it costs to write values and tasks for another process, and to read them there.

#![allow(clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use partita_graph::{FromEnv, Function, Plain, Value, Work, WorkReader, WorkWriter, build_id};
use serde_bytes::ByteBuf;
use std::hint::black_box;
use std::sync::Arc;

/// Bytes of each large value.
const LARGE: usize = 8 << 20;

fn values(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("values");
    group.throughput(Throughput::Bytes(LARGE as u64)).sample_size(20);
    let list = Value::new(vec![1.5f64; LARGE / 8]);
    // As a block of an array: its shape, and the bytes of its elements.
    let block = Value::with_size((vec![LARGE / 8], ByteBuf::from(vec![1u8; LARGE])), LARGE);
    for (name, value) in [("Vec<f64>", &list), ("shape and bytes", &block)] {
        group.bench_function(format!("write {name}"), |bencher| bencher.iter(|| black_box(value.write().unwrap())));
        let written = value.written().unwrap();
        group.bench_function(format!("read {name}"), |bencher| {
            bencher.iter(|| Value::read_written(written.offset, written.nbytes, &written.bytes).unwrap());
        });
    }
    let plain = vec![1.5f64; LARGE / 8];
    group.bench_function("clone Vec<f64>, to compare", |bencher| bencher.iter(|| black_box(plain.clone())));
    group.bench_function("bytes of Vec<f64>, not copied", |bencher| {
        bencher.iter(|| black_box(list.bytes().unwrap().len()));
    });
    group.finish();
}

/// Tasks that share an environment of a thousand numbers.
fn tasks(count: i64) -> Vec<Work> {
    let shared = Arc::new(Plain((0..1000).collect::<Vec<i64>>()));
    let task = |n: i64| -> Function {
        type Env = (Arc<Plain<Vec<i64>>>, i64);
        let call = |(list, n): &Env, _: &[Value]| Ok(Value::new(list.0[*n as usize % 1000]));
        Arc::new(FromEnv::new("i64", (shared.clone(), n), call))
    };
    (0..count).map(|n| Work::Call(task(n))).collect()
}

fn works(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 tasks");
    let works = tasks(10_000);
    group.throughput(Throughput::Elements(works.len() as u64)).sample_size(20);
    let write = || {
        let mut writer = WorkWriter::new();
        works.iter().map(|work| work.write(&mut writer).unwrap()).collect::<Vec<Vec<u8>>>()
    };
    group.bench_function("write", |bencher| bencher.iter(write));
    let written = write();
    group.bench_function("read", |bencher| {
        bencher.iter(|| {
            let mut reader = WorkReader::new(build_id()).unwrap();
            written.iter().map(|bytes| Work::read(bytes, &mut reader).unwrap()).collect::<Vec<Work>>()
        });
    });
    group.finish();
}

criterion_group!(benches, values, works);
criterion_main!(benches);
