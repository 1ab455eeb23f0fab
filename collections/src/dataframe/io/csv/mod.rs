//! CSV files as dataframes: one partition a block of bytes, parsed by Polars' parser, only the columns that are needed.

mod checks;
mod files;
mod parser;
mod plain;
mod sample;
mod telling;

pub(super) use parser::CsvParser;

use super::SAMPLE;
use super::blocks::Plan;
use super::cloud::StorageOptions;
use super::error::ReadError;
use crate::address::Paths;
use crate::bag::{Compression, EncodingErrors, IntoPaths};
use crate::dataframe::names::IntoNames;
use crate::dataframe::{DataFrame, schema};
use crate::identity::Identity;
use polars::prelude::{DataType, PlSmallStr, SchemaRef};
use polars_io::prelude::{CommentPrefix, CsvEncoding, CsvParseOptions, CsvReadOptions, NullValues};
use std::sync::Arc;

/// How CSV files are to be read; see [`read_csv`].
#[must_use = "nothing is read before `finish`"]
#[derive(Clone, Debug)]
pub struct CsvReader {
    paths: Paths,
    options_of_store: StorageOptions,
    compression: Compression,
    options: CsvParseOptions,
    has_header: bool,
    skip_rows: usize,
    ignore_errors: bool,
    column_names: Option<Vec<PlSmallStr>>,
    schema: Option<SchemaRef>,
    dtypes: Vec<(PlSmallStr, DataType)>,
    sample: usize,
    block_size: Option<u64>,
    newlines_in_values: bool,
    fill_missing_columns: bool,
    ignore_extra_columns: bool,
    path_column: Option<PlSmallStr>,
}

/// Reads CSV files as a dataframe: a path, several, or patterns for them; Dask's `read_csv`.
///
/// Files are cut into blocks of [`block_size`](CsvReader::block_size) bytes, one partition each; compressed ones (`.gz`,
/// `.zst`, `.bz2`, `.xz`) stay whole unless it is given. Rows are told apart as Polars does, at any block size: quoted
/// fields may have line ends in them. For that the quotes before a block are counted, by a chain of small tasks that reads
/// ahead; [`newlines_in_values`](CsvReader::newlines_in_values) says that there is no need.
///
/// Building it looks at all files, reads their headers, and takes the types of the columns from the first megabyte of
/// rows ([`sample`](CsvReader::sample)). The rows are read where they are used, and again each time; only the columns
/// that are used are parsed, and a filter is applied while reading. A file that changed in between makes the task fail.
///
/// ```
/// use partita_collections::dataframe::{col, lit, on_reference, read_csv};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("a.csv"), "brand,price\nx,3\n\"y\nz\",5\n")?;
/// std::fs::write(directory.path().join("b.csv"), "brand,price\nx,4\n")?;
/// let cars = read_csv(directory.path().join("*.csv")).separator(b',').finish()?;
/// assert_eq!(cars.npartitions(), 2);
/// let dear = cars.filter(col("price").gt(lit(3))).select([col("brand")]);
/// assert_eq!(on_reference(&dear)?, df!("brand" => ["y\nz", "x"])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_csv(paths: impl IntoPaths) -> CsvReader {
    CsvReader {
        paths: Paths(paths.into_paths()),
        options_of_store: StorageOptions::default(),
        compression: Compression::Infer,
        options: CsvParseOptions::default(),
        has_header: true,
        skip_rows: 0,
        ignore_errors: false,
        column_names: None,
        schema: None,
        dtypes: Vec::new(),
        sample: SAMPLE,
        block_size: None,
        newlines_in_values: true,
        fill_missing_columns: false,
        ignore_extra_columns: false,
        path_column: None,
    }
}

/// Reads files of columns that tabs separate: [`read_csv`] with that separator; Dask's `read_table`.
///
/// ```
/// use partita_collections::dataframe::{on_reference, read_table};
/// use partita_collections::dataframe::polars::prelude::df;
///
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("a.tsv"), "x\ty\n1\ta\n")?;
/// let table = read_table(directory.path().join("a.tsv")).finish()?;
/// assert_eq!(on_reference(&table)?, df!("x" => [1i64], "y" => ["a"])?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_table(paths: impl IntoPaths) -> CsvReader {
    read_csv(paths).separator(b'\t')
}

impl CsvReader {
    /// What separates fields, instead of a comma; Dask's `sep`.
    pub fn separator(mut self, separator: u8) -> Self {
        self.options.separator = separator;
        self
    }

    /// What fields with separators or line ends in them are put in, instead of `"`; `None` if nothing is.
    ///
    /// ```
    /// use partita_collections::dataframe::{on_reference, read_csv};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.csv");
    /// std::fs::write(&path, "x,y\n'a,b',c\n")?;
    /// let frame = read_csv(&path).quote_char(Some(b'\'')).finish()?;
    /// assert_eq!(on_reference(&frame)?, df!("x" => ["a,b"], "y" => ["c"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn quote_char(mut self, quote: Option<u8>) -> Self {
        self.options.quote_char = quote;
        self
    }

    /// Whether the first row has the names of the columns, as it has unless this says otherwise. Without, they are named
    /// `column_1`, `column_2` and so on, or by [`column_names`](CsvReader::column_names).
    pub fn has_header(mut self, has_header: bool) -> Self {
        self.has_header = has_header;
        self
    }

    /// Names for all columns, in their order, instead of those in the files; Dask's `names`.
    ///
    /// ```
    /// use partita_collections::dataframe::{on_reference, read_csv};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.csv");
    /// std::fs::write(&path, "1,a\n2,b\n")?;
    /// let frame = read_csv(&path).has_header(false).column_names(["x", "y"]).finish()?;
    /// assert_eq!(on_reference(&frame)?, df!("x" => [1i64, 2], "y" => ["a", "b"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn column_names(mut self, names: impl IntoNames) -> Self {
        self.column_names = Some(names.into_names());
        self
    }

    /// All columns and their types; nothing is taken from a sample. With a header the names in the files have to be
    /// these, in any order.
    pub fn schema(mut self, schema: SchemaRef) -> Self {
        self.schema = Some(schema);
        self
    }

    /// The types of some columns, instead of those that the sample suggests; Dask's `dtype`.
    ///
    /// ```
    /// use partita_collections::dataframe::{DataType, on_reference, read_csv};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.csv");
    /// std::fs::write(&path, "id,n\n001,1\n")?;
    /// let frame = read_csv(&path).dtypes([("id", DataType::String), ("n", DataType::Float64)]).finish()?;
    /// assert_eq!(on_reference(&frame)?, df!("id" => ["001"], "n" => [1.0])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn dtypes<N: Into<PlSmallStr>>(mut self, dtypes: impl IntoIterator<Item = (N, DataType)>) -> Self {
        self.dtypes.extend(dtypes.into_iter().map(|(name, dtype)| (name.into(), dtype)));
        self
    }

    /// Texts that stand for nulls in all columns, beside no text at all; Dask's `na_values`.
    ///
    /// ```
    /// use partita_collections::dataframe::{on_reference, read_csv};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.csv");
    /// std::fs::write(&path, "x\n1\nNA\n")?;
    /// let frame = read_csv(&path).null_values(["NA", "-"]).finish()?;
    /// assert_eq!(on_reference(&frame)?, df!("x" => [Some(1i64), None])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn null_values(mut self, texts: impl IntoNames) -> Self {
        self.options.null_values = Some(NullValues::AllColumns(texts.into_names()));
        self
    }

    /// A text that stands for null, for each of some columns, instead of those for all.
    pub fn null_values_of<N: Into<PlSmallStr>, T: Into<PlSmallStr>>(
        mut self,
        texts: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        let texts = texts.into_iter().map(|(name, text)| (name.into(), text.into())).collect();
        self.options.null_values = Some(NullValues::Named(texts));
        self
    }

    /// Whether a field without anything is a null in columns of texts, too, as it is unless this says otherwise, or an
    /// empty text.
    pub fn missing_is_null(mut self, null: bool) -> Self {
        self.options.missing_is_null = null;
        self
    }

    /// What lines start with that are left out; Dask's `comment`.
    pub fn comment_prefix(mut self, prefix: &str) -> Self {
        let is_byte = prefix.len() == 1;
        self.options.comment_prefix = Some(match prefix.bytes().next() {
            Some(byte) if is_byte => CommentPrefix::Single(byte),
            _ => CommentPrefix::Multi(prefix.into()),
        });
        self
    }

    /// How many rows before the header are left out of each file; Dask's `skiprows`.
    pub fn skip_rows(mut self, rows: usize) -> Self {
        self.skip_rows = rows;
        self
    }

    /// Whether texts that look like dates and times become such; Dask's `parse_dates`.
    pub fn try_parse_dates(mut self, parse: bool) -> Self {
        self.options.try_parse_dates = parse;
        self
    }

    /// Whether the decimal separator is a comma; Dask's `decimal`.
    pub fn decimal_comma(mut self, comma: bool) -> Self {
        self.options.decimal_comma = comma;
        self
    }

    /// What is done with bytes that are no UTF-8; Dask's `encoding_errors`.
    pub fn encoding_errors(mut self, errors: EncodingErrors) -> Self {
        self.options.encoding = match errors {
            EncodingErrors::Strict => CsvEncoding::Utf8,
            EncodingErrors::Lossy => CsvEncoding::LossyUtf8,
        };
        self
    }

    /// Whether fields of a row beyond the last column are left out, instead of being an error. A row with fewer fields
    /// than columns has nulls for the others in any case. A row's fields are counted if all columns are read.
    pub fn truncate_ragged_lines(mut self, truncate: bool) -> Self {
        self.options.truncate_ragged_lines = truncate;
        self
    }

    /// Whether texts that are not of their column's type are nulls, instead of an error.
    pub fn ignore_errors(mut self, ignore: bool) -> Self {
        self.ignore_errors = ignore;
        self
    }

    /// How many bytes of rows are looked at for the types of columns, [`SAMPLE`] if not said. They are those of the first
    /// file, and of the next ones if it has fewer; Dask's `sample`.
    pub fn sample(mut self, bytes: usize) -> Self {
        self.sample = bytes;
        self
    }

    /// How many bytes a block of a file has, about, [`BLOCK_SIZE`](crate::dataframe::BLOCK_SIZE) if not said; Dask's `blocksize`. A row belongs to the
    /// block in which it starts.
    ///
    /// If it is said, compressed files are cut as well, by a guess: text is four times as long. One task decompresses the
    /// whole file, and its text is in memory until all blocks of it are parsed, which several threads can do. If it is
    /// not, a compressed file is one partition, and is decompressed and parsed a few megabytes at a time.
    ///
    /// ```
    /// use partita_collections::dataframe::{on_reference, read_csv};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("a.csv");
    /// std::fs::write(&path, "x\n1\n\"2\"\n3\n4\n")?;
    /// let frame = read_csv(&path).block_size(5).finish()?;
    /// assert_eq!(frame.npartitions(), 2);
    /// assert_eq!(on_reference(&frame)?, df!("x" => [1i64, 2, 3, 4])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block_size = Some(bytes.max(1));
        self
    }

    /// Whether quoted fields may have line ends in them, as they may unless this says otherwise. If none has, blocks are
    /// found without reading what is before them; if one has, reading it is an error.
    pub fn newlines_in_values(mut self, may: bool) -> Self {
        self.newlines_in_values = may;
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

    /// Whether columns of the first file, or of [`schema`](CsvReader::schema), that another one lacks are nulls there,
    /// instead of an error.
    pub fn fill_missing_columns(mut self, fill: bool) -> Self {
        self.fill_missing_columns = fill;
        self
    }

    /// Whether columns that the first file, or [`schema`](CsvReader::schema), has not are left out, instead of being an
    /// error.
    pub fn ignore_extra_columns(mut self, ignore: bool) -> Self {
        self.ignore_extra_columns = ignore;
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
    /// [`ReadError`], if a file is not there or may not be read, if the files have other columns, or if the settings
    /// make no sense.
    #[track_caller]
    pub fn finish(self) -> Result<DataFrame, ReadError> {
        self.check()?;
        let (files, mut schema) = self.readable()?;
        let identity = self.identity(files.iter().map(|file| file.source.described()), &schema);
        if let Some(path) = &self.path_column {
            Arc::make_mut(&mut schema).insert(path.clone(), DataType::String);
        }
        let CsvReader { block_size, newlines_in_values, path_column, .. } = self;
        Plan { name: "read_csv", identity, files, schema, path_column, block_size, newlines_in_values }.dataframe()
    }

    /// Equal files read in the same way are the same dataframe.
    fn identity<D: serde::Serialize>(
        &self,
        files: impl Iterator<Item = D>,
        columns: &polars::prelude::Schema,
    ) -> Identity {
        let identity = files.fold(Identity::of("read_csv"), |identity, file| identity.data(&file));
        identity.data(&schema::described(columns)).data(&format!("{self:?}"))
    }

    /// The settings in Polars' words, to look at so many rows.
    fn polars(&self, rows: Option<usize>) -> CsvReadOptions {
        CsvReadOptions::default()
            .with_parse_options(self.options.clone())
            .with_has_header(self.has_header)
            .with_skip_rows(self.skip_rows)
            .with_infer_schema_length(rows)
    }
}
