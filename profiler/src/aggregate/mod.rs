//! Sums over all records: pure, and bounded by the number of groups and workers.

mod groups;

pub use groups::{Aggregates, Group, View};
