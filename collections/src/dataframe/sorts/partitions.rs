//! Partitions chosen: by number, or by what rows they can have.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::exprs::identified;
use crate::dataframe::facts::{Divisions, Facts};
use crate::dataframe::layers::{Built, Lazy, planned};
use crate::dataframe::schema::empty;
use crate::dataframe::threads::alone;
use crate::layer::inputs;
use partita_graph::{Chosen, Reads};
use polars::prelude::{Expr, IntoLazy, Literal, PlSmallStr, PolarsResult, col, lit};
use std::ops::{Bound, Range, RangeBounds};
use std::sync::Arc;

impl DataFrame {
    /// One partition; Dask's `get_partition`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 2);
    /// assert_eq!(on_reference(&frame.get_partition(1))?, df!("x" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn get_partition(&self, partition: usize) -> Self {
        DataFrame::built(self.try_partitions("get_partition", partition..partition.saturating_add(1)))
    }

    /// Some partitions that follow each other, one at least; Dask's `partitions[i:j]`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 4);
    /// assert_eq!(on_reference(&frame.partitions(1..3))?, df!("x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn partitions(&self, range: impl RangeBounds<usize>) -> Self {
        let start = match range.start_bound() {
            Bound::Included(&start) => start,
            Bound::Excluded(&start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(&end) => end.saturating_add(1),
            Bound::Excluded(&end) => end,
            Bound::Unbounded => self.npartitions(),
        };
        DataFrame::built(self.try_partitions("partitions", start..end))
    }

    #[track_caller]
    fn try_partitions(&self, operation: &'static str, range: Range<usize>) -> Built<Self> {
        self.sound()?;
        if range.is_empty() || range.end > self.npartitions() {
            let found = format!("{range:?} of {} partitions", self.npartitions());
            let expected = "at least one that there is";
            return Err(FrameError::Argument { operation, what: "the range", found, expected }.into());
        }
        Ok(self.chosen(range))
    }

    /// Partitions of a range that is not empty.
    #[track_caller]
    fn chosen(&self, range: Range<usize>) -> Self {
        if range == (0..self.npartitions()) {
            return self.clone();
        }
        let divisions = self
            .facts
            .divisions
            .as_ref()
            .map(|all| Divisions { by: all.by.clone(), bounds: all.bounds.slice(range.start as i64, range.len() + 1) });
        let rows = self.facts.rows.as_ref().map(|rows| rows[range.clone()].to_vec());
        let facts = Facts { rows, divisions, glimpse: None };
        let identity = self.identity("partitions").data(&(range.start as u64, range.end as u64));
        let block = planned((), |(), _, flows| {
            let [flow] = inputs(flows)?;
            Lazy::of(flow, 0)
        });
        let parts = range.len();
        let chosen = Chosen::new(range.map(|part| part as u32).collect());
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(chosen)) }];
        DataFrame::blocks("partitions", identity, self.schema.clone(), facts, parts, reads, block).split_like(self)
    }

    /// The rows whose value in a column is in a range; Dask's `loc[from:to]`, whose end is included (`from..=to`). If the
    /// rows are known to be divided by that column, partitions that can have none of them are not computed.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{NamedFrom, Series, df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [30, 1, 12])?, 2);
    /// let divided = frame.set_index_with_divisions("x", Series::new("x".into(), [0, 10, 20, 30]));
    /// let some = divided.loc("x", 11..=20);
    /// assert_eq!((some.npartitions(), on_reference(&some)?), (2, df!("x" => [12])?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn loc<T: Literal + Clone>(&self, column: &str, range: impl RangeBounds<T>) -> Self {
        let bound = |bound: Bound<&T>| bound.map(|value| lit(value.clone()));
        DataFrame::built(self.try_loc(column.into(), bound(range.start_bound()), bound(range.end_bound())))
    }

    #[track_caller]
    fn try_loc(&self, column: PlSmallStr, start: Bound<Expr>, end: Bound<Expr>) -> Built<Self> {
        self.dtype_of("loc", &column)?;
        let inside = within(&col(column.clone()), &start, &end);
        // What types fit each other, Polars says when it runs a plan.
        let fits = alone(|| empty(&self.schema).filter(inside.clone()).collect());
        fits.map_err(|error| FrameError::of("loc", &self.schema, error))?;
        let read = match self.divisions().filter(|divisions| divisions.by == column) {
            Some(divisions) => {
                let range = can_have(divisions, &start, &end);
                self.chosen(range.map_err(|error| FrameError::of("loc", &self.schema, error))?)
            }
            None => self.clone(),
        };
        let identity = identified(read.identity("loc"), std::slice::from_ref(&inside));
        read.step("loc", identity, read.facts.fewer_rows(), move |plan| plan.filter(inside.clone()))
    }
}

/// Whether a value is in a range.
fn within(value: &Expr, start: &Bound<Expr>, end: &Bound<Expr>) -> Expr {
    let above = match start {
        Bound::Included(start) => Some(value.clone().gt_eq(start.clone())),
        Bound::Excluded(start) => Some(value.clone().gt(start.clone())),
        Bound::Unbounded => None,
    };
    let below = match end {
        Bound::Included(end) => Some(value.clone().lt_eq(end.clone())),
        Bound::Excluded(end) => Some(value.clone().lt(end.clone())),
        Bound::Unbounded => None,
    };
    match (above, below) {
        (Some(above), Some(below)) => above.and(below),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => value.clone().is_not_null(),
    }
}

/// The partitions that can have rows in a range, one at least.
fn can_have(divisions: &Divisions, start: &Bound<Expr>, end: &Bound<Expr>) -> PolarsResult<Range<usize>> {
    let parts = divisions.bounds.len() - 1;
    let bounds = divisions.bounds.clone().into_frame().lazy();
    let bound = || col(divisions.by.clone());
    let below = match start {
        Bound::Included(start) | Bound::Excluded(start) => bound().lt_eq(start.clone()).sum(),
        Bound::Unbounded => lit(1u32),
    };
    // The last partition has the last bound, too.
    let not_above = match end {
        Bound::Included(end) | Bound::Excluded(end) => bound().lt_eq(end.clone()).sum(),
        Bound::Unbounded => lit(parts as u32),
    };
    let counts = bounds.select([below.alias("below"), not_above.alias("not above")]);
    let counts = alone(|| counts.collect())?;
    let count = |name: &str| -> PolarsResult<usize> { counts.column(name)?.get(0)?.try_extract::<usize>() };
    let first = count("below")?.saturating_sub(1).min(parts - 1);
    Ok(first..count("not above")?.clamp(first + 1, parts))
}
