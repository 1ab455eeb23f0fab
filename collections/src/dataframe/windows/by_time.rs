//! Windows by time: functions of rows up to each one that are not older than a length, across the borders of partitions.
//!
//! A partition is brought the rows before it that its windows can reach, however many partitions they are of, and those
//! after it that have the time of its last row. Both are put together along trees: of rows in order, only those near the
//! last one can be in a window that ends later.

use super::beside::Side;
use super::borders::{Borders, Window};
use super::reach::Reach;
use super::times::{check_dtype, is_length, near_the_last, no_length, with_the_first};
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::layers::Built;
use polars::prelude::{Duration, Expr};

impl DataFrame {
    /// With columns of functions that look at rows of a time.
    #[track_caller]
    pub(super) fn with_times(&self, operation: &'static str, mut windows: Vec<Window>) -> Built<Self> {
        let mut frame = self.clone();
        while let Some(first) = windows.first() {
            let Some((by, length)) = first.inputs.get(1).cloned().zip(first.length()) else { break };
            let is_alike = |one: &Window| one.inputs.get(1) == Some(&by) && one.length() == Some(length);
            let (alike, others): (Vec<_>, Vec<_>) = windows.into_iter().partition(is_alike);
            frame = frame.with_times_alike(operation, &by, length, &alike)?;
            windows = others;
        }
        Ok(frame)
    }

    /// As [`DataFrame::with_times`], for windows of one length by one column.
    #[track_caller]
    fn with_times_alike(
        &self,
        operation: &'static str,
        by: &Expr,
        length: Duration,
        windows: &[Window],
    ) -> Built<Self> {
        let mut prepared = self.prepared(operation, windows)?;
        let columns = prepared.columns.clone();
        let shown = match by {
            Expr::Column(name) => name.to_string(),
            other => other.to_string(),
        };
        let Some(name) = prepared.name_of(by) else {
            let (what, expected) = ("the column that windows go by", "of as many rows as the dataframe");
            return Err(FrameError::Argument { operation, what, found: shown, expected }.into());
        };
        let schema = self.schema_after(operation, |plan| plan.select(&columns))?;
        let dtype = schema.try_get(&name).map_err(|error| FrameError::of(operation, &self.schema, error))?;
        check_dtype(operation, &shown, dtype)?;
        if !is_length(length, dtype) {
            return Err(no_length(operation, "the window", format!("{length}")).into());
        }
        prepared.sorted_by = Some((name.clone(), shown));
        let identity = prepared.identified(self.identity("window by time"));
        let is_closed = |one: &Window| matches!(one.reach, Reach::Times { closed: true, .. });
        let ends = |side, cut| self.cut_ends(operation, &identity, side, cut, &columns);
        let before = Some(ends(Side::Before, near_the_last(&name, dtype, length))?);
        let after = match windows.iter().any(is_closed) {
            true => Some(ends(Side::After, with_the_first(&name))?),
            false => None,
        };
        self.with_functions(operation, identity, Borders { before, after }, prepared)
    }
}
