//! Transforms: what expressions make of a group, at each of its rows.

use super::GroupBy;
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::{Over, take_apart};
use crate::dataframe::aggregates::whole::lift;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::{Needs, Resolved, resolve};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Outline};
use crate::dataframe::travel::Exprs;
use polars::prelude::{
    self as pl, DataType, Expr, IntoLazy, JoinArgs, JoinType, LazyFrame, MaintainOrderJoin, PlSmallStr, SchemaRef, col,
    lit,
};

/// The partition that a row is of, and its place there; no user's columns have these names.
const PART: &str = "\u{3}part";
const ROW: &str = "\u{3}row";

impl GroupBy {
    /// The rows of the dataframe, in their order, with columns that expressions make of each group after the others or in
    /// their places: one value for all rows of the group, or one for each; Dask's `transform`, Polars' `over`.
    ///
    /// Aggregates that can be taken apart are computed as by [`GroupBy::agg`], and each row finds the one of its group. For
    /// other expressions rows are shuffled by their keys, and back.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let away = frame.group_by([col("k")]).transform([(col("x") - col("x").min()).alias("away")]);
    /// let expected = df!("k" => ["a", "b", "a"], "x" => [1, 2, 3], "away" => [0, 0, 2])?;
    /// assert_eq!(on_reference(&away)?, expected);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn transform(&self, exprs: impl AsRef<[Expr]>) -> DataFrame {
        DataFrame::built(self.try_transform("transform", exprs.as_ref()))
    }

    #[track_caller]
    pub(super) fn try_transform(&self, operation: &'static str, exprs: &[Expr]) -> Built<DataFrame> {
        let resolved = self.frame.resolve(operation, exprs)?;
        let keys = self.key_exprs();
        let over = |one: &Resolved| Ok(one.expr.clone().over(&keys)?.alias(one.name.clone()));
        let over: Result<Vec<Expr>, pl::PolarsError> = resolved.iter().map(over).collect();
        let over = over.map_err(|error| FrameError::of(operation, &self.frame.schema, error))?;
        let schema = self.frame.schema_after(operation, |plan| plan.with_columns(&over))?;
        let facts = self.frame.facts.kept_columns(|by| resolved.iter().all(|one| one.name != by));
        let identity = self.identity(operation, exprs);
        if self.are_together() {
            let step = move |plan: LazyFrame| plan.with_columns(&over);
            return Ok(self.frame.step_to(operation, identity, schema, facts, step));
        }
        if let Some(frame) = self.found_by_rows(operation, &resolved, &schema, &facts)? {
            return Ok(frame);
        }
        let numbered = |_: &(), index: u32, plan: LazyFrame| {
            plan.with_row_index(ROW, None).with_columns([lit(index).cast(DataType::UInt32).alias(PART)])
        };
        let wide = self.frame.schema_after(operation, |plan| numbered(&(), 0, plan))?;
        let rows = self.frame.identity(operation).data(&"numbered");
        let rows = self.frame.step_at(operation, rows, wide, Facts::default(), (), numbered);
        let into = self.split_out.unwrap_or(self.frame.npartitions());
        let together = rows.shuffled(operation, &self.key_exprs(), into)?;
        let made = identity.clone().data(&"made");
        let made = together.step(operation, made, Facts::default(), move |plan| plan.with_columns(&over))?;
        let number = |_: &(), frame: &pl::DataFrame, _: &[crate::dataframe::Frame]| {
            Ok(frame.column(PART)?.u32()?.iter().flatten().collect())
        };
        let back = identity.clone().data(&"back");
        let back = made.moved(operation, back, Vec::new(), self.frame.npartitions(), (), number);
        let columns: Vec<Expr> = schema.iter_names().cloned().map(Expr::Column).collect();
        let in_order = move |plan: LazyFrame| {
            plan.sort([ROW], pl::SortMultipleOptions::default().with_multithreaded(false)).select(&columns)
        };
        Ok(back.step_to(operation, identity, schema, facts, in_order))
    }

    /// The rows with what was made of aggregates of their groups, if these can be taken apart and are few.
    #[track_caller]
    fn found_by_rows(
        &self,
        operation: &'static str,
        resolved: &[Resolved],
        schema: &SchemaRef,
        facts: &Facts,
    ) -> Built<Option<DataFrame>> {
        let mut values: Vec<Expr> = Vec::new();
        let lifted = |one: &Resolved| lift(&self.frame.schema, one.expr.clone(), &mut values).alias(one.name.clone());
        let lifted: Vec<Expr> = resolved.iter().map(lifted).collect();
        if values.is_empty() || self.choice().parts > 1 {
            return Ok(None);
        }
        let (aggregates, made) = self.resolve(operation, &values)?;
        let mut wide = (*self.frame.schema).clone();
        wide.merge((*made).clone());
        let narrow = |one: &Resolved| matches!(one.needs, Needs::Row | Needs::Nothing);
        if !resolve(operation, &wide, &lifted)?.iter().all(narrow) {
            return Ok(None);
        }
        let Some(apart) = take_apart(&self.frame.schema, Over::Groups, &aggregates) else { return Ok(None) };
        if !self.makes(&apart, &made) {
            return Ok(None);
        }
        let hidden: Vec<PlSmallStr> = (0..self.keys.len()).map(|key| format!("\u{3}{key}").into()).collect();
        let renamed = |exprs: Vec<Expr>| -> Vec<Expr> {
            exprs.into_iter().zip(&hidden).map(|(key, name)| key.alias(name.clone())).collect()
        };
        let found = self.combined(operation, self.identity(operation, &values).data(&"values"), apart)?;
        let values = aggregates.iter().map(|one| Expr::Column(one.name.clone()));
        let columns: Vec<Expr> = renamed(self.key_columns()).into_iter().chain(values).collect();
        let named = self.identity(operation, &columns).data(&"named").node(found.node());
        let found = found.step(operation, named, Facts::default(), move |plan| plan.select(&columns))?;
        let keys = renamed(self.key_exprs());
        let on: Vec<Expr> = hidden.into_iter().map(col).collect();
        let names: Vec<Expr> = schema.iter_names().cloned().map(Expr::Column).collect();
        let identity = self.identity(operation, &lifted).data(&"found");
        let env = (Exprs(keys), Exprs(on), Exprs(lifted), Exprs(names));
        let step =
            |(keys, on, lifted, names): &(Exprs, Exprs, Exprs, Exprs), plan: LazyFrame, found: &pl::DataFrame| {
                let args = JoinArgs {
                    nulls_equal: true,
                    maintain_order: MaintainOrderJoin::Left,
                    ..JoinArgs::new(JoinType::Left)
                };
                let joined = plan.with_columns(&**keys).join(found.clone().lazy(), &**on, &**on, args);
                joined.with_columns(&**lifted).select(&**names)
            };
        let outline = Outline { operation, identity, schema: schema.clone(), facts: facts.clone() };
        Ok(Some(self.frame.step_with(outline, &found, env, step)))
    }
}
