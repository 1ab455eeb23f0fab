//! What is said on a Dask cluster, against messages that were recorded on one.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod block;
mod blocks;
mod fixtures;
mod frames;
mod graphs;
mod live;
mod ops;
mod pickles;
mod values;
mod worker;
mod worker_chance;
