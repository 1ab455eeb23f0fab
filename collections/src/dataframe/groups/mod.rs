//! Groups: the rows of a dataframe whose keys are equal, and what is made of each group.

mod agg;
mod aggregation;
mod apply;
mod cardinality;
mod columns;
mod lists;
mod rows;
mod running;
mod transform;

pub use aggregation::Aggregation;

use super::DataFrame;
use super::error::FrameError;
use super::exprs::{Needs, Resolved};
use super::layers::Built;
use super::rowwise::steps::all_rows;
use polars::prelude::{Expr, PlSmallStr};

/// The rows of a dataframe in groups whose keys are equal; Dask's `GroupBy`. Nulls are a key like others.
///
/// What can be taken apart (sums, means, counts, extremes, variances, ...) is computed of each partition first, and what
/// comes of that, a row a group, is combined: by a tree to one partition, or by hashes of the keys to
/// [`GroupBy::split_out`] partitions. For what cannot (medians, different values, any other expression of Polars'), rows are
/// shuffled by hashes of their keys, and each partition makes its groups; those of one key are then in one place, however
/// many they are.
///
/// Groups are in the order of their first rows, within each partition.
///
/// ```
/// use partita_collections::dataframe::{DataFrame, col, on_reference};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let cars = DataFrame::from_polars(df!("brand" => ["b", "a", "b"], "price" => [3, 5, 4])?, 2);
/// let groups = cars.group_by([col("brand")]);
/// let prices = groups.agg([col("price").mean().alias("mean_price"), col("price").count().alias("cars")]);
/// let expected = df!("brand" => ["b", "a"], "mean_price" => [3.5, 5.0], "cars" => [2u32, 1])?;
/// assert_eq!(on_reference(&prices)?, expected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "collections are lazy and do nothing until computed"]
#[derive(Clone, Debug)]
pub struct GroupBy {
    frame: DataFrame,
    /// Each looks at one row at a time.
    keys: Vec<Resolved>,
    split_out: Option<usize>,
}

impl DataFrame {
    /// The rows in groups whose keys are equal: expressions that look at one row at a time; Dask's `groupby`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, len, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4, 5])?, 2);
    /// let odd = frame.group_by([(col("x") % lit(2)).alias("odd")]).agg([len().alias("rows")]);
    /// assert_eq!(on_reference(&odd)?, df!("odd" => [1, 0], "rows" => [3u32, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn group_by(&self, keys: impl AsRef<[Expr]>) -> GroupBy {
        match self.keyed(keys.as_ref()) {
            Ok(keys) => GroupBy { frame: self.clone(), keys, split_out: None },
            Err(stop) => GroupBy { frame: DataFrame::built(Err(stop)), keys: Vec::new(), split_out: None },
        }
    }

    fn keyed(&self, keys: &[Expr]) -> Built<Vec<Resolved>> {
        const OPERATION: &str = "group_by";
        if keys.is_empty() {
            let what = "the number of keys";
            let found = "0".to_string();
            return Err(FrameError::Argument { operation: OPERATION, what, found, expected: "at least 1" }.into());
        }
        let keys = self.resolve(OPERATION, keys)?;
        match keys.iter().find(|key| key.needs != Needs::Row) {
            Some(wide) => Err(all_rows(OPERATION, &wide.expr).into()),
            None => Ok(keys),
        }
    }
}

impl GroupBy {
    /// The same groups, whose results are divided among this many partitions (0 counts as 1); Dask's `split_out`.
    ///
    /// If not set, results that are made of partial results come in one partition, or in more, one for each 65,536
    /// groups, if a look at some rows says that there are so many: data at hand, the beginnings of stretches of files, and
    /// what later steps make of these. [`DataFrame::explain`] says what was chosen. Results for which rows are shuffled come in as many partitions as the
    /// dataframe has.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 2, 3], "x" => [1, 1, 1])?, 3);
    /// let sums = frame.group_by([col("k")]).split_out(2).agg([col("x").sum()]);
    /// assert_eq!(sums.npartitions(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn split_out(&self, n: usize) -> Self {
        GroupBy { split_out: Some(n.max(1)), ..self.clone() }
    }

    /// It, if nothing is wrong with it.
    pub(crate) fn sound(&self) -> Built<&Self> {
        self.frame.sound().map(|_| self)
    }

    /// The dataframe, all its rows.
    pub(crate) fn all_rows(&self) -> &DataFrame {
        &self.frame
    }

    /// The key expressions.
    fn key_exprs(&self) -> Vec<Expr> {
        self.keys.iter().map(|key| key.expr.clone()).collect()
    }

    /// The key columns of what is made of groups.
    fn key_columns(&self) -> Vec<Expr> {
        self.key_names().into_iter().map(Expr::Column).collect()
    }

    fn key_names(&self) -> Vec<PlSmallStr> {
        self.keys.iter().map(|key| key.name.clone()).collect()
    }

    /// All rows of a group in one partition, in their order, of the columns that are named; in the partitions that they
    /// are in, if these are divided by a key.
    #[track_caller]
    fn together(&self, operation: &'static str, columns: &[PlSmallStr]) -> Built<DataFrame> {
        let frame = self.frame.sound()?;
        let narrow = match frame.width() > columns.len() {
            true => frame.select(columns.iter().cloned().map(Expr::Column).collect::<Vec<_>>()),
            false => frame.clone(),
        };
        if self.are_together() {
            return Ok(narrow);
        }
        match self.split_out.unwrap_or(frame.npartitions()) {
            0 | 1 => Ok(narrow.gathered()),
            into => narrow.shuffled(operation, &self.key_exprs(), into),
        }
    }

    /// Whether the rows of each group are in one partition already. Divisions do not say so: nulls may be anywhere.
    fn are_together(&self) -> bool {
        self.frame.npartitions() <= 1
    }
}
