//! Distinct values, about how many there are: Polars' expression `approx_n_unique`, taken apart.

use super::registers::Registers;
use super::{sketch, told};
use crate::dataframe::shuffle::hashes::hashes_of;
use polars::prelude::{Expr, IDX_DTYPE};

/// A sketch of the values of an expression; nulls count as one value.
pub(crate) fn sketched(values: &Expr) -> Expr {
    sketch(values.clone(), "distinct_sketch", |column| {
        let mut registers = Registers::default();
        hashes_of(column)?.into_iter().for_each(|hash| registers.add(hash));
        Ok(registers.written())
    })
}

/// One sketch of several.
pub(crate) fn merged(sketches: Expr) -> Expr {
    sketch(sketches, "merged_distinct_sketch", |column| {
        let mut registers = Registers::default();
        column.binary()?.iter().flatten().for_each(|written| registers.merge(written));
        Ok(registers.written())
    })
}

/// About how many values a sketch was made of.
pub(crate) fn estimated(sketches: Expr) -> Expr {
    told(sketches, IDX_DTYPE, |written| {
        let mut registers = Registers::default();
        registers.merge(written);
        Some(registers.estimate().round())
    })
}
