//! Quantiles of sketches, taken apart: numbers of a column, about.

use super::digest::Digest;
use super::function::Sketching;
use crate::dataframe::aggregates::apart::Apart;
use polars::prelude::{Column, DataType, PlSmallStr, PolarsResult, col};

/// About the quantile of each of these columns, whose nulls and NaN do not count.
pub(crate) fn approximate(columns: &[PlSmallStr], at: f64) -> Apart {
    let mut apart = Apart::default();
    for (number, column) in columns.iter().enumerate() {
        let name: PlSmallStr = format!("\u{1}{number}").into();
        apart.partial.push(Sketching::Quantiles.of(col(column.clone())).alias(name.clone()));
        apart.combine.push(Sketching::MergedQuantiles.of(col(name.clone())).alias(name.clone()));
        apart.finish.push(Sketching::QuantileAt(at).of(col(name)).alias(column.clone()));
    }
    apart
}

/// A sketch of a column's values.
pub(super) fn of_values(column: &Column) -> PolarsResult<Vec<u8>> {
    let mut digest = Digest::default();
    let numbers = column.cast(&DataType::Float64)?;
    numbers.f64()?.iter().flatten().filter(|number| !number.is_nan()).for_each(|number| digest.add(number));
    Ok(digest.written())
}

/// One sketch of a column of them.
pub(super) fn of_sketches(column: &Column) -> PolarsResult<Vec<u8>> {
    let mut digest = Digest::default();
    column.binary()?.iter().flatten().for_each(|written| digest.merge(written));
    Ok(digest.written())
}

/// The number at a place from 0 to 1, if the sketch is of any.
pub(super) fn at(sketch: &[u8], at: f64) -> Option<f64> {
    let mut digest = Digest::default();
    digest.merge(sketch);
    digest.quantile(at)
}
