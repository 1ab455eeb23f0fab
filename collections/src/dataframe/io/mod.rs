//! Files as dataframes, and dataframes as files.

mod blocks;
mod chunks;
mod cloud;
mod csv;
mod error;
mod faults;
mod files;
mod groups;
mod handle;
mod hive;
mod ipc;
mod listing;
mod messages;
mod ndjson;
mod parquet;
mod rows;
mod scan;
mod stretches;
mod travel;
mod write;

pub use cloud::CloudError;
pub use csv::{CsvReader, read_csv, read_table};
pub use error::{ReadError, ReadFault, WrongValue};
pub(crate) use faults::unpanicked;
pub use faults::{FileError, FileFault};
pub use groups::FrameReader;
pub use ipc::{IpcReader, read_ipc};
pub use ndjson::{NdjsonReader, read_ndjson};
pub use parquet::{ParquetReader, read_parquet};
pub use write::{CsvWriter, FrameWriter, IpcWriter, NdjsonWriter, ParquetWriter, Written, WrittenFile};

/// Bytes of text that a partition is made of, unless `block_size` says otherwise: 32 MiB.
pub const BLOCK_SIZE: u64 = 32 << 20;

/// Bytes of rows that are looked at for the types of columns, unless `sample` says otherwise: 1 MiB.
pub const SAMPLE: usize = 1 << 20;
