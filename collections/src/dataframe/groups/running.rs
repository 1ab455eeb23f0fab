//! Running values of groups: what each row makes of those before or after it in its group.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::kinds::Kind;
use crate::dataframe::layers::Built;
use polars::prelude::{Expr, FillNullStrategy, IdxSize, PlSmallStr, col, lit};

impl GroupBy {
    /// All rows in their order, with what is made of each column of a kind in its place.
    #[track_caller]
    fn running(&self, operation: &'static str, kind: Kind, make: impl Fn(Expr) -> Expr) -> DataFrame {
        DataFrame::built(self.try_running(operation, kind, make))
    }

    #[track_caller]
    fn try_running(&self, operation: &'static str, kind: Kind, make: impl Fn(Expr) -> Expr) -> Built<DataFrame> {
        let columns = self.columns_of(operation, kind)?;
        let exprs: Vec<Expr> = columns.into_iter().map(|name| make(col(name))).collect();
        self.try_transform(operation, &exprs)
    }

    /// All rows in their order, with what is made of each column of numbers, but for one, in its place.
    #[track_caller]
    pub(crate) fn running_numbers(
        &self,
        operation: &'static str,
        but: Option<&PlSmallStr>,
        make: impl Fn(Expr) -> Expr,
    ) -> Built<DataFrame> {
        let columns = self.columns_of(operation, Kind::OnlyNumbers)?.into_iter();
        let exprs: Vec<Expr> = columns.filter(|name| Some(name) != but).map(|name| make(col(name))).collect();
        self.try_transform(operation, &exprs)
    }

    /// Each number as the sum of those up to it in its group; Dask's `cumsum`. Rows are shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).cum_sum())?, df!("k" => ["a", "b", "a"], "x" => [1, 2, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_sum(&self) -> DataFrame {
        self.running("cum_sum", Kind::Numbers, |x| x.cum_sum(false))
    }

    /// Each number as the product of those up to it in its group; Dask's `cumprod`. Rows are shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).cum_prod())?, df!("k" => ["a", "b", "a"], "x" => [1i64, 2, 5])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_prod(&self) -> DataFrame {
        self.running("cum_prod", Kind::Numbers, |x| x.cum_prod(false))
    }

    /// Each number as the least of those up to it in its group. Rows are shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).cum_min())?, df!("k" => ["a", "b", "a"], "x" => [1, 2, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_min(&self) -> DataFrame {
        self.running("cum_min", Kind::Numbers, |x| x.cum_min(false))
    }

    /// Each number as the greatest of those up to it in its group. Rows are shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).cum_max())?, df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cum_max(&self) -> DataFrame {
        self.running("cum_max", Kind::Numbers, |x| x.cum_max(false))
    }

    /// Each value as the one `n` rows before it in its group, or after it if `n` is negative; null where there is none. Dask's
    /// `shift`. Rows are shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).shift(1))?, df!("k" => ["a", "b", "a"], "x" => [None, None, Some(1)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shift(&self, n: i64) -> DataFrame {
        self.running("shift", Kind::Any, |x| x.shift(lit(n)))
    }

    /// Nulls as the last value before them in their group that is none, at most `limit` in a row; Dask's `ffill`. Rows are
    /// shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [Some(1), Some(2), None])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).ffill(None))?, df!("k" => ["a", "b", "a"], "x" => [Some(1), Some(2), Some(1)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn ffill(&self, limit: Option<IdxSize>) -> DataFrame {
        self.running("ffill", Kind::Any, |x| x.fill_null_with_strategy(FillNullStrategy::Forward(limit)))
    }

    /// Nulls as the first value after them in their group that is none, at most `limit` in a row; Dask's `bfill`. Rows are
    /// shuffled, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [None, Some(2), Some(3)])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).bfill(None))?, df!("k" => ["a", "b", "a"], "x" => [Some(3), Some(2), Some(3)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn bfill(&self, limit: Option<IdxSize>) -> DataFrame {
        self.running("bfill", Kind::Any, |x| x.fill_null_with_strategy(FillNullStrategy::Backward(limit)))
    }
}
