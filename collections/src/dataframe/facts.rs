//! Facts: what is known of a dataframe before it is computed, beside its columns.

use super::glimpse::Glimpse;
use polars::prelude::{PlSmallStr, Series};

/// What is known of a dataframe before it is computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// How many rows each partition has.
    pub(crate) rows: Option<Vec<usize>>,
    /// By what the rows are divided among the partitions.
    pub(crate) divisions: Option<Divisions>,
    /// Some rows like its own, for estimates. Steps are put on it, too; what rows are not like those any more has none.
    pub(crate) glimpse: Option<Glimpse>,
}

/// Sorted bounds of a column: partition `i` has the rows from bound `i` up to bound `i + 1`, which only the last one
/// includes. Nulls may be anywhere, and NaN are in the last partition.
#[derive(Clone, Debug, PartialEq)]
pub struct Divisions {
    /// The column.
    pub by: PlSmallStr,
    /// The bounds, one more than there are partitions.
    pub bounds: Series,
}

impl Facts {
    /// The facts of a dataframe whose partitions have so many rows.
    pub(crate) fn of_rows(rows: Vec<usize>) -> Self {
        Facts { rows: Some(rows), ..Facts::default() }
    }

    /// What stays true if rows are taken out.
    pub(crate) fn fewer_rows(&self) -> Self {
        Facts { rows: None, ..self.clone() }
    }

    /// What stays true if the rows are put into other partitions.
    pub(crate) fn moved_rows(&self) -> Self {
        Facts { glimpse: self.glimpse.clone(), ..Facts::default() }
    }

    /// What stays true if columns are made anew, all but those that `kept` says of.
    pub(crate) fn kept_columns(&self, kept: impl Fn(&PlSmallStr) -> bool) -> Self {
        let divisions = self.divisions.clone().filter(|divisions| kept(&divisions.by));
        Facts { divisions, ..self.clone() }
    }
}
