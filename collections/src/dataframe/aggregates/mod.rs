//! Aggregates: what is made of all rows, or of all rows of a group.

pub(crate) mod apart;
pub(crate) mod whole;
