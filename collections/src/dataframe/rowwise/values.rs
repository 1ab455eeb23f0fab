//! Values: columns of other types, and numbers within bounds.

use crate::dataframe::DataFrame;
use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use polars::prelude::{DataType, Expr, PlSmallStr, RoundMode, col};

impl DataFrame {
    /// Columns made into another type; Dask's `astype`. A value that the type cannot hold is an error of its task; for
    /// null in its place write `with_columns([col("x").cast(…)])`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, DataType, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => ["1", "2"])?, 2);
    /// assert_eq!(on_reference(&frame.cast("x", DataType::Int64))?, df!("x" => [1i64, 2])?);
    ///
    /// let wrong = DataFrame::from_polars(df!("x" => ["one"])?, 1).cast("x", DataType::Int64);
    /// assert!(on_reference(&wrong).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cast(&self, columns: impl IntoNames, dtype: DataType) -> Self {
        DataFrame::built(self.try_cast(columns.into_names(), &dtype))
    }

    #[track_caller]
    fn try_cast(&self, columns: Vec<PlSmallStr>, dtype: &DataType) -> Built<Self> {
        self.has_columns("cast", &columns)?;
        let exprs: Vec<Expr> = columns.into_iter().map(|name| col(name).strict_cast(dtype.clone())).collect();
        self.try_with_columns(&exprs)
    }

    /// Numbers brought between two bounds, in all columns of them; Dask's `clip`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [-5, 2, 8], "y" => ["a", "b", "c"])?, 2);
    /// assert_eq!(on_reference(&frame.clip(lit(0), lit(4)))?, df!("x" => [0, 2, 4], "y" => ["a", "b", "c"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn clip(&self, min: impl Into<Expr>, max: impl Into<Expr>) -> Self {
        let (min, max) = (min.into(), max.into());
        self.each_column(DataType::is_primitive_numeric, |column| column.clip(min.clone(), max.clone()))
    }

    /// Floats rounded to so many digits after the point, halves to the even digit; Dask's `round`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [0.26, 0.5], "n" => [1, 2])?, 2);
    /// assert_eq!(on_reference(&frame.round(1))?, df!("x" => [0.3, 0.5], "n" => [1, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn round(&self, decimals: u32) -> Self {
        self.each_column(DataType::is_float, |column| column.round(decimals, RoundMode::HalfToEven))
    }

    /// Numbers without their signs; Dask's `abs`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [-1.5, 2.0])?, 2);
    /// assert_eq!(on_reference(&frame.abs())?, df!("x" => [1.5, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn abs(&self) -> Self {
        self.each_column(DataType::is_primitive_numeric, Expr::abs)
    }

    /// With an expression of each column of such types in its place.
    #[track_caller]
    pub(crate) fn each_column(&self, is_meant: impl Fn(&DataType) -> bool, make: impl Fn(Expr) -> Expr) -> Self {
        let exprs: Vec<Expr> = self.columns_that(is_meant).into_iter().map(|name| make(col(name))).collect();
        DataFrame::built(self.try_with_columns(&exprs))
    }
}
