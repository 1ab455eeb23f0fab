//! Moments: skewness, kurtosis, covariance and correlation taken apart.
//!
//! Each partition makes counts, means and sums of powers of distances from its means. They are merged as Pébay,
//! Terriberry, Kolla and Bennett do, "Numerically stable, scalable formulas for parallel and online computation of
//! higher-order multivariate central moments with arbitrary weights", 2016, as Polars does with chunks.

use super::apart::{Cutter, merged_mean};
use polars::prelude::{CorrelationMethod, DataType, Expr, NULL, col, len, lit, when};

/// A power of a distance.
fn power(distance: Expr, to: i32) -> Expr {
    distance.pow(lit(to))
}

/// What a moment is, of combined results.
struct Moments {
    count: Expr,
    mean: Expr,
    second: Expr,
    third: Expr,
}

impl Cutter<'_> {
    /// The count, the mean, and sums of distances from it to the second and third power: four results, in this order.
    fn moments(&mut self, input: &Expr) -> Moments {
        let x = input.clone().cast(DataType::Float64);
        let [n, mean, m2] = [0, 1, 2].map(|ahead| col(self.name(ahead)));
        let merged = merged_mean(&n, &mean);
        let away = mean - merged.clone();
        let distance = x.clone() - x.clone().mean();
        let count = self.add(x.clone().count().cast(DataType::Float64), Expr::sum);
        let mean = self.add(x.mean(), |_| merged);
        let second = self.add(power(distance.clone(), 2).sum(), |all| (all + n.clone() * power(away.clone(), 2)).sum());
        let third =
            self.add(power(distance, 3).sum(), |all| (all + lit(3.0) * away.clone() * m2 + n * power(away, 3)).sum());
        Moments { count, mean, second, third }
    }

    /// The skewness, by Polars' formula.
    pub(super) fn skew(&mut self, input: &Expr, bias: bool) -> Option<Expr> {
        if !self.is_of_rows(input) {
            return None;
        }
        let Moments { count: n, mean, second, third } = self.moments(input);
        let (m2, m3) = (second / n.clone(), third / n.clone());
        let skew = when(is_still(&m2, &mean)).then(lit(f64::NAN)).otherwise(m3 / m2.pow(lit(1.5)));
        let (least, skew) = match bias {
            true => (0.0, skew),
            false => (2.0, (n.clone() * (n.clone() - lit(1.0))).sqrt() / (n.clone() - lit(2.0)) * skew),
        };
        Some(when(n.gt(lit(least))).then(skew).otherwise(lit(NULL)))
    }

    /// The kurtosis, by Polars' formula.
    pub(super) fn kurtosis(&mut self, input: &Expr, fisher: bool, bias: bool) -> Option<Expr> {
        if !self.is_of_rows(input) {
            return None;
        }
        let [n, mean, m2, m3] = [0, 1, 2, 3].map(|ahead| col(self.name(ahead)));
        let merged = merged_mean(&n, &mean);
        let away = mean - merged;
        let Moments { count, mean, second, .. } = self.moments(input);
        let x = input.clone().cast(DataType::Float64);
        let fourth = self.add(power(x.clone() - x.mean(), 4).sum(), |all| {
            let lower = lit(4.0) * away.clone() * m3 + lit(6.0) * power(away.clone(), 2) * m2;
            (all + lower + n * power(away, 4)).sum()
        });
        let n = count;
        let (m2, m4) = (second / n.clone(), fourth / n.clone());
        let kurtosis = when(is_still(&m2, &mean)).then(lit(f64::NAN)).otherwise(m4 / (m2.clone() * m2));
        let less = |by: f64| n.clone() - lit(by);
        let (least, kurtosis) = match bias {
            true => (0.0, kurtosis),
            false => {
                let inner = (n.clone() + lit(1.0)) / less(3.0) * kurtosis - lit(3.0) * less(1.0) / less(3.0);
                (3.0, less(1.0) / less(2.0) * inner + lit(3.0))
            }
        };
        let kurtosis = if fisher { kurtosis - lit(3.0) } else { kurtosis };
        Some(when(n.clone().gt(lit(least))).then(kurtosis).otherwise(lit(NULL)))
    }

    /// The covariance or Pearson's correlation of rows that have both values, by Polars' formulas.
    pub(super) fn correlation(&mut self, expr: &Expr, input: &[Expr], method: &CorrelationMethod) -> Option<Expr> {
        let [x, y] = input else { return None };
        if !self.is_of_rows(x) || !self.is_of_rows(y) {
            return None;
        }
        let dtype = self.dtype(expr)?;
        let both = |a: &Expr, b: &Expr| when(b.clone().is_not_null()).then(a.clone()).otherwise(lit(NULL));
        let [x, y] = [both(x, y), both(y, x)].map(|one| one.cast(DataType::Float64));
        let [n, mean_x, mean_y] = [0, 1, 2].map(|ahead| col(self.name(ahead)));
        let (merged_x, merged_y) = (merged_mean(&n, &mean_x), merged_mean(&n, &mean_y));
        let (away_x, away_y) = (mean_x - merged_x.clone(), mean_y - merged_y.clone());
        let count = self.add(x.clone().count().cast(DataType::Float64), Expr::sum);
        let _ = self.add(x.clone().mean(), |_| merged_x);
        let _ = self.add(y.clone().mean(), |_| merged_y);
        let (from_x, from_y) = (x.clone() - x.mean(), y.clone() - y.mean());
        let mut products = |a: &Expr, b: &Expr, away_a: &Expr, away_b: &Expr| {
            let away = n.clone() * away_a.clone() * away_b.clone();
            self.add((a.clone() * b.clone()).sum(), |all| (all + away).sum())
        };
        let xy = products(&from_x, &from_y, &away_x, &away_y);
        let correlation = match method {
            CorrelationMethod::Covariance(ddof) => {
                let free = count - lit(f64::from(*ddof));
                let rows = self.add(len(), Expr::sum);
                // Polars takes one row for a constant.
                let cov = when(free.clone().gt(lit(0.0))).then(xy / free).otherwise(lit(NULL));
                when(rows.eq(lit(1))).then(lit(0.0)).otherwise(cov)
            }
            CorrelationMethod::Pearson => {
                let xx = products(&from_x, &from_x, &away_x, &away_x);
                let yy = products(&from_y, &from_y, &away_y, &away_y);
                let squares = xx * yy;
                when(squares.clone().gt(lit(0.0)).and(squares.clone().is_not_nan()))
                    .then(xy / squares.sqrt())
                    .otherwise(lit(f64::NAN))
            }
            #[allow(unreachable_patterns, reason = "there is one more with features of Polars that others may ask for")]
            _ => return None,
        };
        Some(correlation.cast(dtype))
    }
}

/// Whether values do not differ, but for rounding.
fn is_still(variance: &Expr, mean: &Expr) -> Expr {
    variance.clone().lt_eq((lit(f64::EPSILON) * mean.clone()).pow(lit(2)))
}
