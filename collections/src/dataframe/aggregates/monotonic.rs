//! Order: whether the values of a column go up or down.

use super::apart::Apart;
use crate::dataframe::DataFrame;
use crate::dataframe::layers::Built;
use polars::prelude::{Expr, col, len, lit};

impl DataFrame {
    /// One row: whether no value of a column is less than the one before it, and none is null; Dask's
    /// `is_monotonic_increasing`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 2])?, 2);
    /// assert_eq!(on_reference(&frame.is_monotonic_increasing("x"))?, df!("x" => [true])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn is_monotonic_increasing(&self, column: &str) -> Self {
        DataFrame::built(self.monotonic("is_monotonic_increasing", column, |next, before| next.gt_eq(before)))
    }

    /// One row: whether no value of a column is greater than the one before it, and none is null; Dask's
    /// `is_monotonic_decreasing`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 2])?, 2);
    /// assert_eq!(on_reference(&frame.is_monotonic_decreasing("x"))?, df!("x" => [false])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn is_monotonic_decreasing(&self, column: &str) -> Self {
        DataFrame::built(self.monotonic("is_monotonic_decreasing", column, |next, before| next.lt_eq(before)))
    }

    /// Each partition tells its ends, and whether its rows are in order; then the ends have to be.
    #[track_caller]
    fn monotonic(&self, operation: &'static str, column: &str, follows: fn(Expr, Expr) -> Expr) -> Built<Self> {
        self.dtype_of(operation, column)?;
        let in_order = |next: Expr, before: Expr| follows(next, before.shift(lit(1))).all(true);
        let x = || col(column);
        let [first, last, ordered, rows] = ["\u{1}first", "\u{1}last", "\u{1}ordered", "\u{1}rows"];
        let some = |name: &str| col(name).filter(col(rows).gt(lit(0)));
        let apart = Apart {
            partial: vec![
                x().first().alias(first),
                x().last().alias(last),
                x().null_count().eq(lit(0)).and(in_order(x(), x())).alias(ordered),
                len().alias(rows),
            ],
            combine: vec![
                some(first).first().alias(first),
                some(last).last().alias(last),
                col(ordered).all(true).and(in_order(some(first), some(last))).alias(ordered),
                col(rows).sum().alias(rows),
            ],
            finish: vec![col(ordered).alias(column)],
        };
        self.taken_apart(operation, self.identity(operation).data(&column), apart)
    }
}
