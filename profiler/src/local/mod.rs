//! The pure parts of the local profilers: rows, what makes them of a cluster's records, and charts of them.

pub mod draw;
mod feed;
mod ledger;
mod rows;
mod samples;

pub use feed::{Fact, Feed};
pub use ledger::{Ledger, Spot};
pub use rows::{CacheRow, ResourceRow, TaskRow};
pub use samples::Samples;
