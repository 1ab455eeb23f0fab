//! Shifts: each row beside one before or after it.

use crate::dataframe::{DataFrame, all};
use polars::prelude::{DataType, lit};
use polars::series::ops::NullBehavior;

impl DataFrame {
    /// Each row in the place of the one `n` after it, or before it if `n` is negative; null where there is none. Dask's
    /// `shift`. As an expression: `col("x").shift(lit(1))`.
    ///
    /// Partitions that are short take rows of several.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 3);
    /// assert_eq!(on_reference(&frame.shift(2))?, df!("x" => [None, None, Some(1)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shift(&self, n: i64) -> Self {
        DataFrame::built(self.try_with_columns(&[all().as_expr().shift(lit(n))]))
    }

    /// What each row is more than the one `n` before it, in all columns of numbers and times; Dask's `diff`. As an
    /// expression: `col("x").diff(lit(1), NullBehavior::Ignore)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 4, 9])?, 2);
    /// assert_eq!(on_reference(&frame.diff(1))?, df!("x" => [None, Some(3), Some(5)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn diff(&self, n: i64) -> Self {
        let is_meant = |dtype: &DataType| dtype.is_primitive_numeric() || dtype.is_temporal();
        self.each_column(is_meant, |column| column.diff(lit(n), NullBehavior::Ignore))
    }

    /// By what part each row is more than the one `n` before it, in all columns of numbers; pandas' `pct_change`. As an
    /// expression: `col("x").pct_change(lit(1))`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [4.0, 5.0, 2.5])?, 3);
    /// assert_eq!(on_reference(&frame.pct_change(1))?, df!("x" => [None, Some(0.25), Some(-0.5)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn pct_change(&self, n: i64) -> Self {
        self.each_column(DataType::is_primitive_numeric, |column| column.pct_change(lit(n)))
    }
}
