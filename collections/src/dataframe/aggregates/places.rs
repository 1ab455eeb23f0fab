//! Places: the numbers of the rows of the smallest or largest values, taken apart.

use super::apart::Apart;
use polars::prelude::{Expr, PlSmallStr, col};

/// The column of row numbers that [`at_extremes`] reads, which no user's column has the name of.
pub(crate) const ROW: &str = "\u{3}number";

/// The number of the first row that has the extreme value, for each column.
pub(crate) fn at_extremes(columns: &[PlSmallStr], extreme: fn(Expr) -> Expr) -> Apart {
    let mut apart = Apart::default();
    for (number, column) in columns.iter().enumerate() {
        let [value, row] = ["value", "row"].map(|what| PlSmallStr::from(format!("\u{1}{what}{number}")));
        let at = |value: Expr, row: Expr| row.filter(value.clone().eq(extreme(value))).first();
        let (x, of_row) = (col(column.clone()), col(ROW));
        apart.partial.extend([extreme(x.clone()).alias(value.clone()), at(x, of_row).alias(row.clone())]);
        let (x, of_row) = (col(value.clone()), col(row.clone()));
        apart.combine.extend([extreme(x.clone()).alias(value), at(x, of_row.clone()).alias(row)]);
        apart.finish.push(of_row.alias(column.clone()));
    }
    apart
}
