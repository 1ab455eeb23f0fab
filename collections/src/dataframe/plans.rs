//! Plans of partitions that were not run yet: steps of neighbouring layers are put on one, which Polars optimises as a whole.

use super::error::FrameFault;
use super::frame::Frame;
use super::io::ReadFault;
use super::threads::alone;
use partita_graph::{Fault, Flow, Value};
use polars::prelude::{self as pl, IntoLazy, LazyFrame};

/// Steps that are put on each other before a plan is run: Polars goes down into a plan by calls within calls.
const MAX_DEPTH: u32 = 24;

/// A plan of a partition that was not run yet.
pub(crate) struct Lazy {
    /// What is to be done.
    pub(crate) plan: LazyFrame,
    /// What its last step is called, and the partition, for errors.
    pub(crate) operation: &'static str,
    pub(crate) partition: u32,
    depth: u32,
}

impl Lazy {
    /// What came in as input `input` of a step.
    pub(crate) fn of(flow: Flow, input: usize) -> Result<Self, Fault> {
        match flow {
            Flow::Value(value) => match value.get::<Frame>() {
                Ok(frame) => Ok(Lazy::new(frame.clone().into_polars().lazy(), "read", 0)),
                Err(mismatch) => Err(Fault::Type { input, mismatch }),
            },
            Flow::Lazy(lazy) => match lazy.downcast::<Lazy>() {
                Ok(lazy) => Ok(*lazy),
                Err(_) => Err(Fault::failed("a step was given no plan of a frame")),
            },
        }
    }

    /// A plan that no step was put on yet.
    pub(crate) fn new(plan: LazyFrame, operation: &'static str, partition: u32) -> Self {
        Lazy { plan, operation, partition, depth: 0 }
    }

    pub(crate) fn into_flow(self) -> Flow {
        Flow::Lazy(Box::new(self))
    }

    /// With one more step.
    pub(crate) fn then(
        self,
        operation: &'static str,
        partition: u32,
        step: impl FnOnce(LazyFrame) -> LazyFrame,
    ) -> Result<Self, Fault> {
        let below = if self.depth < MAX_DEPTH { self } else { Lazy::new(self.collect()?.lazy(), operation, partition) };
        Ok(Lazy { plan: step(below.plan), operation, partition, depth: below.depth + 1 })
    }

    /// Runs it.
    pub(crate) fn collect(self) -> Result<pl::DataFrame, Fault> {
        alone(|| self.plan.collect()).map_err(|error| fault(self.operation, self.partition, error))
    }
}

/// An error of Polars' about data.
pub(crate) fn fault(operation: &'static str, partition: u32, error: pl::PolarsError) -> Fault {
    match ReadFault::within(&error) {
        Some(fault) => Fault::failed(fault.clone()),
        None => Fault::failed(FrameFault::of(operation, partition, error)),
    }
}

/// Runs a plan and keeps its frame.
pub(super) fn keep(flow: Flow) -> Result<Value, Fault> {
    match flow {
        Flow::Value(value) => Ok(value),
        lazy => Ok(Frame::from(Lazy::of(lazy, 0)?.collect()?).into_value()),
    }
}
