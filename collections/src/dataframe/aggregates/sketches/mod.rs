//! Sketches: small summaries of many values that can be merged, for answers that are about right.
//!
//! A sketch is the bytes of a binary column, so that partial results are frames like any other.

pub(crate) mod digest;
pub(crate) mod distinct;
pub(crate) mod quantiles;
pub(crate) mod registers;

use polars::prelude::{Column, DataType, Expr, Field, IntoColumn, NamedFrom, PolarsResult, Series};

/// An aggregate that makes one sketch of the values of a column.
fn sketch(
    of: Expr,
    name: &'static str,
    make: impl Fn(&Column) -> PolarsResult<Vec<u8>> + Send + Sync + 'static,
) -> Expr {
    let make = move |column: Column| {
        let bytes = make(&column)?;
        Ok(Series::new(column.name().clone(), [bytes.as_slice()]).into_column())
    };
    of.agg_with_fmt_str(make, |_, field| Ok(Field::new(field.name().clone(), DataType::Binary)), name)
}

/// What each sketch of a column says.
fn told(sketches: Expr, dtype: DataType, tell: impl Fn(&[u8]) -> Option<f64> + Send + Sync + 'static) -> Expr {
    let to = dtype.clone();
    let tell = move |column: Column| {
        let told: Vec<Option<f64>> = column.binary()?.iter().map(|bytes| bytes.and_then(&tell)).collect();
        Ok(Series::new(column.name().clone(), told).cast(&to)?.into_column())
    };
    sketches.map(tell, move |_, field| Ok(Field::new(field.name().clone(), dtype.clone())))
}
