//! Files as dataframes.

mod blocks;
mod chunks;
mod csv;
mod error;
mod files;
mod ndjson;
mod rows;
mod scan;

pub use csv::{CsvReader, read_csv, read_table};
pub use error::{ReadError, ReadFault, WrongValue};
pub use ndjson::{NdjsonReader, read_ndjson};

/// Bytes of text that a partition is made of, unless `block_size` says otherwise: 32 MiB.
pub const BLOCK_SIZE: u64 = 32 << 20;

/// Bytes of rows that are looked at for the types of columns, unless `sample` says otherwise: 1 MiB.
pub const SAMPLE: usize = 1 << 20;
