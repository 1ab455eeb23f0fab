//! Steps that look at one row at a time: partitions do them for themselves.

mod missing;
mod renames;
mod shapes;
mod steps;
mod values;
