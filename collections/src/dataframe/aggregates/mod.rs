//! Aggregates: what is made of all rows, or of all rows of a group.

pub(crate) mod apart;
mod columns;
mod describe;
mod distinct;
pub(crate) mod kinds;
mod moments;
mod monotonic;
mod numbered;
mod pairs;
pub(crate) mod places;
pub(crate) mod sketches;
pub(crate) mod whole;
