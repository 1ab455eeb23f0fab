//! Shuffles: rows brought together by what they are, each to the partition that a fixed hash or sorted bounds say.

pub(crate) mod buckets;
pub(crate) mod hashes;
pub(crate) mod memory;
mod moves;
mod spill;
mod volumes;
