//! Runs, medians and the JSON line.

use crate::Args;
use serde_json::{Map, Value, json};
use std::time::Instant;

/// What a workload measured.
pub(crate) struct Measured {
    pub(crate) params: Value,
    pub(crate) runs: Vec<f64>,
    pub(crate) tasks: u64,
    pub(crate) check: Value,
    pub(crate) expected: Value,
    pub(crate) extra: Map<String, Value>,
}

impl Measured {
    /// Times `run` several times, after the warm-up.
    pub(crate) fn of<T: Into<Value>>(
        args: &Args,
        params: Value,
        tasks: u64,
        expected: T,
        mut run: impl FnMut() -> partita::Result<T>,
    ) -> partita::Result<Self> {
        for _ in 0..args.warmup {
            run()?;
        }
        let mut runs = Vec::new();
        let mut check = Value::Null;
        for _ in 0..args.runs.max(1) {
            let began = Instant::now();
            let result = run()?;
            runs.push(began.elapsed().as_secs_f64());
            check = result.into();
        }
        Ok(Measured { params, runs, tasks, check, expected: expected.into(), extra: Map::new() })
    }

    pub(crate) fn print(self, args: &Args) {
        let seconds = median(&self.runs);
        let mut extra = self.extra;
        extra.insert("expected".into(), self.expected.clone());
        extra.insert("workers".into(), json!(args.workers));
        extra.insert("threads".into(), json!(args.threads));
        let line = json!({
            "peer": "partita",
            "version": env!("CARGO_PKG_VERSION"),
            "workload": args.workload,
            "params": self.params,
            "seconds": round(seconds),
            "runs": self.runs.iter().map(|run| round(*run)).collect::<Vec<_>>(),
            "min": self.runs.iter().copied().map(round).reduce(f64::min),
            "max": self.runs.iter().copied().map(round).reduce(f64::max),
            "tasks": self.tasks,
            "us_per_task": round(seconds * 1e6 / self.tasks.max(1) as f64),
            "peak_rss_mb": peak_rss_mb(),
            "check": self.check,
            "ok": self.check == self.expected,
            "extra": extra,
        });
        println!("{line}");
        if self.check != self.expected {
            eprintln!("the check is {}, and should be {}", self.check, self.expected);
            std::process::exit(1);
        }
    }
}

pub(crate) fn round(x: f64) -> f64 {
    (x * 1e6).round() / 1e6
}

pub(crate) fn median(runs: &[f64]) -> f64 {
    percentile(runs, 50.0)
}

pub(crate) fn percentile(runs: &[f64], percent: f64) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() - 1) as f64 * percent / 100.0;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    sorted[low] + (sorted[high] - sorted[low]) * at.fract()
}

/// The most memory that the process had resident so far.
pub(crate) fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| (kib / 102.4).round() / 10.0)
}
