//! Slices: the first rows, the last, and those in between.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Combine, Outline, fault};
use crate::dataframe::windows::beside::Side;
use partita_graph::Travels;
use polars::prelude::{self as pl, IdxSize, LazyFrame, PolarsResult};
use std::ops::Range;

/// A number of rows as Polars counts them.
pub(crate) fn rows(n: usize) -> IdxSize {
    IdxSize::try_from(n).unwrap_or(IdxSize::MAX)
}

impl DataFrame {
    /// The first `n` rows of all, in one partition; Dask's `head(n, npartitions=-1)`.
    ///
    /// If it is known how many rows the partitions have, no more of them are computed than is needed; else each gives
    /// its first rows, so that a partition of few rows is no surprise (Dask's `head` reads the first one alone).
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 4);
    /// assert_eq!(on_reference(&frame.filter(col("x").gt(lit(1))).head(2))?, df!("x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn head(&self, n: usize) -> Self {
        let cut = move |plan: LazyFrame| plan.limit(rows(n));
        DataFrame::built(self.ended("head", n, |total| 0..n.min(total), Combine::of(cut)))
    }

    /// The last `n` rows of all, in one partition; Dask's `tail`, of which the rest is said at [`DataFrame::head`].
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 4);
    /// assert_eq!(on_reference(&frame.tail(2))?, df!("x" => [3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn tail(&self, n: usize) -> Self {
        let cut = move |plan: LazyFrame| plan.tail(rows(n));
        DataFrame::built(self.ended("tail", n, |total| total.saturating_sub(n)..total, Combine::of(cut)))
    }

    #[track_caller]
    fn ended(
        &self,
        operation: &'static str,
        n: usize,
        range: impl FnOnce(usize) -> Range<usize>,
        cut: Combine,
    ) -> Built<Self> {
        self.sound()?;
        if let Some(total) = self.known_len() {
            let known = self.cut_known(operation, range(total)).gathered();
            let identity = known.identity(operation).data(&"own");
            let facts = (*known.facts).clone();
            return Ok(known.few_rows(operation, identity, self.schema.clone(), |plan| plan).with_facts(facts));
        }
        let identity = self.identity(operation).data(&(n as u64));
        let own = cut.clone();
        let partial = self.few_rows(operation, identity.clone(), self.schema.clone(), move |plan| own.on(plan));
        match partial.npartitions() {
            1 => Ok(partial),
            _ => Ok(partial.tree(operation, &identity, cut)),
        }
    }

    /// The first `n` rows, in the partitions in which they are; as [`DataFrame::slice`] from 0 on.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 4).limit(3);
    /// assert_eq!(frame.npartitions(), 3);
    /// assert_eq!(on_reference(&frame)?, df!("x" => [1, 2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn limit(&self, n: usize) -> Self {
        self.slice(0, n)
    }

    /// `len` rows from a place on, which is counted from the end if it is negative; Dask's `partitions` and `iloc` cannot.
    ///
    /// If it is known how many rows the partitions have, those that have some of them are computed, and they stay apart.
    /// Else all are computed, to count their rows.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3, 4])?, 2);
    /// assert_eq!(on_reference(&frame.slice(1, 2))?, df!("x" => [2, 3])?);
    /// assert_eq!(on_reference(&frame.slice(-1, 5))?, df!("x" => [4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn slice(&self, offset: i64, len: usize) -> Self {
        DataFrame::built(self.try_slice(offset, len))
    }

    #[track_caller]
    fn try_slice(&self, offset: i64, len: usize) -> Built<Self> {
        self.sound()?;
        if let Some(total) = self.known_len() {
            return Ok(self.cut_known("slice", within(offset, len, total)));
        }
        let identity = self.identity("slice").data(&(offset, len as u64));
        let Ok(start) = usize::try_from(offset) else {
            let end = self.tail(offset.unsigned_abs() as usize);
            return end.step("slice", identity, Facts::default(), move |plan| plan.slice(offset, rows(len)));
        };
        let before = self.rows_before(&identity)?;
        let work = |&(start, len): &(usize, usize), frame: pl::DataFrame, before: usize| {
            let end = start.saturating_add(len).saturating_sub(before).min(frame.height());
            let start = start.saturating_sub(before).min(end);
            Ok(frame.slice(start as i64, end - start))
        };
        let facts = Facts { glimpse: None, ..self.facts.fewer_rows() };
        let outline = Outline { operation: "slice", identity, schema: self.schema.clone(), facts };
        Ok(self.with_rows_before(outline, &before, (start, len), work))
    }

    /// Rows of a range, when it is known how many each partition has: those partitions that have some.
    #[track_caller]
    fn cut_known(&self, operation: &'static str, range: Range<usize>) -> Self {
        let lengths = self.facts.rows.as_deref().unwrap_or_default();
        let mut start = 0;
        let mut cuts: Vec<(usize, usize, usize)> = Vec::new();
        for (part, &length) in lengths.iter().enumerate() {
            let (from, to) = (range.start.max(start), range.end.min(start + length));
            if from < to {
                cuts.push((part, from - start, to - from));
            }
            start += length;
        }
        if cuts.is_empty() {
            cuts.push((0, 0, 0));
        }
        let identity = self.identity(operation).data(&(range.start as u64, range.end as u64));
        let chosen: Vec<usize> = cuts.iter().map(|&(part, _, _)| part).collect();
        let facts = Facts::of_rows(cuts.iter().map(|&(_, _, length)| length).collect());
        let whole = |&(part, _, length): &(usize, usize, usize)| lengths.get(part) == Some(&length);
        let cut = if cuts.iter().all(whole) { None } else { Some(cuts) };
        let run = |cut: &Option<Vec<(usize, usize, usize)>>, index: u32, plan: LazyFrame| match cut {
            None => plan,
            Some(cuts) => {
                let (_, start, length) = cuts[index as usize];
                plan.slice(start as i64, rows(length))
            }
        };
        self.parts_cut(operation, identity, &chosen, cut, run).with_facts(facts)
    }

    /// For each partition a row of how many rows there are before it.
    #[track_caller]
    pub(super) fn rows_before(&self, identity: &crate::identity::Identity) -> Built<Self> {
        let counts = self.counts()?;
        let combine = Combine::of(|plan: LazyFrame| plan.select([pl::col("len").sum()]));
        Ok(counts.beside(&identity.clone().data(&"before"), Side::Before, &combine))
    }

    /// What a function makes of each partition and the number of rows before it.
    #[track_caller]
    pub(super) fn with_rows_before<E: Travels>(
        &self,
        outline: Outline,
        before: &DataFrame,
        env: E,
        work: impl Fn(&E, pl::DataFrame, usize) -> PolarsResult<pl::DataFrame> + Send + Sync + 'static,
    ) -> Self {
        let borders = crate::dataframe::windows::borders::Borders { before: Some(before.clone()), after: None };
        let work = move |env: &E, frame: pl::DataFrame, before: pl::DataFrame| {
            let count = before.column("len")?.u64()?.get(0).unwrap_or(0);
            work(env, frame, count as usize)
        };
        let env = (outline.operation, env);
        self.with_borders(outline, borders, env, move |(operation, env), part, frame, before, _| {
            work(env, frame, before).map_err(|error| fault(operation, part, error))
        })
    }
}

/// The rows of a slice of so many, as Polars cuts.
fn within(offset: i64, len: usize, total: usize) -> Range<usize> {
    let start = if offset < 0 { offset as i128 + total as i128 } else { offset as i128 };
    let clamp = |at: i128| at.clamp(0, total as i128) as usize;
    clamp(start)..clamp(start + len as i128)
}
