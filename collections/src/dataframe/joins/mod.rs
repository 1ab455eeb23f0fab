//! Joins: two dataframes as one, row by row with the same keys, by a time that is near, or under and beside each other.

mod asof;
mod concat;
mod indicator;
mod join;
mod keys;
mod nearby;
mod ways;

pub use asof::AsOf;
