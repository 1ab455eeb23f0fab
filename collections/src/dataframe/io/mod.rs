//! Files of frames: Parquet and Arrow IPC are read, and these, CSV and JSON lines are written.

mod faults;
mod groups;
mod hive;
mod ipc;
mod listing;
mod messages;
mod parquet;
mod write;

pub use faults::{FileError, FileFault};
pub use groups::FrameReader;
pub use ipc::{IpcReader, read_ipc};
pub use parquet::{ParquetReader, read_parquet};
pub use write::{CsvWriter, FrameWriter, IpcWriter, NdjsonWriter, ParquetWriter, Written, WrittenFile};
