//! Moves: two layers that bring each row to its partition. The first sorts the rows of each partition into buckets, the
//! second puts one bucket of each under each other.

use super::buckets::{Buckets, sorted};
use super::hashes::parts_of;
use super::memory::Memory;
use super::spill::SpillError;
use crate::dataframe::DataFrame;
use crate::dataframe::error::FrameFault;
use crate::dataframe::exprs::identified;
use crate::dataframe::frame::Frame;
use crate::dataframe::layers::{Built, Lazy, fault, stacked};
use crate::dataframe::names::IntoNames;
use crate::dataframe::threads::alone;
use crate::hash::VERSION;
use crate::identity::Identity;
use crate::layer::{Partwise, inputs, made, parts, read};
use partita_graph::{Fault, Flow, FromValues, Function, Key, Kind, Node, Place, Reads, Value};
use polars::prelude::{self as pl, Expr, IntoLazy, PolarsResult};
use std::any::type_name;
use std::sync::Arc;

impl DataFrame {
    /// Rows whose values in some columns are the same in one partition, of so many (0 counts as 1), which a fixed hash
    /// says; Dask's `shuffle(on=…)`. Rows of a partition are in the order of this dataframe.
    ///
    /// Rows on their way are in memory up to a limit, see [`set_shuffle_memory`](crate::dataframe::set_shuffle_memory).
    ///
    /// ```
    /// use partita_collections::dataframe::{DataFrame, on_reference};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let frame = DataFrame::from_polars(df!("k" => [1, 2, 1], "x" => [0, 1, 2])?, 2);
    /// let shuffled = frame.shuffle("k", 3);
    /// assert_eq!((shuffled.npartitions(), on_reference(&shuffled)?.height()), (3, 3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[track_caller]
    pub fn shuffle(&self, on: impl IntoNames, npartitions: usize) -> Self {
        let keys: Vec<Expr> = on.into_names().into_iter().map(Expr::Column).collect();
        DataFrame::built(self.shuffled("shuffle", &keys, npartitions))
    }

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
        let split = move |index, frame: &pl::DataFrame, others: &[Frame]| {
            let sorted = number(frame, others).and_then(|numbers| sorted(frame, &numbers, into));
            sorted.map_err(|error| fault(operation, index, error))
        };
        self.split(operation, identity, others, into, split)
    }

    /// Partition `i`, of `into`, made of frame `i` of those that `split` makes of each partition, under each other. It is
    /// told the partition's number and what else was computed: the only parts of `others`.
    #[track_caller]
    pub(crate) fn split(
        &self,
        operation: &'static str,
        identity: Identity,
        others: Vec<Arc<Node>>,
        into: usize,
        split: impl Fn(u32, &pl::DataFrame, &[Frame]) -> Result<Vec<Frame>, Fault> + Send + Sync + 'static,
    ) -> Self {
        let run = move |index: u32, flows: Vec<Flow>| {
            let mut flows = flows.into_iter();
            let first: Vec<Flow> = flows.by_ref().take(1).collect();
            let [flow] = inputs(first)?;
            let others: Result<Vec<Frame>, Fault> =
                flows.map(|flow| Ok(Frame::from(Lazy::of(flow, 1)?.collect()?))).collect();
            let (frame, others) = (Lazy::of(flow, 0)?.collect()?, others?);
            let frames = alone(|| split(index, &frame, &others))?;
            drop(frame);
            let buckets = Buckets::keep(frames, Memory::of_process());
            let buckets = buckets.map_err(|error| spilled(operation, index, error))?;
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
        DataFrame::tasks("shuffle", identity, self.schema.clone(), self.facts.moved_rows(), tasks).split_like(self)
    }
}

/// The task that puts one bucket of each partition under each other.
fn gathering(operation: &'static str, bucket: usize) -> Function {
    let call = move |values: &[Value]| {
        let mut frames = Vec::with_capacity(values.len());
        for buckets in read::<Buckets>(values)? {
            let frame = buckets.bucket(bucket).map_err(|error| spilled(operation, bucket as u32, error))?;
            frames.push(frame.into_polars());
        }
        let mut all = stacked(frames).map_err(|error| fault(operation, bucket as u32, error))?;
        all.rechunk_mut();
        Ok(Frame::from(all).into_value())
    };
    Arc::new(FromValues::new(type_name::<Frame>(), call))
}

fn spilled(operation: &'static str, partition: u32, error: SpillError) -> Fault {
    Fault::failed(FrameFault::Spill { operation, partition, message: error.to_string() })
}
