//! Indexing: slices, places, masks and points, taken out and put in.

pub(crate) mod assigning;
pub(crate) mod choosing;
pub(crate) mod coordinates;
pub(crate) mod gathering;
pub(crate) mod inserting;
pub(crate) mod masks;
pub(crate) mod sizes;
pub(crate) mod slicing;
pub(crate) mod taking;
