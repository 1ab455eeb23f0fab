//! Formats: how a frame becomes the content of a file, and which columns it can hold.

use polars::prelude::{
    CsvWriter as Csv, DataFrame, DataType, IpcCompression, IpcWriter as Ipc, JsonFormat, JsonWriter,
    ParquetCompression, ParquetWriter as Parquet, PolarsResult, SerWriter,
};
use std::io::Write;

/// A format that frames are written in.
pub trait Format: Clone + Default + Send + Sync + 'static {
    /// What it is called in errors.
    const NAME: &'static str;
    /// The method that writes it.
    const OPERATION: &'static str;
    /// How names of its files end.
    const EXTENSION: &'static str;
    /// Whether it is text, which is compressed if the file's name tells so.
    const TEXT: bool;

    /// What to do if it cannot hold columns of a type; `None` if it can.
    fn refuses(dtype: &DataType) -> Option<&'static str>;

    /// Writes a frame; the first of a file, if there are several.
    ///
    /// # Errors
    /// Any of Polars'.
    fn write(&self, frame: &mut DataFrame, is_first: bool, file: &mut dyn Write) -> PolarsResult<()>;
}

/// How Parquet is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ParquetOptions {
    pub(super) compression: ParquetCompression,
    pub(super) row_group_size: Option<usize>,
}

impl Format for ParquetOptions {
    const NAME: &'static str = "Parquet";
    const OPERATION: &'static str = "write_parquet";
    const EXTENSION: &'static str = "parquet";
    const TEXT: bool = false;

    fn refuses(_: &DataType) -> Option<&'static str> {
        None
    }

    fn write(&self, frame: &mut DataFrame, _: bool, file: &mut dyn Write) -> PolarsResult<()> {
        let writer = Parquet::new(file).with_compression(self.compression).with_row_group_size(self.row_group_size);
        writer.set_parallel(false).finish(frame).map(drop)
    }
}

/// How Arrow IPC is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct IpcOptions {
    pub(super) compression: Option<IpcCompression>,
    pub(super) record_batch_size: Option<usize>,
}

impl Format for IpcOptions {
    const NAME: &'static str = "Arrow IPC";
    const OPERATION: &'static str = "write_ipc";
    const EXTENSION: &'static str = "arrow";
    const TEXT: bool = false;

    fn refuses(_: &DataType) -> Option<&'static str> {
        None
    }

    fn write(&self, frame: &mut DataFrame, _: bool, file: &mut dyn Write) -> PolarsResult<()> {
        let writer = Ipc::new(file).with_compression(self.compression);
        writer.with_record_batch_size(self.record_batch_size).with_parallel(false).finish(frame)
    }
}

/// How CSV is written.
#[derive(Clone, Copy, Debug)]
pub struct CsvOptions {
    pub(super) header: bool,
    pub(super) separator: u8,
}

impl Default for CsvOptions {
    fn default() -> Self {
        CsvOptions { header: true, separator: b',' }
    }
}

impl Format for CsvOptions {
    const NAME: &'static str = "CSV";
    const OPERATION: &'static str = "write_csv";
    const EXTENSION: &'static str = "csv";
    const TEXT: bool = true;

    fn refuses(dtype: &DataType) -> Option<&'static str> {
        match dtype {
            DataType::List(_) => Some("write Parquet, or `explode` it or join its elements to a text first"),
            dtype if dtype.is_nested() => Some("write Parquet, or make its fields columns first"),
            DataType::Binary => Some("write Parquet, or encode it as a text first"),
            DataType::Duration(_) => Some("write Parquet, or `cast` it to a whole number first"),
            _ => None,
        }
    }

    fn write(&self, frame: &mut DataFrame, is_first: bool, file: &mut dyn Write) -> PolarsResult<()> {
        let writer = Csv::new(file).include_header(self.header && is_first);
        writer.with_separator(self.separator).n_threads(1).finish(frame)
    }
}

/// How lines of JSON are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct NdjsonOptions;

impl Format for NdjsonOptions {
    const NAME: &'static str = "JSON";
    const OPERATION: &'static str = "write_ndjson";
    const EXTENSION: &'static str = "ndjson";
    const TEXT: bool = true;

    fn refuses(dtype: &DataType) -> Option<&'static str> {
        match dtype {
            DataType::Binary => Some("write Parquet, or encode it as a text first"),
            DataType::List(inner) => NdjsonOptions::refuses(inner),
            DataType::Struct(fields) => fields.iter().find_map(|field| NdjsonOptions::refuses(field.dtype())),
            _ => None,
        }
    }

    fn write(&self, frame: &mut DataFrame, _: bool, file: &mut dyn Write) -> PolarsResult<()> {
        JsonWriter::new(file).with_json_format(JsonFormat::JsonLines).finish(frame)
    }
}
