//! Windows: what looks at rows before or after a row, across the borders of partitions.

pub(crate) mod beside;
pub(crate) mod borders;
mod crossing;
mod cumulative;
mod overlap;
mod reach;
mod resample;
mod rolling;
mod shifts;

pub use resample::Resampled;
pub use rolling::Rolling;
