//! The reader: which files are read, how they are cut into partitions, and which columns there are.

use super::super::super::error::FrameError;
use super::super::super::facts::Facts;
use super::super::super::layers::{Lazy, fault, planned};
use super::super::super::{DataFrame, IntoNames};
use super::super::cloud::{Reading, StorageOptions};
use super::super::faults::{FileError, unpanicked};
use super::super::handle::Handle;
use super::super::hive::Hive;
use super::super::listing::{self, Planned, Stamp};
use super::ahead::Ahead;
use super::cut::Cut;
use super::scan::{Piece, Plan, Source};
use super::{Fields, Format, Group};
use crate::address::Paths;
use crate::bag::IntoPaths;
use crate::identity::Identity;
use polars::prelude::{PlSmallStr, Schema, SchemaRef};
use std::fmt;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};

/// How files of a format are to be read; see [`read_parquet`](super::super::read_parquet) and
/// [`read_ipc`](super::super::read_ipc).
#[must_use = "nothing is read before `finish`"]
#[derive(Clone)]
pub struct FrameReader<F> {
    paths: Paths,
    options: StorageOptions,
    columns: Option<Vec<PlSmallStr>>,
    n_rows: Option<usize>,
    cut: Cut,
    hive: bool,
    hive_types: Option<SchemaRef>,
    fill_missing: bool,
    format: PhantomData<fn() -> F>,
}

impl<F> fmt::Debug for FrameReader<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FrameReader { paths, options, columns, n_rows, cut, .. } = self;
        let mut shown = f.debug_struct("FrameReader");
        shown.field("paths", paths).field("storage_options", options).field("columns", columns);
        shown.field("n_rows", n_rows).field("cut", cut).finish_non_exhaustive()
    }
}

impl<F: Format> FrameReader<F> {
    pub(in super::super) fn new(paths: impl IntoPaths) -> Self {
        FrameReader {
            paths: Paths(paths.into_paths()),
            options: StorageOptions::default(),
            columns: None,
            n_rows: None,
            cut: Cut::default(),
            hive: true,
            hive_types: None,
            fill_missing: false,
            format: PhantomData,
        }
    }

    /// Reads these columns only, in this order; Dask's `columns`.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, read_parquet};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("x");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2, 3], "y" => ["a", "b", "c"])?, 1);
    /// on_reference(&frame.write_parquet(&path).row_group_size(1).finish()?)?;
    /// let read = read_parquet(&path).columns(["y"]).n_rows(2).split_row_groups(1).finish()?;
    /// assert_eq!((read.npartitions(), on_reference(&read)?), (2, df!("y" => ["a", "b"])?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn columns(mut self, columns: impl IntoNames) -> Self {
        self.columns = Some(columns.into_names());
        self
    }

    /// Reads this many rows only, the first ones.
    pub fn n_rows(mut self, rows: usize) -> Self {
        self.n_rows = Some(rows);
        self
    }

    /// Puts neighbouring groups of a file into one partition while their columns that are read have at most this
    /// many bytes, before compression; Dask's `blocksize`. It is 128 MiB if nothing else is said.
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.cut = Cut::Bytes(bytes.max(1));
        self
    }

    /// Puts this many groups (row groups of Parquet, record batches of Arrow IPC) of a file into a partition, at least 1; Dask's `split_row_groups`.
    pub fn split_row_groups(mut self, groups: usize) -> Self {
        self.cut = Cut::Groups(groups.max(1));
        self
    }

    /// Puts this many whole files into a partition, at least 1; Dask's `aggregate_files`.
    pub fn files_per_partition(mut self, files: usize) -> Self {
        self.cut = Cut::Files(files.max(1));
        self
    }

    /// Options of the store that the files are in; Dask's and Polars' `storage_options`. They go before the variables of
    /// the environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`), and their values are never shown.
    ///
    /// The names are those of the crate object_store, as of `AmazonS3ConfigKey`, `GoogleConfigKey`, `AzureConfigKey` and
    /// `ClientConfigKey`: `aws_region`, `aws_endpoint`, `aws_access_key_id`, `aws_secret_access_key`, `aws_allow_http`,
    /// `google_service_account`, `azure_storage_account_name`, `azure_storage_account_key`, and for all stores `timeout`
    /// (of one request, 30 s if not said) and `connect_timeout` (5 s). A request that fails because of the server or the
    /// network is tried again `max_retries` times (5) within `retry_timeout` seconds (60).
    ///
    /// ```
    /// use partita_collections::dataframe::read_parquet;
    ///
    /// let reader = read_parquet("s3://bucket/cars/").storage_options([("aws_secret_access_key", "hush")]);
    /// assert!(!format!("{reader:?}").contains("hush"));
    /// ```
    pub fn storage_options<K: Into<String>, V: Into<String>>(
        mut self,
        options: impl IntoIterator<Item = (K, V)>,
    ) -> Self {
        self.options.extend(options);
        self
    }

    /// Whether directories named `column=value` are columns, as they are if not said otherwise.
    pub fn hive(mut self, hive: bool) -> Self {
        self.hive = hive;
        self
    }

    /// The types of columns that directories tell of. What is not in it is a whole number, a number, a truth or a day,
    /// if all values are, and else a text.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, DataType, Schema, read_parquet};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("x");
    /// let frame = DataFrame::from_polars(df!("x" => [1, 2], "zip" => ["04103", "04109"])?, 1);
    /// on_reference(&frame.write_parquet(&path).partition_by("zip").finish()?)?;
    /// assert_eq!(read_parquet(&path).finish()?.schema().get("zip"), Some(&DataType::Int64));
    /// let types = Schema::from_iter([("zip".into(), DataType::String)]);
    /// let read = read_parquet(&path).hive_types(types).finish()?;
    /// assert_eq!(on_reference(&read)?, df!("x" => [1, 2], "zip" => ["04103", "04109"])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hive_types(mut self, types: Schema) -> Self {
        self.hive_types = Some(Arc::new(types));
        self
    }

    /// Whether files may have different columns: those that one has not are null there. If not said, it is an error.
    /// Types of the same column must be the same.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, read_parquet};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let paths = ["old", "new"].map(|name| directory.path().join(name));
    /// let (old, new) = (df!("x" => [1])?, df!("x" => [2], "y" => ["a"])?);
    /// for (frame, path) in [old, new].into_iter().zip(&paths) {
    ///     on_reference(&DataFrame::from_polars(frame, 1).write_parquet(path).finish()?)?;
    /// }
    /// assert!(read_parquet(paths.clone()).finish().is_err());
    /// let read = read_parquet(paths.clone()).fill_missing(true).finish()?;
    /// assert_eq!(on_reference(&read)?, df!("x" => [1, 2], "y" => [None, Some("a")])?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill_missing(mut self, fill: bool) -> Self {
        self.fill_missing = fill;
        self
    }

    /// The dataframe of the files, whose metadata are read now.
    ///
    /// # Errors
    /// [`FileError`] if a file is not there, may not be read, is of another format or has other columns than the first.
    #[track_caller]
    pub fn finish(self) -> Result<DataFrame, FileError> {
        let files = listing::files(&self.paths.0, F::EXTENSIONS, &self.options)?;
        let hive = match self.hive {
            true => Hive::of(&files, self.hive_types.as_deref())?,
            false => Hive::default(),
        };
        let (mut schema, mut every) = (None, Schema::default());
        let mut formats = Vec::with_capacity(files.len());
        let mut ahead = Ahead::of(&files, F::AT_END);
        for file in &files {
            let format = opened::<F>(file, ahead.next(file)?)?;
            let found = format.fields();
            self.merge(&mut schema, found, &hive, &files[0], file)?;
            every.merge(found.schema.clone());
            formats.push(format);
        }
        let schema = self.chosen(schema.unwrap_or_default(), &every, &hive)?;
        let is_read = |name: &str| schema.contains(name) && !hive.has(name);
        let groups: Vec<Vec<Group>> = formats.iter().map(|format| format.groups(&is_read)).collect();
        let partitions = self.cut.partitions(&groups, self.n_rows);
        let mut readers = vec![0; files.len()];
        partitions.iter().flatten().for_each(|piece| readers[piece.file] += 1);
        // What a file tells of itself is read again by the only task that needs it, and kept for several.
        let sources = files.into_iter().zip(formats).zip(readers).map(|((planned, format), readers)| Source {
            planned,
            format: (readers > 1).then(|| OnceLock::from(format)),
        });
        let plan = Plan { files: sources.collect(), partitions, hive, schema: Arc::new(schema) };
        Ok(self.frame(plan))
    }

    /// Columns of one more file are put to those of the files before.
    fn merge(
        &self,
        all: &mut Option<Schema>,
        found: &Fields,
        hive: &Hive,
        first: &Planned,
        file: &Planned,
    ) -> Result<(), FileError> {
        let is_wanted = |name: &str| {
            !hive.has(name) && self.columns.as_ref().is_none_or(|columns| columns.iter().any(|column| column == name))
        };
        if let Some((column, dtype)) = found.unreadable.iter().find(|(name, _)| is_wanted(name)) {
            let (path, column, found) = (file.path.clone(), column.to_string(), dtype.clone());
            return Err(FileError::Unreadable { path, column, found });
        }
        let found: Schema = found
            .schema
            .iter()
            .filter(|(name, _)| is_wanted(name))
            .map(|(name, dtype)| (name.clone(), dtype.clone()))
            .collect();
        let Some(all) = all else {
            *all = Some(found);
            return Ok(());
        };
        let mut differences = Vec::new();
        for (name, dtype) in found.iter() {
            match all.get(name) {
                Some(other) if other != dtype => differences.push(format!("\"{name}\" is {dtype} instead of {other}")),
                Some(_) => {}
                None if self.fill_missing => drop(all.insert(name.clone(), dtype.clone())),
                None => differences.push(format!("\"{name}\" is there")),
            }
        }
        if !self.fill_missing {
            let missing = all.iter_names().filter(|name| !found.contains(name));
            differences.extend(missing.map(|name| format!("\"{name}\" is not there")));
        }
        match differences.is_empty() {
            true => Ok(()),
            false => Err(FileError::Schemas {
                first: first.path.clone(),
                path: file.path.clone(),
                differences: differences.join(", "),
            }),
        }
    }

    /// The columns that are read, those of directories last.
    fn chosen(&self, mut all: Schema, every: &Schema, hive: &Hive) -> Result<Schema, FileError> {
        hive.columns.iter().for_each(|column| drop(all.insert(column.name().clone(), column.dtype().clone())));
        let Some(columns) = &self.columns else { return Ok(all) };
        let column = |name: &PlSmallStr| match all.get(name) {
            Some(dtype) => Ok((name.clone(), dtype.clone())),
            None => {
                let mut names = every.clone();
                names.merge(all.clone());
                Err(FrameError::column(F::OPERATION, name, &names).into())
            }
        };
        match (1..columns.len()).find(|&at| columns[..at].contains(&columns[at])) {
            Some(at) => {
                let reason = format!("`columns` names \"{}\" twice", columns[at]);
                Err(FileError::Settings { operation: F::OPERATION, reason })
            }
            None => columns.iter().map(column).collect(),
        }
    }

    #[track_caller]
    fn frame(&self, plan: Plan<F>) -> DataFrame {
        let stamps: Vec<Stamp> = plan.files.iter().map(|source| source.planned.stamp()).collect();
        let columns: Option<Vec<&str>> =
            self.columns.as_ref().map(|all| all.iter().map(|name| name.as_str()).collect());
        let identity = Identity::of(F::OPERATION)
            .data(&stamps)
            .data(&(columns, self.n_rows, format!("{:?}", self.cut), self.hive, self.fill_missing))
            .data(&format!("{:?}", self.hive_types));
        let rows = |pieces: &Vec<Piece>| pieces.iter().map(|piece| piece.rows).sum();
        let facts = Facts::of_rows(plan.partitions.iter().map(rows).collect());
        let (schema, parts, plan) = (plan.schema.clone(), plan.partitions.len(), Arc::new(plan));
        let glimpse = (parts > 1).then(|| Plan::glimpse(&plan));
        let block = planned(plan, |plan: &Arc<Plan<F>>, partition, _| {
            let lazy = Plan::lazy(plan, partition as usize);
            let lazy = lazy.map_err(|error| fault(F::OPERATION, partition, error))?;
            Ok(Lazy::new(lazy, F::OPERATION, partition))
        });
        let facts = Facts { glimpse, ..facts };
        DataFrame::blocks(F::OPERATION, identity, schema, facts, parts, Vec::new(), block).of_files()
    }
}

/// What a file tells of itself when the dataframe is made.
pub(in super::super) fn opened<F: Format>(planned: &Planned, file: Handle) -> Result<F, FileError> {
    let stored = file.stored().map(Reading::again);
    let opened = unpanicked(|| F::open(file, planned.size));
    opened.map_err(|reason| match stored.and_then(|stored| stored.failure()) {
        Some(error) => error.into(),
        None => FileError::Format { path: planned.path.clone(), format: F::NAME, reason },
    })
}
