//! Aggregates of all columns: methods that make one row, of what they say of each.

use super::kinds::Kind;
use super::places::{ROW, at_extremes};
use super::sketches::quantiles::approximate;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::identified;
use crate::dataframe::layers::Built;
use polars::prelude::{Expr, QuantileMethod, col, lit};

impl DataFrame {
    /// One row, of what an aggregate makes of each column of a kind.
    #[track_caller]
    fn of_each(&self, operation: &'static str, kind: Kind, aggregate: impl Fn(Expr) -> Expr) -> Self {
        DataFrame::built(self.try_of_each(operation, kind, aggregate))
    }

    #[track_caller]
    fn try_of_each(&self, operation: &'static str, kind: Kind, aggregate: impl Fn(Expr) -> Expr) -> Built<Self> {
        let columns = kind.columns(operation, &self.sound()?.schema, &[])?;
        let exprs: Vec<Expr> = columns.into_iter().map(|name| aggregate(col(name))).collect();
        self.aggregated(operation, &self.resolve(operation, &exprs)?)
    }

    /// One row: the sums of all columns of numbers and truths; Dask's `sum`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.sum())?, df!("x" => [9])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sum(&self) -> DataFrame {
        self.of_each("sum", Kind::Numbers, Expr::sum)
    }

    /// One row: the products of all columns of numbers and truths; Dask's `prod` and `product`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.product())?, df!("x" => [12i64])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn product(&self) -> DataFrame {
        self.of_each("product", Kind::Numbers, Expr::product)
    }

    /// One row: the means of all columns of numbers and truths; Dask's `mean`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.mean())?, df!("x" => [3.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn mean(&self) -> DataFrame {
        self.of_each("mean", Kind::Numbers, Expr::mean)
    }

    /// One row: the smallest values of all columns that have an order; Dask's `min`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.min())?, df!("x" => [1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn min(&self) -> DataFrame {
        self.of_each("min", Kind::Ordered, Expr::min)
    }

    /// One row: the largest values of all columns that have an order; Dask's `max`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.max())?, df!("x" => [6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn max(&self) -> DataFrame {
        self.of_each("max", Kind::Ordered, Expr::max)
    }

    /// One row: how many values each column has that are not null; Dask's `count`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(6)])?, 2);
    /// assert_eq!(on_reference(&frame.count())?, df!("x" => [2u32])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn count(&self) -> DataFrame {
        self.of_each("count", Kind::Any, Expr::count)
    }

    /// One row: how many nulls each column has.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(6)])?, 2);
    /// assert_eq!(on_reference(&frame.null_count())?, df!("x" => [1u32])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn null_count(&self) -> DataFrame {
        self.of_each("null_count", Kind::Any, Expr::null_count)
    }

    /// One row: the standard deviations of all columns of numbers and truths, of which `ddof` are not free; Dask's `std`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 5])?, 2);
    /// assert_eq!(on_reference(&frame.std(0))?, df!("x" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn std(&self, ddof: u8) -> DataFrame {
        self.of_each("std", Kind::Numbers, |x| x.std(ddof))
    }

    /// One row: the variances of all columns of numbers and truths, of which `ddof` are not free; Dask's `var`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 5])?, 2);
    /// assert_eq!(on_reference(&frame.var(0))?, df!("x" => [4.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn var(&self, ddof: u8) -> DataFrame {
        self.of_each("var", Kind::Numbers, |x| x.var(ddof))
    }

    /// One row: the standard errors of the means of all columns of numbers and truths, of which `ddof` are not free; Dask's `sem`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 5])?, 2);
    /// assert_eq!(on_reference(&frame.sem(1))?, df!("x" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn sem(&self, ddof: u8) -> DataFrame {
        self.of_each("sem", Kind::Numbers, |x| x.clone().std(ddof) / x.count().sqrt())
    }

    /// One row: the skewness of all columns of numbers and truths, of a population if `bias`; Dask's `skew`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.skew(true))?, df!("x" => [0.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn skew(&self, bias: bool) -> DataFrame {
        self.of_each("skew", Kind::Numbers, |x| x.skew(bias))
    }

    /// One row: the kurtosis of all columns of numbers and truths, less 3 if `fisher`, of a population if `bias`; Dask's `kurtosis`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 3])?, 2);
    /// assert_eq!(on_reference(&frame.kurtosis(false, true))?, df!("x" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn kurtosis(&self, fisher: bool, bias: bool) -> DataFrame {
        self.of_each("kurtosis", Kind::Numbers, |x| x.kurtosis(fisher, bias))
    }

    /// One row: the medians of all columns of numbers and truths; Dask's `median`. These columns are brought to one partition;
    /// [`DataFrame::median_approximate`] needs no more than a sketch of them.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.median())?, df!("x" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn median(&self) -> DataFrame {
        self.of_each("median", Kind::Numbers, Expr::median)
    }

    /// One row: the quantiles of all columns of numbers, between 0 and 1; Dask's `quantile`, whose answers are
    /// approximate. These columns are brought to one partition; [`DataFrame::quantile_approximate`] needs no more than a sketch of
    /// them.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{QuantileMethod, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.quantile(0.5, QuantileMethod::Linear))?, df!("x" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile(&self, at: f64, method: QuantileMethod) -> DataFrame {
        self.of_each("quantile", Kind::OnlyNumbers, |x| x.quantile(lit(at), method))
    }

    /// One row: how many different values each column has, null among them; Dask's `nunique`. The different values of a column
    /// are brought to one partition; [`DataFrame::approx_n_unique`] needs no more than a sketch of them.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 1])?, 2);
    /// assert_eq!(on_reference(&frame.n_unique())?, df!("x" => [2u32])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn n_unique(&self) -> DataFrame {
        self.of_each("n_unique", Kind::Any, Expr::n_unique)
    }

    /// One row: about how many different values each column has, null among them, with an error of about 1.6 %: by HyperLogLog;
    /// Dask's `nunique_approx`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 1])?, 2);
    /// assert_eq!(on_reference(&frame.approx_n_unique())?, df!("x" => [2u32])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn approx_n_unique(&self) -> DataFrame {
        self.of_each("approx_n_unique", Kind::Any, Expr::approx_n_unique)
    }

    /// One row: whether any value of each column of truths is true; Dask's `any`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [true, false])?, 2);
    /// assert_eq!(on_reference(&frame.any())?, df!("x" => [true])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn any(&self) -> DataFrame {
        self.of_each("any", Kind::Truths, |x| x.any(true))
    }

    /// One row: whether all values of each column of truths are true, but for nulls; Dask's `all`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [true, false])?, 2);
    /// assert_eq!(on_reference(&frame.all())?, df!("x" => [false])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn all(&self) -> DataFrame {
        self.of_each("all", Kind::Truths, |x| x.all(true))
    }

    /// One row: about the medians of all columns of numbers and truths, as [`DataFrame::quantile_approximate`]; Dask's
    /// `median_approximate`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.median_approximate())?, df!("x" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn median_approximate(&self) -> DataFrame {
        DataFrame::built(self.sketched("median_approximate", 0.5))
    }

    /// One row: about the quantiles of all columns of numbers and truths, between 0 and 1, by t-digests: exact for few values, and
    /// within about 1 % of the ranks at the median, less at both ends. Nulls and NaN do not count. Dask's `quantile`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 6])?, 2);
    /// assert_eq!(on_reference(&frame.quantile_approximate(0.0))?, df!("x" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn quantile_approximate(&self, at: f64) -> DataFrame {
        DataFrame::built(self.sketched("quantile_approximate", at))
    }

    #[track_caller]
    fn sketched(&self, operation: &'static str, at: f64) -> Built<Self> {
        if !(0.0..=1.0).contains(&at) {
            let (what, found) = ("the quantile", at.to_string());
            return Err(FrameError::Argument { operation, what, found, expected: "between 0 and 1" }.into());
        }
        let columns = Kind::Numbers.columns(operation, &self.sound()?.schema, &[])?;
        let identity = identified(self.identity(operation), &[lit(at)]);
        self.taken_apart(operation, identity, approximate(&columns, at))
    }

    /// One row: the number, from 0, of the first row that has the smallest value, for each column that has an order; Dask's
    /// `idxmin`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [3, 1, 6])?, 2);
    /// assert_eq!(on_reference(&frame.idxmin())?, df!("x" => [1u64])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn idxmin(&self) -> DataFrame {
        DataFrame::built(self.places("idxmin", Expr::min))
    }

    /// One row: the number, from 0, of the first row that has the largest value, for each column that has an order; Dask's
    /// `idxmax`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [3, 1, 6])?, 2);
    /// assert_eq!(on_reference(&frame.idxmax())?, df!("x" => [2u64])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn idxmax(&self) -> DataFrame {
        DataFrame::built(self.places("idxmax", Expr::max))
    }

    #[track_caller]
    fn places(&self, operation: &'static str, extreme: fn(Expr) -> Expr) -> Built<Self> {
        let columns = Kind::Ordered.columns(operation, &self.sound()?.schema, &[])?;
        let numbered = self.numbered(operation, ROW)?;
        numbered.taken_apart(operation, self.identity(operation), at_extremes(&columns, extreme))
    }
}
