//! Values that go from one worker to another.

use crate::Args;
use crate::measure::{Measured, median, round};
use partita::prelude::*;
use serde_json::json;
use std::time::Instant;

/// Numbers of a MiB.
const MIB: u64 = (1 << 20) / 8;

fn numbers(part: u64) -> Vec<u64> {
    (0..64 * MIB).map(|x| x ^ part).collect()
}

fn first(numbers: Shared<Vec<u64>>) -> u64 {
    numbers.first().copied().unwrap_or_default() + numbers.len() as u64
}

/// n parts of 64 MiB each, made by one worker before the clock starts, and read by another.
pub(crate) fn run(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let client = cluster.client().impure();
    let n = args.n;
    let on = |name: &str| client.with_options(TaskOptions::new().workers([name]));
    let (maker, reader) = (on("worker-0"), on("worker-1"));
    let expected = (0..n).map(|part| part + 64 * MIB).sum();
    let mut moved = Vec::new();
    let mut measured = Measured::of(args, json!({ "n": n, "MiB": 64 * n }), n, expected, || {
        let parts: Vec<_> = (0..n).map(|part| maker.submit(numbers, (part,))).collect();
        wait(&parts, None)?;
        let began = Instant::now();
        let firsts: Vec<_> = parts.iter().map(|part| reader.submit(first, (part,))).collect();
        let sum = reader.gather(&firsts)?.iter().sum::<u64>();
        moved.push(began.elapsed().as_secs_f64());
        Ok(sum)
    })?;
    // Making the numbers is not what is measured.
    measured.runs = moved.split_off(args.warmup);
    let seconds = median(&measured.runs);
    measured.extra.insert("GB_per_s".into(), json!(round((64 * n * (1 << 20)) as f64 / seconds / 1e9)));
    drop(client);
    cluster.close()?;
    Ok(measured)
}
