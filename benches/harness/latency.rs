//! Futures: one by one, and many at a time.

use crate::Args;
use crate::graphs::inc;
use crate::measure::{Measured, percentile, round};
use serde_json::json;
use std::time::Instant;

/// n times: submit, then wait for the result.
pub(crate) fn submit(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let client = cluster.client();
    let n = args.n;
    let mut latencies = Vec::new();
    let mut measured = Measured::of(args, json!({ "n": n }), n, n * (n + 1) / 2, || {
        let mut sum = 0;
        latencies.clear();
        for i in 0..n {
            let began = Instant::now();
            sum += client.submit(inc, (i,)).result()?;
            latencies.push(began.elapsed().as_secs_f64() * 1e6);
        }
        Ok(sum)
    })?;
    for (name, percent) in [("p50_us", 50.0), ("p99_us", 99.0)] {
        measured.extra.insert(name.into(), json!(round(percentile(&latencies, percent))));
    }
    drop(client);
    cluster.close()?;
    Ok(measured)
}

/// n tasks by `map`, all results to the caller.
pub(crate) fn map_gather(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let client = cluster.client();
    let n = args.n;
    let measured = Measured::of(args, json!({ "n": n }), n, n * (n + 1) / 2, || {
        let futures = client.map(inc, 0..n);
        Ok(client.gather(&futures)?.iter().sum::<u64>())
    })?;
    drop(client);
    cluster.close()?;
    Ok(measured)
}
