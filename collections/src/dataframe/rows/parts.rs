//! Parts: some partitions of a dataframe, each cut as is wanted.

use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameError;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Lazy, fault, planned};
use crate::dataframe::threads::alone;
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Chosen, Reads};
use polars::prelude::{self as pl, IdxCa, IdxSize, IntoLazy, LazyFrame, PolarsResult, SchemaRef};
use std::ops::Range;
use std::sync::Arc;

impl DataFrame {
    /// One partition, as a dataframe; Dask's `get_partition` and `partitions[n]`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// assert_eq!(on_reference(&frame.partition(1))?, df!("x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn partition(&self, number: usize) -> Self {
        DataFrame::built(self.sound().and_then(|frame| match number < frame.npartitions() {
            true => Ok(frame.partitions(number..number + 1)),
            false => {
                let (what, expected) = ("the partition", "less than the number of partitions");
                Err(FrameError::Argument { operation: "partition", what, found: number.to_string(), expected }.into())
            }
        }))
    }

    /// Some partitions in a row, as a dataframe; Dask's `partitions[start:end]`. What of the range there is not, is left
    /// out.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 3);
    /// assert_eq!(on_reference(&frame.partitions(1..9))?, df!("x" => [2, 3])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn partitions(&self, range: Range<usize>) -> Self {
        DataFrame::built(self.sound().map(|frame| {
            let chosen: Vec<usize> = (range.start..range.end.min(frame.npartitions())).collect();
            let length = |rows: &Vec<usize>| chosen.iter().map(|&part| rows[part]).collect();
            let facts = Facts { rows: frame.facts.rows.as_ref().map(length), divisions: None };
            frame.parts_cut("partitions", frame.identity("partitions"), &chosen, |_, plan| plan).with_facts(facts)
        }))
    }

    /// Few rows of each partition, in memory of their own: a slice would hold on to the whole partition.
    #[track_caller]
    pub(crate) fn few_rows(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        cut: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let block = planned(move |index, flows| {
            let [flow] = inputs(flows)?;
            let few = Lazy::of(flow, 0)?.then(operation, index, &cut)?.collect()?;
            let own = alone(|| copied(few)).map_err(|error| fault(operation, index, error))?;
            Ok(Lazy::new(own.lazy(), operation, index))
        });
        let reads = vec![self.node.clone().into()];
        let parts = self.npartitions();
        DataFrame::blocks(operation, identity, schema, Facts::default(), parts, reads, block).split_like(self)
    }

    /// These partitions with one more step, which is told the place of the partition among them. How many rows are left
    /// is not known, unless all are.
    #[track_caller]
    pub(crate) fn parts_cut(
        &self,
        operation: &'static str,
        identity: Identity,
        chosen: &[usize],
        cut: impl Fn(u32, LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let numbers: Vec<u32> = chosen.iter().map(|&part| part as u32).collect();
        let identity = identity.data(&numbers);
        let block = planned(move |index, flows| {
            let [flow] = inputs(flows)?;
            Lazy::of(flow, 0)?.then(operation, index, |plan| cut(index, plan))
        });
        let reads = vec![Reads { node: self.node.clone(), chosen: Some(Arc::new(Chosen::new(numbers))) }];
        let (schema, parts) = (self.schema.clone(), chosen.len());
        DataFrame::blocks(operation, identity, schema, Facts::default(), parts, reads, block).split_like(self)
    }
}

/// The same rows in memory of their own.
fn copied(frame: pl::DataFrame) -> PolarsResult<pl::DataFrame> {
    match frame.width() {
        0 => Ok(frame),
        _ => frame.take(&IdxCa::from_vec("".into(), (0..frame.height() as IdxSize).collect())),
    }
}
