//! Lengths: how many rows and bytes there are, and the numbers of rows.

use crate::bag::Item;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Outline, fault};
use crate::identity::Identity;
use crate::layer::{read, task};
use partita_graph::{Data, Fault, Input, Kind, Node, Place, Plain, Value};
use polars::prelude::len;
use polars::prelude::{
    self as pl, DataType, IdxSize, IntoColumn, NamedFrom, PlSmallStr, PolarsResult, Series, polars_err,
};
use smallvec::smallvec;
use std::sync::Arc;

impl DataFrame {
    /// How many rows it has, to be computed; Dask's `len` and `shape[0]`. Columns are not computed for it where that
    /// can be avoided.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, col, lit};
    /// use partita_collections::{bag, dataframe::polars::prelude::df};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(bag::on_reference(&frame.filter(col("x").gt(lit(1))).len_item())?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn len_item(&self) -> Item<u64> {
        self.summed("len", self.counts())
    }

    /// How many rows each partition has, to be computed; Dask's `map_partitions(len)`.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(bag::on_reference(&frame.partition_lengths())?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn partition_lengths(&self) -> Item<Vec<u64>> {
        self.listed("len", self.counts())
    }

    /// The bytes that its columns take, to be computed; Dask's `nbytes` and `memory_usage().sum()`.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1i64, 2, 3])?, 2);
    /// assert_eq!(bag::on_reference(&frame.nbytes())?, 24);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn nbytes(&self) -> Item<u64> {
        self.summed("nbytes", self.sizes())
    }

    /// The bytes that the columns of each partition take, to be computed; Dask's `memory_usage_per_partition`.
    ///
    /// ```
    /// use partita_collections::{bag, dataframe::{DataFrame, polars::prelude::df}};
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1i64, 2, 3])?, 2);
    /// assert_eq!(bag::on_reference(&frame.memory_usage_per_partition())?, [8, 16]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn memory_usage_per_partition(&self) -> Item<Vec<u64>> {
        self.listed("nbytes", self.sizes())
    }

    /// A row with the bytes that each column takes; Dask's `memory_usage`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1i64, 2, 3], "b" => [1i8, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.memory_usage())?, df!("x" => [24u64], "b" => [3u64])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn memory_usage(&self) -> Self {
        let sizes = |frame: &pl::DataFrame| -> PolarsResult<pl::DataFrame> {
            let size = |column: &pl::Column| -> PolarsResult<pl::Column> {
                let nbytes = Frame::from(column.clone().into_frame()).nbytes();
                Ok(Series::new(column.name().clone(), [nbytes as u64]).into_column())
            };
            let columns: PolarsResult<Vec<pl::Column>> = frame.columns().iter().map(size).collect();
            pl::DataFrame::new_infer_height(columns?)
        };
        let made = || {
            let schema = self.sound()?.schema.iter_names().map(|name| (name.clone(), DataType::UInt64)).collect();
            let sizes = self.each_frame(
                "memory_usage",
                self.identity("memory_usage"),
                Arc::new(schema),
                (),
                move |_, _, frame| sizes(&frame),
            );
            sizes.try_select(&[pl::all().as_expr().sum()])
        };
        DataFrame::built(made())
    }

    /// With the number of each row, over all partitions, as the first column; Dask's index, in a column.
    ///
    /// Numbers are `u32`, as Polars' are; more rows are an error of a task.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => ["a", "b", "c"])?, 2);
    /// assert_eq!(on_reference(&frame.with_row_index("row"))?, df!("row" => [0u32, 1, 2], "x" => ["a", "b", "c"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn with_row_index(&self, name: &str) -> Self {
        DataFrame::built(self.try_row_index(name))
    }

    #[track_caller]
    fn try_row_index(&self, name: &str) -> Built<Self> {
        let operation = "with_row_index";
        let named = PlSmallStr::from(name);
        let identity = self.identity(operation).data(&name);
        let schema = self.schema_after(operation, |plan| plan.with_row_index(named.clone(), None))?;
        let number = |named: &Plain<PlSmallStr>, frame: pl::DataFrame, before: usize| {
            let last = IdxSize::try_from(before.saturating_add(frame.height()));
            let first = last.map(|last| last - frame.height() as IdxSize);
            let first =
                first.map_err(|_| polars_err!(ComputeError: "there are more rows than a row index can number"))?;
            frame.with_row_index(named.0.clone(), Some(first))
        };
        let (facts, named) = ((*self.facts).clone(), Plain(named));
        if let Some(lengths) = &self.facts.rows {
            let starts: Vec<usize> =
                lengths.iter().scan(0, |sum, rows| Some(std::mem::replace(sum, *sum + rows))).collect();
            let run = move |(named, starts): &(Plain<PlSmallStr>, Vec<usize>), part: u32, frame| {
                number(named, frame, starts[part as usize])
            };
            return Ok(self.each_frame(operation, identity, schema, (named, starts), run).with_facts(facts));
        }
        let before = self.rows_before(&identity)?;
        Ok(self.with_rows_before(Outline { operation, identity, schema, facts }, &before, named, number))
    }

    /// A row of how many rows each partition has.
    #[track_caller]
    pub(super) fn counts(&self) -> Built<Self> {
        let facts = Facts::of_rows(vec![1; self.sound()?.npartitions()]);
        if let Some(lengths) = &self.facts.rows {
            let counts = lengths.iter().map(|&rows| one_number("len", rows as u64));
            let values: PolarsResult<Vec<Value>> = counts.map(|count| Ok(Frame::from(count?).into_value())).collect();
            let wrong = |error| FrameError::of("len", &self.schema, error);
            let schema = Arc::new([(PlSmallStr::from("len"), DataType::UInt64)].into_iter().collect());
            let identity = Identity::of("len").data(lengths);
            return Ok(DataFrame::of_kind("len", identity, schema, facts, Kind::Data(values.map_err(wrong)?)));
        }
        let count = len().cast(DataType::UInt64).alias("len");
        self.step("len", self.identity("len"), facts, move |plan| plan.select([count.clone()]))
    }

    /// A row of how many bytes each partition takes.
    #[track_caller]
    pub(super) fn sizes(&self) -> Built<Self> {
        self.sound()?;
        let schema = [(PlSmallStr::from("nbytes"), DataType::UInt64)].into_iter().collect();
        let size = |_: &(), _, frame: pl::DataFrame| one_number("nbytes", Frame::from(frame).nbytes() as u64);
        Ok(self.each_frame("nbytes", self.identity("nbytes"), Arc::new(schema), (), size))
    }

    #[track_caller]
    fn summed(&self, operation: &'static str, numbers: Built<Self>) -> Item<u64> {
        let all = numbers.and_then(|numbers| numbers.try_select(&[pl::all().as_expr().sum()]));
        DataFrame::built(all).item(operation, |frame| {
            let column = frame.select_at_idx(0).ok_or_else(|| polars_err!(NoData: "there is no number"))?;
            Ok(column.u64()?.get(0).unwrap_or(0))
        })
    }

    #[track_caller]
    fn listed(&self, operation: &'static str, numbers: Built<Self>) -> Item<Vec<u64>> {
        DataFrame::built(numbers.map(|numbers| numbers.gathered())).item(operation, |frame| {
            let column = frame.select_at_idx(0).ok_or_else(|| polars_err!(NoData: "there are no numbers"))?;
            Ok(column.u64()?.iter().map(Option::unwrap_or_default).collect())
        })
    }

    /// What a function makes of the only partition.
    #[track_caller]
    pub(crate) fn item<R: Data + Clone>(
        &self,
        operation: &'static str,
        make: impl Fn(&pl::DataFrame) -> PolarsResult<R> + Send + Sync + 'static,
    ) -> Item<R> {
        let function = task(operation, move |operation, values| {
            let frame = *read::<Frame>(values)?.first().ok_or_else(|| Fault::failed("an item was given no frame"))?;
            make(frame).map_err(|error| fault(operation, 0, error))
        });
        let kind = Kind::Call { function, inputs: smallvec![Input { node: self.node.clone(), part: 0 }] };
        let key = self.identity(operation).data(&"item").key::<R>(operation);
        Item::from_node(Arc::new(Node::new(key, kind, Place::here())))
    }
}

/// A frame of one number.
fn one_number(name: &str, number: u64) -> PolarsResult<pl::DataFrame> {
    pl::DataFrame::new_infer_height(vec![Series::new(name.into(), [number]).into_column()])
}
