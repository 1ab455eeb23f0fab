//! Sums over all records: pure, and bounded by the number of groups and workers.

mod groups;
mod said;

pub use groups::{Aggregates, Group, View};
pub use said::{FAILURES, LINES, LogLine, Said};
