//! Newline-delimited JSON as dataframes: one partition a block of lines, each of them an object.

use super::SAMPLE;
use super::blocks::{Plan, Readable};
use super::chunks::MAX_ROW;
use super::cloud::StorageOptions;
use super::error::{ReadError, ReadFault};
use super::files::{Source, sources};
use super::rows::Rows;
use super::scan::Parser;
use super::travel::Parsing;
use crate::address::Paths;
use crate::bag::{Compression, IntoPaths};
use crate::dataframe::error::FrameError;
use crate::dataframe::{DataFrame, schema};
use crate::identity::Identity;
use polars::prelude::{self as pl, DataType, PlSmallStr, PolarsResult, Schema, SchemaRef, polars_bail};
use polars_io::ndjson::{count_rows, infer_schema};
use polars_io::prelude::{json_lines, parse_ndjson};
use std::sync::Arc;

/// How deep values may be within each other.
const MAX_DEPTH: usize = 128;

/// How files of JSON lines are to be read; see [`read_ndjson`].
#[must_use = "nothing is read before `finish`"]
#[derive(Clone, Debug)]
pub struct NdjsonReader {
    paths: Paths,
    options_of_store: StorageOptions,
    compression: Compression,
    schema: Option<SchemaRef>,
    dtypes: Vec<(PlSmallStr, DataType)>,
    ignore_errors: bool,
    sample: usize,
    block_size: Option<u64>,
    path_column: Option<PlSmallStr>,
}

/// Reads files of JSON, an object a line, as a dataframe: a path, several, or patterns for them; Dask's `read_json` with
/// `lines=True`.
///
/// Files are cut into blocks of [`block_size`](NdjsonReader::block_size) bytes at lines, one partition each; compressed
/// ones (`.gz`, `.zst`, `.bz2`, `.xz`) stay whole. The columns and their types are those of the first megabyte of all
/// files together ([`sample`](NdjsonReader::sample)); a field that a line lacks is null, and fields that are no columns
/// are left out, as Polars does. Lines without anything are passed over.
///
/// ```
/// use partita_collections::dataframe::{on_reference, read_ndjson};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("a.ndjson");
/// std::fs::write(&path, "{\"x\": 1, \"y\": \"a\"}\n{\"x\": 2}\n")?;
/// let frame = read_ndjson(&path).finish()?;
/// assert_eq!(on_reference(&frame)?, df!("x" => [1i64, 2], "y" => [Some("a"), None])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_ndjson(paths: impl IntoPaths) -> NdjsonReader {
    NdjsonReader {
        paths: Paths(paths.into_paths()),
        options_of_store: StorageOptions::default(),
        compression: Compression::Infer,
        schema: None,
        dtypes: Vec::new(),
        ignore_errors: false,
        sample: SAMPLE,
        block_size: None,
        path_column: None,
    }
}

impl NdjsonReader {
    /// All columns and their types; nothing is taken from a sample.
    pub fn schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The types of some columns, instead of those that the sample suggests; those that the sample has not come after
    /// the others. Dask's `dtype`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataType, on_reference, read_ndjson};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.ndjson");
    /// std::fs::write(&path, "{\"x\": 1}\n")?;
    /// let frame = read_ndjson(&path).dtypes([("x", DataType::Float64)]).finish()?;
    /// assert_eq!(on_reference(&frame)?, df!("x" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dtypes<N: Into<PlSmallStr>>(mut self, dtypes: impl IntoIterator<Item = (N, DataType)>) -> Self {
        self.dtypes.extend(dtypes.into_iter().map(|(name, dtype)| (name.into(), dtype)));
        self
    }

    /// Whether values that are not of their column's type are nulls, instead of an error.
    pub fn ignore_errors(mut self, ignore: bool) -> Self {
        self.ignore_errors = ignore;
        self
    }

    /// How many bytes are looked at for the columns and their types, [`SAMPLE`] if not said: those of the first file, and
    /// of the next ones if it has fewer.
    pub fn sample(mut self, bytes: usize) -> Self {
        self.sample = bytes;
        self
    }

    /// How many bytes a block of a file has, about, [`BLOCK_SIZE`](crate::dataframe::BLOCK_SIZE) if not said; Dask's `blocksize`. If it is said, compressed
    /// files are cut as well, as [`CsvReader::block_size`](crate::dataframe::CsvReader::block_size) does it.
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block_size = Some(bytes.max(1));
        self
    }

    /// Says how the files are compressed, if their names do not.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Options of the store that the files are in; Dask's and Polars' `storage_options`, as
    /// [of Parquet](crate::dataframe::FrameReader::storage_options).
    pub fn storage_options<K: Into<String>, V: Into<String>>(
        mut self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.options_of_store.extend(options);
        self
    }

    /// Adds a column of this name, the last one, with the path of the file that a row is from; Dask's
    /// `include_path_column`.
    pub fn include_path_column(mut self, name: impl Into<PlSmallStr>) -> Self {
        self.path_column = Some(name.into());
        self
    }

    /// The dataframe. The files are looked at, and the beginning of them is read.
    ///
    /// # Errors
    /// [`ReadError`], if a file is not there or may not be read, or has no JSON lines at its beginning.
    #[track_caller]
    pub fn finish(self) -> Result<DataFrame, ReadError> {
        let sources = sources(&self.paths.0, self.compression, &self.options_of_store)?;
        let mut columns = match &self.schema {
            Some(schema) => Schema::clone(schema),
            None => self.inferred(&sources)?,
        };
        for (name, dtype) in &self.dtypes {
            columns.insert(name.clone(), dtype.clone());
        }
        let identity =
            sources.iter().fold(Identity::of("read_ndjson"), |identity, file| identity.data(&file.described()));
        let identity = identity.data(&schema::described(&columns)).data(&format!("{self:?}"));
        if let Some((name, dtype)) =
            columns.iter().find(|(_, dtype)| matches!(dtype, DataType::Time | DataType::Duration(_)))
        {
            let expected =
                "a type that JSON lines are read as: a number, a boolean, a text, a date or a date with a time";
            return Err(FrameError::dtype("read_ndjson", name, dtype, expected).into());
        }
        let parser = Arc::new(JsonParser::new(columns.clone(), self.ignore_errors));
        let mut files = Vec::with_capacity(sources.len());
        for source in sources {
            let start = mark(&source.beginning(3)?.0) as u64;
            files.push(Readable { source: Arc::new(source), parser: parser.clone(), start });
        }
        if let Some(path) = &self.path_column
            && columns.insert(path.clone(), DataType::String).is_some()
        {
            let (what, found) = ("the column of paths", format!("{path:?}"));
            let expected = "a name that no column has";
            return Err(FrameError::Argument { operation: "read_ndjson", what, found, expected }.into());
        }
        let NdjsonReader { block_size, path_column, .. } = self;
        let (name, schema) = ("read_ndjson", Arc::new(columns));
        Plan { name, identity, files, schema, path_column, block_size, newlines_in_values: true }.dataframe()
    }

    /// The columns of a sample.
    fn inferred(&self, sources: &[Source]) -> Result<Schema, ReadError> {
        let mut text = Vec::new();
        let mut last = None;
        for source in sources {
            if text.len() < self.sample.max(1) {
                text.extend(lines(source, self.sample - text.len().min(self.sample))?);
                last = Some(source.path().to_path_buf());
            }
        }
        let path = last.unwrap_or_default();
        if json_lines(&text).next().is_none() {
            return Err(ReadError::Empty { path });
        }
        let found = shallow(&text).and_then(|()| infer_schema(&mut text.as_slice(), None));
        found.map_err(|error| ReadError::Start { path, message: error.to_string() })
    }
}

/// How long the mark is that some programs put in front of UTF-8 text.
fn mark(text: &[u8]) -> usize {
    if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }
}

/// The first lines of a file, of about so many bytes.
fn lines(source: &Source, bytes: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = bytes.max(1);
    loop {
        let (mut text, whole) = source.beginning(bytes)?;
        let path = source.path().to_path_buf();
        if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            return Err(ReadError::Utf16 { path });
        }
        text.drain(..mark(&text));
        if whole {
            text.push(b'\n');
            return Ok(text);
        }
        if let Some(end) = memchr::memrchr(b'\n', &text) {
            text.truncate(end + 1);
            return Ok(text);
        }
        if bytes >= MAX_ROW {
            return Err(ReadFault::RowTooLong { path, line: 1, limit: MAX_ROW }.into());
        }
        bytes *= 4;
    }
}

/// No value is so deep within others that looking at it would take all of the stack.
fn shallow(text: &[u8]) -> PolarsResult<()> {
    for line in text.split(|&byte| byte == b'\n') {
        if memchr::memchr2_iter(b'{', b'[', line).nth(MAX_DEPTH).is_some() && depth(line) > MAX_DEPTH {
            polars_bail!(ComputeError: "values are more than {MAX_DEPTH} deep within each other");
        }
    }
    Ok(())
}

/// How deep values are within each other, at most.
fn depth(line: &[u8]) -> usize {
    let (mut depth, mut most, mut in_text, mut escaped) = (0usize, 0, false, false);
    for &byte in line {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => {
                depth += 1;
                most = most.max(depth);
            }
            b'}' | b']' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Makes columns of lines of JSON.
pub(super) struct JsonParser {
    schema: Schema,
    /// As Polars parses it, which knows no small integers: the others are cast.
    parsed: Schema,
    rows: Rows,
    ignore_errors: bool,
}

impl JsonParser {
    /// The parser of lines with these columns.
    pub(super) fn new(schema: Schema, ignore_errors: bool) -> Self {
        let wide = |dtype: &DataType| match dtype {
            DataType::Int8 | DataType::Int16 => DataType::Int32,
            DataType::UInt8 | DataType::UInt16 => DataType::UInt32,
            dtype => dtype.clone(),
        };
        let parsed = schema.iter().map(|(name, dtype)| (name.clone(), wide(dtype))).collect();
        JsonParser { schema, parsed, rows: Rows::lines(), ignore_errors }
    }
}

impl Parser for JsonParser {
    fn parsing(&self) -> Parsing {
        Parsing::Json(self.schema.clone(), self.ignore_errors)
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn rows(&self) -> &Rows {
        &self.rows
    }

    fn parse(&self, text: &[u8], columns: &[PlSmallStr], _: bool) -> PolarsResult<pl::DataFrame> {
        if columns.is_empty() {
            return Ok(pl::DataFrame::empty_with_height(count_rows(text)));
        }
        shallow(text)?;
        // Polars guesses the number of rows if it is not told, which breaks on some blank lines.
        let rows = count_rows(text).max(1);
        let mut frame = parse_ndjson(text, Some(rows), &self.parsed.try_project(columns)?, self.ignore_errors)?;
        for name in columns {
            let dtype = self.schema.try_get(name)?;
            if self.parsed.try_get(name)? != dtype {
                let column = frame.column(name)?;
                let cast = if self.ignore_errors { column.cast(dtype) } else { column.strict_cast(dtype) };
                frame.replace(name, cast?)?;
            }
        }
        Ok(frame)
    }

    fn text(&self, row: &[u8], column: &PlSmallStr) -> Option<String> {
        shallow(row).ok()?;
        let schema = Schema::from_iter([(column.clone(), DataType::String)]);
        let frame = parse_ndjson(row, Some(1), &schema, false).ok()?;
        frame.columns().first()?.as_materialized_series().str().ok()?.get(0).map(String::from)
    }

    fn remedy(&self, _: &str) -> String {
        "ignore_errors(true)".to_string()
    }
}
