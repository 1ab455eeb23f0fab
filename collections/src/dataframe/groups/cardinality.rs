//! Cardinality: about how many groups there are, by a look at rows that are at hand.

use super::GroupBy;
use crate::dataframe::frame::Frame;
use crate::dataframe::threads::alone;
use crate::hash::partition_of;
use partita_graph::{Kind, Value};
use polars::prelude::{self as pl, IntoLazy, col, len, lit};

/// Rows that are looked at.
const LOOKED_AT: usize = 4096;

/// Groups whose partial results one task combines without becoming what all others wait for.
const GROUPS_OF_ONE: f64 = 65_536.0;

impl GroupBy {
    /// Into how many partitions partial results are combined.
    pub(crate) fn parts_out(&self) -> usize {
        match self.split_out {
            Some(n) => n.clamp(1, u32::MAX as usize),
            None => match self.estimated() {
                Some(groups) => ((groups / GROUPS_OF_ONE).ceil() as usize).clamp(1, self.frame.npartitions().max(1)),
                None => 1,
            },
        }
    }

    /// About how many groups there are, if the dataframe is of data at hand.
    fn estimated(&self) -> Option<f64> {
        let Kind::Data(values) = &self.frame.node.kind else { return None };
        let rows = self.frame.known_len()?;
        if values.len() <= 1 || (rows as f64) < GROUPS_OF_ONE {
            return Some(1.0);
        }
        let of_each = LOOKED_AT.div_ceil(values.len());
        let samples: Option<Vec<pl::DataFrame>> = values.iter().map(|value| sample(value, of_each)).collect();
        let sample = crate::dataframe::layers::stacked(samples?).ok()?;
        let looked_at = sample.height() as f64;
        let sizes = sample.lazy().group_by(self.key_exprs()).agg([len().alias("size")]);
        let counts = sizes.select([len().alias("found"), col("size").eq(lit(1)).sum().alias("once")]);
        let counts = alone(|| counts.collect()).ok()?;
        let count = |name: &str| counts.column(name).ok()?.get(0).ok()?.extract::<f64>();
        Some(of_all(count("found")?, count("once")?, looked_at, rows as f64))
    }
}

/// Some rows of a partition, one at an irregular place in each stretch, so that what repeats regularly is not missed.
fn sample(value: &Value, rows: usize) -> Option<pl::DataFrame> {
    let frame = value.get::<Frame>().ok()?;
    let step = frame.height().div_ceil(rows).max(1);
    let irregular = |start: usize| start + partition_of(&start, step.min(frame.height() - start));
    let rows = (0..frame.height()).step_by(step).map(|start| irregular(start) as pl::IdxSize).collect();
    alone(|| frame.take(&pl::IdxCa::from_vec("".into(), rows))).ok()
}

/// How many different ones are among all, if a sample has `found`, and `once` of them once: the estimator Duj1 of Haas and
/// Stokes, "Estimating the number of classes in a finite population", 1998.
fn of_all(found: f64, once: f64, looked_at: f64, all: f64) -> f64 {
    if looked_at <= 0.0 {
        return 0.0;
    }
    let unseen = (1.0 - looked_at / all).max(0.0) * once / looked_at;
    found / (1.0 - unseen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataframe::DataFrame;
    use polars::prelude::df;

    #[test]
    fn groups_are_estimated() {
        let groups_of = |different: i64| {
            let keys: Vec<i64> =
                (0..400_000u64).map(|n| partition_of(&(n + 7_000_000), different as usize) as i64).collect();
            let frame = DataFrame::from_polars(df!("k" => keys).unwrap(), 8);
            let groups = frame.group_by([col("k")]);
            (groups.estimated().unwrap(), groups.parts_out())
        };
        for different in [1i64, 100, 5_000, 100_000] {
            let (found, _) = groups_of(different);
            let ratio = found / different as f64;
            assert!((0.5..2.0).contains(&ratio), "{found} instead of {different}");
        }
        assert_eq!(groups_of(100).1, 1);
        assert!(groups_of(400_000).1 > 2);
    }
}
