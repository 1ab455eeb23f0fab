//! Scans: running sums, differences and slopes.

pub(crate) mod cumulative;
pub(crate) mod differences;
pub(crate) mod running;
pub(crate) mod slopes;
