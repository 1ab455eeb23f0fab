//! A fresh process: a cluster, the first result, a clean end.

use crate::Args;
use crate::measure::{Measured, median, round};
use partita::LocalCluster;
use serde_json::{Map, json};
use std::process::Command;
use std::time::Instant;

const CHILD: &str = "PARTITA_HARNESS_STARTUP";

pub(crate) fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// What the fresh process does; prints how long each part took, in seconds.
pub(crate) fn child() -> partita::Result<()> {
    let began = Instant::now();
    let cluster = LocalCluster::builder().workers(1).threads_per_worker(2).start()?;
    let up = began.elapsed();
    let two = cluster.client().submit(|x: i64| x + 1, (1,)).result()?;
    let first = began.elapsed();
    cluster.close()?;
    let closed = began.elapsed();
    println!("{two} {} {} {}", up.as_secs_f64(), first.as_secs_f64(), closed.as_secs_f64());
    Ok(())
}

pub(crate) fn run(args: &Args) -> Measured {
    let (mut runs, mut parts, mut check) = (Vec::new(), vec![Vec::new(); 3], json!(null));
    for _ in 0..args.runs.max(5) {
        let began = Instant::now();
        let Ok(output) = std::env::current_exe().and_then(|exe| Command::new(exe).env(CHILD, "1").output()) else {
            continue;
        };
        runs.push(began.elapsed().as_secs_f64());
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        check = json!(numbers.first().map(|two| *two as i64));
        for (part, number) in parts.iter_mut().zip(numbers.into_iter().skip(1)) {
            part.push(number);
        }
    }
    let mut extra = Map::new();
    for (name, part) in ["up_s", "first_result_s", "closed_s"].into_iter().zip(&parts) {
        extra.insert(name.into(), json!(round(median(part))));
    }
    Measured { params: json!({}), runs, tasks: 1, check, expected: json!(2), extra }
}
