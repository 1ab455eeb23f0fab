//! Sorts: rows brought into an order over all partitions, the first rows of one, and partitions chosen by it.

mod divisions;
pub(crate) mod order;
mod partitions;
mod sample;
mod set_index;
mod sort;
mod top;
