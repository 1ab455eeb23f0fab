//! Steps that look at one row at a time: partitions do them for themselves.

mod missing;
mod renames;
mod shapes;
pub(crate) mod steps;
mod values;
