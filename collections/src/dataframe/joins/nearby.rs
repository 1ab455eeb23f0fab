//! What is nearby: the rows of a sorted partition that partitions of the other side can need in a join by a near key.

use crate::dataframe::layers::fault;
use crate::dataframe::sorts::order::{Order, in_order};
use crate::dataframe::stacks::stacked;
use partita_graph::{Fault, travels_as_data};
use polars::prelude::{
    self as pl, AsofStrategy, Expr, IntoLazy, PlSmallStr, PolarsResult, UniqueKeepStrategy, by_name, col,
};
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;

travels_as_data!(Window);

/// Which rows around those of its own keys a partition can need.
#[derive(Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) key: PlSmallStr,
    pub(super) by: Vec<PlSmallStr>,
    pub(super) strategy: AsofStrategy,
}

impl Window {
    /// For each partition of the other side, whose first and last keys are given, the rows that it can need.
    pub(super) fn cut(
        &self,
        operation: &'static str,
        partition: u32,
        frame: &pl::DataFrame,
        ends: &pl::DataFrame,
    ) -> Result<Vec<pl::DataFrame>, Fault> {
        let wrong = |error| fault(operation, partition, error);
        let frame = match frame.column(&self.key).map_err(wrong)?.null_count() {
            0 => frame.clone(),
            _ => frame
                .clone()
                .lazy()
                .drop_nulls(Some(by_name([self.key.clone()], true, false)))
                .collect()
                .map_err(wrong)?,
        };
        in_order(operation, partition, &frame, &self.key, &self.key)?;
        self.around(&frame, ends).map_err(wrong)
    }

    fn around(&self, frame: &pl::DataFrame, ends: &pl::DataFrame) -> PolarsResult<Vec<pl::DataFrame>> {
        let keys = Order::ascending(self.key.clone()).texts(frame)?;
        let keys: Vec<&[u8]> = keys.iter().collect();
        let end = |name: &str| Order::ascending(name.into()).texts(ends);
        let (firsts, lasts) = (end("first")?, end("last")?);
        let has_rows = ends.column("first")?.is_not_null();
        let (before_all, after_all) = (OnceCell::new(), OnceCell::new());
        let mut cut = Vec::with_capacity(ends.height());
        for ((first, last), has_rows) in firsts.iter().zip(lasts.iter()).zip(has_rows.iter()) {
            if has_rows != Some(true) {
                cut.push(frame.slice(0, 0));
                continue;
            }
            let start = keys.partition_point(|key| *key < first);
            let stop = keys.partition_point(|key| *key <= last);
            let before = once(&before_all, start == keys.len(), || self.before(frame.slice(0, start)))?;
            let rest = keys.len() - stop;
            let after = once(&after_all, stop == 0, || self.after(frame.slice(stop as i64, rest)))?;
            cut.push(stacked([before, frame.slice(start as i64, stop.saturating_sub(start)), after])?);
        }
        Ok(cut)
    }

    /// Of rows before all own keys, those that can be the nearest: the last one, of each group.
    fn before(&self, rows: pl::DataFrame) -> PolarsResult<pl::DataFrame> {
        match self.strategy {
            AsofStrategy::Forward => Ok(rows.slice(0, 0)),
            _ if self.by.is_empty() => Ok(rows.tail(Some(1))),
            _ => self.groups(rows, UniqueKeepStrategy::Last),
        }
    }

    /// Of rows after all own keys, those that can be the nearest: the first one, of each group. If it is the nearest that
    /// is asked for, Polars takes the last of those with the same key.
    fn after(&self, rows: pl::DataFrame) -> PolarsResult<pl::DataFrame> {
        let key = col(self.key.clone());
        let by: Vec<Expr> = self.by.iter().cloned().map(Expr::Column).collect();
        match self.strategy {
            AsofStrategy::Backward => Ok(rows.slice(0, 0)),
            AsofStrategy::Forward if by.is_empty() => Ok(rows.head(Some(1))),
            AsofStrategy::Forward => self.groups(rows, UniqueKeepStrategy::First),
            AsofStrategy::Nearest if by.is_empty() => rows.lazy().filter(key.clone().eq_missing(key.first())).collect(),
            AsofStrategy::Nearest => rows.lazy().filter(key.clone().eq_missing(key.first().over(by)?)).collect(),
        }
    }

    /// One row of each group, in order.
    fn groups(&self, rows: pl::DataFrame, keep: UniqueKeepStrategy) -> PolarsResult<pl::DataFrame> {
        rows.lazy().unique_stable(Some(by_name(self.by.clone(), true, false)), keep).collect()
    }
}

/// What is made, once if it is the same for many.
fn once(
    all: &OnceCell<pl::DataFrame>,
    is_all: bool,
    make: impl FnOnce() -> PolarsResult<pl::DataFrame>,
) -> PolarsResult<pl::DataFrame> {
    if !is_all {
        return make();
    }
    if let Some(made) = all.get() {
        return Ok(made.clone());
    }
    let made = make()?;
    Ok(all.get_or_init(|| made).clone())
}
