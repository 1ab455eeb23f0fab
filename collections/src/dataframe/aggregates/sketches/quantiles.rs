//! Quantiles of sketches, taken apart: numbers of a column, about.

use super::digest::Digest;
use super::{sketch, told};
use crate::dataframe::aggregates::apart::Apart;
use polars::prelude::{DataType, Expr, PlSmallStr, col};

/// About the quantile of each of these columns, whose nulls and NaN do not count.
pub(crate) fn approximate(columns: &[PlSmallStr], at: f64) -> Apart {
    let mut apart = Apart::default();
    for (number, column) in columns.iter().enumerate() {
        let name: PlSmallStr = format!("\u{1}{number}").into();
        apart.partial.push(sketched(col(column.clone())).alias(name.clone()));
        apart.combine.push(merged(col(name.clone())).alias(name.clone()));
        let quantile = told(col(name), DataType::Float64, move |written| {
            let mut digest = Digest::default();
            digest.merge(written);
            digest.quantile(at)
        });
        apart.finish.push(quantile.alias(column.clone()));
    }
    apart
}

fn sketched(values: Expr) -> Expr {
    sketch(values, "quantile_sketch", |column| {
        let mut digest = Digest::default();
        let numbers = column.cast(&DataType::Float64)?;
        numbers.f64()?.iter().flatten().filter(|number| !number.is_nan()).for_each(|number| digest.add(number));
        Ok(digest.written())
    })
}

fn merged(sketches: Expr) -> Expr {
    sketch(sketches, "merged_quantile_sketch", |column| {
        let mut digest = Digest::default();
        column.binary()?.iter().flatten().for_each(|written| digest.merge(written));
        Ok(digest.written())
    })
}
