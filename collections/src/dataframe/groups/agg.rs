//! Aggregates of groups: partial results of each partition combined, or rows of a group brought together.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::{Apart, Over, take_apart};
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::{Needs, Resolved, by_row, can_run, identified, of_ir, resolve, roots};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use crate::dataframe::schema::empty;
use crate::dataframe::travel::{Columns, Exprs, Step};
use crate::identity::Identity;
use polars::lazy::frame::AllowedOptimizations;
use polars::prelude::{
    self as pl, AggExpr, DataType, Expr, LazyFrame, PlSmallStr, Schema, SchemaRef, UniqueKeepStrategy, col,
};
use polars_plan::plans::IR;

/// What is made of each group of the rows of a plan; groups are in the order of their first rows.
pub(super) fn grouped(plan: LazyFrame, keys: &[Expr], aggregates: &[Expr]) -> LazyFrame {
    plan.group_by_stable(keys).agg(aggregates)
}

impl GroupBy {
    /// A row for each group: its keys, and what expressions make of its rows; Dask's `agg` and `aggregate`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let spans = frame.group_by([col("k")]).agg([(col("x").max() - col("x").min()).alias("span")]);
    /// assert_eq!(on_reference(&spans)?, df!("k" => ["a", "b"], "span" => [2, 0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn agg(&self, exprs: impl AsRef<[Expr]>) -> DataFrame {
        DataFrame::built(self.aggregated("agg", exprs.as_ref()))
    }

    #[track_caller]
    pub(super) fn aggregated(&self, operation: &'static str, exprs: &[Expr]) -> Built<DataFrame> {
        self.frame.has_roots(operation, exprs)?;
        let (aggregates, schema) = self.resolve(operation, exprs)?;
        let identity = self.identity(operation, exprs);
        if let Some(apart) = take_apart(&self.frame.schema, Over::Groups, &aggregates)
            && self.makes(&apart, &schema)
        {
            return self.combined(operation, identity, apart);
        }
        let exprs: Vec<Expr> = aggregates.iter().map(|one| one.expr.clone().alias(one.name.clone())).collect();
        if let Some(values) = self.counted(&aggregates)
            && !self.are_together()
        {
            return self.counting(operation, identity, values, &aggregates);
        }
        let keys = self.key_exprs();
        let mut columns: Vec<PlSmallStr> = keys.iter().chain(&exprs).flat_map(roots).collect();
        columns.sort();
        columns.dedup();
        let rows = self.together(operation, &columns)?;
        let has_lists = schema.iter_values().any(DataType::is_nested);
        let env = (Exprs(keys), Exprs(exprs), Columns(schema), has_lists);
        let step = |(keys, exprs, schema, has_lists): &(Exprs, Exprs, Columns, bool), _, plan| {
            let made = grouped(plan, keys, exprs);
            if *has_lists { typed(made, schema.0.clone()) } else { made }
        };
        let made = rows.schema_after(operation, |plan| step(&env, 0, plan))?;
        Ok(rows.step_at(operation, identity, made, Facts::default(), env, step))
    }

    /// The identity of an operation on these groups.
    pub(super) fn identity(&self, operation: &str, exprs: &[Expr]) -> Identity {
        let out = self.split_out.map_or(0, |n| n as u64);
        let keys = self.key_exprs();
        let identity = identified(self.frame.identity(operation).data(&(keys.len() as u64, out)), &keys);
        identified(identity, exprs)
    }

    /// Expressions over groups, with stars made names, and the columns that they come to.
    pub(super) fn resolve(&self, operation: &'static str, exprs: &[Expr]) -> Built<(Vec<Resolved>, SchemaRef)> {
        let wrong = |error| FrameError::of(operation, &self.frame.schema, error);
        can_run(operation, exprs)?;
        let mut plan = grouped(empty(&self.frame.schema), &self.key_exprs(), exprs);
        let schema = plan.collect_schema().map_err(wrong)?;
        let mut plan = plan.to_alp().map_err(wrong)?;
        by_row(&mut plan.expr_arena);
        match plan.lp_arena.get(plan.lp_top) {
            IR::GroupBy { aggs, .. } => Ok((aggs.iter().map(|expr| of_ir(expr, &plan.expr_arena)).collect(), schema)),
            _ => Err(FrameError::Expression { operation, message: "it is no list of aggregates".into() }.into()),
        }
    }

    /// Whether taken apart it comes to these columns.
    pub(super) fn makes(&self, apart: &Apart, schema: &Schema) -> bool {
        let partial = grouped(empty(&self.frame.schema), &self.key_exprs(), &apart.partial).collect_schema();
        let Ok(partial) = partial else { return false };
        let names = self.key_columns();
        let combined = grouped(empty(&partial), &names, &apart.combine);
        if !combined.clone().collect_schema().is_ok_and(|found| found == partial) {
            return false;
        }
        let finish: Vec<Expr> = names.into_iter().chain(apart.finish.iter().cloned()).collect();
        combined.select(finish).collect_schema().is_ok_and(|found| *found == *schema)
    }

    /// Partial results of each partition, combined by a tree, or by hashes of their keys.
    #[track_caller]
    pub(super) fn combined(&self, operation: &'static str, identity: Identity, apart: Apart) -> Built<DataFrame> {
        let Apart { partial, combine, finish } = apart;
        let (keys, names) = (self.key_exprs(), self.key_columns());
        let finish: Vec<Expr> = names.iter().cloned().chain(finish).collect();
        let (partial, combine) = (Step::grouped(keys, partial), Step::grouped(names.clone(), combine));
        let partials = self.frame.step_of(operation, identity.clone().data(&"partial"), Facts::default(), partial)?;
        let choice = self.choice();
        let identity = identity.data(&(choice.parts as u64));
        let combined = match choice.parts {
            1 => partials.tree(operation, &identity, combine),
            into => {
                let shuffled = partials.shuffled(operation, &names, into)?;
                shuffled.step_of(operation, identity.clone().data(&"combine"), Facts::default(), combine)?
            }
        };
        let finished =
            combined.step(operation, identity.data(&"finish"), Facts::default(), move |plan| plan.select(&finish))?;
        Ok(finished.remarked(choice.remark()))
    }

    /// The values whose different ones are counted, if that is all that is wanted of one row at a time.
    fn counted(&self, aggregates: &[Resolved]) -> Option<Expr> {
        let mut values = aggregates.iter().map(|one| match inner(&one.expr) {
            Expr::Agg(AggExpr::NUnique(values)) => Some(values.as_ref().clone()),
            _ => None,
        });
        let first = values.next()??;
        let of_rows = resolve("agg", &self.frame.schema, std::slice::from_ref(&first));
        let of_rows = of_rows.is_ok_and(|found| found.iter().all(|one| one.needs == Needs::Row));
        (of_rows && values.all(|other| other.as_ref() == Some(&first))).then_some(first)
    }

    /// How many different values each group has: each partition keeps one row of each, and these are brought together.
    #[track_caller]
    fn counting(
        &self,
        operation: &'static str,
        identity: Identity,
        values: Expr,
        aggregates: &[Resolved],
    ) -> Built<DataFrame> {
        const VALUE: &str = "\u{1}value";
        let rows: Vec<Expr> = self.key_exprs().into_iter().chain([values.alias(VALUE)]).collect();
        let distinct = move |plan: LazyFrame| plan.select(&rows).unique_stable(None, UniqueKeepStrategy::First);
        let distinct = self.frame.step(operation, identity.clone().data(&"distinct"), Facts::default(), distinct)?;
        let names = self.key_columns();
        let rows = match self.split_out.unwrap_or(self.frame.npartitions()) {
            0 | 1 => distinct.gathered(),
            into => distinct.shuffled(operation, &names, into)?,
        };
        let counts: Vec<Expr> = aggregates.iter().map(|one| col(VALUE).n_unique().alias(one.name.clone())).collect();
        rows.step(operation, identity, Facts::default(), move |plan| grouped(plan, &names, &counts))
    }
}

/// A plan whose columns have the types of a schema also if there are no rows: of no groups, Polars makes lists of nothing.
fn typed(plan: LazyFrame, schema: SchemaRef) -> LazyFrame {
    let typed = move |frame: pl::DataFrame| match frame.height() {
        0 => Ok(pl::DataFrame::empty_with_schema(&schema.try_project(frame.get_column_names())?)),
        _ => Ok(frame),
    };
    plan.map(typed, AllowedOptimizations::default(), None, Some("typed"))
}

/// An expression without its name.
fn inner(expr: &Expr) -> &Expr {
    match expr {
        Expr::Alias(inner, _) => self::inner(inner),
        other => other,
    }
}
