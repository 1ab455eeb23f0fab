//! Task Bench's stencil_1d: how long must a task be to be worth its overhead?

use crate::Args;
use crate::measure::{Measured, median, round};
use partita::prelude::*;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::hint::black_box;
use std::time::Instant;

const GRAINS_US: [f64; 11] = [3.0, 5.0, 10.0, 20.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0];
const CORES: f64 = 2.0;

fn burn(bytes: usize) {
    static BUFFER: [u8; 1 << 16] = [0; 1 << 16];
    let mut hash = Sha256::new();
    let mut left = bytes;
    while left > 0 {
        let part = left.min(BUFFER.len());
        hash.update(black_box(&BUFFER[..part]));
        left -= part;
    }
    black_box(hash.finalize());
}

fn best_us(bytes: usize, times: usize) -> f64 {
    (0..7)
        .map(|_| {
            let began = Instant::now();
            (0..times).for_each(|_| burn(bytes));
            began.elapsed().as_secs_f64() * 1e6 / times as f64
        })
        .fold(f64::MAX, f64::min)
}

/// The size whose hash takes so long here and now, and how long it really takes.
fn calibrate(grain_us: f64) -> (usize, f64) {
    let per_byte = (best_us(1 << 16, 20) - best_us(4096, 20)) / f64::from((1 << 16) - 4096);
    let mut bytes = (grain_us / per_byte).max(64.0) as usize;
    let times = ((20_000.0 / grain_us) as usize).clamp(1, 200);
    let mut took = best_us(bytes, times);
    for _ in 0..2 {
        bytes = (bytes as f64 * grain_us / took) as usize;
        took = best_us(bytes, times);
    }
    (bytes, took)
}

fn neighbours(i: usize, width: usize) -> std::ops::Range<usize> {
    i.saturating_sub(1)..(i + 2).min(width)
}

fn once(bytes: usize, width: usize, steps: usize) -> partita::Result<u64> {
    let task = move |parents: Vec<u64>| {
        burn(bytes);
        (parents.iter().sum::<u64>() + 1) & 0xffff_ffff
    };
    let mut row: Vec<Delayed<u64>> = (0..width).map(|_| delayed(move || task(Vec::new()), ())).collect();
    for _ in 1..steps {
        row = (0..width)
            .map(|i| delayed(task, (neighbours(i, width).map(|j| row[j].clone()).collect::<Vec<_>>(),)))
            .collect();
    }
    delayed(|row: Vec<u64>| row.iter().sum::<u64>(), (row,)).compute()
}

fn expected(width: usize, steps: usize) -> u64 {
    let mut row = vec![1u64; width];
    for _ in 1..steps {
        row = (0..width).map(|i| (row[neighbours(i, width)].iter().sum::<u64>() + 1) & 0xffff_ffff).collect();
    }
    row.iter().sum()
}

/// Fewer steps for long tasks, so that one run stays below a few seconds.
fn steps_for(grain_us: f64, steps: usize) -> usize {
    match grain_us {
        g if g >= 100_000.0 => steps.min(10),
        g if g >= 30_000.0 => steps.min(25),
        g if g >= 10_000.0 => steps.min(60),
        _ => steps,
    }
}

/// The task length at which half of the cores' time is work, by log-linear interpolation of the last upward crossing;
/// and wall × cores / tasks there, as Task Bench counts it.
fn metg(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let Some(last) = points.iter().rposition(|(_, efficiency)| *efficiency < 0.5) else {
        let (grain, efficiency) = points.first()?;
        return Some((*grain, grain / efficiency));
    };
    let ((g0, e0), (g1, e1)) = (points[last], *points.get(last + 1)?);
    let grain = (g0.ln() + (0.5 - e0) / (e1 - e0) * (g1.ln() - g0.ln())).exp();
    Some((grain, grain / 0.5))
}

pub(crate) fn run(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let grains = if args.grains.is_empty() { GRAINS_US.to_vec() } else { args.grains.clone() };
    once(2304, args.width, 5)?;
    let (mut points, mut table, mut runs, mut tasks, mut ok) = (Vec::new(), Vec::new(), Vec::new(), 0, true);
    for grain in grains {
        let (bytes, before) = calibrate(grain);
        let steps = steps_for(grain, args.steps);
        let want = expected(args.width, steps);
        let mut walls = Vec::new();
        for _ in 0..args.runs.max(3) {
            let began = Instant::now();
            ok &= once(bytes, args.width, steps)? == want;
            walls.push(began.elapsed().as_secs_f64());
        }
        let after = best_us(bytes, ((20_000.0 / grain) as usize).clamp(1, 200));
        let kernel = (before + after) / 2.0;
        let count = (args.width * steps) as f64;
        let wall = median(&walls);
        let efficiency = count * kernel * 1e-6 / CORES / wall;
        points.push((kernel, efficiency));
        let overhead = wall / count * 1e6 * CORES - kernel;
        table.push(json!({
            "grain_us": grain, "kernel_us": round(kernel), "steps": steps, "wall_s": round(wall),
            "efficiency": round(efficiency), "overhead_us_per_task": round(overhead),
        }));
        runs.push(wall);
        tasks += count as u64;
    }
    cluster.close()?;
    let found = metg(&points);
    let mut extra = Map::new();
    extra.insert("table".into(), Value::Array(table));
    extra.insert("cores".into(), json!(CORES));
    extra.insert("grain50_us".into(), json!(found.map(|(grain, _)| round(grain))));
    extra.insert("metg50_us".into(), json!(found.map(|(_, metg)| round(metg))));
    let params = json!({ "width": args.width, "steps": args.steps });
    Ok(Measured { params, runs, tasks, check: json!(ok), expected: json!(true), extra })
}
