//! Rows: which of them, how many there are, and in which partitions.

mod lengths;
mod parts;
mod per_partition;
mod repartition;
mod sampling;
mod slices;
