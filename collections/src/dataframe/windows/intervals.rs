//! Intervals: rows by intervals of a column that is in order, over partitions.
//!
//! If each row is in one interval, and in the same one whichever other rows are seen, partitions make partial results,
//! which a tree combines. Else each partition makes the intervals whose first row it has: it is brought the first row of
//! all, from which intervals are counted, the last row before it, and the rows after it that its intervals can reach.

use super::beside::Side;
use super::borders::Borders;
use super::times::{near_the_first, zone};
use crate::dataframe::DataFrame;
use crate::dataframe::aggregates::apart::{Apart, Over, take_apart};
use crate::dataframe::exprs::{Resolved, roots};
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Combine, Outline, Reduction, fault};
use crate::dataframe::sorts::order::in_order;
use crate::dataframe::stacks::stacked;
use crate::dataframe::travel::{Columns, Exprs};
use crate::identity::Identity;
use partita_graph::travels_as_data;
use polars::prelude::{
    self as pl, ClosedWindow, DataType, DynamicGroupOptions, Expr, IntoLazy, Label, LazyFrame, PlSmallStr,
    SortMultipleOptions, StartBy, col, lit,
};
use serde::{Deserialize, Serialize};

/// Whether a row is one of the partition's own; no user's column has this name.
const OWN: &str = "\u{3}own";

/// What the intervals of a partition's first rows need: the operation, themselves, what is made, the columns that are read,
/// what is made of each interval, and what is kept of that.
type Env = (&'static str, Intervals, Columns, Exprs, Exprs, Exprs);

travels_as_data!(Intervals);

/// How rows are divided into intervals; lengths fit the column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Intervals {
    /// The type of the column.
    pub(super) dtype: DataType,
    pub(super) options: DynamicGroupOptions,
}

impl Intervals {
    /// The column.
    pub(super) fn by(&self) -> &PlSmallStr {
        &self.options.index_column
    }

    fn grouped(&self, plan: LazyFrame, aggregates: &[Expr]) -> LazyFrame {
        plan.group_by_dynamic(col(self.by().clone()), [] as [Expr; 0], self.options.clone()).agg(aggregates)
    }

    /// Whether each row is in one interval, and in the same one whichever other rows are seen.
    fn are_fixed(&self) -> bool {
        let DynamicGroupOptions { every, period, offset, label, closed_window, start_by, .. } = &self.options;
        let apart = every == period && matches!(closed_window, ClosedWindow::Left | ClosedWindow::Right);
        // Hours of a zone are counted from the first one, also over the days on which clocks are turned.
        let of_days = every.nanoseconds() == 0 && offset.is_zero();
        let counted = *start_by == StartBy::WindowBound && (zone(&self.dtype).is_none() || of_days);
        apart && counted && *label != Label::DataPoint
    }

    /// Whether intervals depend on all rows: months from a day that not all of them have go on from shorter ones.
    fn need_all_rows(&self) -> bool {
        let DynamicGroupOptions { every, offset, start_by, .. } = &self.options;
        every.months() > 0 && (!offset.is_zero() || *start_by != StartBy::WindowBound)
    }

    /// What expressions make of each interval of a dataframe that has rows, in one partition.
    #[track_caller]
    pub(super) fn made(
        &self,
        frame: &DataFrame,
        operation: &'static str,
        identity: Identity,
        resolved: &[Resolved],
    ) -> Built<DataFrame> {
        let exprs: Vec<Expr> = resolved.iter().map(|one| one.expr.clone()).collect();
        let apart = match self.are_fixed() && !self.need_all_rows() {
            true => take_apart(&frame.schema, Over::Groups, resolved),
            false => None,
        };
        match apart {
            Some(apart) => self.combined(frame, operation, identity, apart),
            None if self.are_fixed() || self.need_all_rows() || frame.npartitions() <= 1 => {
                let needed = [&[col(self.by().clone())], &exprs[..]].concat();
                let all = frame.gathered_columns(operation, &needed)?;
                let intervals = self.clone();
                all.step(operation, identity, Facts::default(), move |plan| intervals.grouped(plan, &exprs))
            }
            None => self.of_first_rows(frame, operation, identity, exprs),
        }
    }

    /// Partial results of each partition, combined along a tree.
    #[track_caller]
    fn combined(
        &self,
        frame: &DataFrame,
        operation: &'static str,
        identity: Identity,
        apart: Apart,
    ) -> Built<DataFrame> {
        let Apart { partial, combine, finish } = apart;
        let (intervals, by) = (self.clone(), self.by().clone());
        let finish = [&[col(by.clone())], &finish[..]].concat();
        let again = by.clone();
        let sorted = SortMultipleOptions::default().with_maintain_order(true);
        let reduction = Reduction {
            partial: move |plan: LazyFrame| intervals.grouped(plan, &partial),
            combine: move |plan: LazyFrame| plan.group_by_stable([col(again.clone())]).agg(&combine),
            finish: move |plan: LazyFrame| plan.select(&finish).sort([by.clone()], sorted.clone()),
        };
        frame.reduced(operation, identity, reduction)
    }

    /// Each partition makes the intervals whose first row it has.
    #[track_caller]
    fn of_first_rows(
        &self,
        frame: &DataFrame,
        operation: &'static str,
        identity: Identity,
        exprs: Vec<Expr>,
    ) -> Built<DataFrame> {
        let schema = frame.schema_after(operation, |plan| self.grouped(plan, &exprs))?;
        let mut names = vec![self.by().clone()];
        names.extend(exprs.iter().flat_map(roots));
        names.sort();
        names.dedup();
        let columns: Vec<Expr> = names.into_iter().map(Expr::Column).collect();
        let ends = |side, cut| frame.cut_ends(operation, &identity, side, cut, &columns);
        let near = near_the_first(self.by(), &self.dtype, self.options.period);
        let borders = Borders {
            before: Some(ends(Side::Before, first_and_last(self.by(), &columns))?),
            after: Some(ends(Side::After, near)?),
        };
        let aggregates = [&exprs[..], &[col(OWN).first()]].concat();
        let kept: Vec<Expr> = schema.iter_names().cloned().map(Expr::Column).collect();
        let env = (operation, self.clone(), Columns(schema.clone()), Exprs(columns), Exprs(aggregates), Exprs(kept));
        let work = |env: &Env, part, own: pl::DataFrame, before: pl::DataFrame, after: pl::DataFrame| {
            let (operation, intervals, made, columns, aggregates, kept) = env;
            if own.height() == 0 {
                return Ok(pl::DataFrame::empty_with_schema(made));
            }
            let wrong = |error| fault(operation, part, error);
            let own = own.lazy().select(&**columns);
            let marked = [(before.lazy(), false), (own, true), (after.lazy(), false)]
                .into_iter()
                .map(|(plan, own)| plan.with_columns([lit(own).alias(OWN)]).collect());
            let marked: Vec<pl::DataFrame> = marked.collect::<Result<_, _>>().map_err(wrong)?;
            let all = stacked(marked).map_err(wrong)?;
            in_order(operation, part, &all, intervals.by(), intervals.by())?;
            let grouped = intervals.grouped(all.lazy(), aggregates);
            grouped.filter(col(OWN)).select(&**kept).collect().map_err(wrong)
        };
        let outline = Outline { operation, identity, schema, facts: Facts::default() };
        let made = frame.with_borders(outline, borders, env, work);
        Ok(made.gathered())
    }
}

/// The first and the last of rows with a time.
fn first_and_last(by: &PlSmallStr, columns: &[Expr]) -> Combine {
    let has_time = col(by.clone()).is_not_null();
    let end = |column: &Expr| column.clone().head(Some(1)).append(column.clone().tail(Some(1)), false);
    let ends: Vec<Expr> = columns.iter().map(end).collect();
    Combine::of(move |plan: LazyFrame| plan.filter(has_time.clone()).select(&ends))
}
