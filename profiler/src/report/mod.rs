//! The report of a run: one page of HTML that opens from a disk, asks for nothing else, and is bounded in size.

mod data;
mod page;
#[cfg(test)]
mod tests;

pub use data::{Counts, Progress, Report};
