//! Values of groups: the different ones, how often each comes, and how those of two columns go together.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::kinds::Kind;
use crate::dataframe::layers::Built;
use polars::prelude::{Expr, col, cov, len, pearson_corr};

impl GroupBy {
    /// The different values of each column, each once, as lists in the order in which they come; Dask's `unique`. Rows are
    /// shuffled.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{ListNameSpaceImpl, df};
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 5])?, 2);
    /// let found = on_reference(&frame.group_by([col("k")]).split_out(1).unique())?;
    /// assert_eq!(found.column("x")?.list()?.lst_lengths().into_no_null_iter().collect::<Vec<_>>(), [2, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn unique(&self) -> DataFrame {
        self.of_each("unique", Kind::Any, Expr::unique_stable)
    }

    /// A row for each different value of a column in each group, and how often it comes there, as column `count`; Dask's
    /// `value_counts`. They are in the order in which they come first.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 1])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).value_counts("x"))?, df!("k" => ["a", "b"], "x" => [1, 2], "count" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn value_counts(&self, column: &str) -> DataFrame {
        DataFrame::built(self.try_value_counts(column))
    }

    #[track_caller]
    fn try_value_counts(&self, column: &str) -> Built<DataFrame> {
        self.frame.dtype_of("value_counts", column)?;
        let keys: Vec<Expr> = self.key_exprs().into_iter().chain([col(column)]).collect();
        let groups = GroupBy { split_out: self.split_out, ..self.frame.group_by(keys) };
        groups.aggregated("value_counts", &[len().alias("count")])
    }

    /// The covariance of two columns in each group, as column `cov`; Dask's `cov`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "a"], "x" => [1, 5], "y" => [1, 3])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).cov("x", "y", 0))?, df!("k" => ["a"], "cov" => [2.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn cov(&self, a: &str, b: &str, ddof: u8) -> DataFrame {
        DataFrame::built(self.aggregated("cov", &[cov(col(a), col(b), ddof).alias("cov")]))
    }

    /// Pearson's correlation of two columns in each group, as column `corr`; Dask's `corr`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "a"], "x" => [1, 5], "y" => [1, 3])?, 2);
    /// assert_eq!(on_reference(&frame.group_by([col("k")]).corr("x", "y"))?, df!("k" => ["a"], "corr" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn corr(&self, a: &str, b: &str) -> DataFrame {
        DataFrame::built(self.aggregated("corr", &[pearson_corr(col(a), col(b)).alias("corr")]))
    }
}
