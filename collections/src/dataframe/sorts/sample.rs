//! Samples: of few rows of each partition the bounds between partitions that will have about as many rows each.

use super::order::Order;
use crate::dataframe::DataFrame;
use crate::dataframe::facts::Facts;
use crate::dataframe::layers::{Built, Lazy, fault, frame_task, planned};
use crate::dataframe::stacks::stacked;
use crate::dataframe::threads::alone;
use crate::dataframe::travel::Exprs;
use crate::hash::Folding;
use crate::layer::{inputs, parts};
use polars::prelude::{
    self as pl, Column, Expr, IdxCa, IdxSize, IntoColumn, IntoLazy, NamedFrom, PolarsResult, Series,
};
use std::hash::Hasher;

/// Rows of a partition that are looked at. Where so many stand for one partition, its size is out by some percent.
const LOOKED_AT: usize = 256;

/// Columns of samples that no user's has the name of: where a row was, and for how many rows it stands.
pub(super) const PARTITION: &str = "\u{3}partition";
pub(super) const ROW: &str = "\u{3}row";
const WEIGHT: &str = "\u{3}weight";

impl DataFrame {
    /// One small partition: the keys, and the places, of the rows that partitions 1 to `into` begin with when sorted.
    #[track_caller]
    pub(super) fn bounds(&self, operation: &'static str, order: &Order, into: usize) -> Built<Self> {
        let samples = self.samples(operation, order)?;
        let identity = samples.identity("bounds").data(&(into as u64));
        let (schema, order) = (samples.schema.clone(), order.clone());
        let call = |(order, into): &(Order, usize), frames| bounds_of(&stacked(frames)?, order, *into);
        let task = frame_task(operation, 0, (order, into), call);
        let tasks = vec![(task, parts(&samples.node).collect())];
        Ok(DataFrame::tasks("bounds", identity, schema, Facts::default(), tasks))
    }

    /// Some rows of each partition, of which only the keys are computed, and again for what is moved: else all rows would be
    /// held until some of all were looked at.
    #[track_caller]
    fn samples(&self, operation: &'static str, order: &Order) -> Built<Self> {
        let keys: Vec<Expr> = order.by.iter().cloned().map(Expr::Column).collect();
        let schema = self.schema_after(operation, |plan| plan.select(&keys))?;
        let with_places = places(0, &[], 0.0).into_iter().fold((*schema).clone(), |mut schema, column| {
            schema.insert(column.name().clone(), column.dtype().clone());
            schema
        });
        let identity = order.identified(self.identity("sample"));
        let block = planned((operation, Exprs(keys)), |(operation, keys), index, flows| {
            let [flow] = inputs(flows)?;
            let keys = Lazy::of(flow, 0)?.then(operation, index, |plan| plan.select(&**keys))?.collect()?;
            let sample = alone(|| sample(index, &keys)).map_err(|error| fault(operation, index, error))?;
            Ok(Lazy::new(sample.lazy(), operation, index))
        });
        let reads = vec![self.again().node.into()];
        let parts = self.npartitions();
        Ok(DataFrame::blocks("sample", identity, with_places.into(), Facts::default(), parts, reads, block))
    }
}

/// Some rows of a partition: one somewhere in each of as many stretches.
fn sample(partition: u32, keys: &pl::DataFrame) -> PolarsResult<pl::DataFrame> {
    let height = keys.height();
    let some = height.min(LOOKED_AT);
    let start = |stretch: usize| (stretch as u128 * height as u128 / some as u128) as usize;
    let within = |stretch: usize| {
        let mut state = Folding::default();
        state.write_u64(u64::from(partition) << 32 | stretch as u64);
        start(stretch) + state.part(start(stretch + 1) - start(stretch))
    };
    let rows: Vec<IdxSize> = (0..some).map(|stretch| within(stretch) as IdxSize).collect();
    let weight = height as f64 / some.max(1) as f64;
    let mut sample = keys.take(&IdxCa::from_vec("".into(), rows.clone()))?;
    sample.hstack_mut(&places(partition, &rows, weight))?;
    Ok(sample)
}

fn places(partition: u32, rows: &[IdxSize], weight: f64) -> [Column; 3] {
    [
        Series::new(PARTITION.into(), vec![partition; rows.len()]).into_column(),
        Series::new(ROW.into(), rows).into_column(),
        Series::new(WEIGHT.into(), vec![weight; rows.len()]).into_column(),
    ]
}

/// The samples at which partitions but the first begin; fewer, or none, if there are too few samples.
fn bounds_of(samples: &pl::DataFrame, order: &Order, into: usize) -> PolarsResult<pl::DataFrame> {
    let mut order = order.clone();
    for place in [PARTITION, ROW] {
        order.by.push(place.into());
        order.descending.push(false);
        order.nulls_last.push(true);
    }
    let sorted = samples.sort(order.by.clone(), order.options())?;
    let weights: Vec<f64> = sorted.column(WEIGHT)?.f64()?.into_no_null_iter().collect();
    let all: f64 = weights.iter().sum();
    let (mut before, mut chosen) = (0.0, Vec::new());
    for (row, weight) in weights.iter().enumerate() {
        let next = (chosen.len() + 1) as f64;
        if chosen.len() + 1 < into && before >= all * next / into as f64 {
            chosen.push(row as IdxSize);
        }
        before += weight;
    }
    sorted.take(&IdxCa::from_vec("".into(), chosen))
}
