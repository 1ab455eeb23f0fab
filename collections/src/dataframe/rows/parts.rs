//! Parts: some partitions of a dataframe, each cut as is wanted.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Lazy, fault, planned};
use crate::dataframe::threads::alone;
use crate::dataframe::travel::{Step, Traced};
use crate::identity::Identity;
use crate::layer::inputs;
use partita_graph::{Chosen, Reads, Travels};
use polars::prelude::{self as pl, IdxCa, IdxSize, IntoLazy, LazyFrame, PolarsResult, SchemaRef};
use std::sync::Arc;

impl DataFrame {
    /// Few rows of each partition, in memory of their own: a slice would hold on to the whole partition.
    #[track_caller]
    pub(crate) fn few_rows(
        &self,
        operation: &'static str,
        identity: Identity,
        schema: SchemaRef,
        cut: impl Fn(LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let cut = Traced::new(self.schema.clone(), Step::of(cut));
        let block = planned((operation, cut), |(operation, cut), index, flows| {
            let [flow] = inputs(flows)?;
            let few = Lazy::of(flow, 0)?.then(operation, index, |plan| cut.on(plan))?.collect()?;
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
    pub(crate) fn parts_cut<E: Travels>(
        &self,
        operation: &'static str,
        identity: Identity,
        chosen: &[usize],
        env: E,
        cut: impl Fn(&E, u32, LazyFrame) -> LazyFrame + Send + Sync + 'static,
    ) -> Self {
        let numbers: Vec<u32> = chosen.iter().map(|&part| part as u32).collect();
        let identity = identity.data(&numbers);
        let block = planned((operation, env), move |(operation, env), index, flows| {
            let [flow] = inputs(flows)?;
            Lazy::of(flow, 0)?.then(operation, index, |plan| cut(env, index, plan))
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
