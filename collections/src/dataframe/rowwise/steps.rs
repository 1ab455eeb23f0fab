//! Steps that look at one row at a time: partitions do them for themselves.

use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::whole::Lifted;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::{Needs, Resolved, identified};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use polars::prelude::{Expr, LazyFrame, PlSmallStr};

impl DataFrame {
    /// The rows for which a condition holds; not those for which it is null. Dask's `df[condition]` and `query`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [Some(1), None, Some(3)])?, 2);
    /// assert_eq!(on_reference(&frame.filter(col("x").gt(lit(1))))?, df!("x" => [Some(3)])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn filter(&self, condition: Expr) -> Self {
        DataFrame::built(self.try_filter(condition))
    }

    #[track_caller]
    pub(crate) fn try_filter(&self, condition: Expr) -> Built<Self> {
        let resolved = self.resolve("filter", std::slice::from_ref(&condition))?;
        if let Some((frame, conditions)) = self.crossed("filter", &resolved)? {
            let found = conditions.into_iter().try_fold(frame, |frame, condition| frame.try_filter(condition))?;
            return found.only(self.schema.iter_names());
        }
        let schema = self.schema_after("filter", |plan| plan.filter(condition.clone()))?;
        if let Some(lifted) =
            self.lifted_if_wide("filter", &resolved, |needs| matches!(needs, Needs::Row | Needs::Nothing))?
        {
            let facts = self.facts.fewer_rows();
            return Ok(self.step_lifted("filter", &[condition], schema, facts, lifted, |plan, exprs| {
                exprs.into_iter().fold(plan, LazyFrame::filter)
            }));
        }
        let identity = identified(self.identity("filter"), std::slice::from_ref(&condition));
        self.step("filter", identity, self.facts.fewer_rows(), move |plan| plan.filter(condition.clone()))
    }

    /// Columns that expressions make, in their order, and no others; Dask's `df[["a", "b"]]` and `assign` in one.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3], "y" => [0, 0, 1])?, 2);
    /// let sums = frame.select([(col("x") + col("y")).alias("sum")]);
    /// assert_eq!(on_reference(&sums)?, df!("sum" => [1, 2, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn select(&self, exprs: impl AsRef<[Expr]>) -> Self {
        DataFrame::built(self.try_select(exprs.as_ref()))
    }

    #[track_caller]
    pub(crate) fn try_select(&self, exprs: &[Expr]) -> Built<Self> {
        let resolved = self.resolve("select", exprs)?;
        if let Some((frame, exprs)) = self.crossed("select", &resolved)? {
            return frame.try_select(&exprs);
        }
        if resolved.iter().all(|one| matches!(one.needs, Needs::Nothing | Needs::AllForOne)) {
            return self.aggregated("select", &resolved);
        }
        let narrow = |needs| matches!(needs, Needs::Row | Needs::Nothing | Needs::Rows);
        if let Some(lifted) = self.lifted_if_wide("select", &resolved, narrow)? {
            let schema = self.schema_after("select", |plan| plan.select(exprs))?;
            let facts = if lifted.drops_rows { self.facts.fewer_rows() } else { (*self.facts).clone() };
            let facts = Facts { divisions: None, ..facts };
            return Ok(self.step_lifted("select", exprs, schema, facts, lifted, |plan, exprs| plan.select(exprs)));
        }
        let facts = match resolved.iter().all(|one| matches!(one.needs, Needs::Row | Needs::Nothing)) {
            true => (*self.facts).clone(),
            false => self.facts.fewer_rows(),
        };
        let untouched = |by: &PlSmallStr| resolved.iter().any(|one| one.name == by && is_column(&one.expr, by));
        let facts = facts.kept_columns(untouched);
        let identity = identified(self.identity("select"), exprs);
        let exprs: Vec<Expr> = resolved.into_iter().map(|one| one.expr).collect();
        self.step("select", identity, facts, move |plan| plan.select(&exprs))
    }

    /// The columns that there are, and those that expressions make after them or in their places; Dask's `assign`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// let more = frame.with_columns([(col("x") * lit(2)).alias("y")]);
    /// assert_eq!(on_reference(&more)?, df!("x" => [1, 2, 3], "y" => [2, 4, 6])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn with_columns(&self, exprs: impl AsRef<[Expr]>) -> Self {
        DataFrame::built(self.try_with_columns(exprs.as_ref()))
    }

    #[track_caller]
    pub(crate) fn try_with_columns(&self, exprs: &[Expr]) -> Built<Self> {
        if exprs.is_empty() {
            return self.sound().cloned();
        }
        let resolved = self.resolve("with_columns", exprs)?;
        if let Some((frame, exprs)) = self.crossed("with_columns", &resolved)? {
            let more = resolved.iter().map(|one| &one.name).filter(|name| !self.schema.contains(name));
            return frame.try_with_columns(&exprs)?.only(self.schema.iter_names().chain(more));
        }
        let untouched = |by: &PlSmallStr| resolved.iter().all(|one| one.name != by || is_column(&one.expr, by));
        let facts = self.facts.kept_columns(untouched);
        let narrow = |needs| matches!(needs, Needs::Row | Needs::Nothing);
        if let Some(lifted) = self.lifted_if_wide("with_columns", &resolved, narrow)? {
            let schema = self.schema_after("with_columns", |plan| plan.with_columns(exprs))?;
            let step = |plan: LazyFrame, exprs: Vec<Expr>| plan.with_columns(exprs);
            return Ok(self.step_lifted("with_columns", exprs, schema, facts, lifted, step));
        }
        let identity = identified(self.identity("with_columns"), exprs);
        let exprs: Vec<Expr> = resolved.into_iter().map(|one| one.expr).collect();
        self.step("with_columns", identity, facts, move |plan| plan.with_columns(&exprs))
    }

    /// Without these columns; Dask's `drop(columns=…)`.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1], "y" => [2], "z" => [3])?, 1);
    /// assert_eq!(frame.drop(["x", "z"]).columns(), ["y"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop(&self, columns: impl IntoNames) -> Self {
        DataFrame::built(self.try_drop(&columns.into_names()))
    }

    #[track_caller]
    fn try_drop(&self, columns: &[PlSmallStr]) -> Built<Self> {
        self.has_columns("drop", columns)?;
        let kept: Vec<Expr> =
            self.schema.iter_names().filter(|name| !columns.contains(name)).cloned().map(Expr::Column).collect();
        self.try_select(&kept)
    }

    /// These columns.
    #[track_caller]
    pub(crate) fn only<'a>(&self, columns: impl Iterator<Item = &'a PlSmallStr>) -> Built<Self> {
        let columns: Vec<Expr> = columns.cloned().map(Expr::Column).collect();
        self.try_select(&columns)
    }
}

impl DataFrame {
    /// Expressions with their aggregates taken out, if not all of them are as narrow as is wanted. One partition sees all
    /// rows.
    #[track_caller]
    fn lifted_if_wide(
        &self,
        operation: &'static str,
        resolved: &[Resolved],
        narrow: impl Fn(Needs) -> bool,
    ) -> Built<Option<Lifted>> {
        let wide = resolved.iter().find(|one| !narrow(one.needs) && self.npartitions() > 1);
        let Some(wide) = wide else { return Ok(None) };
        match self.lifted(operation, resolved, narrow)? {
            Some(lifted) => Ok(Some(lifted)),
            None => Err(all_rows(operation, &wide.expr).into()),
        }
    }
}

/// The expression needs rows of other partitions.
pub(crate) fn all_rows(operation: &'static str, expr: &Expr) -> FrameError {
    let remedy = "`repartition(1)` brings all rows together";
    FrameError::AllRows { operation, expression: format!("{expr}"), remedy }
}

/// Whether an expression is a column as it is.
fn is_column(expr: &Expr, name: &PlSmallStr) -> bool {
    match expr {
        Expr::Column(column) => column == name,
        Expr::Alias(inner, _) => is_column(inner, name),
        _ => false,
    }
}
