//! Bags: word counts of real and made text, fold-by, group-by.

use crate::Args;
use crate::measure::Measured;
use partita::prelude::*;
use serde_json::json;

/// Placeholder until text is read.
pub fn wordcount(args: &Args) -> partita::Result<Measured> {
    group_by(args)
}

/// Placeholder until text is read.
pub fn fold_by(args: &Args) -> partita::Result<Measured> {
    group_by(args)
}

/// (i·7919 mod 1000, i): full group-by, then the sum of each group.
pub fn group_by(args: &Args) -> partita::Result<Measured> {
    let cluster = args.cluster()?;
    let n = args.n;
    let expected = json!([n.min(1000), n * (n - 1) / 2]);
    let measured = Measured::of(args, json!({ "n": n, "npartitions": 16 }), 16 * 3, expected, || {
        let pairs = Bag::<u64>::from_sequence(0..n, 16).map(|i| (i * 7919 % 1000, i));
        let groups = pairs.group_by(|pair| pair.0);
        let sums = groups.map(|(key, group)| (key, group.iter().map(|pair| pair.1).sum::<u64>())).compute()?;
        Ok(json!([sums.len(), sums.iter().map(|(_, sum)| sum).sum::<u64>()]))
    })?;
    cluster.close()?;
    Ok(measured)
}
