//! Windows: what looks at rows before or after a row, across the borders of partitions.

pub(crate) mod beside;
pub(crate) mod borders;
mod crossing;
mod reach;
