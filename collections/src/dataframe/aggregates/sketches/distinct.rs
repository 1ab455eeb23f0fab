//! Distinct values, about how many there are: Polars' expression `approx_n_unique`, taken apart.

use super::registers::Registers;
use crate::dataframe::shuffle::hashes::hashes_of;
use polars::prelude::{Column, PolarsResult};

/// A sketch of a column's values; nulls count as one value.
pub(super) fn of_values(column: &Column) -> PolarsResult<Vec<u8>> {
    let mut registers = Registers::default();
    hashes_of(column)?.into_iter().for_each(|hash| registers.add(hash));
    Ok(registers.written())
}

/// One sketch of a column of them.
pub(super) fn of_sketches(column: &Column) -> PolarsResult<Vec<u8>> {
    let mut registers = Registers::default();
    column.binary()?.iter().flatten().for_each(|written| registers.merge(written));
    Ok(registers.written())
}

/// About how many values a sketch was made of.
pub(super) fn estimate(sketch: &[u8]) -> f64 {
    let mut registers = Registers::default();
    registers.merge(sketch);
    registers.estimate().round()
}
