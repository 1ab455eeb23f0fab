//! Windows: what looks at rows before or after a row, across the borders of partitions.

pub(crate) mod beside;
pub(crate) mod borders;
mod by_time;
mod crossing;
mod cumulative;
mod gaps;
mod intervals;
mod overlap;
mod reach;
mod resample;
mod rolling;
mod rolling_by;
mod shifts;
mod times;

pub use resample::Resampled;
pub use rolling::Rolling;
pub use rolling_by::RollingBy;
