//! Kernels: grouping by one key and the common aggregates, done in one pass over the rows, block by block through the
//! processor's caches. What they do not know, Polars does.

mod accumulators;
mod numbering;
mod simple;

pub(crate) use simple::grouped;
