//! Row numbers: where each row is among all.

use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, planned};
use crate::layer::inputs;
use partita_graph::Reads;
use polars::prelude::{DataType, LazyFrame, col, len, lit};
use std::sync::Arc;

impl DataFrame {
    /// The rows, with their numbers from 0 in a column more, the first.
    #[track_caller]
    pub(crate) fn numbered(&self, operation: &'static str, name: &'static str) -> Built<Self> {
        let number = |name: &'static str, plan: LazyFrame, before: u64| {
            let here = plan.with_row_index(name, None);
            here.with_columns([col(name).cast(DataType::UInt64) + lit(before)])
        };
        let schema = self.schema_after(operation, |plan| number(name, plan, 0))?;
        let identity = self.identity("numbered").data(&name);
        let facts = (*self.facts).clone();
        if let Some(rows) = &facts.rows {
            let before = rows.iter().scan(0, |sum, &rows| Some(std::mem::replace(sum, *sum + rows as u64)));
            let before: Vec<u64> = before.collect();
            let env = (name, Arc::new(before));
            let step = move |(name, before): &(&'static str, Arc<Vec<u64>>), index: u32, plan| {
                number(name, plan, before[index as usize])
            };
            return Ok(self.step_at(operation, identity, schema, facts, env, step));
        }
        let counts = self.step(operation, identity.clone().data(&"counts"), Facts::default(), |plan| {
            plan.select([len().cast(DataType::UInt64).alias("rows")])
        })?;
        let counts = counts.gathered();
        let block = planned((operation, name), move |&(operation, name), index, flows| {
            let [flow, counts] = inputs(flows)?;
            let counts = Lazy::of(counts, 1)?.collect()?;
            let wrong = |error| super::super::layers::fault(operation, index, error);
            let rows = counts.column("rows").and_then(|rows| rows.u64()).map_err(wrong)?;
            let before = rows.iter().take(index as usize).flatten().sum();
            Lazy::of(flow, 0)?.then(operation, index, |plan| number(name, plan, before))
        });
        let first = partita_graph::Chosen::new(vec![0; self.npartitions()]);
        let reads = vec![self.node.clone().into(), Reads { node: counts.node.clone(), chosen: Some(Arc::new(first)) }];
        let numbered = DataFrame::blocks(operation, identity, schema, facts, self.npartitions(), reads, block);
        Ok(numbered.split_like(self))
    }
}
