//! Policies: what the machine does where more than one thing would be right. One file each.

pub(crate) mod adapt;
pub(crate) mod copies;
pub(crate) mod fair;
pub(crate) mod memory;
pub(crate) mod placement;
pub(crate) mod rebalance;
mod retire;
pub(crate) mod retry;
mod starvation;
pub(crate) mod steal;
