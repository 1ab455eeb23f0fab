//! What a journal costs: the same graph with and without one, in turn, as ratios of neighbouring runs.

use crate::Args;
use crate::graphs::merge_of;
use crate::measure::{Measured, median, round};
use partita::{Compute, LocalCluster};
use serde_json::json;
use std::time::Instant;

/// What a tick of the kernel's account of processor time is in seconds, on every Linux of today.
const TICK: f64 = 0.01;

/// Runs `merge` on a cluster without journal and on one with, in turn.
pub(crate) fn cost(args: &Args) -> partita::Result<Measured> {
    let path = std::env::temp_dir().join(format!("partita-harness-{}.journal", std::process::id()));
    let plain = Args { journal: None, ..args.clone() }.cluster()?;
    let kept = Args { journal: Some(path.clone()), ..args.clone() }.cluster()?;
    let n = args.n;
    let (mut walls, mut processors) = (Vec::new(), Vec::new());
    let mut measured = Measured::of(args, json!({ "n": n }), 2 * (n + 1), n * (n + 1) / 2, || {
        let without = spent(&plain, n)?;
        let with = spent(&kept, n)?;
        walls.push(with.0 / without.0);
        processors.push((with.1, without.1));
        Ok(with.2)
    })?;
    walls.drain(..args.warmup);
    processors.drain(..args.warmup);
    let sum = |of: fn(&(f64, f64)) -> f64| processors.iter().map(of).sum::<f64>();
    measured.extra.insert("wall_ratio".into(), json!(round(median(&walls))));
    measured.extra.insert("cpu_ratio".into(), json!(round(sum(|pair| pair.0) / sum(|pair| pair.1))));
    measured.extra.insert("journal_bytes".into(), json!(std::fs::metadata(&path).map_or(0, |file| file.len())));
    plain.close()?;
    kept.close()?;
    let _ = std::fs::remove_file(path);
    Ok(measured)
}

/// Seconds on the clock and on processors for one `merge`, and its sum.
fn spent(cluster: &LocalCluster, n: u64) -> partita::Result<(f64, f64, u64)> {
    let client = cluster.client();
    let (wall, processor) = (Instant::now(), processor_seconds());
    let sum = merge_of(n).compute_on(&client)?;
    Ok((wall.elapsed().as_secs_f64(), processor_seconds() - processor, sum))
}

/// Processor time of the whole process so far, in seconds.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field is the name in brackets, and may have spaces; the times are the fields 14 and 15.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_ascii_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * TICK
}
