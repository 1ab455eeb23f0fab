//! Aggregates of all columns of groups: methods that say what of each.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::kinds::Kind;
use crate::dataframe::aggregates::places::{ROW, at_extremes};
use crate::dataframe::aggregates::sketches::quantiles::approximate;
use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use polars::prelude::{Expr, PlSmallStr, QuantileMethod, col, len, lit};

impl GroupBy {
    /// What an aggregate makes of each column of a kind.
    #[track_caller]
    pub(super) fn of_each(&self, operation: &'static str, kind: Kind, aggregate: impl Fn(Expr) -> Expr) -> DataFrame {
        DataFrame::built(self.try_of_each(operation, kind, aggregate))
    }

    #[track_caller]
    fn try_of_each(&self, operation: &'static str, kind: Kind, aggregate: impl Fn(Expr) -> Expr) -> Built<DataFrame> {
        let columns = self.columns_of(operation, kind)?;
        let exprs: Vec<Expr> = columns.into_iter().map(|name| aggregate(col(name))).collect();
        self.aggregated(operation, &exprs)
    }

    /// The columns of a kind, without the keys.
    pub(super) fn columns_of(&self, operation: &'static str, kind: Kind) -> Built<Vec<PlSmallStr>> {
        self.frame.sound()?;
        Ok(kind.columns(operation, &self.frame.schema, &self.key_names())?)
    }

    /// The sums of all columns of numbers and truths; Dask's `sum`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).sum())?, df!("k" => ["a", "b"], "x" => [6, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sum(&self) -> DataFrame {
        self.of_each("sum", Kind::Numbers, Expr::sum)
    }

    /// The products of all columns of numbers and truths; Dask's `prod`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).product())?, df!("k" => ["a", "b"], "x" => [5i64, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn product(&self) -> DataFrame {
        self.of_each("product", Kind::Numbers, Expr::product)
    }

    /// The means of all columns of numbers and truths; Dask's `mean`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).mean())?, df!("k" => ["a", "b"], "x" => [3.0, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn mean(&self) -> DataFrame {
        self.of_each("mean", Kind::Numbers, Expr::mean)
    }

    /// The smallest values of all columns that have an order; Dask's `min`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).min())?, df!("k" => ["a", "b"], "x" => [1, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn min(&self) -> DataFrame {
        self.of_each("min", Kind::Ordered, Expr::min)
    }

    /// The largest values of all columns that have an order; Dask's `max`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).max())?, df!("k" => ["a", "b"], "x" => [5, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn max(&self) -> DataFrame {
        self.of_each("max", Kind::Ordered, Expr::max)
    }

    /// How many values each column has that are not null; Dask's `count`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).count())?, df!("k" => ["a", "b"], "x" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn count(&self) -> DataFrame {
        self.of_each("count", Kind::Any, Expr::count)
    }

    /// How many rows each group has, as column `size`; Dask's `size`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).size())?, df!("k" => ["a", "b"], "size" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn size(&self) -> DataFrame {
        DataFrame::built(self.aggregated("size", &[len().alias("size")]))
    }

    /// The values of the first row of each group; Dask's `first`, which leaves out nulls, is the expression `first_non_null`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).first())?, df!("k" => ["a", "b"], "x" => [1, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn first(&self) -> DataFrame {
        self.of_each("first", Kind::Any, Expr::first)
    }

    /// The values of the last row of each group; Dask's `last`, which leaves out nulls, is the expression `last_non_null`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).last())?, df!("k" => ["a", "b"], "x" => [5, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn last(&self) -> DataFrame {
        self.of_each("last", Kind::Any, Expr::last)
    }

    /// How many different values each column has, null among them; Dask's `nunique`. Rows are shuffled.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).split_out(1).n_unique())?, df!("k" => ["a", "b"], "x" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn n_unique(&self) -> DataFrame {
        self.of_each("n_unique", Kind::Any, Expr::n_unique)
    }

    /// The standard deviations of all columns of numbers and truths, of which `ddof` are not free; Dask's `std`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).std(0))?, df!("k" => ["a", "b"], "x" => [2.0, 0.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn std(&self, ddof: u8) -> DataFrame {
        self.of_each("std", Kind::Numbers, |x| x.std(ddof))
    }

    /// The variances of all columns of numbers and truths, of which `ddof` are not free; Dask's `var`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).var(0))?, df!("k" => ["a", "b"], "x" => [4.0, 0.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn var(&self, ddof: u8) -> DataFrame {
        self.of_each("var", Kind::Numbers, |x| x.var(ddof))
    }

    /// The medians of all columns of numbers and truths; Dask's `median`. Rows are shuffled.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).split_out(1).median())?, df!("k" => ["a", "b"], "x" => [3.0, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn median(&self) -> DataFrame {
        self.of_each("median", Kind::Numbers, Expr::median)
    }

    /// The quantiles of all columns of numbers, between 0 and 1; Dask's `quantile`. Rows are shuffled.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{QuantileMethod, df};
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).split_out(1).quantile(0.25, QuantileMethod::Linear))?, df!("k" => ["a", "b"], "x" => [2.0, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, at: f64, method: QuantileMethod) -> DataFrame {
        self.of_each("quantile", Kind::OnlyNumbers, |x| x.quantile(lit(at), method))
    }

    /// About how many different values each column has, null among them, with an error of about 1.6 %: by HyperLogLog.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).approx_n_unique())?, df!("k" => ["a", "b"], "x" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn approx_n_unique(&self) -> DataFrame {
        self.of_each("approx_n_unique", Kind::Any, Expr::approx_n_unique)
    }

    /// About the medians of all columns of numbers and truths, as [`GroupBy::quantile_approximate`].
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).median_approximate())?, df!("k" => ["a", "b"], "x" => [3.0, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn median_approximate(&self) -> DataFrame {
        DataFrame::built(self.sketched("median_approximate", 0.5))
    }

    /// About the quantiles of all columns of numbers and truths, between 0 and 1, by t-digests, whose rows are not
    /// shuffled: exact for few values, and within about 1 % of the ranks at the median, less at both ends.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).quantile_approximate(0.5))?, df!("k" => ["a", "b"], "x" => [3.0, 2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile_approximate(&self, at: f64) -> DataFrame {
        DataFrame::built(self.sketched("quantile_approximate", at))
    }

    #[track_caller]
    fn sketched(&self, operation: &'static str, at: f64) -> Built<DataFrame> {
        if !(0.0..=1.0).contains(&at) {
            let (what, found) = ("the quantile", at.to_string());
            return Err(FrameError::Argument { operation, what, found, expected: "between 0 and 1" }.into());
        }
        let columns = self.columns_of(operation, Kind::Numbers)?;
        let identity = self.identity(operation, &[lit(at)]);
        self.combined(operation, identity, approximate(&columns, at))
    }

    /// The number, among all rows of the dataframe from 0, of the first row that has the smallest value of its group, for each
    /// column that has an order; Dask's `idxmin`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).idxmin())?, df!("k" => ["a", "b"], "x" => [0u64, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn idxmin(&self) -> DataFrame {
        DataFrame::built(self.places("idxmin", Expr::min))
    }

    /// The number, among all rows of the dataframe from 0, of the first row that has the largest value of its group, for each
    /// column that has an order; Dask's `idxmax`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).idxmax())?, df!("k" => ["a", "b"], "x" => [2u64, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn idxmax(&self) -> DataFrame {
        DataFrame::built(self.places("idxmax", Expr::max))
    }

    #[track_caller]
    fn places(&self, operation: &'static str, extreme: fn(Expr) -> Expr) -> Built<DataFrame> {
        let columns = self.columns_of(operation, Kind::Ordered)?;
        let identity = self.identity(operation, &[]);
        let numbered = GroupBy { frame: self.frame.numbered(operation, ROW)?, ..self.clone() };
        numbered.combined(operation, identity, at_extremes(&columns, extreme))
    }
}
