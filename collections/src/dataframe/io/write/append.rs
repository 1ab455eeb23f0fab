//! Appending: files that are put to those of a directory, which have to be of the same columns.

use super::super::cloud::StorageOptions;
use super::super::faults::FileError;
use super::super::groups::{Fields, Format, opened};
use super::super::hive::Hive;
use super::super::listing::{self, Planned};
use super::super::parquet::Parquet;
use super::ParquetWriter;
use crate::staged::{Target, TargetError};
use polars::prelude::{PlSmallStr, SchemaRef};
use std::path::Path;

/// What other programs write beside Parquet files to tell of all of them.
const SUMMARIES: [&str; 2] = ["_metadata", "_common_metadata"];

/// That files are put to those that are there.
#[derive(Clone)]
pub(super) struct Append {
    /// The columns of what is added.
    pub(super) schema: SchemaRef,
}

impl ParquetWriter {
    /// Puts the files to those that are in the directory, if there are some; Dask's `append`. They are numbered on from
    /// the highest number there, and are there all or none: if something fails, the directory has what it had before.
    ///
    /// The columns have to be those of all files that are there, in their order and of their types; so have those of
    /// [`partition_by`](ParquetWriter::partition_by). That is looked at now, and again before anything is written.
    /// Whether rows overlap with those that are there is not: Dask's `ignore_divisions` is not needed, as files have no
    /// index here.
    ///
    /// Whoever reads the directory while the files get their names may see some of them, and so it stays if the process
    /// is killed just then. If two append at the same time, none overwrites what the other one wrote: the files get the
    /// same numbers, and who is last fails and leaves nothing.
    ///
    /// ```
    /// use partita_collections::bag::on_reference;
    /// use partita_collections::dataframe::{DataFrame, read_parquet};
    /// use partita_collections::dataframe::polars::prelude::df;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let path = directory.path().join("numbers");
    /// for numbers in [df!("x" => [1, 2])?, df!("x" => [3])?] {
    ///     on_reference(&DataFrame::from_polars(numbers, 1).write_parquet(&path).append().finish()?)?;
    /// }
    /// assert_eq!(on_reference(&read_parquet(path.join("part.1.parquet")).finish()?)?, df!("x" => [3])?);
    /// let texts = DataFrame::from_polars(df!("x" => ["4"])?, 1);
    /// let error = texts.write_parquet(&path).append().finish().unwrap_err().to_string();
    /// assert!(error.contains("\"x\" is i32 there, and str in what is added"), "{error}");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn append(mut self) -> Self {
        self.append = true;
        self
    }
}

impl Append {
    /// The number of the first file that is added; `None` if there is no directory to which files could be added.
    pub(super) fn first(
        &self,
        target: &Target,
        name: &(String, String),
        by: &[PlSmallStr],
    ) -> Result<Option<u64>, FileError> {
        let settings = |reason: String| FileError::Settings { operation: "write_parquet", reason };
        if target.overwrites() {
            let reason = "`append` adds to files that are there, and `overwrite` replaces them: use one of them";
            return Err(settings(reason.into()));
        }
        let path = target.path();
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(TargetError::writing(path, &error).into()),
        };
        let is_hidden = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with('.');
        if entries.flatten().all(|entry| is_hidden(&entry)) {
            return Ok(Some(0));
        }
        if let Some(summary) = SUMMARIES.iter().find(|summary| path.join(summary).exists()) {
            let reason = format!(
                "`{}` tells of the files that are there, and would not of those that `append` adds: remove it first",
                path.join(summary).display()
            );
            return Err(settings(reason));
        }
        let files = listing::files(&[path.to_path_buf()], Parquet::EXTENSIONS, &StorageOptions::default())?;
        for file in &files {
            self.check(file, by)?;
        }
        check_directories(&files, by)?;
        Ok(Some(next(&files, name)))
    }

    /// The file has the columns of what is added.
    fn check(&self, file: &Planned, by: &[PlSmallStr]) -> Result<(), FileError> {
        let handle = file.look().map_err(|error| FileError::of(&file.path, &error))?;
        let format = opened::<Parquet>(file, handle)?;
        let Fields { schema: theirs, unreadable } = format.fields();
        let mine = || self.schema.iter().filter(|(name, _)| !by.contains(name));
        let mut differences = Vec::new();
        for (name, dtype) in mine() {
            match theirs.get(name) {
                Some(other) if other == dtype => {}
                Some(other) => differences.push(format!("\"{name}\" is {other} there, and {dtype} in what is added")),
                None => differences.push(format!("\"{name}\" of type {dtype} is not there")),
            }
        }
        let unknown = theirs.iter().filter(|(name, _)| !mine().any(|(mine, _)| mine == *name));
        let unknown = unknown.map(|(name, dtype)| (name, dtype.to_string()));
        for (name, dtype) in unknown.chain(unreadable.iter().map(|(name, dtype)| (name, dtype.clone()))) {
            differences.push(format!("\"{name}\" of type {dtype} is not in what is added"));
        }
        if differences.is_empty() && !theirs.iter_names().eq(mine().map(|(name, _)| name)) {
            let told = |names: Vec<&str>| names.join(", ");
            let theirs = told(theirs.iter_names().map(|name| name.as_str()).collect());
            let mine = told(mine().map(|(name, _)| name.as_str()).collect());
            differences.push(format!("their order is {theirs} there, and {mine} in what is added"));
        }
        unlike(file, differences)
    }
}

/// The directories of files tell of the columns by which rows are put into directories.
fn check_directories(files: &[Planned], by: &[PlSmallStr]) -> Result<(), FileError> {
    let hive = Hive::of(files, None)?;
    let theirs: Vec<&PlSmallStr> = hive.columns.iter().map(|column| column.name()).collect();
    if theirs.iter().copied().eq(by) {
        return Ok(());
    }
    let told = |names: Vec<&str>| if names.is_empty() { "no columns".to_string() } else { names.join(", ") };
    let theirs = told(theirs.iter().map(|name| name.as_str()).collect());
    let mine = told(by.iter().map(|name| name.as_str()).collect());
    let difference = format!("its directories tell of {theirs}, and `partition_by` of {mine}");
    files.first().map_or(Ok(()), |file| unlike(file, vec![difference]))
}

fn unlike(file: &Planned, differences: Vec<String>) -> Result<(), FileError> {
    match differences.is_empty() {
        true => Ok(()),
        false => Err(FileError::Unlike { path: file.path.clone(), differences: differences.join("; ") }),
    }
}

/// The number after the highest in names of files.
fn next(files: &[Planned], (before, after): &(String, String)) -> u64 {
    let number = |path: &Path| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        name.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?.parse().ok()
    };
    files.iter().filter_map(|file| number(&file.path)).max().map_or(0, |last| u64::from(last) + 1)
}
