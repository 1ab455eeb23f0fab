//! Cumulative values: what the rows up to each one come to. Each partition comes to a total, totals are put together along
//! a tree, and each partition goes on from what came before it.

use crate::dataframe::DataFrame;
use polars::prelude::{DataType, Expr};

impl DataFrame {
    /// The sum of each row and those before it, in all columns of numbers; Dask's `cumsum`. Nulls stay null and count
    /// nothing. As an expression: `col("x").cum_sum(false)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.cum_sum())?, df!("x" => [1, 3, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_sum(&self) -> Self {
        self.each_column(DataType::is_primitive_numeric, |column| column.cum_sum(false))
    }

    /// The product of each row and those before it, in all columns of numbers; Dask's `cumprod`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1i64, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.cum_prod())?, df!("x" => [1i64, 2, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_prod(&self) -> Self {
        self.each_column(DataType::is_primitive_numeric, |column| column.cum_prod(false))
    }

    /// The least of each row and those before it, in all columns of numbers and times; Dask's `cummin`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [2, 3, 1])?, 2);
    /// assert_eq!(on_reference(&frame.cum_min())?, df!("x" => [2, 2, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_min(&self) -> Self {
        self.each_column(is_ordered, |column| column.cum_min(false))
    }

    /// The largest of each row and those before it, in all columns of numbers and times; Dask's `cummax`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [2, 3, 1])?, 2);
    /// assert_eq!(on_reference(&frame.cum_max())?, df!("x" => [2, 3, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_max(&self) -> Self {
        self.each_column(is_ordered, |column| column.cum_max(false))
    }

    /// How many values that are not null there are up to each row, in all columns.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("s" => [Some("a"), None, Some("b")])?, 2);
    /// assert_eq!(on_reference(&frame.cum_count())?, df!("s" => [1u32, 1, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_count(&self) -> Self {
        self.each_column(|_| true, |column: Expr| column.cum_count(false))
    }
}

fn is_ordered(dtype: &DataType) -> bool {
    dtype.is_primitive_numeric() || dtype.is_temporal()
}
