//! Storing: arrays in files of NumPy and Zarr, read from anything and written into anything.
//!
//! What is written is whole or not there: it gets its name when the last block is written. Paths, types, shapes and
//! chunks are checked before any work starts.

mod dtype;
mod error;
mod npy;
mod sink;
mod source;
#[cfg(feature = "zarr")]
mod zarr;

pub use crate::staged::{Target, TargetError, overwrite};
pub use error::StoreError;
pub use sink::Sink;
pub use source::Source;
#[cfg(feature = "zarr")]
pub use zarr::{ZarrCompression, ZarrOptions, ZarrVersion};
