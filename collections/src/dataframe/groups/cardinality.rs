//! Cardinality: about how many groups there are, by a look at some rows while the plan is built, and what follows from it.

use super::GroupBy;
use crate::dataframe::stacks::stacked;
use crate::dataframe::threads::alone;
use polars::prelude::{self as pl, Expr, IntoLazy, PolarsResult, col, len, lit};

/// Groups whose partial results one task combines without becoming what all others wait for.
const GROUPS_OF_ONE: f64 = 65_536.0;

/// Into how many partitions partial results are combined, and why.
pub(crate) struct Choice {
    pub(crate) parts: usize,
    reason: String,
}

impl Choice {
    fn new(parts: usize, reason: impl Into<String>) -> Self {
        Choice { parts, reason: reason.into() }
    }

    /// In words, for those who want to see it.
    pub(crate) fn remark(&self) -> String {
        match self.parts {
            1 => format!("{}, combined by a tree", self.reason),
            parts => format!("{}, combined in {parts} partitions by hashes", self.reason),
        }
    }
}

impl GroupBy {
    /// Into how many partitions partial results are combined: as many as were asked for, and else one for each
    /// [`GROUPS_OF_ONE`] that there are about, at most as many as the dataframe has; one if nothing is known.
    pub(crate) fn choice(&self) -> Choice {
        let most = self.frame.npartitions();
        if let Some(parts) = self.split_out {
            return Choice::new(parts.clamp(1, u32::MAX as usize), "`split_out` was set");
        }
        if most <= 1 {
            return Choice::new(1, "one partition");
        }
        if let Some(rows) = self.frame.known_len().filter(|&rows| (rows as f64) <= GROUPS_OF_ONE) {
            return Choice::new(1, format!("{rows} rows"));
        }
        match self.estimated() {
            Some(groups) => {
                let parts = ((groups / GROUPS_OF_ONE).ceil() as usize).clamp(1, most);
                Choice::new(parts, format!("about {} groups", rounded(groups)))
            }
            None => Choice::new(1, "groups unknown"),
        }
    }

    /// About how many groups there are, if rows can be looked at.
    fn estimated(&self) -> Option<f64> {
        let keys = self.key_exprs();
        let seen = self.frame.facts.glimpse.as_ref()?.seen(|plan| plan.select(&keys))?;
        let all = self.frame.known_len().map_or(seen.of, |rows| rows as f64);
        let look = alone(|| Look::at(&seen.stretches, &self.key_columns())).ok()?;
        Some(look.of_all(seen.looked_through, all))
    }
}

/// What a look at some rows of a few stretches found.
struct Look {
    /// How many rows.
    rows: f64,
    /// How many different ones, and how many of them once.
    found: f64,
    once: f64,
    /// How many stretches, and how many different ones each has, summed.
    stretches: usize,
    within: f64,
}

impl Look {
    fn at(stretches: &[pl::DataFrame], keys: &[Expr]) -> PolarsResult<Self> {
        let mut within = 0.0;
        for stretch in stretches {
            within += counted(stretch.clone(), keys)?.0;
        }
        let all = stacked(stretches.iter().cloned())?;
        let rows = all.height() as f64;
        let (found, once) = counted(all, keys)?;
        Ok(Look { rows, found, once, stretches: stretches.len(), within })
    }

    /// How many different ones are among all rows, if the stretches have so many.
    fn of_all(&self, looked_through: f64, all: f64) -> f64 {
        if self.found <= 0.0 {
            return 0.0;
        }
        // Of rows in no order, as many are alike if they are near each other as if they are not. In an order, or nearly,
        // there are more to be found the further one looks.
        let alike_within = 1.0 - self.within / self.rows;
        let alike_between = 1.0 - self.found / self.within;
        let in_no_order = of_all(self.found, self.once, self.rows, all);
        match self.stretches > 1 && alike_between < alike_within / 4.0 {
            true => in_no_order.max(self.found * all / looked_through.max(self.rows)),
            false => in_no_order,
        }
    }
}

/// How many different rows there are, and how many of them once.
fn counted(rows: pl::DataFrame, keys: &[Expr]) -> PolarsResult<(f64, f64)> {
    let sizes = rows.lazy().group_by(keys).agg([len().alias("\u{1}size")]);
    let counts = sizes.select([len().alias("found"), col("\u{1}size").eq(lit(1)).sum().alias("once")]).collect()?;
    let count = |name: &str| counts.column(name)?.get(0)?.try_extract::<f64>();
    Ok((count("found")?, count("once")?))
}

/// How many different ones are among all, if a sample has `found`, and `once` of them once: the estimator Duj1 of Haas and
/// Stokes, "Estimating the number of classes in a finite population", 1998.
fn of_all(found: f64, once: f64, looked_at: f64, all: f64) -> f64 {
    let unseen = (1.0 - looked_at / all.max(looked_at)) * once / looked_at;
    found / (1.0 - unseen)
}

/// With two digits that count.
fn rounded(number: f64) -> u64 {
    let unit = 10f64.powf(number.max(1.0).log10().floor() - 1.0).max(1.0);
    ((number / unit).round() * unit) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataframe::DataFrame;
    use crate::hash::partition_of;
    use polars::prelude::df;

    #[test]
    fn groups_are_estimated() {
        let groups_of = |different: i64| {
            let keys: Vec<i64> =
                (0..400_000u64).map(|n| partition_of(&(n + 7_000_000), different as usize) as i64).collect();
            let frame = DataFrame::from_polars(df!("k" => keys).unwrap(), 8);
            let groups = frame.group_by([col("k")]);
            (groups.estimated().unwrap(), groups.choice().parts)
        };
        for different in [1i64, 100, 5_000, 100_000] {
            let (found, _) = groups_of(different);
            let ratio = found / different as f64;
            assert!((0.5..2.0).contains(&ratio), "{found} instead of {different}");
        }
        assert_eq!(groups_of(100).1, 1);
        assert!(groups_of(400_000).1 > 2);
    }

    #[test]
    fn estimates_are_told_in_two_digits() {
        assert_eq!([0.0, 3.2, 99.0, 123.0, 65_536.0].map(rounded), [0, 3, 99, 120, 66_000]);
    }
}
