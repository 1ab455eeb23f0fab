//! Aggregates: what is made of all rows, or of all rows of a group.

pub(crate) mod apart;
pub(crate) mod kinds;
mod moments;
mod numbered;
pub(crate) mod places;
pub(crate) mod sketches;
pub(crate) mod whole;
