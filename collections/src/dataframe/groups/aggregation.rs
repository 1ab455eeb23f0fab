//! Aggregations of the user's own, in three lists of expressions.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::Apart;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::{Needs, resolve};
use crate::dataframe::layers::Built;
use crate::dataframe::rowwise::steps::all_rows;
use crate::dataframe::schema::{described, empty};
use polars::prelude::Expr;

/// An aggregate of groups of one's own: what each partition makes of its rows of a group, how that is combined, and what is
/// made of it at the end; Dask's `Aggregation`.
///
/// ```
/// use partita_collections::dataframe::{Aggregation, DataFrame, col, lit, on_reference};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [3.0, 2.0, 4.0])?, 2);
/// let norm = Aggregation::new(
///     [col("x").pow(lit(2)).sum().alias("squares")],
///     [col("squares").sum()],
///     [col("squares").sqrt().alias("norm")],
/// );
/// let norms = frame.group_by([col("k")]).aggregate(&norm);
/// assert_eq!(on_reference(&norms)?, df!("k" => ["a", "b"], "norm" => [5.0, 2.0])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Aggregation(Apart);

impl Aggregation {
    /// An aggregation: `chunk` over the rows of a group in one partition; `agg` over what several chunks gave, to columns of
    /// the same names and types; `finalize` over the columns of `agg`, a row at a time.
    pub fn new(chunk: impl Into<Vec<Expr>>, agg: impl Into<Vec<Expr>>, finalize: impl Into<Vec<Expr>>) -> Self {
        Aggregation(Apart { partial: chunk.into(), combine: agg.into(), finish: finalize.into() })
    }
}

impl GroupBy {
    /// A row for each group: its keys, and what an aggregation of one's own makes of its rows; Dask's `agg` with an
    /// `Aggregation`.
    ///
    /// ```
    /// use partita_collections::dataframe::{Aggregation, DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 1, 2], "x" => [1, 5, 2])?, 2);
    /// let largest = Aggregation::new([col("x").max()], [col("x").max()], [col("x")]);
    /// let found = frame.group_by([col("k")]).aggregate(&largest);
    /// assert_eq!(on_reference(&found)?, df!("k" => [1, 2], "x" => [5, 2])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn aggregate(&self, aggregation: &Aggregation) -> DataFrame {
        DataFrame::built(self.try_aggregate(&aggregation.0))
    }

    #[track_caller]
    fn try_aggregate(&self, apart: &Apart) -> Built<DataFrame> {
        const OPERATION: &str = "aggregate";
        self.frame.has_roots(OPERATION, &apart.partial)?;
        let (_, chunk) = self.resolve(OPERATION, &apart.partial)?;
        let names = self.key_columns();
        let combined = super::agg::grouped(empty(&chunk), &names, &apart.combine).collect_schema();
        let combined = combined.map_err(|error| FrameError::of(OPERATION, &chunk, error))?;
        if combined != chunk {
            let (left, right) = (described(&chunk), described(&combined));
            return Err(FrameError::Schemas { operation: OPERATION, left, right }.into());
        }
        let finish = resolve(OPERATION, &chunk, &apart.finish)?;
        if let Some(wide) = finish.iter().find(|one| !matches!(one.needs, Needs::Row | Needs::Nothing)) {
            return Err(all_rows(OPERATION, &wide.expr).into());
        }
        let all: Vec<Expr> = [&apart.partial, &apart.combine, &apart.finish].into_iter().flatten().cloned().collect();
        let lengths = (apart.partial.len() as u64, apart.combine.len() as u64);
        self.combined(OPERATION, self.identity(OPERATION, &all).data(&lengths), apart.clone())
    }
}
