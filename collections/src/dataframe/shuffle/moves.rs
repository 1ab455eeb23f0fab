//! Moves: two layers that bring each row to its partition. The first sorts the rows of each partition into buckets, the
//! second puts one bucket of each under each other.

use super::buckets::Buckets;
use super::hashes::parts_of;
use crate::dataframe::DataFrame;
use crate::dataframe::exprs::identified;
use crate::dataframe::facts::Facts;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Lazy, fault, stacked};
use crate::dataframe::threads::alone;
use crate::hash::VERSION;
use crate::identity::Identity;
use crate::layer::{Partwise, inputs, made, parts, read};
use partita_graph::{Fault, Flow, FromValues, Function, Key, Kind, Node, Place, Reads, Value};
use polars::prelude::{self as pl, Expr, IntoLazy, PolarsResult};
use std::any::type_name;
use std::sync::Arc;

impl DataFrame {
    /// Rows whose keys are equal in one partition, of `into`. Rows of a partition are in the order of this dataframe.
    #[track_caller]
    pub(crate) fn shuffled(&self, operation: &'static str, keys: &[Expr], into: usize) -> Built<Self> {
        self.has_roots(operation, keys)?;
        let into = into.clamp(1, u32::MAX as usize);
        let identity = identified(self.identity("shuffle").data(&(VERSION, into as u64)), keys);
        let keys = keys.to_vec();
        let number = move |frame: &pl::DataFrame, _: &[Frame]| {
            let keys = frame.clone().lazy().select(&keys).collect()?;
            parts_of(keys.columns(), into)
        };
        Ok(self.moved(operation, identity, Vec::new(), into, number))
    }

    /// Each row in the partition, of `into`, whose number `number` gives. It is told what else was computed: the only
    /// parts of `others`.
    #[track_caller]
    pub(crate) fn moved(
        &self,
        operation: &'static str,
        identity: Identity,
        others: Vec<Arc<Node>>,
        into: usize,
        number: impl Fn(&pl::DataFrame, &[Frame]) -> PolarsResult<Vec<u32>> + Send + Sync + 'static,
    ) -> Self {
        let run = move |index: u32, flows: Vec<Flow>| {
            let mut flows = flows.into_iter();
            let first: Vec<Flow> = flows.by_ref().take(1).collect();
            let [flow] = inputs(first)?;
            let others: Result<Vec<Frame>, Fault> =
                flows.map(|flow| Ok(Frame::from(Lazy::of(flow, 1)?.collect()?))).collect();
            let (frame, others) = (Lazy::of(flow, 0)?.collect()?, others?);
            let sorted = alone(|| Buckets::of(&frame, &number(&frame, &others)?, into));
            let buckets = sorted.map_err(|error| fault(operation, index, error))?;
            let nbytes = buckets.nbytes();
            Ok(Flow::Value(Value::with_size(buckets, nbytes)))
        };
        let block = Arc::new(Partwise { run, settle: made, share: None, returns: type_name::<Buckets>() });
        let first = Arc::new(partita_graph::Chosen::new(vec![0; self.npartitions()]));
        let other = |node: Arc<Node>| Reads { node, chosen: Some(first.clone()) };
        let reads = std::iter::once(self.node.clone().into()).chain(others.into_iter().map(other)).collect();
        let kind = Kind::Blocks { parts: self.npartitions() as u32, block, inputs: reads };
        let key: Key = identity.clone().data(&"split").key::<Buckets>("shuffle-split");
        let split = Arc::new(Node::new(key, kind, Place::here()));
        let tasks = (0..into).map(|bucket| (gathering(operation, bucket), parts(&split).collect())).collect();
        DataFrame::tasks("shuffle", identity, self.schema.clone(), Facts::default(), tasks).split_like(self)
    }
}

/// The task that puts one bucket of each partition under each other.
fn gathering(operation: &'static str, bucket: usize) -> Function {
    let call = move |values: &[Value]| {
        let buckets = read::<Buckets>(values)?;
        let frames = buckets.iter().map(|buckets| buckets.0[bucket].clone().into_polars());
        let mut all = stacked(frames).map_err(|error| fault(operation, bucket as u32, error))?;
        all.rechunk_mut();
        Ok(Frame::from(all).into_value())
    };
    Arc::new(FromValues::new(type_name::<Frame>(), call))
}
