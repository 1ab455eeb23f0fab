//! Missing values: rows without them, and values in their places.

use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use crate::dataframe::{DataFrame, all};
use polars::prelude::{
    DataType, Expr, FillNullLimit, FillNullStrategy, LazyFrame, PlSmallStr, Selector, col, cols, lit,
};

impl DataFrame {
    /// The rows without nulls; Dask's `dropna`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None], "y" => [Some("a"), None])?, 2);
    /// assert_eq!(on_reference(&frame.drop_nulls())?, df!("x" => [Some(1)], "y" => [Some("a")])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_nulls(&self) -> Self {
        DataFrame::built(self.without("drop_nulls", None, LazyFrame::drop_nulls))
    }

    /// The rows without nulls in these columns; Dask's `dropna(subset=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None], "y" => [None, Some("a")])?, 2);
    /// assert_eq!(on_reference(&frame.drop_nulls_in("y"))?, df!("x" => [None::<i32>], "y" => [Some("a")])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_nulls_in(&self, columns: impl IntoNames) -> Self {
        DataFrame::built(self.without("drop_nulls_in", Some(columns.into_names()), LazyFrame::drop_nulls))
    }

    /// The rows with at least so many values that are not null in these columns; Dask's `dropna(thresh=…, subset=…)`, and
    /// with 1 `dropna(how="all")`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = df!("x" => [Some(1), None, None], "y" => [None, None, Some("a")], "z" => [1, 2, 3])?;
    /// let frame = DataFrame::from_polars(frame, 2);
    /// let some = on_reference(&frame.drop_nulls_thresh(["x", "y"], 1))?;
    /// assert_eq!(some, df!("x" => [Some(1), None], "y" => [None, Some("a")], "z" => [1, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_nulls_thresh(&self, columns: impl IntoNames, thresh: usize) -> Self {
        let columns = columns.into_names();
        let count = |name: PlSmallStr| col(name).is_not_null().cast(DataType::UInt64);
        let values = columns.iter().cloned().map(count).fold(lit(0u64), |sum, one| sum + one);
        let kept = self.has_columns("drop_nulls_thresh", &columns).map(|()| values.gt_eq(lit(thresh as u64)));
        DataFrame::built(kept.and_then(|kept| self.try_filter(kept)))
    }

    /// The rows without NaN in their columns of floats.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1.5, f64::NAN], "y" => [1, 2])?, 2);
    /// assert_eq!(on_reference(&frame.drop_nans())?, df!("x" => [1.5], "y" => [1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_nans(&self) -> Self {
        let floats = self.columns_that(DataType::is_float);
        match floats.is_empty() {
            true => self.clone(),
            false => DataFrame::built(self.without("drop_nans", Some(floats), LazyFrame::drop_nans)),
        }
    }

    #[track_caller]
    fn without(
        &self,
        operation: &'static str,
        columns: Option<Vec<PlSmallStr>>,
        drop: fn(LazyFrame, Option<Selector>) -> LazyFrame,
    ) -> Built<Self> {
        self.has_columns(operation, columns.as_deref().unwrap_or_default())?;
        let named: Option<Vec<&str>> = columns.as_ref().map(|names| names.iter().map(|name| name.as_str()).collect());
        let identity = self.identity(operation).data(&named);
        self.step(operation, identity, self.facts.fewer_rows(), move |plan| drop(plan, columns.clone().map(cols)))
    }

    /// With an expression's value in place of each null, in all columns that it fits; Dask's `fillna(value)`. For some
    /// columns write `with_columns([col("x").fill_null(…)])`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(3)])?, 2);
    /// assert_eq!(on_reference(&frame.fill_null(lit(0)))?, df!("x" => [1, 0, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn fill_null(&self, value: impl Into<Expr>) -> Self {
        DataFrame::built(self.try_with_columns(&[all().as_expr().fill_null(value.into())]))
    }

    /// With the value before or after each null in its place, across partitions, or with the mean, least or largest of
    /// its column, or 0 or 1. Mean, 0 and 1 are for columns of numbers, least and largest for those and times; other
    /// columns stay as they are.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{FillNullStrategy, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(3)])?, 2);
    /// assert_eq!(on_reference(&frame.fill_null_with(FillNullStrategy::Mean))?, df!("x" => [1, 2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn fill_null_with(&self, strategy: FillNullStrategy) -> Self {
        let numbers = || self.columns_that(DataType::is_primitive_numeric);
        let ordered = || self.columns_that(|dtype| dtype.is_primitive_numeric() || dtype.is_temporal());
        let value = |names: Vec<PlSmallStr>, value: fn(Expr) -> Expr| -> Vec<Expr> {
            let fill = |name: &PlSmallStr| {
                let dtype = self.schema.get(name).cloned().unwrap_or(DataType::Null);
                col(name.clone()).fill_null(value(col(name.clone())).cast(dtype))
            };
            names.iter().map(fill).collect()
        };
        let exprs = match strategy {
            FillNullStrategy::Forward(_) | FillNullStrategy::Backward(_) => {
                vec![all().as_expr().fill_null_with_strategy(strategy)]
            }
            FillNullStrategy::Mean => value(numbers(), Expr::mean),
            FillNullStrategy::Min => value(ordered(), Expr::min),
            FillNullStrategy::Max => value(ordered(), Expr::max),
            FillNullStrategy::Zero | FillNullStrategy::One => {
                numbers().into_iter().map(|name| col(name).fill_null_with_strategy(strategy)).collect()
            }
        };
        DataFrame::built(self.try_with_columns(&exprs))
    }

    /// With the last value before each null in its place, of at most so many rows before if there is a limit; Dask's
    /// `ffill`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, None, Some(4)])?, 4);
    /// assert_eq!(on_reference(&frame.ffill(None))?, df!("x" => [1, 1, 1, 4])?);
    /// assert_eq!(on_reference(&frame.ffill(Some(1)))?, df!("x" => [Some(1), Some(1), None, Some(4)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn ffill(&self, limit: FillNullLimit) -> Self {
        self.fill_null_with(FillNullStrategy::Forward(limit))
    }

    /// With the next value after each null in its place, of at most so many rows after if there is a limit; Dask's
    /// `bfill`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, None, Some(4)])?, 4);
    /// assert_eq!(on_reference(&frame.bfill(None))?, df!("x" => [1, 4, 4, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn bfill(&self, limit: FillNullLimit) -> Self {
        self.fill_null_with(FillNullStrategy::Backward(limit))
    }

    /// With an expression's value in place of each NaN.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1.5, f64::NAN], "y" => ["a", "b"])?, 2);
    /// assert_eq!(on_reference(&frame.fill_nan(lit(0.0)))?, df!("x" => [1.5, 0.0], "y" => ["a", "b"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn fill_nan(&self, value: impl Into<Expr>) -> Self {
        let value = value.into();
        let floats = self.columns_that(DataType::is_float).into_iter();
        let exprs: Vec<Expr> = floats.map(|name| col(name).fill_nan(value.clone())).collect();
        DataFrame::built(self.try_with_columns(&exprs))
    }

    /// The columns of such types.
    pub(crate) fn columns_that(&self, is_meant: impl Fn(&DataType) -> bool) -> Vec<PlSmallStr> {
        self.schema.iter().filter(|(_, dtype)| is_meant(dtype)).map(|(name, _)| name.clone()).collect()
    }
}
