//! Windows: what looks at rows before or after a row, across the borders of partitions.

mod beside;
mod borders;
mod crossing;
mod reach;
