//! Zarr arrays in directories, of version 2 and 3 of the format, by the crate zarrs.

mod metadata;
mod options;
mod read;
mod write;

pub use options::{ZarrCompression, ZarrOptions, ZarrVersion};
