//! Writing: files of a format, one a partition, in a directory that is there as a whole or not at all.

mod append;
mod formats;
mod output;
mod place;
mod split;
mod written;

pub use written::{Written, WrittenFile};

use super::super::error::FrameError;
use super::super::layers::{Lazy, fault};
use super::super::threads::alone;
use super::super::{DataFrame, IntoNames};
use super::cloud::StorageOptions;
use super::faults::FileError;
use super::hive::can_be_named;
use crate::Item;
use crate::identity::Identity;
use crate::layer::{Partwise, makes, parts, read, task};
use crate::staged::{Opener, Target, Ticket, finish};
use append::Append;
use formats::{CsvOptions, Format, IpcOptions, NdjsonOptions, ParquetOptions};
use output::{Failure, Job, Output};
use partita_graph::{Fault, Flow, Key, Kind, Node, Place, Stays, Value};
#[cfg(feature = "cloud")]
pub(super) use place::EXPECTED;
use polars::prelude::{self as pl, IpcCompression, ParquetCompression, PlSmallStr};
use std::any::type_name;
use std::sync::Arc;
use written::Part;

/// How a dataframe is to be written as Parquet; see [`DataFrame::write_parquet`].
pub type ParquetWriter = FrameWriter<ParquetOptions>;
/// How a dataframe is to be written as Arrow IPC; see [`DataFrame::write_ipc`].
pub type IpcWriter = FrameWriter<IpcOptions>;
/// How a dataframe is to be written as CSV; see [`DataFrame::write_csv`].
pub type CsvWriter = FrameWriter<CsvOptions>;
/// How a dataframe is to be written as lines of JSON; see [`DataFrame::write_ndjson`].
pub type NdjsonWriter = FrameWriter<NdjsonOptions>;

/// How a dataframe is to be written.
#[must_use = "nothing is written before `finish`, and then not before the result is computed"]
#[derive(Clone)]
pub struct FrameWriter<F> {
    frame: DataFrame,
    target: Target,
    options: StorageOptions,
    format: F,
    name: Option<String>,
    partition_by: Vec<PlSmallStr>,
    single: bool,
    append: bool,
}

impl DataFrame {
    /// Writes each partition to a Parquet file of a new directory; Dask's `to_parquet`.
    ///
    /// The directory gets its name when all files are whole: if something fails, nothing stands under the name, or what
    /// stood there before. One that is there is an error, unless it is given as [`overwrite`](crate::dataframe::overwrite)
    /// and holds nothing but such files; [`append`](ParquetWriter::append) puts files to those of one. The lazy result
    /// tells of the files; nothing is written before it is computed.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, overwrite};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("numbers");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// let written = on_reference(&frame.write_parquet(&path).finish()?)?;
    /// assert_eq!(written.paths(), [path.join("part.0.parquet"), path.join("part.1.parquet")]);
    /// assert!(frame.write_parquet(&path).finish().unwrap_err().to_string().contains("is there already"));
    /// on_reference(&frame.write_parquet(overwrite(&path)).finish()?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_parquet(&self, target: impl Into<Target>) -> ParquetWriter {
        FrameWriter::new(self, target.into())
    }

    /// Writes each partition to an Arrow IPC file of a new directory, as [`DataFrame::write_parquet`] does.
    pub fn write_ipc(&self, target: impl Into<Target>) -> IpcWriter {
        FrameWriter::new(self, target.into())
    }

    /// Writes each partition to a CSV file of a new directory, as [`DataFrame::write_parquet`] does; Dask's `to_csv`.
    /// Files whose names end in `.gz`, `.zst`, `.bz2` or `.xz` are compressed.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("numbers.csv");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3])?, 2);
    /// on_reference(&frame.write_csv(&path).single_file().finish()?)?;
    /// assert_eq!(std::fs::read_to_string(path)?, "x\n1\n2\n3\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_csv(&self, target: impl Into<Target>) -> CsvWriter {
        FrameWriter::new(self, target.into())
    }

    /// Writes each partition to a file of a new directory, one JSON object a row and line, as
    /// [`DataFrame::write_parquet`] does; Dask's `to_json`. Files whose names end in `.gz`, `.zst`, `.bz2` or `.xz` are
    /// compressed.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("numbers.ndjson");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2])?, 2);
    /// on_reference(&frame.write_ndjson(&path).single_file().finish()?)?;
    /// assert_eq!(std::fs::read_to_string(path)?, "{\"x\":1}\n{\"x\":2}\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_ndjson(&self, target: impl Into<Target>) -> NdjsonWriter {
        FrameWriter::new(self, target.into())
    }
}

impl ParquetWriter {
    /// How pages are compressed; by Zstandard if not said.
    pub fn compression(mut self, compression: ParquetCompression) -> Self {
        self.format.compression = compression;
        self
    }

    /// How many rows a row group has at most, at least 1; 262144 if not said.
    pub fn row_group_size(mut self, rows: usize) -> Self {
        self.format.row_group_size = Some(rows.max(1));
        self
    }
}

impl IpcWriter {
    /// How record batches are compressed; not at all, if not said.
    pub fn compression(mut self, compression: Option<IpcCompression>) -> Self {
        self.format.compression = compression;
        self
    }

    /// How many rows a record batch has at most, at least 1.
    pub fn record_batch_size(mut self, rows: usize) -> Self {
        self.format.record_batch_size = Some(rows.max(1));
        self
    }
}

impl CsvWriter {
    /// Whether a file begins with the names of the columns, as it does if not said otherwise.
    pub fn header(mut self, header: bool) -> Self {
        self.format.header = header;
        self
    }

    /// What stands between values; a comma, if not said.
    pub fn separator(mut self, separator: u8) -> Self {
        self.format.separator = separator;
        self
    }
}

impl<F: Format> FrameWriter<F> {
    fn new(frame: &DataFrame, target: Target) -> Self {
        let (format, frame) = (F::default(), frame.clone());
        let options = StorageOptions::default();
        let (name, partition_by) = (None, Vec::new());
        FrameWriter { frame, target, options, format, name, partition_by, single: false, append: false }
    }

    /// How files are called: a name with one `*` for the partition's number. If not said, it is `part.*` and what names
    /// of such files end in.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::DataFrame;
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("x");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2])?, 2);
    /// on_reference(&frame.write_csv(&path).name("x-*.csv").header(false).finish()?)?;
    /// assert_eq!(std::fs::read_to_string(path.join("x-1.csv"))?, "2\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Puts rows into directories by the values of these columns, named `column=value`, and leaves these columns out of
    /// the files; Dask's `partition_on`. Each partition writes a file to each directory for which it has rows.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, read_parquet};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("cars");
    /// let frame = DataFrame::from_polars(df!("km" => [1, 2, 3], "year" => [2013i64, 2014, 2013])?, 1);
    /// let written = on_reference(&frame.write_parquet(&path).partition_by("year").finish()?)?;
    /// assert_eq!(written.paths()[1], path.join("year=2014/part.0.parquet"));
    /// let read = on_reference(&read_parquet(&path).finish()?)?;
    /// assert_eq!(read, df!("km" => [1, 3, 2], "year" => [2013i64, 2013, 2014])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn partition_by(mut self, columns: impl IntoNames) -> Self {
        self.partition_by = columns.into_names();
        self
    }

    /// Options of the store that is written to, as [of readers](crate::dataframe::FrameReader::storage_options).
    ///
    /// To `s3://`, `gs://` and `az://` objects are written that nobody sees before the last task makes them seen, one by
    /// one; if something fails, those that are seen are removed again. Of what is overwritten, objects of other names are
    /// removed when all new ones are seen, and those of the same name are replaced one by one. Parts of uploads that a
    /// killed process leaves take room in the store until it removes them by a rule of yours.
    pub fn storage_options<K: Into<String>, V: Into<String>>(
        mut self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.options.extend(options);
        self
    }

    /// The result of writing, still lazy: the files, their rows and bytes.
    ///
    /// # Errors
    /// [`FileError`] if the target is there already or cannot be written to, if the format cannot hold a column, or if
    /// the settings make no sense.
    #[track_caller]
    pub fn finish(self) -> Result<Item<Written>, FileError> {
        let (before, after) = self.file_name()?;
        if self.frame.check().is_ok() {
            self.check_columns()?;
        }
        let (target, stored) = self.place(&after)?;
        let append = self.append.then(|| Append { schema: self.frame.schema().clone() });
        let job = Job {
            target,
            stored,
            format: self.format.clone(),
            name: (before, after),
            partition_by: self.partition_by.clone(),
            single: self.single,
            append,
        };
        if self.frame.check().is_ok() {
            job.first()?;
        }
        let frame = match self.frame.npartitions() {
            // Its columns are written even so.
            0 => {
                let none = pl::DataFrame::empty_with_schema(self.frame.schema());
                DataFrame::from_frames(vec![none], self.frame.schema().clone())
            }
            _ => self.frame.clone(),
        };
        Ok(written(&frame, job))
    }

    /// The parts of a file's name around the partition's number.
    fn file_name(&self) -> Result<(String, String), FileError> {
        let name = self.name.clone().unwrap_or_else(|| format!("part.*.{}", F::EXTENSION));
        match name.split_once('*') {
            Some((before, after)) if !after.contains('*') && !name.contains(['/', '\\']) && !name.starts_with('.') => {
                Ok((before.to_string(), after.to_string()))
            }
            _ => {
                let reason = format!(
                    "the name {name:?} must have one `*` for the partition's number and no `/`, and not begin with `.`"
                );
                Err(FileError::Settings { operation: F::OPERATION, reason })
            }
        }
    }

    /// Columns that the format can hold, and those of directories.
    fn check_columns(&self) -> Result<(), FileError> {
        let schema = self.frame.schema();
        for name in &self.partition_by {
            let Some(dtype) = schema.get(name) else {
                return Err(FrameError::column(F::OPERATION, name, schema).into());
            };
            if !can_be_named(dtype) {
                let (column, found) = (name.to_string(), dtype.to_string());
                let remedy =
                    "names of directories are made of numbers, texts, truths, days and times of no zone: `cast` it";
                return Err(FileError::Unwritable { format: "`partition_by`", column, found, remedy });
            }
        }
        let settings = |reason: &str| FileError::Settings { operation: F::OPERATION, reason: reason.to_string() };
        if self.single && !self.partition_by.is_empty() {
            return Err(settings("`partition_by` makes many files, and `single_file` one: use one of them"));
        }
        let unique = (1..self.partition_by.len()).all(|at| !self.partition_by[..at].contains(&self.partition_by[at]));
        if !unique {
            return Err(settings("`partition_by` names a column twice"));
        }
        if !self.partition_by.is_empty() && self.partition_by.len() == schema.len() {
            return Err(settings("`partition_by` names all columns, and none is left for the files"));
        }
        let stored = schema.iter().filter(|(name, _)| !self.partition_by.contains(name));
        for (name, dtype) in stored {
            if let Some(remedy) = F::refuses(dtype) {
                let (column, found) = (name.to_string(), dtype.to_string());
                return Err(FileError::Unwritable { format: F::NAME, column, found, remedy });
            }
        }
        Ok(())
    }
}

impl<F: Format + Joins> FrameWriter<F> {
    /// Writes all partitions to one file, whose path is the target; Dask's `single_file`. They are written to files of
    /// their own first, which the last task puts behind each other.
    pub fn single_file(mut self) -> Self {
        self.single = true;
        self
    }
}

/// Formats whose files are one file when they are put behind each other.
pub trait Joins {}

impl Joins for CsvOptions {}

impl Joins for NdjsonOptions {}

/// The tasks that write, and the last one, which gives what is written its name.
#[track_caller]
fn written<F: Format>(frame: &DataFrame, job: Job<F>) -> Item<Written> {
    let single = job.single;
    let opener = Opener::new(move || Ok(Arc::new(Output::new(job.clone())?)));
    let run = move |_: &Arc<Stays>, partition: u32, flows: Vec<Flow>| {
        let [flow] = crate::layer::inputs(flows)?;
        let frame = Lazy::of(flow, 0)?.collect()?;
        let run = opener.run()?;
        let files = alone(|| run.sink.write(partition, &frame, run.is_finished()));
        let files = files.map_err(|failure| match failure {
            Failure::Target(error) => Fault::failed(error),
            Failure::Cloud(error) => Fault::failed(error),
            Failure::Polars(error) => fault(F::OPERATION, partition, error),
        })?;
        Ok(Flow::Value(Value::new(Part { ticket: Ticket::from(run), files })))
    };
    // The writers of one run share what they write to.
    let shared = Stays("a file that several tasks write to");
    let block = Arc::new(Partwise::new(shared, makes(), type_name::<Part>(), run));
    // Writing is done each time that it is asked for, so its tasks are like no others.
    let kind = Kind::Blocks { parts: frame.node().parts(), block, inputs: vec![frame.node().clone().into()] };
    let parted = Arc::new(Node::new(Key::unique(F::OPERATION), kind, Place::here()));
    let function = task(single, |&single, values| {
        let parts = read::<Part>(values)?;
        finish::<Output<F>>(&parts.iter().map(|part| &part.ticket).collect::<Vec<_>>())?;
        let mut files: Vec<WrittenFile> = parts.into_iter().flat_map(|part| part.files.clone()).collect();
        if single {
            let all = Written { files };
            let path = all.files[0].path.clone();
            files = vec![WrittenFile { path, rows: all.rows(), bytes: all.bytes() }];
        }
        Ok(Written { files })
    });
    let key = Identity::of(F::OPERATION).node(&parted).key::<Written>(&format!("{}-finish", F::OPERATION));
    let kind = Kind::Call { function, inputs: parts(&parted).collect() };
    Item::from_node(Arc::new(Node::new(key, kind, Place::here())))
}
