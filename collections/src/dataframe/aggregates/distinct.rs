//! Different rows and values: which there are, and how often they come.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::Built;
use crate::dataframe::names::IntoNames;
use crate::dataframe::travel::Step;
use crate::identity::Identity;
use polars::prelude::{
    Expr, LazyFrame, PlSmallStr, SortMultipleOptions, SortOptions, UniqueKeepStrategy, by_name, col, len, lit,
};

/// How often a row comes, which no user's column has the name of.
const TIMES: &str = "\u{3}times";

impl DataFrame {
    /// The different rows, each where it comes first; Dask's `unique` of a series, and `drop_duplicates`. They come in one
    /// partition, as by [`DataFrame::drop_duplicates`].
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [2, 1, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.unique())?, df!("x" => [2, 1, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn unique(&self) -> Self {
        let all: Vec<PlSmallStr> = self.schema.iter_names().cloned().collect();
        DataFrame::built(self.distinct("unique", &all, UniqueKeepStrategy::First, None))
    }

    /// One row of those that have the same values in these columns, in the order of the dataframe: the first, the last, or
    /// none if there is more than one; Dask's `drop_duplicates`.
    ///
    /// Each partition drops its own duplicates, and what is left is combined by a tree to one partition, or by hashes to
    /// more if a look at some rows says that it is very much; [`DataFrame::drop_duplicates_into`] says how many.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::{UniqueKeepStrategy, df};
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// let last = frame.drop_duplicates("k", UniqueKeepStrategy::Last);
    /// assert_eq!(on_reference(&last)?, df!("k" => ["b", "a"], "x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_duplicates(&self, subset: impl IntoNames, keep: UniqueKeepStrategy) -> Self {
        DataFrame::built(self.distinct("drop_duplicates", &subset.into_names(), keep, None))
    }

    /// As [`DataFrame::drop_duplicates`], in `n` partitions (0 counts as 1), in each of which rows are in the order of the
    /// dataframe; Dask's `drop_duplicates(split_out=n)`.
    ///
    /// ```
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::{UniqueKeepStrategy, df};
    ///
    /// let frame = DataFrame::from_polars(df!("k" => ["a", "b", "a"], "x" => [1, 2, 3])?, 2);
    /// assert_eq!(frame.drop_duplicates_into(3, ["k"], UniqueKeepStrategy::Any).npartitions(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn drop_duplicates_into(&self, n: usize, subset: impl IntoNames, keep: UniqueKeepStrategy) -> Self {
        DataFrame::built(self.distinct("drop_duplicates", &subset.into_names(), keep, Some(n.max(1))))
    }

    #[track_caller]
    fn distinct(
        &self,
        operation: &'static str,
        subset: &[PlSmallStr],
        keep: UniqueKeepStrategy,
        into: Option<usize>,
    ) -> Built<Self> {
        self.has_columns(operation, subset)?;
        let keys: Vec<Expr> = subset.iter().cloned().map(Expr::Column).collect();
        let groups = self.group_by(&keys);
        groups.sound()?;
        let groups = into.map_or(groups.clone(), |into| groups.split_out(into));
        let choice = groups.choice();
        let into = choice.parts;
        let keep_here = match keep {
            UniqueKeepStrategy::Last => UniqueKeepStrategy::Last,
            _ => UniqueKeepStrategy::First,
        };
        let columns = by_name(subset.iter().cloned(), true, false);
        let once = move |plan: LazyFrame| plan.unique_stable(Some(columns.clone()), keep_here);
        let identity = self.identity(operation).data(&(keep_here as u8, keep == UniqueKeepStrategy::None, into as u64));
        let identity = crate::dataframe::exprs::identified(identity, &keys);
        if keep != UniqueKeepStrategy::None {
            let some = self.step(operation, identity.clone().data(&"some"), self.facts.fewer_rows(), once.clone())?;
            return Ok(some.come_together(operation, identity, &keys, into, once)?.remarked(choice.remark()));
        }
        let times = |times: Expr, keys: &[Expr]| Ok(times.over(keys)?.alias(TIMES));
        let wrong = |error| crate::dataframe::error::FrameError::of(operation, &self.schema, error);
        let here = times(keys[0].clone().is_null().len(), &keys).map_err(wrong)?;
        let all = times(col(TIMES).sum(), &keys).map_err(wrong)?;
        let partial = {
            let once = once.clone();
            move |plan: LazyFrame| once(plan.with_columns([here.clone()]))
        };
        let combine = move |plan: LazyFrame| once(plan.with_columns([all.clone()]));
        let some = self.step(operation, identity.clone().data(&"some"), Facts::default(), partial)?;
        let counted = some.come_together(operation, identity.clone(), &keys, into, combine)?;
        let columns: Vec<Expr> = self.schema.iter_names().cloned().map(Expr::Column).collect();
        let alone = move |plan: LazyFrame| plan.filter(col(TIMES).eq(lit(1))).select(&columns);
        Ok(counted.step(operation, identity.data(&"alone"), Facts::default(), alone)?.remarked(choice.remark()))
    }

    /// What partitions kept of their rows, in so many partitions, of whose rows the same is kept.
    #[track_caller]
    fn come_together(
        &self,
        operation: &'static str,
        identity: Identity,
        keys: &[Expr],
        into: usize,
        combine: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Built<Self> {
        match into {
            1 => Ok(self.tree(operation, &identity, Step::of(combine))),
            into => self.shuffled(operation, keys, into)?.step(operation, identity, Facts::default(), combine),
        }
    }

    /// A row for each different value of a column, null among them, and how often it comes, as column `count`: the most
    /// frequent first, and of those that come as often the one that comes first; Dask's `value_counts`.
    ///
    /// They come in one partition; for very many, `group_by` and its `split_out` give more.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => ["a", "b", "b"])?, 2);
    /// assert_eq!(on_reference(&frame.value_counts("x"))?, df!("x" => ["b", "a"], "count" => [2u32, 1])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn value_counts(&self, column: &str) -> Self {
        DataFrame::built(self.counted("value_counts", column, |plan, count| {
            let options = SortMultipleOptions::default().with_order_descending(true).with_maintain_order(true);
            plan.sort([count], options)
        }))
    }

    /// The most frequent values of a column, in their order, null among them; Dask's `mode`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [3, 2, 1, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.mode("x"))?, df!("x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn mode(&self, column: &str) -> Self {
        let values: Expr = col(column).sort(SortOptions::default());
        DataFrame::built(self.counted("mode", column, move |plan, count| {
            plan.filter(col(count).eq(col(count).max())).select([values.clone()])
        }))
    }

    /// What is made of the different values of a column and how often each comes, in a column of a given name.
    #[track_caller]
    fn counted(
        &self,
        operation: &'static str,
        column: &str,
        finish: impl Fn(LazyFrame, &'static str) -> LazyFrame + Send + Sync + 'static,
    ) -> Built<Self> {
        self.dtype_of(operation, column)?;
        const COUNT: &str = "count";
        let counts = self.group_by([col(column)]).split_out(1).agg([len().alias(COUNT)]);
        let identity = counts.sound()?.identity(operation);
        counts.step(operation, identity, Facts::default(), move |plan| finish(plan, COUNT))
    }
}
