//! Reductions: one result of many elements, block by block and along a tree.

pub(crate) mod coarsen;
pub(crate) mod extremes;
pub(crate) mod fold;
pub(crate) mod lines;
pub(crate) mod means;
pub(crate) mod places;
pub(crate) mod products;
pub(crate) mod reduction;
pub(crate) mod skipping;
pub(crate) mod sums;
pub(crate) mod top;
pub(crate) mod tree;
pub(crate) mod truth;
